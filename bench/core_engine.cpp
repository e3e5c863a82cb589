#include "bench/core_engine.hpp"

#include "bench/core_trader.hpp"

#include <stdexcept>
#include <string>
#include <variant>

namespace buttonwood::bench {
namespace {

using namespace engine;

constexpr std::size_t kTraders = 1'000;
constexpr std::size_t kBidders = kTraders / 2;  // the first of them; the others list
constexpr std::uint8_t kPriceScale = 2;
constexpr Currency kCurrency = "USD";
constexpr Money kCash{pow10_128(26)};           // money units: 10^18 dollars
constexpr Quantity kHolding{1'000'000'000'000};
constexpr std::size_t kOutboxReserve = 16'384;  // events

std::size_t spread(std::uint32_t order) { return static_cast<std::size_t>((order * 0x9E3779B97F4A7C15) >> 40); }

}  // namespace

EngineMarket::EngineMarket(std::size_t symbols) {
    add_traders();
    add_securities(symbols);
}

CommandHeader EngineMarket::header(std::size_t ahead, AccountId actor) const {
    CommandHeader header;
    header.seq = engine_.last_command() + 1 + ahead;
    header.time = Timestamp{static_cast<std::int64_t>(header.seq)};
    header.actor = user_of(actor);
    return header;
}

AccountId EngineMarket::account_of(const Message& m) {
    const std::size_t trader = spread(m.order) % kBidders + (m.side == Side::Buy ? 0 : kBidders);
    return static_cast<AccountId>(trader + 1);
}

// Traders are registered first, so both count from 1.
UserId EngineMarket::user_of(AccountId account) { return static_cast<UserId>(static_cast<std::uint32_t>(account)); }

void EngineMarket::must(const Command& command) {
    events_.clear();
    if (engine_.decide(header(0, AccountId::None), command, events_) != RejectReason::None)
        throw std::runtime_error("the engine refused a command that opens the market");
}

void EngineMarket::add_traders() {
    for (std::size_t i = 1; i <= kTraders; ++i)
        for (const Command& command : new_trader(i, kCurrency, kCash)) must(command);
}

void EngineMarket::add_securities(std::size_t count) {
    for (std::size_t s = 1; s <= count; ++s) {
        CreateSecurity security;
        security.symbol = Symbol("S" + std::to_string(s));
        security.name = Name("security " + std::to_string(s));
        security.currency = kCurrency;
        security.price_scale = kPriceScale;
        security.tick_size = Price{1};
        security.lot_size = Quantity{1};
        must(security);
        for (std::size_t i = kBidders + 1; i <= kTraders; ++i) {
            IssueHoldings holding;
            holding.account = static_cast<AccountId>(i);
            holding.security = static_cast<SecurityId>(s);
            holding.quantity = kHolding;
            must(holding);
        }
    }
}

Command command_of(const Message& m, const EnginePlan& plan, Quantity amend_total) {
    switch (m.kind) {
        case MessageKind::New: {
            PlaceOrder place;
            place.account = EngineMarket::account_of(m);
            place.security = static_cast<SecurityId>(m.symbol + 1U);
            place.side = m.side;
            place.type = OrderType::Limit;
            place.time_in_force = m.ioc ? TimeInForce::Ioc : TimeInForce::Gtc;
            place.quantity = Quantity{m.quantity};
            place.price = Price{m.price};
            return place;
        }
        case MessageKind::Cancel: {
            CancelOrder cancel;
            cancel.account = plan.accounts[m.order];
            cancel.target.order = plan.ids[m.order];
            return cancel;
        }
        case MessageKind::Replace: break;
    }
    AmendOrder amend;
    amend.account = plan.accounts[m.order];
    amend.target.order = plan.ids[m.order];
    amend.price = Price{m.price};
    amend.quantity = amend_total;
    return amend;
}

EnginePlan plan_engine(const Workload& workload) {
    EnginePlan plan;
    plan.ids.resize(workload.orders);
    plan.accounts.resize(workload.orders);
    EngineMarket market(workload.symbols);
    std::vector<Event> events;
    const auto play = [&](const Message& m) {
        Quantity total{m.quantity};
        if (m.kind == MessageKind::New) plan.accounts[m.order] = EngineMarket::account_of(m);
        if (m.kind == MessageKind::Replace) {
            if (const auto order = market.engine().order(plan.ids[m.order]))
                total += order->quantity - order->leaves_quantity;
            plan.amend_totals.push_back(total);
        }
        events.clear();
        market.engine().decide(market.header(0, plan.accounts[m.order]), command_of(m, plan, total), events);
        if (m.kind != MessageKind::New) return;
        const auto* accepted = std::get_if<OrderAccepted>(&events.front().body);
        if (!accepted) throw std::runtime_error("the engine refused an order of the workload");
        plan.ids[m.order] = accepted->order;
        plan.numbers.resize(static_cast<std::size_t>(accepted->order) + 1);
        plan.numbers.back() = m.order;
    };
    for (const Message& m : workload.prefill) play(m);
    for (const Message& m : workload.messages) play(m);
    return plan;
}

EngineSubject::EngineSubject(const Workload& workload, const EnginePlan& plan)
    : plan_(plan), symbols_(workload.symbols), market_(workload.symbols) {
    commands_.reserve(kBatch);
    outbox_.reserve(kOutboxReserve);
}

void EngineSubject::prepare(std::span<const Message> batch) {
    commands_.clear();
    commands_.reserve(batch.size());
    for (const Message& m : batch) {
        const Quantity total = m.kind == MessageKind::Replace ? plan_.amend_totals[next_replace_++] : Quantity{};
        commands_.push_back({market_.header(commands_.size(), plan_.accounts[m.order]), command_of(m, plan_, total)});
    }
}

void EngineSubject::drain() {
    for (const Event& event : outbox_)
        if (const auto* trade = std::get_if<TradeExecuted>(&event.body))
            hash_.add(plan_.numbers[static_cast<std::size_t>(trade->maker_order)], trade->price.units,
                      trade->quantity.units);
    outbox_.clear();
}

std::size_t EngineSubject::level_count() const {
    std::size_t levels = 0;
    for (std::size_t s = 1; s <= symbols_; ++s) {
        const OrderBook* book = engine().book(static_cast<SecurityId>(s));
        levels += book->level_count(Side::Buy) + book->level_count(Side::Sell);
    }
    return levels;
}

}  // namespace buttonwood::bench
