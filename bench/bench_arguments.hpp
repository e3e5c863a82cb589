// What the benchmark programs take: --smoke (tiny, checks that it runs), --json, --seconds N (per measurement),
// --rounds N (api_bench: the median round counts).
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <vector>

namespace buttonwood::bench {

struct BenchArguments {
    bool smoke = false;
    bool json = false;
    std::chrono::milliseconds duration{3000};
    std::size_t rounds = 3;
    std::string serve;  // --serve: the server's binary; empty = beside this program
};

inline std::expected<BenchArguments, std::string> parse_bench_arguments(int argc, char** argv) {
    BenchArguments a;
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool has_value = i + 1 < words.size();
        if (words[i] == "--json") {
            a.json = true;
        } else if (words[i] == "--smoke") {
            a.smoke = true;
            a.duration = std::chrono::milliseconds(200);
            a.rounds = 1;
        } else if (words[i] == "--seconds" && has_value && std::atoi(words[i + 1].c_str()) > 0) {
            a.duration = std::chrono::seconds(std::atoi(words[++i].c_str()));
        } else if (words[i] == "--rounds" && has_value && std::atoi(words[i + 1].c_str()) > 0) {
            a.rounds = static_cast<std::size_t>(std::atoi(words[++i].c_str()));
        } else if (words[i] == "--serve" && has_value) {
            a.serve = words[++i];
        } else {
            return std::unexpected("usage: " + std::string(argv[0]) +
                                   " [--smoke] [--json] [--seconds N] [--rounds N] [--serve BUTTONWOOD]");
        }
    }
    return a;
}

}  // namespace buttonwood::bench
