// A small market whose every figure is known, and its read models.
#pragma once

#include "tests/projections/database.hpp"
#include "tests/support/test_cluster.hpp"

#include "engine/engine.hpp"

namespace buttonwood::projections::test::small {

using namespace engine;
using eventstore::Connection;
using eventstore::Records;

inline constexpr std::int64_t kHourUs = 3'600'000'000;
inline constexpr auto kAcme = static_cast<SecurityId>(1);
inline constexpr auto kSeller = static_cast<AccountId>(1);
inline constexpr auto kBuyer = static_cast<AccountId>(2);
inline constexpr auto kFees = static_cast<AccountId>(3);
inline constexpr auto kOperator = static_cast<UserId>(3);

// A seller, a buyer, and a security with fees (maker 0.1 %, taker 0.2 %) that settles on the next business day.
class SmallMarket {
public:
    explicit SmallMarket(Timestamp start) : now_(start) {
        for (const char* name : {"Seller", "Buyer"}) run(RegisterUser{name, RoleSet{}.add(Role::Trader)});
        run(RegisterUser{"House", RoleSet{}.add(Role::Trader).add(Role::Operator)});
        run(CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}});
        run(IssueHoldings{kSeller, kAcme, {1'000'000}});
        run(DepositCash{kBuyer, "USD", {pow10_128(8) * 10'000'000}});
        run(SetFees{SecurityId::None, 1'000, 2'000, kFees});
        SetSecurityTerms terms;
        terms.security = kAcme;
        terms.settlement_days = 1;
        run(terms);
    }
    void pass(std::int64_t us) { now_.us += us; }
    void order(Side side, std::int64_t price, std::int64_t quantity, AccountId buyer = kBuyer) {
        PlaceOrder order;
        order.account = side == Side::Buy ? buyer : kSeller;
        order.security = kAcme;
        order.side = side;
        order.type = OrderType::Limit;
        order.time_in_force = TimeInForce::Gtc;
        order.price = {price};
        order.quantity = {quantity};
        run(order);
    }
    void trade(std::int64_t price, std::int64_t quantity) {
        order(Side::Sell, price, quantity);
        order(Side::Buy, price, quantity);
    }
    // Of one share, which the seller's user sells to the house: it moves the price and none of the buyer's.
    void trade_of_others(std::int64_t price) {
        order(Side::Sell, price, 1);
        order(Side::Buy, price, 1, kFees);
    }
    // A bid that rests and is canceled.
    void come_and_go(std::int64_t price) {
        order(Side::Buy, price, 1);
        run(CancelOrder{kBuyer, {std::get<OrderAccepted>(log_.events.back().body).order, {}}, {}});
    }
    void run(Command command, UserId actor = UserId::None) {
        while (market_.wants_clock(now_)) decide(AdvanceClock{}, UserId::None);
        decide(std::move(command), actor);
    }
    [[nodiscard]] const Records& log() const { return log_; }
    // The log goes on without what it told so far.
    void forget() { log_ = {}; }

private:
    void decide(Command command, UserId actor) {
        const CommandHeader header{market_.last_command() + 1, now_, actor, {}};
        const std::size_t before = log_.events.size();
        const EventSeq first_seq = market_.last_seq() + 1;
        const RejectReason outcome = market_.decide(header, command, log_.events);
        if (outcome != RejectReason::None) FAIL("refused: " << static_cast<int>(outcome));
        log_.commands.push_back({header, std::move(command), RejectReason::None, first_seq,
                                 static_cast<std::uint32_t>(log_.events.size() - before)});
    }

    Engine market_;
    Records log_;
    Timestamp now_;
};

// All read models of a log, in batches of so many commands.
inline Connection read_models(const Records& log, std::size_t commands_per_batch) {
    Connection db = connect(::buttonwood::test::fresh_database());
    for (const auto& projection : make_all())
        for (std::size_t at = 0; at < log.commands.size(); at += commands_per_batch)
            apply(*projection, slice(log, at, std::min(log.commands.size(), at + commands_per_batch)), db);
    return db;
}

// The rows of a query as one text, a line each.
inline std::string lines(Connection& db, const std::string& query) {
    return value(db, "SELECT coalesce(string_agg(line::text, E'\\n'), '') FROM (" + query + ") AS q(line)");
}

}  // namespace buttonwood::projections::test::small
