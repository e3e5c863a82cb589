// What the tests of workers and rebuilds share: a log that grows, and waiting for what follows it.
#pragma once

#include "tests/projections/database.hpp"
#include "tests/projections/random_market.hpp"
#include "tests/support/test_cluster.hpp"

#include "eventstore/pipeline.hpp"
#include "projections/worker.hpp"

#include <chrono>
#include <functional>
#include <random>
#include <thread>

namespace buttonwood::projections::test {

inline std::uint64_t any_seed() { return std::random_device{}(); }

// True as soon as the condition holds, false when it does not in time.
inline bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

inline bool all_at(const Workers& workers, engine::EventSeq seq) {
    for (const auto& projection : make_all())
        if (workers.checkpoint(projection->name()) != seq) return false;
    return true;
}

// Waits until all are there; tells what stopped those that are not.
inline bool all_reach(const Workers& workers, engine::EventSeq seq, eventstore::Connection& db) {
    if (eventually([&] { return all_at(workers, seq); })) return true;
    for (const ProjectionStatus& status : must(read_status(db)))
        if (status.checkpoint != seq) UNSCOPED_INFO(status.name << " " << status.status << " " << status.last_error);
    return false;
}

inline std::string status_of(eventstore::Connection& db, const std::string& name) {
    return value(db, "SELECT status FROM projections.status WHERE name = '" + name + "'");
}

// A log in a database, grown block by block.
struct GrowingLog {
    std::uint64_t seed = any_seed();
    RandomMarket market{seed};
    std::string conninfo = ::buttonwood::test::fresh_database();
    LogWriter log{conninfo};
    eventstore::Connection db = connect(conninfo);
    std::size_t written = 0;  // commands
    std::mt19937_64 random{seed};

    // Decides that many more commands and writes all that are not written yet, in blocks of random size. Every block is
    // also handed to `each`.
    engine::EventSeq grow(int commands, const std::function<void(const eventstore::Records&)>& each = {}) {
        market.run(commands);
        const std::size_t end = market.log().commands.size();
        while (written < end) {
            const std::size_t next = std::min(end, written + 1 + random() % 40);
            const eventstore::Records block = slice(market.log(), written, next);
            log.append(block);
            if (each) each(block);
            written = next;
        }
        return market.last_seq();
    }
    [[nodiscard]] std::vector<std::string> all_rows() {
        std::vector<std::string> all;
        for (const auto& projection : make_all())
            for (const std::string_view table : projection->tables())
                for (auto& row : rows_of(db, qualified(*projection, table)))
                    all.push_back(std::string(table) + " " + row);
        return all;
    }
};

inline std::shared_ptr<const eventstore::DurableBatch> as_batch(const eventstore::Records& records) {
    auto batch = std::make_shared<eventstore::DurableBatch>();
    batch->records = records;
    batch->header.first_seq = records.events.front().seq;
    batch->header.last_seq = records.events.back().seq;
    return batch;
}

}  // namespace buttonwood::projections::test
