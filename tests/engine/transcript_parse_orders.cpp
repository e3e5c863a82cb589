// The part of the language that trades: orders, groups, amends, cancels.
#include "tests/engine/transcript_words.hpp"

namespace buttonwood::engine::tests {
namespace {

// #N is the engine's id, anything else the client's.
OrderRef order_ref(const std::string& text) {
    if (text.starts_with('#')) return {static_cast<OrderId>(std::stoull(text.substr(1))), {}};
    return {OrderId::None, ClientOrderId(text)};
}

// A distance in the security's currency, or as a share: 250bp.
void parse_trail(const std::string& text, PlaceOrder& c, const NaiveEngine& state) {
    if (text.ends_with("bp"))
        c.trail_basis_points = static_cast<std::uint32_t>(std::stoul(text.substr(0, text.size() - 2)));
    else
        c.trail_amount = parse_price(text, c.security, state);
}

// One term after the price; the type follows from the terms unless it is said.
void parse_term(Words& words, PlaceOrder& c, const NaiveEngine& state) {
    const bool has_price = !is_market(c.type);
    if (words.accept("stop")) {
        c.stop_price = parse_price(words.take(), c.security, state);
        c.type = has_price ? OrderType::StopLimit : OrderType::Stop;
    } else if (words.accept("target")) {
        c.stop_price = parse_price(words.take(), c.security, state);
        c.type = has_price ? OrderType::TakeProfitLimit : OrderType::TakeProfit;
    } else if (words.accept("trailing")) {
        parse_trail(words.take(), c, state);
        c.type = OrderType::TrailingStop;
    } else if (words.accept("typed")) {
        c.type = word<OrderType>(words.take());
    } else if (words.accept("priced")) {
        c.price = parse_price(words.take(), c.security, state);
    } else if (words.accept("protected")) {
        c.protection_price = parse_price(words.take(), c.security, state);
    } else if (words.accept("showing")) {
        c.display_quantity = parse_quantity(words.take(), c.security, state);
    } else if (words.accept("at_least")) {
        c.min_quantity = parse_quantity(words.take(), c.security, state);
    } else if (words.accept("until")) {
        c.expires_at = parse_time(words.take());
    } else if (words.accept("stp")) {
        c.self_trade_prevention = word<SelfTradePrevention>(words.take());
    } else if (words.accept("as")) {
        c.client_order_id = ClientOrderId(words.take());
    } else if (words.accept("post_only")) {
        c.post_only = true;
    } else if (words.accept("reprice")) {
        c.post_only_reprice = true;
    } else if (words.accept("reduce_only")) {
        c.reduce_only = true;
    } else if (words.accept("all_or_none")) {
        c.all_or_none = true;
    } else {
        c.time_in_force = word<TimeInForce>(words.take());
    }
}

// What stands between the verb and the end of the line, or the next leg.
PlaceOrder parse_order(Words& words, AccountId account, Side side, const NaiveEngine& state) {
    PlaceOrder c;
    c.account = account;
    c.side = side;
    const std::string amount = words.take();
    c.security = security_named(words.take(), state);
    c.quantity = parse_quantity(amount, c.security, state);
    words.expect("at");
    const bool at_market = words.accept("market");
    c.type = at_market ? OrderType::Market : OrderType::Limit;
    if (!at_market) c.price = parse_price(words.take(), c.security, state);
    c.time_in_force = TimeInForce{255};
    while (!words.done() && !words.accept(";")) parse_term(words, c, state);
    if (c.time_in_force == TimeInForce{255})
        c.time_in_force = c.type == OrderType::Market ? TimeInForce::Ioc : TimeInForce::Gtc;
    return c;
}

}  // namespace

Command parse_place(Words& words, AccountId account, Side side, const NaiveEngine& state) {
    return parse_order(words, account, side, state);
}

// "oco sells ... ; sells ...": each leg reads like an order.
Command parse_group(Words& words, AccountId account, const NaiveEngine& state) {
    PlaceGroup group;
    group.kind = word<GroupKind>(words.take());
    while (!words.done()) {
        const AccountId owner = words.accept("for") ? account_named(words.take(), state) : account;
        const std::string verb = words.take();
        if (verb != "buys" && verb != "sells") throw std::runtime_error("a leg buys or sells: " + verb);
        group.legs.push_back(parse_order(words, owner, verb == "buys" ? Side::Buy : Side::Sell, state));
    }
    return group;
}

Command parse_amend(Words& words, AccountId account, const NaiveEngine& state) {
    AmendOrder c;
    c.account = account;
    c.target = order_ref(words.take());
    const NaiveEngine::Order* meant = state.order(c.target.order);
    for (const NaiveEngine::Order& order : state.orders())
        if (c.target.order == OrderId::None && order.request.account == account &&
            order.request.client_order_id == c.target.client_order_id)
            meant = &order;
    const SecurityId security = meant ? meant->request.security : SecurityId::None;
    if (words.accept("to")) c.quantity = parse_quantity(words.take(), security, state);
    if (words.accept("at")) c.price = parse_price(words.take(), security, state);
    if (words.accept("stop")) c.stop_price = parse_price(words.take(), security, state);
    if (words.accept("showing")) c.display_quantity = parse_quantity(words.take(), security, state);
    if (words.accept("until")) c.expires_at = parse_time(words.take());
    return c;
}

Command parse_cancel(Words& words, AccountId account, const NaiveEngine& state) {
    if (words.accept("after")) return SetCancelAfter{account, parse_duration(words.take())};
    if (!words.accept("all")) {
        const OrderRef target = order_ref(words.take());
        const bool on_behalf = words.accept("on");
        if (on_behalf) words.expect("behalf");
        return CancelOrder{on_behalf ? AccountId::None : account, target, {}};
    }
    MassCancel c;
    c.account = account;
    if (words.accept("in")) c.security = security_named(words.take(), state);
    if (words.accept("bids")) c.side = Side::Buy;
    if (words.accept("listings")) c.side = Side::Sell;
    if (words.accept("of")) {
        words.expect("everybody");
        c.account = AccountId::None;
    }
    return c;
}

}  // namespace buttonwood::engine::tests
