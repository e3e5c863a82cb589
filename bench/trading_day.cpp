#include "bench/trading_day.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::bench {

using namespace engine;
using Kind = DayOrder::Kind;

namespace {

constexpr Timestamp kOpens{1'794'988'800'000'000};  // 2026-11-18T08:00:00Z
constexpr std::size_t kMeanGapUs = 4'000;
constexpr std::int64_t kFirstMid = 10'000;
constexpr std::size_t kWalkOneIn = 50;     // so many orders move a mid by a tick
constexpr std::size_t kResting = 4'000;    // beyond it, more is canceled than placed
constexpr std::int64_t kDepth = 10;        // ticks from the mid at which orders rest, at most
constexpr std::int64_t kReach = 4;         // ticks beyond the mid that a crossing order pays, at most
constexpr std::int64_t kLargest = 100;     // shares
constexpr std::int64_t kFirstShares = 4'000;
constexpr std::uint32_t kMakerPpm = 500, kTakerPpm = 1'500;

Money dollars(std::int64_t amount) { return {static_cast<Int128>(amount) * pow10_128(8)}; }

PlaceOrder placed(const DayOrder& order) {
    PlaceOrder place;
    place.account = order.account;
    place.security = order.security;
    place.side = order.side;
    place.type = OrderType::Limit;
    place.time_in_force = order.kind == Kind::CrossAtOnce ? TimeInForce::Ioc : TimeInForce::Gtc;
    place.quantity = {order.quantity};
    place.price = {order.price};
    return place;
}

AmendOrder amended(const DayOrder& order) {
    AmendOrder amend;
    amend.account = order.account;
    amend.target.order = order.order;
    if (order.kind == Kind::Reduce) amend.quantity = Quantity{order.quantity};
    else amend.price = Price{order.price};
    return amend;
}

}  // namespace

Command to_command(const DayOrder& order) {
    switch (order.kind) {
        case Kind::Rest:
        case Kind::Cross:
        case Kind::CrossAtOnce: return placed(order);
        case Kind::Cancel: return CancelOrder{order.account, {order.order, {}}, {}};
        case Kind::Reduce:
        case Kind::Reprice: return amended(order);
        case Kind::Deposit: return DepositCash{order.account, "USD", dollars(order.quantity)};
        case Kind::Withdraw: return WithdrawCash{order.account, "USD", dollars(order.quantity)};
    }
    std::unreachable();
}

UserId actor_of(const DayOrder& order) {
    const bool by_operator = order.kind == Kind::Deposit || order.kind == Kind::Withdraw;
    return by_operator ? UserId::None : static_cast<UserId>(order.account);  // a user's first account has its number
}

std::vector<Command> TradingDay::opening() {
    std::vector<Command> commands;
    for (std::uint32_t n = 1; n <= kAccounts; ++n)
        commands.emplace_back(RegisterUser{Name("trader " + std::to_string(n)), RoleSet{}.add(Role::Trader)});
    commands.emplace_back(RegisterUser{"fees", RoleSet{}.add(Role::Operator)});
    for (std::uint32_t n = 1; n <= kSecurities; ++n)
        commands.emplace_back(CreateSecurity{Symbol("DAY" + std::to_string(n)), Name("Day " + std::to_string(n)),
                                             "USD", 2, 0, {1}, {1}});
    commands.emplace_back(SetFees{SecurityId::None, kMakerPpm, kTakerPpm, static_cast<AccountId>(kAccounts + 1)});
    for (std::uint32_t n = 1; n <= kAccounts; ++n) {
        const auto account = static_cast<AccountId>(n);
        commands.emplace_back(DepositCash{account, "USD", dollars(1'000'000'000)});
        for (std::uint32_t security = 1; security <= kSecurities; ++security)
            commands.emplace_back(IssueHoldings{account, static_cast<SecurityId>(security), {kFirstShares}});
    }
    return commands;
}

TradingDay::TradingDay(std::uint64_t seed) : random_(seed), now_(kOpens) {
    mid_.fill(kFirstMid);
    for (Command& command : opening()) decide(UserId::None, std::move(command));
}

DayOrder TradingDay::next() {
    now_.us += static_cast<std::int64_t>(random_.below(2 * kMeanGapUs));
    while (engine_.wants_clock(now_)) decide(UserId::None, AdvanceClock{});
    const DayOrder order = choose();
    decide(actor_of(order), to_command(order));
    return order;
}

void TradingDay::decide(UserId actor, Command command) {
    eventstore::CommandRecord record;
    record.header = {.seq = engine_.last_command() + 1, .time = now_, .actor = actor, .request_id = {}};
    record.first_seq = engine_.last_seq() + 1;
    const std::size_t before = records_.events.size();
    record.outcome = engine_.decide(record.header, command, records_.events);
    record.event_count = static_cast<std::uint32_t>(records_.events.size() - before);
    record.command = std::move(command);
    records_.commands.push_back(std::move(record));
    for (std::size_t i = before; i < records_.events.size(); ++i) see(records_.events[i]);
    taking_.clear();
}

void TradingDay::see(const Event& event) {
    if (const auto* accepted = std::get_if<OrderAccepted>(&event.body)) {
        const Open open{accepted->order, accepted->account,     accepted->security,
                        accepted->side,  accepted->price.units, accepted->quantity.units};
        if (accepted->rests) add(open);
        else taking_[open.order] = open;
    } else if (const auto* rested = std::get_if<OrderRested>(&event.body)) {
        if (const auto taken = taking_.find(rested->order); taken != taking_.end()) add(taken->second);
    } else if (const auto* trade = std::get_if<TradeExecuted>(&event.body)) {
        if (trade->maker_leaves_quantity.units == 0) remove(trade->maker_order);
    } else if (const auto* amended_order = std::get_if<OrderAmended>(&event.body)) {
        const Open open{amended_order->order, amended_order->account,     amended_order->security,
                        amended_order->side,  amended_order->price.units, amended_order->quantity.units};
        remove(open.order);
        if (amended_order->rests || amended_order->priority_kept) add(open);
        else taking_[open.order] = open;
    } else if (const auto* canceled = std::get_if<OrderCanceled>(&event.body)) {
        remove(canceled->order);
    }
}

void TradingDay::add(const Open& open) {
    place_[open.order] = open_.size();
    open_.push_back(open);
}

void TradingDay::remove(OrderId order) {
    const auto found = place_.find(order);
    if (found == place_.end()) return;
    const std::size_t at = found->second;
    place_.erase(found);
    if (at + 1 != open_.size()) {
        open_[at] = open_.back();
        place_[open_[at].order] = at;
    }
    open_.pop_back();
}

DayOrder TradingDay::choose() {
    const std::size_t draw = random_.below(100);
    if (draw == 0) return move_cash();
    if (draw < 18) return new_order(true);
    if (open_.empty()) return new_order(false);
    if (draw < 26) return change(random_.chance(0.5) ? Kind::Reduce : Kind::Reprice);
    const std::size_t cancels = open_.size() > kResting ? 70 : 44;
    return draw < cancels ? change(Kind::Cancel) : new_order(false);
}

DayOrder TradingDay::new_order(bool crosses) {
    DayOrder order;
    order.kind = !crosses ? Kind::Rest : random_.chance(0.3) ? Kind::CrossAtOnce : Kind::Cross;
    order.side = random_.chance(0.5) ? Side::Buy : Side::Sell;
    order.account = any_account();
    const std::size_t security = random_.below(kSecurities);
    order.security = static_cast<SecurityId>(security + 1);
    std::int64_t& mid = mid_[security];
    if (random_.below(kWalkOneIn) == 0) mid = std::max(kFirstMid / 2, mid + (random_.chance(0.5) ? 1 : -1));
    const std::int64_t distance = crosses ? -random_.between(1, kReach) : random_.between(1, kDepth);
    order.price = order.side == Side::Buy ? mid - distance : mid + distance;
    order.quantity = random_.between(1, kLargest);
    return order;
}

DayOrder TradingDay::change(Kind kind) {
    const Open& target = open_[random_.below(open_.size())];
    DayOrder order;
    order.kind = kind;
    order.side = target.side;
    order.account = target.account;
    order.security = target.security;
    order.order = target.order;
    order.quantity = std::max<std::int64_t>(1, target.quantity / 2);
    order.price = target.side == Side::Buy ? target.price - 1 : target.price + 1;
    return order;
}

DayOrder TradingDay::move_cash() {
    DayOrder order;
    order.kind = random_.chance(0.6) ? Kind::Deposit : Kind::Withdraw;
    order.account = any_account();
    order.quantity = random_.between(1, 10'000);
    return order;
}

}  // namespace buttonwood::bench
