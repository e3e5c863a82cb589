// A market to test the doors against: an engine, and the live view and streams that follow it command by command.
//
// Users 1 and 2 are traders with accounts 1 and 2, a million dollars and 100,000 shares each of security 1, ACME, which
// has price scale 2, quantity scale 0, tick 0.01 and lot 1. Thread safety: one thread.
#pragma once

#include "api/live/live_view.hpp"
#include "api/ws/hub.hpp"
#include "engine/engine.hpp"

namespace buttonwood::test {

inline constexpr engine::SecurityId kAcme{1};

class LiveMarket {
public:
    LiveMarket() {
        using namespace engine;
        run(RegisterUser{"Ann", RoleSet{}.add(Role::Trader)});
        run(RegisterUser{"Bob", RoleSet{}.add(Role::Trader)});
        run(CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}});
        for (const AccountId account : {AccountId{1}, AccountId{2}}) {
            run(DepositCash{account, "USD", Money{1'000'000 * pow10_128(8)}});
            run(IssueHoldings{account, kAcme, {100'000}});
        }
    }

    // Decides the command `later_us` after the one before, and lets the view and the streams follow.
    const api::Changes& run(engine::Command command, std::int64_t later_us = 1'000) {
        events.clear();
        const engine::CommandHeader header{
            engine.last_command() + 1, {engine.last_time().us + later_us}, engine::UserId::None, {}};
        outcome = engine.decide(header, command, events);
        record = {header, std::move(command), outcome, events.front().seq, static_cast<std::uint32_t>(events.size())};
        const api::Changes& changes = view.apply(record, events);
        hub.on_changes(changes);
        return changes;
    }
    [[nodiscard]] const api::LiveSecurity& acme() const { return *view.security(kAcme); }

    engine::Engine engine;
    api::LiveView view;
    api::ws::Hub hub{view};
    std::vector<engine::Event> events;  // of the last command
    engine::RejectReason outcome{};     // of the last command
    eventstore::CommandRecord record;   // the last command
};

// A gtc limit order for ACME.
[[nodiscard]] inline engine::PlaceOrder limit(engine::AccountId account, engine::Side side, std::int64_t price,
                                              std::int64_t quantity) {
    engine::PlaceOrder order;
    order.account = account;
    order.security = kAcme;
    order.side = side;
    order.type = engine::OrderType::Limit;
    order.time_in_force = engine::TimeInForce::Gtc;
    order.price = {price};
    order.quantity = {quantity};
    return order;
}

}  // namespace buttonwood::test
