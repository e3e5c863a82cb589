// store_bench: appending blocks of 1 to 1,024 orders, and the whole pipeline in process, on a private cluster.
#include "bench/bench_arguments.hpp"
#include "bench/raw_append.hpp"

namespace {

using namespace buttonwood::bench;

int fail(const std::string& what) {
    std::fprintf(stderr, "store_bench: %s\n", what.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse_bench_arguments(argc, argv);
    if (!arguments) return fail(arguments.error());
    const auto store = StoreBench::start();
    if (!store) return fail(store.error());

    nlohmann::json results = nlohmann::json::array();
    auto report = [&](const std::expected<AppendReport, std::string>& result) {
        if (!result) return false;
        if (arguments->json)
            results.push_back(result->to_json());
        else
            std::printf("%s\n", result->line().c_str());
        std::fflush(stdout);
        return result->commands > 0;
    };
    for (const std::size_t size : {1U, 16U, 64U, 256U, 1024U})
        if (const auto result = (*store)->append_blocks(size, arguments->duration); !report(result))
            return fail(result ? "nothing was appended" : result.error());
    for (const std::size_t in_flight : {1U, 256U})
        if (const auto result = (*store)->run_pipeline(in_flight, arguments->duration); !report(result))
            return fail(result ? "nothing was released" : result.error());
    if (arguments->json) std::printf("%s\n", results.dump(2).c_str());
}
