// The store alone and the whole pipeline alone, in process, on one private PostgreSQL cluster.
//
// bare: one small row per commit and nothing else, the least that being durable costs on this machine.
// raw: blocks of a fixed number of orders, decided and encoded beforehand, appended one after the other through the
// very journal that the server uses. pipeline: the same orders submitted as commands, at most `in_flight` unreleased,
// decided, encoded, sealed, appended and released by the pipeline of the server.
#pragma once

#include "bench/load_report.hpp"

#include <expected>
#include <memory>

namespace buttonwood::bench {

struct AppendReport {
    std::string name;
    std::uint64_t blocks{};
    std::uint64_t commands{};
    std::uint64_t events{};
    std::uint64_t payload_bytes{};
    double seconds{};
    double p50_us{}, p99_us{};  // of one acknowledgement: block appended, or command released

    [[nodiscard]] double commands_per_second() const {
        return seconds > 0 ? static_cast<double>(commands) / seconds : 0;
    }
    [[nodiscard]] nlohmann::json to_json() const;
    [[nodiscard]] std::string line() const;
};

// A cluster with an empty, migrated database per measurement. The error is one line.
class StoreBench {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<StoreBench>, std::string> start();
    ~StoreBench();

    [[nodiscard]] std::expected<AppendReport, std::string> commit_bare(std::chrono::milliseconds duration);
    [[nodiscard]] std::expected<AppendReport, std::string> append_blocks(std::size_t commands_per_block,
                                                                         std::chrono::milliseconds duration);
    [[nodiscard]] std::expected<AppendReport, std::string> run_pipeline(std::size_t in_flight,
                                                                        std::chrono::microseconds linger,
                                                                        std::chrono::milliseconds duration);

    // The conninfo of a database with a log of so many commands, in blocks of 1,024.
    [[nodiscard]] std::expected<std::string, std::string> write_log(std::size_t commands);

private:
    struct Impl;
    explicit StoreBench(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::bench
