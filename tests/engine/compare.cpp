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
        const NaiveEngine::Order& order = oracle.orders().at(id);
        const CreateSecurity& terms = oracle.securities().at(order.request.security).terms;
        Money value;
        if (!notional(order.price, order.leaves(), terms.price_scale, terms.quantity_scale, value))
            out.push_back("an open order's value overflows");
        if (order.request.side == Side::Buy)
            reserved_cash[{order.request.account, terms.currency}] += value;
        else
            reserved_holding[{order.request.account, order.request.security}] += order.leaves();
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

void compare_orders(const Engine& engine, const NaiveEngine& oracle, Differences& out) {
    if (engine.open_order_count() != oracle.open_orders().size())
        out.push_back(difference("open orders", engine.open_order_count(), oracle.open_orders().size()));
    for (const OrderId id : oracle.open_orders()) {
        const NaiveEngine::Order& expected = oracle.orders().at(id);
        const auto found = engine.order(id);
        if (!found) {
            out.push_back(difference("not open", 0, id));
            continue;
        }
        const bool agree = found->order == id && found->account == expected.request.account &&
                           found->security == expected.request.security && found->side == expected.request.side &&
                           found->price == expected.price && found->quantity == expected.quantity &&
                           found->leaves_quantity == expected.leaves() &&
                           found->client_order_id == expected.request.client_order_id;
        if (!agree) out.push_back(difference("order's terms or leaves", found->leaves_quantity, id));
    }
}

// The engine's book as the oracle draws it: per order, because two queues with the same sum may differ.
std::vector<std::pair<Price, Quantity>> queue_of(const OrderBook& book, Side side) {
    std::vector<std::pair<Price, Quantity>> all;
    book.for_each_level(side, [&](const OrderBook::Level& level) {
        book.for_each_order_at(side, level.price,
                               [&](OrderBook::Handle h) { all.emplace_back(level.price, book.quantity(h)); });
        return true;
    });
    return all;
}

std::vector<std::pair<Price, Quantity>> queue_of(const NaiveBook& book, Side side) {
    std::vector<std::pair<Price, Quantity>> all;
    for (const auto& [price, queue] : book.levels(side))
        for (const NaiveBook::Order& order : queue) all.emplace_back(price, order.leaves);
    return all;
}

void compare_book(const Engine& engine, SecurityId id, const NaiveEngine::Security& expected, Differences& out) {
    const OrderBook* book = engine.book(id);
    if (!book) {
        out.push_back(difference("no book", 0, id));
        return;
    }
    if (engine.security_by_symbol(expected.terms.symbol) != id) out.push_back(difference("symbol", id, id));
    if (engine.shares_outstanding(id) != expected.outstanding)
        out.push_back(difference("outstanding", engine.shares_outstanding(id), expected.outstanding));
    for (const Side side : {Side::Buy, Side::Sell}) {
        std::vector<NaiveBook::Level> levels;
        book->for_each_level(side, [&](const OrderBook::Level& level) {
            levels.push_back({level.price, level.quantity, level.order_count});
            return true;
        });
        if (levels != expected.book.depth(side)) out.push_back(difference("levels of the book", side, id));
        if (queue_of(*book, side) != queue_of(expected.book, side))
            out.push_back(difference("queues of the book", side, id));
    }
    const auto bid = book->best(Side::Buy);
    const auto listing = book->best(Side::Sell);
    if (bid && listing && bid->price >= listing->price)
        out.push_back(difference("crossed book", bid->price, listing->price));
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
    compare_orders(engine, oracle, out);
    for (const auto& [id, security] : oracle.securities()) compare_book(engine, id, security, out);
    return out;
}

}  // namespace buttonwood::engine::tests
