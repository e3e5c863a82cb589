#include "bench/raw_append.hpp"

#include "bench/bench_cluster.hpp"
#include "bench/block_maker.hpp"
#include "eventstore/database.hpp"
#include "eventstore/pg_journal.hpp"
#include "eventstore/pipeline.hpp"

#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace buttonwood::bench {

namespace {

using namespace engine;
using namespace eventstore;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBareRowBytes = 300;  // about an order and its event

std::string words(const DbError& error) { return error.message; }
std::string words(StoreError error) { return std::string(name_of(error)); }

// Lets at most `capacity` commands be unreleased, and times each from submit to release.
class Window {
public:
    explicit Window(std::size_t capacity) : sent_(capacity) {
        for (std::size_t slot = 0; slot < capacity; ++slot) free_.push_back(slot);
    }

    // Waits for room. The ticket to submit under, never 0.
    Ticket enter() {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [this] { return !free_.empty(); });
        const std::size_t slot = free_.back();
        free_.pop_back();
        sent_[slot] = Clock::now();
        return slot + 1;
    }
    void release(const DurableBatch& batch) {
        const auto now = Clock::now();
        const std::lock_guard lock(mutex_);
        ++report.blocks;
        report.events += batch.header.event_count;
        for (const Ticket ticket : batch.tickets) {
            if (ticket == 0) continue;
            latencies.add(now - sent_[ticket - 1]);
            free_.push_back(ticket - 1);
            ++report.commands;
        }
        has_room_.notify_one();
    }
    void drain() {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [this] { return free_.size() == sent_.size(); });
    }

    AppendReport report;
    Latencies latencies;

private:
    std::mutex mutex_;
    std::condition_variable has_room_;
    std::vector<Clock::time_point> sent_;
    std::vector<std::size_t> free_;
};

std::int64_t wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace

nlohmann::json AppendReport::to_json() const {
    return {{"name", name},
            {"blocks", blocks},
            {"commands", commands},
            {"events", events},
            {"payload_bytes", payload_bytes},
            {"seconds", seconds},
            {"commands_per_second", commands_per_second()},
            {"events_per_second", seconds > 0 ? static_cast<double>(events) / seconds : 0},
            {"blocks_per_second", seconds > 0 ? static_cast<double>(blocks) / seconds : 0},
            {"p50_us", p50_us},
            {"p99_us", p99_us}};
}

std::string AppendReport::line() const {
    std::array<char, 200> text{};
    std::snprintf(text.data(), text.size(),
                  "%-34s %9.0f commands/s %9.0f events/s %7.0f blocks/s   us p50 %6.0f p99 %6.0f", name.c_str(),
                  commands_per_second(), static_cast<double>(events) / seconds, static_cast<double>(blocks) / seconds,
                  p50_us, p99_us);
    return text.data();
}

struct StoreBench::Impl {
    std::unique_ptr<BenchCluster> cluster;

    // A database of its own for every measurement: none pays for what another left behind.
    std::expected<std::string, std::string> fresh_database() const { return cluster->fresh_database(); }
};

StoreBench::StoreBench(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoreBench::~StoreBench() = default;

std::expected<std::unique_ptr<StoreBench>, std::string> StoreBench::start() {
    auto cluster = BenchCluster::start();
    if (!cluster) return std::unexpected(cluster.error());
    auto impl = std::make_unique<Impl>();
    impl->cluster = std::move(*cluster);
    return std::unique_ptr<StoreBench>(new StoreBench(std::move(impl)));
}

std::expected<AppendReport, std::string> StoreBench::commit_bare(std::chrono::milliseconds duration) {
    const auto database = impl_->fresh_database();
    if (!database) return std::unexpected(database.error());
    auto connection = Connection::open(*database, "bench");
    if (!connection) return std::unexpected(words(connection.error()));
    if (auto made = connection->execute("CREATE TABLE bare (n bigint PRIMARY KEY, payload bytea)"); !made)
        return std::unexpected(words(made.error()));

    AppendReport report{.name = "bare commit of one row"};
    Latencies latencies;
    const std::string payload(kBareRowBytes, 'x');
    const auto begin = Clock::now();
    while (Clock::now() - begin < duration) {
        const auto sent = Clock::now();
        const auto done =
            connection->prepared("INSERT INTO bare VALUES ($1, $2)", {report.commands, Param::bytea(payload)});
        if (!done) return std::unexpected(words(done.error()));
        latencies.add(Clock::now() - sent);
        ++report.blocks;
        ++report.commands;
        ++report.events;
    }
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    report.p50_us = latencies.percentile_us(0.5);
    report.p99_us = latencies.percentile_us(0.99);
    return report;
}

std::expected<AppendReport, std::string> StoreBench::append_blocks(std::size_t commands_per_block,
                                                                   std::chrono::milliseconds duration) {
    const auto database = impl_->fresh_database();
    if (!database) return std::unexpected(database.error());
    const auto journal = make_pg_journal({.conninfo = *database});
    const auto head = journal->fence();
    if (!head) return std::unexpected(words(head.error()));
    BlockMaker maker(*head);
    if (auto done = journal->append(maker.opening()); !done) return std::unexpected(words(done.error()));

    AppendReport report{.name = "raw append, " + std::to_string(commands_per_block) + " commands a block"};
    Latencies latencies;
    std::chrono::nanoseconds busy{};  // making the blocks is not measured
    while (busy < duration) {
        const Block block = maker.next(commands_per_block);
        const auto begin = Clock::now();
        if (auto done = journal->append(block); !done) return std::unexpected(words(done.error()));
        const auto elapsed = Clock::now() - begin;
        busy += elapsed;
        latencies.add(elapsed);
        ++report.blocks;
        report.commands += block.header.command_count;
        report.events += block.header.event_count;
        report.payload_bytes += block.payload.size();
    }
    report.seconds = std::chrono::duration<double>(busy).count();
    report.p50_us = latencies.percentile_us(0.5);
    report.p99_us = latencies.percentile_us(0.99);
    return report;
}

std::expected<std::string, std::string> StoreBench::write_log(std::size_t commands) {
    auto database = impl_->fresh_database();
    if (!database) return database;
    const auto journal = make_pg_journal({.conninfo = *database});
    const auto head = journal->fence();
    if (!head) return std::unexpected(words(head.error()));
    BlockMaker maker(*head);
    if (auto done = journal->append(maker.opening()); !done) return std::unexpected(words(done.error()));
    constexpr std::size_t kBlock = 1'024;
    for (std::size_t written = 0; written < commands; written += kBlock)
        if (auto done = journal->append(maker.next(kBlock)); !done) return std::unexpected(words(done.error()));
    return database;
}

std::expected<AppendReport, std::string> StoreBench::run_pipeline(std::size_t in_flight,
                                                                  std::chrono::microseconds linger,
                                                                  std::chrono::milliseconds duration) {
    const auto database = impl_->fresh_database();
    if (!database) return std::unexpected(database.error());
    Window window(in_flight);
    Pipeline::Callbacks callbacks;
    callbacks.released = [&window](const std::shared_ptr<const DurableBatch>& batch) { window.release(*batch); };
    callbacks.stopped = [](StoreError error) {
        std::fprintf(stderr, "the pipeline stopped: %s\n", words(error).c_str());
        std::abort();
    };
    callbacks.wall_clock_us = wall_clock_us;
    auto pipeline = Pipeline::start(make_pg_journal({.conninfo = *database}), std::move(callbacks),
                                    Pipeline::Options{.linger = linger});
    if (!pipeline) return std::unexpected(words(pipeline.error()));
    for (Command& command : opening_commands())
        if (!(*pipeline)->submit(UserId::None, {}, std::move(command), window.enter()))
            return std::unexpected("the pipeline refused a command");
    window.drain();

    window.report = AppendReport{.name = (linger.count() > 0 ? "lingering pipeline, " : "pipeline, ") +
                                          std::to_string(in_flight) + " in flight"};
    window.latencies = {};
    OrderStream orders(1);
    const auto begin = Clock::now();
    for (std::uint64_t number = 1; Clock::now() - begin < duration; ++number)
        if (!(*pipeline)->submit(UserId{1}, {}, to_command(orders.next(), number), window.enter()))
            return std::unexpected("the pipeline refused a command");
    window.drain();
    window.report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    window.report.p50_us = window.latencies.percentile_us(0.5);
    window.report.p99_us = window.latencies.percentile_us(0.99);
    return window.report;
}

}  // namespace buttonwood::bench
