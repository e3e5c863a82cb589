#include "tests/engine/compare.hpp"

#include "tests/engine/records.hpp"

namespace buttonwood::engine::tests {
namespace {

using Differences = std::vector<std::string>;

template <class A, class B>
std::string difference(std::string_view what, const A& engine, const B& oracle) {
    std::ostringstream out;
    out << what << ": engine ";
    print(out, engine);
    out << ", oracle ";
    print(out, oracle);
    return out.str();
}

bool same_body(const EventBody& engine, const EventBody& oracle) {
    if (engine.index() != oracle.index()) return false;
    return std::visit(
        [&](const auto& body) {
            return same(body, std::get<std::remove_cvref_t<decltype(body)>>(oracle), "fingerprint");
        },
        engine);
}

void compare_accounts(const Engine& engine, const NaiveEngine& oracle, Differences& out) {
    // One pass over the open orders instead of one per account: the sums are the same.
    std::map<NaiveEngine::CashKey, Money> reserved_cash;
    std::map<NaiveEngine::HoldingKey, Quantity> reserved_holding;
    for (const OrderId id : oracle.open_orders()) {
        const NaiveEngine::Order& order = *oracle.order(id);
        const Currency currency = oracle.securities().at(order.request.security).terms.currency;
        reserved_cash[{order.request.account, currency}] += oracle.reserved_cash(order);
        reserved_holding[{order.request.account, order.request.security}] += oracle.reserved_quantity(order);
    }
    for (const auto& [key, total] : oracle.all_cash()) {
        const Balance balance = engine.balance(key.first, key.second);
        if (balance.total != total) out.push_back(difference("cash", balance.total, total));
        if (balance.reserved != reserved_cash[key])
            out.push_back(difference("reserved cash", balance.reserved, reserved_cash[key]));
    }
    for (const auto& [key, total] : oracle.all_holdings()) {
        const Holding holding = engine.holding(key.first, key.second);
        if (holding.total != total) out.push_back(difference("holding", holding.total, total));
        if (holding.reserved != reserved_holding[key])
            out.push_back(difference("reserved holding", holding.reserved, reserved_holding[key]));
    }
}

// The steps of every trade, and what of the accounts' cash waits for them.
void compare_settlement(const Engine& engine, const NaiveEngine& oracle, Differences& out) {
    std::map<NaiveEngine::CashKey, Money> unsettled;
    for (const NaiveEngine::Trade& trade : oracle.trades()) {
        const SettlementStep step = trade.is_unsettled() ? trade.step : SettlementStep{};
        const SettlementStep found = engine.settlement(trade.id).value_or(SettlementStep{});
        if (found != step) out.push_back(difference("settlement", found, step));
        const Currency currency = oracle.securities().at(trade.security).terms.currency;
        if (trade.is_unsettled()) unsettled[{trade.seller, currency}] += trade.proceeds();
    }
    for (const auto& [key, total] : oracle.all_cash()) {
        const Money cash = engine.unsettled_cash(key.first, key.second);
        if (cash != unsettled[key]) out.push_back(difference("unsettled cash", cash, unsettled[key]));
    }
}

void compare_order(const OrderView& found, const NaiveEngine::Order& expected, Differences& out) {
    const PlaceOrder& request = expected.request;
    if (found.order != expected.id || found.account != request.account || found.security != request.security ||
        found.side != request.side || found.type != request.type || found.client_order_id != request.client_order_id)
        out.push_back(difference("an order's identity", found.order, expected.id));
    const bool held = expected.stage == NaiveEngine::Stage::Held;
    if (found.held != held) out.push_back(difference("held", found.held, held));
    if (found.price != expected.price) out.push_back(difference("price", found.price, expected.price));
    if (found.quantity != expected.quantity) out.push_back(difference("quantity", found.quantity, expected.quantity));
    if (found.leaves_quantity != expected.leaves())
        out.push_back(difference("leaves", found.leaves_quantity, expected.leaves()));
    const Quantity tip = held ? Quantity{} : expected.tip;
    if (found.displayed_quantity != tip) out.push_back(difference("tip", found.displayed_quantity, tip));
    const Price trigger = held ? expected.trigger().value_or(Price{}) : Price{};
    if (found.trigger_price != trigger) out.push_back(difference("trigger", found.trigger_price, trigger));
}

void compare_orders(const Engine& engine, const NaiveEngine& oracle, Differences& out) {
    if (engine.open_order_count() != oracle.open_orders().size())
        out.push_back(difference("open orders", engine.open_order_count(), oracle.open_orders().size()));
    for (const OrderId id : oracle.open_orders()) {
        const auto found = engine.order(id);
        if (found)
            compare_order(*found, *oracle.order(id), out);
        else
            out.push_back(difference("not open", 0, id));
    }
}

// What a book shows, order by order: two queues with the same sum may differ.
using Shown = std::vector<std::pair<Price, Quantity>>;

Shown shown(const OrderBook& book, Side side, Differences& out) {
    Shown all;
    book.for_each_level(side, [&](const OrderBook::Level& level) {
        Quantity sum;
        std::uint32_t count = 0;
        book.for_each_order_at(side, level.price, [&](OrderBook::Handle h) {
            all.emplace_back(level.price, book.quantity(h));
            sum += book.quantity(h);
            ++count;
        });
        if (sum != level.quantity || count != level.order_count)
            out.push_back(difference("a level's sum", level.quantity, sum));
        return true;
    });
    return all;
}

Shown shown(const NaiveEngine& oracle, SecurityId security, Side side) {
    Shown all;
    for (const NaiveEngine::Order* order : oracle.book(security, side)) all.emplace_back(order->price, order->tip);
    return all;
}

void compare_security(const Engine& engine, const NaiveEngine& oracle, SecurityId id, Differences& out) {
    const NaiveEngine::Security& expected = oracle.securities().at(id);
    const OrderBook* book = engine.book(id);
    if (!book) {
        out.push_back(difference("no book", 0, id));
        return;
    }
    if (engine.security_by_symbol(expected.terms.symbol) != id) out.push_back(difference("symbol", id, id));
    if (engine.shares_outstanding(id) != expected.outstanding)
        out.push_back(difference("outstanding", engine.shares_outstanding(id), expected.outstanding));
    if (engine.last_price(id) != expected.last)
        out.push_back(difference("last price", engine.last_price(id), expected.last));
    const StateInForce state{oracle.in_force(id).state, oracle.in_force(id).auction};
    if (engine.state_in_force(id) != state)
        out.push_back(difference("state in force", engine.state_in_force(id).state, state.state));
    Shown sides[2];
    for (const Side side : {Side::Buy, Side::Sell}) {
        Shown& queue = sides[side == Side::Sell ? 1 : 0] = shown(*book, side, out);
        if (queue != shown(oracle, id, side)) out.push_back(difference("queues of the book", side, id));
    }
    const bool is_crossed = !sides[0].empty() && !sides[1].empty() && sides[0].front().first >= sides[1].front().first;
    if (is_crossed && state.state == TradingState::Open)
        out.push_back(difference("crossed book", sides[0].front().first, sides[1].front().first));
}

}  // namespace

Differences compare_events(const std::vector<Event>& events, RejectReason reason,
                           const NaiveEngine::Prediction& predicted) {
    Differences out;
    if (reason != predicted.reason) out.push_back(difference("reason", reason, predicted.reason));
    if (predicted.reason != RejectReason::None) {
        const auto* rejected = events.size() == 1 ? std::get_if<CommandRejected>(&events[0].body) : nullptr;
        if (!rejected || rejected->reason != predicted.reason)
            out.push_back("a refusal is exactly one CommandRejected with its reason");
        else if (predicted.order != OrderId::None && rejected->order != predicted.order)
            out.push_back(difference("order that has the client id", rejected->order, predicted.order));
        return out;
    }
    const std::size_t count = std::max(events.size(), predicted.events.size());
    for (std::size_t i = 0; i < count; ++i) {
        const bool both = i < events.size() && i < predicted.events.size();
        if (both && same_body(events[i].body, predicted.events[i])) continue;
        const std::string got = i < events.size() ? describe(events[i].body) : "nothing";
        const std::string expected = i < predicted.events.size() ? describe(predicted.events[i]) : "nothing";
        out.push_back("event " + std::to_string(i) + "\n  engine " + got + "\n  oracle " + expected);
    }
    return out;
}

Differences compare_states(const Engine& engine, const NaiveEngine& oracle) {
    Differences out;
    compare_accounts(engine, oracle, out);
    compare_settlement(engine, oracle, out);
    compare_orders(engine, oracle, out);
    for (const auto& [id, security] : oracle.securities()) compare_security(engine, oracle, id, out);
    return out;
}

}  // namespace buttonwood::engine::tests
