// Placing orders and groups: the checks in the order of RejectReason, and what an accepted order becomes.
// RULES.md, sections 1, 2 and 6.
#include "engine/assert.hpp"
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::engine {
namespace {

// Of the request's own terms: a retry has the same fingerprint, another order under the same client id not. Terms that
// are not asked for do not enter, so that a request keeps its fingerprint when new terms are invented.
class Fingerprint {
public:
    void add(std::uint64_t value) {
        hash_ = (hash_ ^ value) * 0x9E37'79B9'7F4A'7C15;
        hash_ ^= hash_ >> 29;
    }
    void add_if_asked(std::uint64_t term, std::uint64_t value) {
        if (value == 0) return;
        add(term);
        add(value);
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xCBF2'9CE4'8422'2325;
};

std::uint64_t fingerprint_of(const PlaceOrder& c) {
    if (c.client_order_id.empty()) return 0;
    Fingerprint print;
    print.add(static_cast<std::uint64_t>(c.security));
    print.add(static_cast<std::uint64_t>(c.side));
    print.add(static_cast<std::uint64_t>(c.type));
    print.add(static_cast<std::uint64_t>(c.time_in_force));
    print.add(c.post_only ? 1 : 0);
    print.add(static_cast<std::uint64_t>(c.quantity.units));
    print.add(static_cast<std::uint64_t>(c.price.units));
    print.add_if_asked(1, c.post_only_reprice ? 1 : 0);
    print.add_if_asked(2, c.reduce_only ? 1 : 0);
    print.add_if_asked(3, c.all_or_none ? 1 : 0);
    print.add_if_asked(4, static_cast<std::uint64_t>(c.self_trade_prevention));
    print.add_if_asked(5, static_cast<std::uint64_t>(c.stop_price.units));
    print.add_if_asked(6, static_cast<std::uint64_t>(c.trail_amount.units));
    print.add_if_asked(7, c.trail_basis_points);
    print.add_if_asked(8, static_cast<std::uint64_t>(c.protection_price.units));
    print.add_if_asked(9, static_cast<std::uint64_t>(c.display_quantity.units));
    print.add_if_asked(10, static_cast<std::uint64_t>(c.min_quantity.units));
    print.add_if_asked(11, static_cast<std::uint64_t>(c.expires_at.us));
    return print.value();
}

// Most ticks and lots are one unit, and a division costs more than all the other checks together.
bool is_multiple(std::int64_t units, std::int64_t of) { return of == 1 || units % of == 0; }

bool rests_by_itself(const PlaceOrder& c) { return c.type == OrderType::Limit && may_rest(c.time_in_force); }

bool is_price(Price price, Price tick) {
    return price.units > 0 && price.units <= kMaxPriceUnits && price.units % tick.units == 0;
}
bool is_part(Quantity part, Quantity lot) { return part.units > 0 && part.units % lot.units == 0; }

RejectReason refuse_time_in_force(const PlaceOrder& c, const StateInForce& state) {
    const TimeInForce t = c.time_in_force;
    const bool fits = c.type == OrderType::Limit ||
                      (c.type == OrderType::Market
                           ? t == TimeInForce::Ioc || t == TimeInForce::Fok || for_auction(t)
                           : may_rest(t));
    const bool opg_too_late = t == TimeInForce::Opg && (state.state == TradingState::Open ||
                                                        state == StateInForce{TradingState::Auction,
                                                                              AuctionKind::Closing});
    return fits && !opg_too_late ? RejectReason::None : RejectReason::TimeInForceNotAllowed;
}

// The flags and quantities that only some orders may have.
RejectReason refuse_options(const PlaceOrder& c, Quantity lot) {
    if (c.post_only ? !rests_by_itself(c) : c.post_only_reprice) return RejectReason::PostOnlyNotAllowed;
    if (c.reduce_only && c.side == Side::Buy) return RejectReason::ReduceOnlyNotAllowed;
    const bool has_display = c.display_quantity.units != 0;
    const bool has_minimum = c.min_quantity.units != 0;
    if (c.all_or_none && (!rests_by_itself(c) || c.post_only || has_display || has_minimum))
        return RejectReason::AllOrNoneNotAllowed;
    if (has_minimum) {
        const bool takes_at_once = c.time_in_force == TimeInForce::Ioc;  // which no type with a trigger has
        if ((!rests_by_itself(c) && !takes_at_once) || c.post_only || has_display || c.min_quantity > c.quantity ||
            !is_part(c.min_quantity, lot))
            return RejectReason::MinQuantityNotAllowed;
    }
    if (has_display && (!rests_by_itself(c) || c.display_quantity >= c.quantity || !is_part(c.display_quantity, lot)))
        return RejectReason::DisplayQuantityNotAllowed;
    return RejectReason::None;
}

// The prices besides the limit.
RejectReason refuse_triggers(const PlaceOrder& c, Price tick) {
    const bool by_amount = c.trail_amount.units != 0;
    const bool by_share = c.trail_basis_points != 0;
    const bool trails = c.type == OrderType::TrailingStop;
    if (trails ? by_amount == by_share || (by_amount && !is_price(c.trail_amount, tick)) ||
                     c.trail_basis_points >= kBasisPoints
               : by_amount || by_share)
        return RejectReason::TrailNotAllowed;
    const bool has_stop_price = has_trigger(c.type) && !trails;
    if (has_stop_price ? !is_price(c.stop_price, tick) : c.stop_price.units != 0)
        return RejectReason::StopPriceNotAllowed;
    if (c.protection_price.units != 0 && (!is_market(c.type) || !is_price(c.protection_price, tick)))
        return RejectReason::ProtectionPriceNotAllowed;
    if (c.type == OrderType::Market && c.side == Side::Buy && for_auction(c.time_in_force) &&
        c.protection_price.units == 0)
        return RejectReason::ProtectionPriceRequired;
    return RejectReason::None;
}

// Where an order stands in the book if it comes to that, 0 for what never does.
inline Price book_price(const PlaceOrder& c, Price tick) {
    if (c.type == OrderType::Limit || !is_market(c.type)) return c.price;
    if (c.type != OrderType::Market || !for_auction(c.time_in_force)) return {};
    return c.protection_price.units != 0 ? c.protection_price : tick;
}

// Asks for nothing beyond side, quantity, price and gtc, ioc or fok: most orders, for which most checks cannot fail.
bool is_plain(const PlaceOrder& c) {
    const std::int64_t terms = c.stop_price.units | c.trail_amount.units | c.protection_price.units |
                               c.display_quantity.units | c.min_quantity.units | c.expires_at.us;
    const bool in_time = c.time_in_force == TimeInForce::Gtc || c.time_in_force == TimeInForce::Ioc ||
                         c.time_in_force == TimeInForce::Fok;
    return c.type == OrderType::Limit && in_time && terms == 0 && c.trail_basis_points == 0 &&
           !(c.post_only | c.post_only_reprice | c.reduce_only | c.all_or_none);
}

inline Price limit_of_request(const PlaceOrder& c, Price tick) {
    if (c.type == OrderType::Limit) return c.price;
    const Price stands_at = book_price(c, tick);
    return stands_at.units != 0 ? stands_at : c.protection_price;
}

GroupRole role_of_leg(GroupKind kind, std::size_t leg) {
    if (kind == GroupKind::Oco) return leg == 0 ? GroupRole::OcoFirst : GroupRole::OcoSecond;
    return leg == 0 ? GroupRole::Entry : leg == 1 ? GroupRole::TakeProfitExit : GroupRole::StopExit;
}

bool is_exit(GroupRole role) { return role == GroupRole::TakeProfitExit || role == GroupRole::StopExit; }

bool forms_oco(const std::vector<PlaceOrder>& legs) {
    const auto fits = [](const PlaceOrder& leg) {
        return leg.type != OrderType::Market && may_rest(leg.time_in_force);
    };
    return legs.size() == 2 && legs[0].side == legs[1].side && legs[0].quantity == legs[1].quantity && fits(legs[0]) &&
           fits(legs[1]) && has_trigger(legs[1].type);
}

bool forms_bracket(const std::vector<PlaceOrder>& legs) {
    if (legs.size() != 3) return false;
    const PlaceOrder& entry = legs[0];
    const PlaceOrder& profit = legs[1];
    const PlaceOrder& stop = legs[2];
    const bool enters = (entry.type == OrderType::Market && entry.time_in_force == TimeInForce::Ioc) ||
                        rests_by_itself(entry);
    const bool stops = stop.type == OrderType::Stop || stop.type == OrderType::StopLimit ||
                       stop.type == OrderType::TrailingStop;
    return enters && rests_by_itself(profit) && stops && may_rest(stop.time_in_force) &&
           profit.side == opposite(entry.side) && stop.side == profit.side && profit.quantity == entry.quantity &&
           stop.quantity == entry.quantity;
}

}  // namespace

RejectReason Engine::refuse_by_state(const Security& security) const {
    if (is_open(security)) return RejectReason::None;
    switch (in_force(security).state) {
        case TradingState::Open:
        case TradingState::Auction:
        case TradingState::PreOpen: return RejectReason::None;
        case TradingState::Halted: return RejectReason::SecurityHalted;
        case TradingState::CancelOnly: return RejectReason::CancelOnly;
        case TradingState::Closed: return RejectReason::MarketClosed;
    }
    std::unreachable();
}

// What an auction gathers: orders that may rest, and those that are meant for one.
RejectReason Engine::refuse_in_auction(const PlaceOrder& c, const Security& security) const {
    if (is_open(security)) return RejectReason::None;
    const bool gathers = (may_rest(c.time_in_force) && !c.post_only) || for_auction(c.time_in_force);
    return gathers ? RejectReason::None : RejectReason::AuctionOnly;
}

RejectReason Engine::refuse_quantity(const Security& security, Quantity quantity) {
    if (quantity.units <= 0) return RejectReason::QuantityNotPositive;
    if (quantity.units > kMaxQuantityUnits) return RejectReason::QuantityTooLarge;
    if (!is_multiple(quantity.units, security.terms.lot_size.units)) return RejectReason::QuantityNotOnLot;
    return RejectReason::None;
}

RejectReason Engine::refuse_price(const Security& security, Price price) {
    if (price.units <= 0) return RejectReason::PriceNotPositive;
    if (price.units > kMaxPriceUnits) return RejectReason::PriceTooLarge;
    if (!is_multiple(price.units, security.terms.tick_size.units)) return RejectReason::PriceNotOnTick;
    return RejectReason::None;
}

RejectReason Engine::refuse_identity(const PlaceOrder& c, OrderId& known) const {
    if (c.client_order_id.empty()) return RejectReason::None;
    const ClientIds::Number number = client_ids_.find(c.account, c.client_order_id);
    if (number == 0) return RejectReason::None;
    known = client_ids_.at(number).order;
    return client_ids_.at(number).fingerprint == fingerprint_of(c) ? RejectReason::DuplicateClientOrderId
                                                                   : RejectReason::ClientOrderIdConflict;
}

RejectReason Engine::refuse_terms(const Context& context, const PlaceOrder& c, const Security& security) const {
    if (!is_plain(c))
        if (const auto reason = refuse_special_terms(context, c, security); reason != RejectReason::None) return reason;
    return refuse_amounts(c, security);
}

RejectReason Engine::refuse_special_terms(const Context& context, const PlaceOrder& c, const Security& security) const {
    const Price tick = security.terms.tick_size;
    if (const auto reason = refuse_time_in_force(c, in_force(security)); reason != RejectReason::None) return reason;
    if (c.time_in_force == TimeInForce::Gtd ? c.expires_at <= context.header.time || c.expires_at > kLatestTime
                                            : c.expires_at.us != 0)
        return RejectReason::ExpiresAtNotAllowed;
    if (const auto reason = refuse_options(c, security.terms.lot_size); reason != RejectReason::None) return reason;
    return refuse_triggers(c, tick);
}

RejectReason Engine::refuse_amounts(const PlaceOrder& c, const Security& security) {
    const Price tick = security.terms.tick_size;
    if (const auto reason = refuse_quantity(security, c.quantity); reason != RejectReason::None) return reason;
    if (is_market(c.type)) {
        if (c.price.units != 0) return RejectReason::PriceNotAllowed;
    } else if (const auto reason = refuse_price(security, c.price); reason != RejectReason::None) {
        return reason;
    }
    const Price limit = limit_of_request(c, tick);
    if (limit.units == 0) return RejectReason::None;
    const Price asked = is_market(c.type) ? c.protection_price : c.price;
    if (asked.units != 0 && outside_static_band(security, asked)) return RejectReason::PriceOutOfBand;
    const bool has_place = c.type == OrderType::Limit || c.type == OrderType::Market;
    if (!fits_in_money(security, limit, c.quantity) ||
        (has_place && book_price(c, tick).units != 0 && level_is_full(security, c.side, limit, c.quantity)))
        return RejectReason::NotionalTooLarge;
    return RejectReason::None;
}

// Cuts a reduce_only order down to the free holding, in whole lots.
RejectReason Engine::refuse_reduction(Request& request, const Security& security) const {
    if (!request->reduce_only) return RejectReason::None;
    const Holding held = holding(request->account, request->security);
    const std::int64_t free = held.total.units - held.reserved.units;
    Quantity& quantity = request.change().quantity;
    quantity.units = std::min(quantity.units, free - free % security.terms.lot_size.units);
    return quantity.units == 0 ? RejectReason::NothingToReduce : RejectReason::None;
}

// A post_only order that crosses is refused, or moved one tick behind the best opposite price.
RejectReason Engine::refuse_crossing(Request& request, const Security& security) {
    if (!request->post_only || !security.book.crosses(request->side, request->price)) return RejectReason::None;
    if (!request->post_only_reprice) return RejectReason::PostOnlyWouldCross;
    PlaceOrder& c = request.change();
    const Price best = security.book.best(opposite(c.side))->price;
    c.price = c.side == Side::Buy ? best - security.terms.tick_size : best + security.terms.tick_size;
    const bool fits = c.price.units > 0 && c.price.units <= kMaxPriceUnits && !outside_static_band(security, c.price) &&
                      fits_in_money(security, c.price, c.quantity) &&
                      !level_is_full(security, c.side, c.price, c.quantity);
    return fits ? RejectReason::None : RejectReason::PostOnlyWouldCross;
}

RejectReason Engine::refuse_liquidity(const Context& context, Request& request, const Security& security) const {
    if (const auto reason = refuse_reduction(request, security); reason != RejectReason::None) return reason;
    if (!is_open(security) || has_trigger(request->type)) return RejectReason::None;
    if (const auto reason = refuse_crossing(request, security); reason != RejectReason::None) return reason;
    const PlaceOrder& c = *request;
    const bool all = c.time_in_force == TimeInForce::Fok;
    if (!all && c.time_in_force != TimeInForce::Ioc) return RejectReason::None;
    if (c.type == OrderType::Market && security.book.empty(opposite(c.side))) return RejectReason::NoLiquidity;
    if (!all && c.min_quantity.units == 0) return RejectReason::None;
    const Quantity wanted = all ? c.quantity : std::min(c.min_quantity, c.quantity);
    if (takeable(context, security, terms_of(c, security), wanted).units >= wanted.units) return RejectReason::None;
    return all ? RejectReason::FokNotFillable : RejectReason::MinQuantityNotFillable;
}

Engine::Terms Engine::terms_of(const PlaceOrder& c, const Security& security) const {
    return {c.side, limit_of_request(c, security.terms.tick_size), c.self_trade_prevention, at(c.account).user};
}

RejectReason Engine::refuse_means(const Context& context, const PlaceOrder& c, const Security& security) const {
    if (c.side == Side::Sell) {
        const Holding held = holding(c.account, c.security);
        return c.quantity > held.total - held.reserved ? RejectReason::InsufficientShares : RejectReason::None;
    }
    const Price limit = limit_of_request(c, security.terms.tick_size);
    Money cost;
    if (limit.units != 0)
        cost = reserve_of(security, limit, c.quantity, higher_rate(security.fees));
    else if (!has_trigger(c.type))
        cost = cost_of_taking(context, security, terms_of(c, security), c.quantity, security.fees.taker_ppm);
    const Balance held = balance(c.account, security);
    return cost > held.total - held.reserved ? RejectReason::InsufficientFunds : RejectReason::None;
}

// All checks but who asks. `known`: the order that has the client id already.
RejectReason Engine::refuse_order(const Context& context, Request& c, GroupRole role, OrderId& known) const {
    const Security* security = find(c->security);
    if (!security) return RejectReason::SecurityNotFound;
    if (const auto reason = refuse_identity(*c, known); reason != RejectReason::None) return reason;
    if (find(at(c->account).user)->status != UserStatus::Active) return RejectReason::AccountSuspended;
    if (const auto reason = refuse_eligibility(context, c->account, *security, c->side); reason != RejectReason::None)
        return reason;
    if (const auto reason = refuse_by_state(*security); reason != RejectReason::None) return reason;
    if (const auto reason = refuse_in_auction(*c, *security); reason != RejectReason::None) return reason;
    if (uncross_pending(c->security)) return RejectReason::AuctionUncrossing;
    if (const auto reason = refuse_terms(context, *c, *security); reason != RejectReason::None) return reason;
    if (is_exit(role)) return RejectReason::None;
    if (const auto reason = refuse_liquidity(context, c, *security); reason != RejectReason::None) return reason;
    return refuse_means(context, *c, *security);
}

// Most orders ask for nothing special, of an open market: the same checks in the same sequence, without those that
// cannot fail.
RejectReason Engine::refuse_plain(const Context& context, const PlaceOrder& c, const Security& security,
                                  OrderId& known) const {
    if (!c.client_order_id.empty())
        if (const auto reason = refuse_identity(c, known); reason != RejectReason::None) return reason;
    const Account& owner = at(c.account);
    if (at(owner.user).status != UserStatus::Active) return RejectReason::AccountSuspended;
    if (security.restricted)
        if (const auto reason = refuse_eligibility(context, c.account, security, c.side); reason != RejectReason::None)
            return reason;
    if (!works_.empty() && uncross_pending(c.security)) return RejectReason::AuctionUncrossing;
    if (const auto reason = refuse_quantity(security, c.quantity); reason != RejectReason::None) return reason;
    if (const auto reason = refuse_price(security, c.price); reason != RejectReason::None) return reason;
    if (outside_static_band(security, c.price)) return RejectReason::PriceOutOfBand;
    if (!fits_in_money(security, c.price, c.quantity) || level_is_full(security, c.side, c.price, c.quantity))
        return RejectReason::NotionalTooLarge;
    if (c.time_in_force == TimeInForce::Fok &&
        takeable(context, security, terms_of(c, security), c.quantity).units < c.quantity.units)
        return RejectReason::FokNotFillable;
    if (c.side == Side::Sell) {
        const Holding held = holding(c.account, c.security);
        return c.quantity > held.total - held.reserved ? RejectReason::InsufficientShares : RejectReason::None;
    }
    const Balance held = balance(c.account, security);
    const Money cost = reserve_of(security, c.price, c.quantity, higher_rate(security.fees));
    return cost > held.total - held.reserved ? RejectReason::InsufficientFunds : RejectReason::None;
}

RejectReason Engine::place_plain(Context& context, const PlaceOrder& c, const Security& security) {
    OrderId known{};
    if (const auto reason = refuse_plain(context, c, security, known); reason != RejectReason::None)
        return reject(context, reason, c.account, c.security, known);
    auto& order = next<OrderAccepted>(context);
    order.order = static_cast<OrderId>(static_cast<std::uint64_t>(last_order_) + 1);
    order.account = c.account;
    order.security = c.security;
    order.side = c.side;
    order.type = c.type;
    order.time_in_force = c.time_in_force;
    order.rests = c.time_in_force == TimeInForce::Gtc && !security.book.crosses(c.side, c.price);
    order.quantity = c.quantity;
    order.price = c.price;
    if (c.side == Side::Sell) order.reserved_quantity = c.quantity;
    else order.reserved_cash = reserve_of(security, c.price, c.quantity, higher_rate(security.fees));
    order.maker_ppm = security.fees.maker_ppm;
    order.taker_ppm = security.fees.taker_ppm;
    if (!c.client_order_id.empty()) {
        order.client_order_id = c.client_order_id;
        order.fingerprint = fingerprint_of(c);
    }
    order.self_trade_prevention = c.self_trade_prevention;
    const bool takes = !order.rests;
    enact(context, order);
    if (takes) match(context, slot_of(last_order_));
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const PlaceOrder& command) {
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, command.account)) return reject(context, RejectReason::AccountNotFound);
    if (is_plain(command))
        if (const Security* security = find(command.security); security && is_open(*security))
            return place_plain(context, command, *security);
    OrderId known{};
    Request request(command);
    if (const auto reason = refuse_order(context, request, GroupRole::None, known); reason != RejectReason::None)
        return reject(context, reason, command.account,
                      reason == RejectReason::SecurityNotFound ? SecurityId::None : command.security, known);

    // Point of no return: from here on the command is accepted.
    if (accept(context, *request, fingerprint_of(command), GroupRole::None, OrderId::None))
        match(context, slot_of(last_order_));
    return RejectReason::None;
}

bool Engine::forms_group(const PlaceGroup& group) {
    for (const PlaceOrder& leg : group.legs)
        if (leg.account != group.legs[0].account || leg.security != group.legs[0].security || leg.reduce_only ||
            leg.post_only || leg.all_or_none || leg.min_quantity.units != 0)
            return false;
    return group.kind == GroupKind::Oco ? forms_oco(group.legs) : forms_bracket(group.legs);
}

RejectReason Engine::on(Context& context, const PlaceGroup& command) {
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!forms_group(command)) return reject(context, RejectReason::GroupNotAllowed);
    const PlaceOrder& first = command.legs[0];
    const auto refuse = [&](RejectReason reason, OrderId known) {
        return reject(context, reason, first.account,
                      reason == RejectReason::SecurityNotFound ? SecurityId::None : first.security, known);
    };
    for (std::size_t i = 0; i < command.legs.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (!command.legs[i].client_order_id.empty() &&
                command.legs[i].client_order_id == command.legs[j].client_order_id)
                return refuse(RejectReason::ClientOrderIdConflict, OrderId::None);
    if (!actor_owns(context, first.account)) return reject(context, RejectReason::AccountNotFound);
    for (std::size_t i = 0; i < command.legs.size(); ++i) {
        OrderId known{};
        Request leg(command.legs[i]);  // unchanged: no leg is reduce_only or post_only
        const auto reason = refuse_order(context, leg, role_of_leg(command.kind, i), known);
        if (reason != RejectReason::None) return refuse(reason, known);
    }

    // Point of no return.
    const auto group = static_cast<OrderId>(static_cast<std::uint64_t>(last_order_) + 1);
    bool takes = false;
    for (std::size_t i = 0; i < command.legs.size(); ++i) {
        const PlaceOrder& leg = command.legs[i];
        takes |= accept(context, leg, fingerprint_of(leg), role_of_leg(command.kind, i), group);
    }
    if (takes) match(context, slot_of(group));
    return RejectReason::None;
}

// The order exists from here on. Returns whether it takes.
bool Engine::accept(Context& context, const PlaceOrder& c, std::uint64_t fingerprint, GroupRole role, OrderId group) {
    OrderAccepted& order = next<OrderAccepted>(context);
    describe(context, c, role, group, order);
    order.fingerprint = fingerprint;
    enact(context, order);
    return !order.rests && !order.held;
}

void Engine::describe(const Context& context, const PlaceOrder& c, GroupRole role, OrderId group,
                      OrderAccepted& order) const {
    const Security& security = at(c.security);
    const Price tick = security.terms.tick_size;
    const bool waits_for_sibling = is_exit(role) || role == GroupRole::OcoSecond;
    order.order = static_cast<OrderId>(static_cast<std::uint64_t>(last_order_) + 1);
    order.account = c.account;
    order.security = c.security;
    order.side = c.side;
    order.type = c.type;
    order.time_in_force = c.time_in_force;
    order.post_only = c.post_only;
    order.quantity = c.quantity;
    order.price = book_price(c, tick);
    if (!waits_for_sibling) {
        const Price limit = limit_of_request(c, tick);
        if (c.side == Side::Sell) order.reserved_quantity = c.quantity;
        else if (limit.units != 0)
            order.reserved_cash = reserve_of(security, limit, c.quantity, higher_rate(security.fees));
    }
    if (!c.client_order_id.empty()) order.client_order_id = c.client_order_id;
    order.held = waits_for_sibling || starts_held(context, c, security);
    order.rests = !order.held && (!is_open(security) ||
                                  (rests_by_itself(c) && !security.book.crosses(c.side, c.price)));
    order.self_trade_prevention = c.self_trade_prevention;
    order.maker_ppm = security.fees.maker_ppm;
    order.taker_ppm = security.fees.taker_ppm;
    if (role == GroupRole::None && is_plain(c)) return;
    order.reduce_only = c.reduce_only;
    order.all_or_none = c.all_or_none;
    order.role = role;
    order.group = group;
    order.stop_price = c.stop_price;
    if (c.type == OrderType::TrailingStop && !is_exit(role) && security.last.units != 0)
        order.stop_price = TrailingStops::trigger(c.side, security.last, c.trail_amount, c.trail_basis_points);
    order.trail_amount = c.trail_amount;
    order.trail_basis_points = c.trail_basis_points;
    order.protection_price = c.protection_price;
    order.display_quantity = c.display_quantity;
    order.min_quantity = c.min_quantity;
    order.expires_at = c.expires_at;
}

bool Engine::starts_held(const Context& context, const PlaceOrder& c, const Security& security) const {
    if (is_plain(c)) return false;
    if (has_trigger(c.type)) return true;
    const StateInForce state = in_force(security);
    if (c.time_in_force == TimeInForce::Cls)
        return state != StateInForce{TradingState::Auction, AuctionKind::Closing};
    if (!rests_by_itself(c) || (!c.all_or_none && c.min_quantity.units == 0)) return false;
    if (state.state != TradingState::Open) return true;
    const Quantity minimum = c.all_or_none ? c.quantity : std::min(c.min_quantity, c.quantity);
    return takeable(context, security, terms_of(c, security), minimum).units < minimum.units;
}

}  // namespace buttonwood::engine
