// The whole engine as a subject of the core benchmark: accounts, reserves, checks, and events into its outbox.
//
// 1,000 traders with ample cash and holdings; one half places the bids, the other the listings, so that self-trade
// prevention looks at every fill and never strikes, and the fills are those of a bare book. The engine names orders and
// counts quantities its own way (OrderId, the total of an amend): plan_engine() finds both in a run beforehand, which
// is exact because the engine is deterministic.
#pragma once

#include "bench/core_subject.hpp"
#include "bench/core_workload.hpp"
#include "engine/engine.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace buttonwood::bench {

// What a workload's messages mean to an engine that plays it from the start.
struct EnginePlan {
    std::vector<engine::OrderId> ids;            // by the order's number; None: it was refused
    std::vector<engine::AccountId> accounts;     // by the order's number
    std::vector<std::uint32_t> numbers;          // by OrderId
    std::vector<engine::Quantity> amend_totals;  // of the Replace messages, in their sequence
};
[[nodiscard]] EnginePlan plan_engine(const Workload& workload);

// An engine with its market open, and commands numbered as it wants them.
class EngineMarket {
public:
    explicit EngineMarket(std::size_t symbols);

    [[nodiscard]] engine::Engine& engine() { return engine_; }
    [[nodiscard]] const engine::Engine& engine() const { return engine_; }
    // The `ahead`-th command from the one that is next.
    [[nodiscard]] engine::CommandHeader header(std::size_t ahead, engine::AccountId actor) const;
    static engine::AccountId account_of(const Message& message);
    static engine::UserId user_of(engine::AccountId account);

private:
    void must(const engine::Command& command);
    void add_traders();
    void add_securities(std::size_t count);

    engine::Engine engine_;
    std::vector<engine::Event> events_;
};

// The command that a message becomes. REQUIRES: its order is in the plan already unless it is New.
[[nodiscard]] engine::Command command_of(const Message& message, const EnginePlan& plan, engine::Quantity amend_total);

class EngineSubject {
public:
    static constexpr std::size_t kBatch = 256;  // after which the outbox is cleared

    EngineSubject(const Workload& workload, const EnginePlan& plan);

    void prepare(std::span<const Message> batch);
    void run() {
        for (const Prepared& p : commands_) decide(p);
        // Read by drain(), then cleared there.
    }
    void run_one(std::size_t i) { decide(commands_[i]); }
    void drain();
    void clear_outbox() { outbox_.clear(); }

    [[nodiscard]] const FillHash& hash() const { return hash_; }
    [[nodiscard]] std::size_t order_count() const { return market_.engine().open_order_count(); }
    [[nodiscard]] std::size_t level_count() const;
    [[nodiscard]] const engine::Engine& engine() const { return market_.engine(); }

private:
    struct Prepared {
        engine::CommandHeader header;
        engine::Command command;
    };
    void decide(const Prepared& p) { market_.engine().decide(p.header, p.command, outbox_); }

    const EnginePlan& plan_;
    std::size_t symbols_;
    EngineMarket market_;
    std::size_t next_replace_{};
    std::vector<Prepared> commands_;
    std::vector<engine::Event> outbox_;
    FillHash hash_;
};

}  // namespace buttonwood::bench
