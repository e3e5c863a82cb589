// bare_beast [PORT]: the yardstick server of the benchmarks, by hand. Prints its address and serves until it is
// stopped.
#include "bench/bare_server.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int argc, char** argv) {
    try {
        buttonwood::bench::BareServer server(argc > 1 ? static_cast<std::uint16_t>(std::atoi(argv[1]))
                                                      : std::uint16_t{0});
        std::printf("http://127.0.0.1:%u\n", static_cast<unsigned>(server.port()));
        std::fflush(stdout);
        server.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bare_beast: %s\n", e.what());
        return 1;
    }
}
