// The naive engine's refusals of an order's terms, in the order of RejectReason.
#include "tests/engine/naive_engine.hpp"

namespace buttonwood::engine::tests {

bool NaiveEngine::awaits_uncross(SecurityId security) const {
    for (const Work& work : works_)
        if (work.terms.kind == WorkKind::Uncross &&
            (work.terms.security == SecurityId::None || work.terms.security == security))
            return true;
    return false;
}

bool NaiveEngine::auction_takes(const PlaceOrder& c) const {
    if (c.time_in_force == TimeInForce::Opg || c.time_in_force == TimeInForce::Cls) return true;
    return may_rest(c.time_in_force) && !c.post_only;
}

// Who may trade it at all, then whether anybody may now.
RejectReason NaiveEngine::refuse_state(const PlaceOrder& c) const {
    if (users_.at(accounts_.at(c.account)).status != UserStatus::Active) return Reason::AccountSuspended;
    if (const Reason no = refuse_trader(c.account, c.security, c.side); no != Reason::None) return no;
    switch (in_force(c.security).state) {
        case TradingState::Open:
        case TradingState::Auction:
        case TradingState::PreOpen: return Reason::None;
        case TradingState::Halted: return Reason::SecurityHalted;
        case TradingState::CancelOnly: return Reason::CancelOnly;
        case TradingState::Closed: return Reason::MarketClosed;
    }
    return Reason::MarketClosed;
}

bool NaiveEngine::is_price(Price price, SecurityId security) const {
    return refuse_price(price, security) == Reason::None;
}

RejectReason NaiveEngine::refuse_quantity(Quantity quantity, SecurityId security) const {
    if (quantity.units <= 0) return Reason::QuantityNotPositive;
    if (quantity.units > kMaxQuantityUnits) return Reason::QuantityTooLarge;
    return quantity.units % securities_.at(security).terms.lot_size.units == 0 ? Reason::None
                                                                               : Reason::QuantityNotOnLot;
}

RejectReason NaiveEngine::refuse_price(Price price, SecurityId security) const {
    if (price.units <= 0) return Reason::PriceNotPositive;
    if (price.units > kMaxPriceUnits) return Reason::PriceTooLarge;
    return price.units % securities_.at(security).terms.tick_size.units == 0 ? Reason::None : Reason::PriceNotOnTick;
}

// From the time in force to the protection price: what can be said without the quantity and the price.
RejectReason NaiveEngine::refuse_terms(const PlaceOrder& c) const {
    using Tif = TimeInForce;
    const Tif tif = c.time_in_force;
    const std::int64_t lot = securities_.at(c.security).terms.lot_size.units;
    const bool is_plain_market = c.type == OrderType::Market;
    const bool is_plain_limit = c.type == OrderType::Limit;
    const bool is_for_auction = tif == Tif::Opg || tif == Tif::Cls;
    if (is_plain_market && tif != Tif::Ioc && tif != Tif::Fok && !is_for_auction) return Reason::TimeInForceNotAllowed;
    if (has_trigger(c.type) && !may_rest(tif)) return Reason::TimeInForceNotAllowed;
    if (tif == Tif::Opg && (is_open_now(c.security) || in_force(c.security).is_closing_auction()))
        return Reason::TimeInForceNotAllowed;
    if (tif == Tif::Gtd ? c.expires_at <= now_ || c.expires_at > kLatestTime : c.expires_at.us != 0)
        return Reason::ExpiresAtNotAllowed;
    const bool is_resting_limit = is_plain_limit && may_rest(tif);
    if (c.post_only ? !is_resting_limit : c.post_only_reprice) return Reason::PostOnlyNotAllowed;
    if (c.reduce_only && c.side != Side::Sell) return Reason::ReduceOnlyNotAllowed;
    const bool has_parts = c.display_quantity.units != 0 || c.min_quantity.units != 0;
    if (c.all_or_none && (!is_resting_limit || c.post_only || has_parts))
        return Reason::AllOrNoneNotAllowed;
    if (c.min_quantity.units != 0) {
        const bool suits = is_resting_limit || ((is_plain_limit || is_plain_market) && tif == Tif::Ioc);
        if (!suits || c.post_only || c.display_quantity.units != 0 || c.min_quantity.units < 0 ||
            c.min_quantity > c.quantity || c.min_quantity.units % lot != 0)
            return Reason::MinQuantityNotAllowed;
    }
    if (c.display_quantity.units != 0 &&
        (!is_resting_limit || c.display_quantity.units < 0 || c.display_quantity >= c.quantity ||
         c.display_quantity.units % lot != 0))
        return Reason::DisplayQuantityNotAllowed;
    const bool has_amount = c.trail_amount.units != 0;
    const bool has_share = c.trail_basis_points != 0;
    if (c.type == OrderType::TrailingStop) {
        const bool good_amount = has_amount && is_price(c.trail_amount, c.security);
        const bool good_share = has_share && c.trail_basis_points < kBasisPoints;
        if (has_amount == has_share || !(has_amount ? good_amount : good_share)) return Reason::TrailNotAllowed;
    } else if (has_amount || has_share) {
        return Reason::TrailNotAllowed;
    }
    const bool has_stop_price = has_trigger(c.type) && c.type != OrderType::TrailingStop;
    if (has_stop_price ? !is_price(c.stop_price, c.security) : c.stop_price.units != 0)
        return Reason::StopPriceNotAllowed;
    if (c.protection_price.units != 0 && (!is_market(c.type) || !is_price(c.protection_price, c.security)))
        return Reason::ProtectionPriceNotAllowed;
    if (is_plain_market && is_for_auction && c.side == Side::Buy && c.protection_price.units == 0)
        return Reason::ProtectionPriceRequired;
    return Reason::None;
}

// The quantity, the price, and what both make together.
RejectReason NaiveEngine::refuse_numbers(const PlaceOrder& c, const Plan& plan) const {
    if (const Reason no = refuse_quantity(c.quantity, c.security); no != Reason::None) return no;
    if (is_market(c.type)) {
        if (c.price.units != 0) return Reason::PriceNotAllowed;
    } else if (const Reason no = refuse_price(c.price, c.security); no != Reason::None) {
        return no;
    }
    const Price stated = is_market(c.type) ? c.protection_price : c.price;
    if (stated.units != 0 && outside_static(c.security, stated)) return Reason::PriceOutOfBand;
    const Price limit = plan.price.units != 0 ? plan.price : c.protection_price;
    if (cost_of(c.security, limit, c.quantity) > kMaxMoney) return Reason::NotionalTooLarge;
    const bool has_place = c.type == OrderType::Limit || plan.price.units != 0;
    if (has_place && !has_trigger(c.type) && !has_room(c.security, c.side, plan.price, c.quantity))
        return Reason::NotionalTooLarge;
    return Reason::None;
}

// May move the price of a post_only order that asked for it.
RejectReason NaiveEngine::refuse_liquidity(const PlaceOrder& c, Plan& plan) const {
    if (!is_open_now(c.security)) return Reason::None;
    const Side other = opposite(c.side);
    if (c.post_only && crosses(c.security, c.side, plan.price)) {
        if (!c.post_only_reprice) return Reason::PostOnlyWouldCross;
        const std::int64_t tick = securities_.at(c.security).terms.tick_size.units;
        plan.price = front(c.security, other)->price + Price{c.side == Side::Buy ? -tick : tick};
        if (plan.price.units <= 0 || plan.price.units > kMaxPriceUnits || outside_static(c.security, plan.price) ||
            cost_of(c.security, plan.price, plan.quantity) > kMaxMoney ||
            !has_room(c.security, c.side, plan.price, plan.quantity))
            return Reason::PostOnlyWouldCross;
    }
    const bool is_immediate = c.time_in_force == TimeInForce::Ioc || c.time_in_force == TimeInForce::Fok;
    if (!is_immediate) return Reason::None;
    if (c.type == OrderType::Market && !front(c.security, other)) return Reason::NoLiquidity;
    const Price stated = is_market(c.type) ? c.protection_price : c.price;
    const std::optional<Price> limit = stated.units != 0 ? std::optional(stated) : std::nullopt;
    const Int128 units = takeable(c, limit, plan.quantity).units;
    if (c.time_in_force == TimeInForce::Fok && units < plan.quantity.units) return Reason::FokNotFillable;
    if (c.time_in_force == TimeInForce::Ioc && units < plan.minimum.units) return Reason::MinQuantityNotFillable;
    return Reason::None;
}

RejectReason NaiveEngine::refuse_means(const PlaceOrder& c, const Plan& plan) const {
    const std::optional<Price> limit = plan.price.units != 0         ? std::optional(plan.price)
                                       : c.protection_price.units != 0 ? std::optional(c.protection_price)
                                                                       : std::nullopt;
    const Rates rates = rates_in_force(c.security);
    Money needed;
    if (limit)
        needed = reserve_of(c.security, rates, *limit, plan.quantity);
    else if (c.type == OrderType::Market && c.side == Side::Buy)
        needed = cost_of_taking(c, rates, plan.quantity);
    return refuse_reservation(c.account, c.security, c.side, needed, plan.quantity);
}

}  // namespace buttonwood::engine::tests
