#include "api/render.hpp"

#include "engine/names.hpp"
#include "eventstore/record_json.hpp"

namespace buttonwood::api {
namespace {

using eventstore::to_decimal;
using eventstore::to_rfc3339;

std::optional<std::string> optional_text(std::string text) {
    if (text.empty()) return std::nullopt;
    return text;
}
std::optional<std::string_view> optional_view(std::string_view text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::string int128_decimal(engine::Int128 units, int scale) {
    std::string digits;
    const bool negative = units < 0;
    engine::UInt128 rest = negative ? static_cast<engine::UInt128>(-units) : static_cast<engine::UInt128>(units);
    while (rest > 0 || digits.size() <= static_cast<std::size_t>(scale)) {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    }
    if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
    return negative ? "-" + digits : digits;
}

}  // namespace

std::string price_text(const LiveSecurity& s, engine::Price price) {
    return to_decimal(price.units, s.terms.price_scale);
}
std::string quantity_text(const LiveSecurity& s, engine::Quantity q) {
    return to_decimal(q.units, s.terms.quantity_scale);
}

std::string average_price(engine::Int128 notional_units, engine::Int128 quantity_units, int price_scale,
                          int quantity_scale) {
    if (quantity_units == 0) return {};
    // notional = price x quantity x 10^(8 - ps - qs) in money units; give the price at two digits more than its scale.
    const int scale = price_scale + 2 > 8 ? 8 : price_scale + 2;
    const int shift = scale - price_scale;
    const engine::Int128 factor = engine::pow10_128(engine::kMoneyScale - price_scale - quantity_scale);
    const engine::Int128 exact = notional_units / factor;  // price units x quantity units, divides exactly
    const engine::Int128 whole = exact / quantity_units;
    const engine::Int128 rest = exact % quantity_units;
    const engine::Int128 power = engine::pow10_128(shift);
    return int128_decimal(whole * power + (rest * power * 2 + quantity_units) / (quantity_units * 2), scale);
}

std::string to_text(engine::RoleSet roles) {
    JsonWriter w;
    w.array([&] {
        for (const auto& [role, word] : engine::kRoleWords)
            if (roles.has(role)) w.element(word);
    });
    return w.take();
}

std::string group_text(engine::OrderId first_leg) { return "grp_" + std::to_string(std::to_underlying(first_leg)); }

std::string group_json(engine::OrderId first_leg, engine::GroupKind kind, std::string_view legs,
                       engine::EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.member("id", group_text(first_leg));
        w.member("kind", engine::word_of(kind));
        w.raw_member("orders", legs);
        w.member("event_seq", event_seq);
    });
    return w.take();
}

std::string percent_text(std::uint32_t basis_points) { return to_decimal(std::int64_t{basis_points}, 2); }

void write_order(JsonWriter& w, const OrderFields& f) {
    w.member("id", f.id);
    w.member("client_order_id", optional_view(f.client_order_id));
    w.member("account_id", f.account_id);
    w.member("symbol", f.symbol);
    w.member("side", f.side);
    w.member("type", f.type);
    w.member("time_in_force", f.time_in_force);
    w.member("expires_at", optional_view(f.expires_at));
    w.member("price", optional_view(f.price));
    w.member("stop_price", optional_view(f.stop_price));
    w.member("trail_amount", optional_view(f.trail_amount));
    w.member("trail_percent", optional_view(f.trail_percent));
    w.member("protection_price", optional_view(f.protection_price));
    w.member("quantity", f.quantity);
    w.member("display_quantity", optional_view(f.display_quantity));
    w.member("min_quantity", optional_view(f.min_quantity));
    w.member("all_or_none", f.all_or_none);
    w.member("post_only", f.post_only);
    w.member("reduce_only", f.reduce_only);
    w.member("self_trade_prevention", f.self_trade_prevention);
    if (f.group_id.empty()) {
        w.member("group", nullptr);
    } else {
        w.object("group", [&] {
            w.member("id", f.group_id);
            w.member("role", f.group_role);
        });
    }
    w.member("filled_quantity", f.filled);
    w.member("remaining_quantity", f.remaining);
    w.member("prevented_quantity", f.prevented);
    w.member("average_price", optional_view(f.average_price));
    w.member("status", f.status);
    w.member("reason", optional_view(f.reason));
    w.member("created_at", f.created_at);
    w.member("updated_at", f.updated_at);
    w.member("event_seq", f.event_seq);
}

namespace {

// Its terms and its group; what was not asked for stays empty.
void fill_terms(OrderFields& f, const LiveOrder& o, const LiveSecurity& s) {
    const auto price = [&](engine::Price p) { return p.units == 0 ? std::string{} : price_text(s, p); };
    const auto quantity = [&](engine::Quantity q) { return q.units == 0 ? std::string{} : quantity_text(s, q); };
    if (!is_market(o.type)) f.price = price_text(s, o.price);
    f.stop_price = price(trigger_of(o, s));
    f.trail_amount = price(o.trail_amount);
    if (o.trail_basis_points != 0) f.trail_percent = percent_text(o.trail_basis_points);
    f.protection_price = price(o.protection_price);
    f.display_quantity = quantity(o.display_quantity);
    f.min_quantity = quantity(o.min_quantity);
    if (o.expires_at.us != 0) f.expires_at = to_rfc3339(o.expires_at);
    f.post_only = o.post_only;
    f.reduce_only = o.reduce_only;
    f.all_or_none = o.all_or_none;
    f.self_trade_prevention = engine::word_of(o.self_trade_prevention);
    if (o.group == engine::OrderId::None) return;
    f.group_id = group_text(o.group);
    f.group_role = engine::word_of(o.role);
}

}  // namespace

void write_order(JsonWriter& w, const LiveOrder& o, const LiveSecurity& s, std::span<const OrderFill> fills) {
    OrderFields f;
    f.id = to_text(o.id);
    f.account_id = to_text(o.account);
    f.symbol = s.symbol();
    f.side = engine::word_of(o.side);
    f.type = engine::word_of(o.type);
    f.time_in_force = engine::word_of(o.time_in_force);
    fill_terms(f, o, s);
    f.quantity = quantity_text(s, o.quantity);
    f.filled = quantity_text(s, o.filled);
    f.remaining = quantity_text(s, o.leaves);
    f.prevented = quantity_text(s, o.prevented);
    f.average_price =
        average_price(o.filled_notional.units, o.filled.units, s.terms.price_scale, s.terms.quantity_scale);
    f.status = word_of(o.status);
    f.reason = o.reason;
    f.client_order_id = o.client_order_id.view();
    f.created_at = to_rfc3339(o.created_at);
    f.updated_at = to_rfc3339(o.updated_at);
    f.event_seq = o.event_seq;
    write_order(w, f);
    w.array("fills", [&] {
        for (const OrderFill& fill : fills)
            w.object([&] {
                w.member("id", to_text(fill.trade.id));
                w.member("price", price_text(s, fill.trade.price));
                w.member("quantity", quantity_text(s, fill.trade.quantity));
                w.member("liquidity", fill.is_maker ? "maker" : "taker");
                w.member("time", to_rfc3339(fill.trade.time));
            });
    });
}

std::string order_json(const LiveOrder& o, const LiveSecurity& s, std::span<const OrderFill> fills) {
    JsonWriter w;
    w.object([&] { write_order(w, o, s, fills); });
    return w.take();
}

void write_state(JsonWriter& w, const LiveState& state) {
    const bool gathers = state.auction != engine::AuctionKind::None;
    w.member("trading_state", engine::word_of(state.state));
    w.member("auction", gathers ? std::optional(engine::word_of(state.auction)) : std::nullopt);
    w.member("until", state.until.us != 0 ? std::optional(to_rfc3339(state.until)) : std::nullopt);
    w.member("cause", engine::word_of(state.cause));
}

namespace {

void write_bands(JsonWriter& w, const LiveSecurity& s) {
    if (!s.bands) return w.member("price_bands", nullptr);
    const engine::PriceBandsSet& b = *s.bands;
    const auto percent = [](std::uint32_t points) {
        return points != 0 ? std::optional(percent_text(points)) : std::nullopt;
    };
    w.object("price_bands", [&] {
        w.member("reference_price",
                 b.reference_price.units != 0 ? std::optional(price_text(s, b.reference_price)) : std::nullopt);
        w.member("static_percent", percent(b.static_basis_points));
        w.member("dynamic_percent", percent(b.dynamic_basis_points));
        w.member("halt_ms", b.halt_us / 1'000);
        w.member("auction_ms", b.auction_us / 1'000);
    });
}

void write_auction(JsonWriter& w, const char* name, const std::optional<LiveAuction>& auction, const LiveSecurity& s) {
    if (!auction) return w.member(name, nullptr);
    const bool trades = auction->price.units != 0;
    const bool balanced = auction->imbalance.units == 0;
    w.object(name, [&] {
        w.member("price", trades ? std::optional(price_text(s, auction->price)) : std::nullopt);
        w.member("paired_quantity", quantity_text(s, auction->paired));
        w.member("imbalance_quantity", quantity_text(s, auction->imbalance));
        w.member("imbalance_side",
                 balanced ? std::nullopt : std::optional(engine::word_of(auction->imbalance_side)));
        w.member("time", to_rfc3339(auction->time));
    });
}

}  // namespace

std::string auction_json(const LiveSecurity& s, engine::EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.member("symbol", s.symbol());
        w.member("seq", s.auction_seq);
        w.member("event_seq", event_seq);
        write_state(w, s.state);
        write_auction(w, "indication", s.indication, s);
        write_auction(w, "last_auction", s.last_auction, s);
    });
    return w.take();
}

std::string security_json(const LiveSecurity& s, engine::EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.member("id", to_text(s.terms.security));
        w.member("symbol", s.symbol());
        w.member("name", s.terms.name.view());
        w.member("currency", s.terms.currency.view());
        w.member("price_scale", static_cast<int>(s.terms.price_scale));
        w.member("quantity_scale", static_cast<int>(s.terms.quantity_scale));
        w.member("tick_size", price_text(s, s.terms.tick_size));
        w.member("lot_size", quantity_text(s, s.terms.lot_size));
        write_state(w, s.state);
        w.member("own_state", engine::word_of(s.own.state));
        write_bands(w, s);
        w.member("shares_outstanding", quantity_text(s, s.outstanding));
        w.member("event_seq", event_seq);
    });
    return w.take();
}

std::string ticker_json(const LiveSecurity& s, engine::EventSeq event_seq, engine::Timestamp now) {
    LiveMinute day;
    const std::int64_t oldest = now.us / 60'000'000 - 1'440;
    for (const LiveMinute& m : s.minutes) {
        if (m.minute <= oldest) continue;
        if (day.trade_count == 0) day = LiveMinute{m.minute, m.open, m.high, m.low, m.close, 0, 0, 0};
        day.high = std::max(day.high, m.high);
        day.low = std::min(day.low, m.low);
        day.close = m.close;
        day.volume += m.volume;
        day.turnover += m.turnover;
        day.trade_count += m.trade_count;
    }
    const auto price = [&](bool known, engine::Price p) {
        return known ? std::optional(price_text(s, p)) : std::nullopt;
    };
    const bool traded = day.trade_count > 0;
    JsonWriter w;
    w.object([&] {
        w.member("symbol", s.symbol());
        w.member("last_price", price(s.last_trade.has_value(), s.last_trade ? s.last_trade->price : engine::Price{}));
        w.member("last_quantity",
                 s.last_trade ? std::optional(quantity_text(s, s.last_trade->quantity)) : std::nullopt);
        w.member("last_trade_at", s.last_trade ? std::optional(to_rfc3339(s.last_trade->time)) : std::nullopt);
        for (const auto& [side, price_name, quantity_name] :
             {std::tuple(engine::Side::Buy, "bid_price", "bid_quantity"),
              std::tuple(engine::Side::Sell, "ask_price", "ask_quantity")}) {
            engine::Price best;
            engine::Quantity quantity;
            const bool known = s.book.best(side, best, quantity);
            w.member(price_name, price(known, best));
            w.member(quantity_name, known ? std::optional(quantity_text(s, quantity)) : std::nullopt);
        }
        w.member("open_24h", price(traded, day.open));
        w.member("high_24h", price(traded, day.high));
        w.member("low_24h", price(traded, day.low));
        w.member("volume_24h", int128_decimal(day.volume, s.terms.quantity_scale));
        w.member("turnover_24h", int128_decimal(day.turnover, engine::kMoneyScale));
        w.member("vwap_24h", optional_text(average_price(day.turnover, day.volume, s.terms.price_scale,
                                                         s.terms.quantity_scale)));
        w.member("trade_count_24h", day.trade_count);
        w.member("change_24h", price(traded, day.close - day.open));
        w.member("event_seq", event_seq);
        w.member("time", to_rfc3339(now));
    });
    return w.take();
}

std::string book_json(const LiveSecurity& s, std::size_t depth, engine::EventSeq event_seq) {
    JsonWriter w;
    w.object([&] {
        w.member("symbol", s.symbol());
        w.member("seq", s.book_seq);
        w.member("event_seq", event_seq);
        w.member("time", to_rfc3339(s.book_time));
        for (const auto& [side, name] : {std::pair(engine::Side::Buy, "bids"), std::pair(engine::Side::Sell, "asks")})
            w.array(name, [&] {
                std::size_t left = depth;
                for (const auto& [key, level] : s.book.levels(side)) {
                    if (left-- == 0) break;
                    w.array([&] {
                        w.element(price_text(s, LiveBook::price_of(side, key)));
                        w.element(quantity_text(s, {level.units}));
                        w.element(level.order_count);
                    });
                }
            });
        w.member("checksum", s.book.checksum());
    });
    return w.take();
}

void write_trade(JsonWriter& w, const LiveTrade& trade, const LiveSecurity& s) {
    w.object([&] {
        w.member("id", to_text(trade.id));
        w.member("price", price_text(s, trade.price));
        w.member("quantity", quantity_text(s, trade.quantity));
        w.member("taker_side", engine::word_of(trade.taker_side));
        w.member("auction", trade.auction);
        w.member("time", to_rfc3339(trade.time));
    });
}

}  // namespace buttonwood::api
