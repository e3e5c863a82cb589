// load: closed-loop orders against a running server, over REST or WebSocket; prints rate and waiting times.
#include "bench/load_client.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace {

using namespace buttonwood;

constexpr const char* kUsage =
    "usage: load --url URL --operator-key-file FILE [--ws] [--connections N] [--in-flight N] [--seconds S] [--json]\n"
    "Opens a market of its own and places limit orders of which about half trade. REST: 32 connections, one order\n"
    "each; --ws: 1 connection with 256 in flight, unless told otherwise.\n";

struct Arguments {
    std::string url;
    std::string key_file;
    bool websocket = false;
    bool json = false;
    std::uint64_t connections = 0;
    std::uint64_t in_flight = 256;
    std::uint64_t seconds = 10;
};

bool parse(const std::vector<std::string>& words, Arguments& a) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--ws") {
            a.websocket = true;
        } else if (words[i] == "--json") {
            a.json = true;
        } else if (i + 1 == words.size()) {
            return false;
        } else if (words[i] == "--url") {
            a.url = words[++i];
        } else if (words[i] == "--operator-key-file") {
            a.key_file = words[++i];
        } else {
            std::uint64_t* number = words[i] == "--connections" ? &a.connections
                                    : words[i] == "--in-flight" ? &a.in_flight
                                    : words[i] == "--seconds"   ? &a.seconds
                                                                : nullptr;
            const std::string& text = words[++i];
            if (!number) return false;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
            if (error != std::errc{} || end != text.data() + text.size() || *number == 0) return false;
        }
    }
    return !a.url.empty() && !a.key_file.empty();
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    if (!parse({argv + 1, argv + argc}, a)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    std::string key;
    std::ifstream in(a.key_file);
    std::getline(in, key);
    auto target = bench::open_market(a.url, key, "LOAD" + std::to_string(getpid()));
    if (!target) {
        std::fprintf(stderr, "load: %s\n", target.error().c_str());
        return 1;
    }
    target->id_prefix = "load-";
    const bench::LoadShape shape{.connections = a.connections != 0 ? a.connections
                                                : a.websocket      ? 1
                                                                   : 32,
                                 .in_flight = a.websocket ? a.in_flight : 1,
                                 .duration = std::chrono::seconds(a.seconds),
                                 .seed = 1};
    const auto report = a.websocket ? bench::load_websocket(*target, shape) : bench::load_http(*target, shape);
    if (a.json) {
        std::printf("%s\n", report.to_json().dump().c_str());
    } else {
        std::printf(
            "%s: %.0f orders/s acknowledged (%llu in %.1f s, %llu refused), us p50 %.0f p99 %.0f p99.9 %.0f "
            "max %.0f %s\n",
            report.name.c_str(), report.per_second(), static_cast<unsigned long long>(report.acknowledged),
            report.seconds, static_cast<unsigned long long>(report.refused), report.p50_us, report.p99_us,
            report.p999_us, report.max_us, report.problem.c_str());
    }
    return report.problem.empty() && report.refused == 0 ? 0 : 1;
}
