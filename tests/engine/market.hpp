// A market for the tests: an engine that is driven one command at a time and watched after each.
//
// run() requires that the events are numbered without holes, that the invariants hold, and that a replica that only
// applies events reaches the same state; so every test that uses it checks replay, too.
#pragma once

#include "engine/engine.hpp"
#include "tests/engine/records.hpp"

#include <catch2/catch.hpp>

#include <string_view>
#include <vector>

namespace buttonwood::engine::tests {

inline constexpr Currency kUsd = "USD";
inline constexpr UserId kSystem = UserId::None;

// Whole units of a currency.
constexpr Money dollars(std::int64_t units) { return {Int128{units} * pow10_128(kMoneyScale)}; }
// Hundredths: prices of a security with two decimals times its quantity give these.
constexpr Money cents(std::int64_t units) { return {Int128{units} * pow10_128(kMoneyScale - 2)}; }

class Market {
public:
    struct Outcome {
        RejectReason reason{};
        std::vector<Event> events;

        // The events of one type, in order.
        template <class T>
        [[nodiscard]] std::vector<T> all() const {
            std::vector<T> found;
            for (const Event& event : events)
                if (const T* body = std::get_if<T>(&event.body)) found.push_back(*body);
            return found;
        }
        // The only event of that type.
        template <class T>
        [[nodiscard]] T only() const {
            const std::vector<T> found = all<T>();
            REQUIRE(found.size() == 1);
            return found.front();
        }
        // The order that was accepted, refused as a duplicate, or amended.
        [[nodiscard]] OrderId order() const {
            if (reason == RejectReason::None) return only<OrderAccepted>().order;
            return only<CommandRejected>().order;
        }
    };

    // How often the invariants and the replica's hash are checked: after every n-th command.
    explicit Market(std::uint64_t check_interval = 1) : check_interval_(check_interval) {}

    Outcome run(const Command& command, UserId actor = kSystem) {
        time_.us += 1'000;
        const CommandHeader header{engine_.last_command() + 1, time_, actor, {}};
        Outcome outcome;
        outcome.reason = engine_.decide(header, command, outcome.events);
        for (const Event& event : outcome.events) {
            REQUIRE(event.seq == replica_.last_seq() + 1);
            replica_.apply(event);
        }
        if (header.seq % check_interval_ == 0) check();
        return outcome;
    }
    // The same, for a command that must be accepted.
    Outcome must(const Command& command, UserId actor = kSystem) {
        const Outcome outcome = run(command, actor);
        INFO(describe(command));
        REQUIRE(outcome.reason == RejectReason::None);
        return outcome;
    }
    // Time passes, and the clock says so.
    Outcome pass(std::int64_t us) {
        time_.us += us;
        return must(AdvanceClock{});
    }
    [[nodiscard]] Timestamp time() const { return time_; }
    void check() const {
        REQUIRE(engine_.check_invariants() == std::vector<std::string>{});
        REQUIRE(engine_.state_hash() == replica_.state_hash());
    }

    // A user with cash and a holding of every security that exists; the account is the user's first.
    AccountId add_trader(std::string_view name, Money cash = dollars(1'000'000), Quantity holding = {1'000'000}) {
        const Outcome registered = must(RegisterUser{name, RoleSet{}.add(Role::Trader)});
        const AccountId account = registered.only<AccountOpened>().account;
        if (cash > Money{}) must(DepositCash{account, kUsd, cash});
        for (std::uint32_t id = 1; id <= security_count_ && holding.units > 0; ++id)
            must(IssueHoldings{account, static_cast<SecurityId>(id), holding});
        return account;
    }
    SecurityId add_security(Symbol symbol = "ACME", std::uint8_t price_scale = 2, std::uint8_t quantity_scale = 0,
                            Price tick = {1}, Quantity lot = {1}) {
        ++security_count_;
        return must(CreateSecurity{symbol, "A security", kUsd, price_scale, quantity_scale, tick, lot})
            .only<SecurityCreated>()
            .security;
    }

    [[nodiscard]] const Engine& engine() const { return engine_; }

private:
    Engine engine_;
    Engine replica_;
    Timestamp time_{1'767'258'000'000'000};  // 2026-01-01 09:00
    std::uint64_t check_interval_;
    std::uint32_t security_count_{};
};

inline PlaceOrder limit(AccountId account, Side side, std::int64_t quantity, std::int64_t price,
                        TimeInForce time_in_force = TimeInForce::Gtc) {
    PlaceOrder order;
    order.account = account;
    order.security = SecurityId{1};
    order.side = side;
    order.type = OrderType::Limit;
    order.time_in_force = time_in_force;
    order.quantity = {quantity};
    order.price = {price};
    return order;
}
inline PlaceOrder bid(AccountId account, std::int64_t quantity, std::int64_t price) {
    return limit(account, Side::Buy, quantity, price);
}
inline PlaceOrder listing(AccountId account, std::int64_t quantity, std::int64_t price) {
    return limit(account, Side::Sell, quantity, price);
}
inline PlaceOrder market(AccountId account, Side side, std::int64_t quantity,
                         TimeInForce time_in_force = TimeInForce::Ioc) {
    PlaceOrder order = limit(account, side, quantity, 0, time_in_force);
    order.type = OrderType::Market;
    return order;
}
inline PlaceOrder named(PlaceOrder order, std::string_view client_order_id) {
    order.client_order_id = client_order_id;
    return order;
}
inline PlaceOrder post_only(PlaceOrder order) {
    order.post_only = true;
    return order;
}
// A held order at market, or with a limit where there is one.
inline PlaceOrder held(AccountId account, Side side, OrderType type, std::int64_t quantity, std::int64_t stop_price,
                       std::int64_t price = 0) {
    PlaceOrder order = limit(account, side, quantity, price);
    order.type = type;
    order.stop_price = {stop_price};
    return order;
}
inline PlaceOrder trailing(AccountId account, Side side, std::int64_t quantity, std::int64_t distance) {
    PlaceOrder order = held(account, side, OrderType::TrailingStop, quantity, 0);
    order.trail_amount = {distance};
    return order;
}
inline PlaceOrder iceberg(PlaceOrder order, std::int64_t display_quantity) {
    order.display_quantity = {display_quantity};
    return order;
}
inline PlaceOrder until(PlaceOrder order, Timestamp time) {
    order.time_in_force = TimeInForce::Gtd;
    order.expires_at = time;
    return order;
}
inline PlaceOrder preventing(PlaceOrder order, SelfTradePrevention mode) {
    order.self_trade_prevention = mode;
    return order;
}
inline AmendOrder amend(AccountId account, OrderId order, std::optional<std::int64_t> quantity,
                        std::optional<std::int64_t> price = {}) {
    AmendOrder command;
    command.account = account;
    command.target.order = order;
    if (quantity) command.quantity = Quantity{*quantity};
    if (price) command.price = Price{*price};
    return command;
}
inline CancelOrder cancel(AccountId account, OrderId order) { return {account, {order, {}}, {}}; }

}  // namespace buttonwood::engine::tests
