// The state, drawn: books, held orders, accounts; and numbers and times as text.
#include "tests/engine/records.hpp"
#include "tests/engine/transcript_names.hpp"

#include <chrono>
#include <iomanip>
#include <stdexcept>

namespace buttonwood::engine::tests {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::string padded(std::int64_t number, std::size_t width) {
    std::string digits = std::to_string(number);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
}

// "10 #1", an iceberg "3+7 #1": what it shows and what it hides.
std::string resting_text(const NaiveEngine::Order& order, const Namer& names) {
    const SecurityId security = order.request.security;
    const Quantity hidden = order.leaves() - order.tip;
    return text(names.quantity(security, order.tip),
                hidden.units == 0 ? "" : "+" + names.quantity(security, hidden), ' ', hash(order.id));
}

// One price of one side: its orders, first to trade first.
using Levels = std::vector<std::pair<Price, std::string>>;

Levels levels_of(SecurityId security, Side side, const NaiveEngine& state) {
    Levels levels;
    for (const NaiveEngine::Order* order : state.book(security, side)) {
        const std::string drawn = resting_text(*order, Namer(state));
        if (levels.empty() || levels.back().first != order->price)
            levels.emplace_back(order->price, drawn);
        else
            levels.back().second += ", " + drawn;
    }
    return levels;
}

}  // namespace

Int128 parse_units(std::string_view number, int scale) {
    const std::string all(number);
    const bool negative = number.starts_with('-');
    if (negative) number.remove_prefix(1);
    const std::size_t dot = number.find('.');
    std::string digits(number.substr(0, dot));
    std::string decimals(dot == std::string_view::npos ? std::string_view() : number.substr(dot + 1));
    if (decimals.size() > static_cast<std::size_t>(scale)) throw std::runtime_error("too many decimals: " + all);
    decimals.resize(static_cast<std::size_t>(scale), '0');
    digits += decimals;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
        throw std::runtime_error("no number: " + all);
    Int128 units = 0;
    for (const char digit : digits) units = units * 10 + (digit - '0');
    return negative ? -units : units;
}

std::string format_units(Int128 units, int scale) {
    const bool negative = units < 0;
    std::string digits = decimal(negative ? -units : units);
    const auto decimals = static_cast<std::size_t>(scale);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - decimals, ".");
    return negative ? "-" + digits : digits;
}

Timestamp parse_time(const std::string& text) {
    if (text.starts_with("us:")) return {std::stoll(text.substr(3))};
    if (text.size() >= 10 && text[4] == '-') {
        using namespace std::chrono;
        const auto part = [&](std::size_t from, std::size_t size) { return std::stoi(text.substr(from, size)); };
        const sys_days date = year{part(0, 4)} / part(5, 2) / part(8, 2);
        const std::int64_t rest = text.size() == 10 ? 0 : parse_time(text.substr(11)).us - kMidnight.us;
        return {duration_cast<microseconds>(date.time_since_epoch()).count() + rest};
    }
    if (text.size() < 8 || text[2] != ':' || text[5] != ':') throw std::runtime_error("no time: " + text);
    const std::int64_t minutes = std::stoll(text.substr(0, 2)) * 60 + std::stoll(text.substr(3, 2));
    return {kMidnight.us + minutes * 60 * kSecond + static_cast<std::int64_t>(parse_units(text.substr(6), 6))};
}

std::string format_time(Timestamp time) {
    const std::int64_t us = time.us - kMidnight.us;
    if (us < 0 || us >= 100 * 3'600 * kSecond) return "us:" + std::to_string(time.us);
    const std::int64_t seconds = us / kSecond;
    std::string line = padded(seconds / 3'600, 2) + ':' + padded(seconds / 60 % 60, 2) + ':' + padded(seconds % 60, 2);
    if (us % kSecond != 0) line += '.' + padded(us % kSecond, 6);
    return line;
}

std::string format_date(Timestamp time) {
    using namespace std::chrono;
    const year_month_day date{floor<days>(sys_time<microseconds>{microseconds{time.us}})};
    const std::string month = padded(unsigned{date.month()}, 2);
    return padded(int{date.year()}, 4) + '-' + month + '-' + padded(unsigned{date.day()}, 2);
}

std::int64_t parse_duration(const std::string& text) {
    if (text == "never") return 0;
    std::size_t digits = 0;
    const std::int64_t count = std::stoll(text, &digits);
    const std::string unit = text.substr(digits);
    if (unit == "us") return count;
    if (unit == "ms") return count * 1'000;
    if (unit == "s") return count * kSecond;
    throw std::runtime_error("no duration: " + text);
}

std::string format_duration(std::int64_t us) {
    if (us % kSecond == 0) return std::to_string(us / kSecond) + "s";
    if (us % 1'000 == 0) return std::to_string(us / 1'000) + "ms";
    return std::to_string(us) + "us";
}

std::string draw_book(SecurityId security, const NaiveEngine& state) {
    const Namer names(state);
    std::ostringstream out;
    const auto line = [&](const std::string& bids, Price price, const std::string& listings) {
        out << std::setw(24) << bids << "  " << std::setw(8) << names.price(security, price)
            << (listings.empty() ? "" : "  ") << listings << '\n';
    };
    const Levels bids = levels_of(security, Side::Buy, state);
    const Levels listings = levels_of(security, Side::Sell, state);
    // In an auction the sides may overlap: each keeps its own lines.
    for (auto it = listings.rbegin(); it != listings.rend(); ++it) line("", it->first, it->second);
    for (const auto& [price, queue] : bids) line(queue, price, "");
    return out.str().empty() ? "empty\n" : out.str();
}

std::string draw_held(SecurityId security, const NaiveEngine& state) {
    const Namer names(state);
    std::ostringstream out;
    for (const OrderId id : state.open_orders()) {
        const NaiveEngine::Order& order = *state.order(id);
        if (order.stage != NaiveEngine::Stage::Held || order.request.security != security) continue;
        out << hash(id) << ' ' << (order.is_buy() ? "buys " : "sells ") << names.quantity(security, order.leaves())
            << ' ' << word_of(order.request.type);
        if (order.price.units != 0) out << " at " << names.price(security, order.price);
        if (order.is_dormant)
            out << ", for its entry";
        else if (const auto trigger = order.trigger())
            out << ", for " << names.price(security, *trigger);
        else if (order.minimum.units != 0)
            out << ", for " << names.quantity(security, order.minimum) << " at once";
        else if (order.request.time_in_force == TimeInForce::Cls)
            out << ", for the closing auction";
        out << '\n';
    }
    return out.str().empty() ? "nothing\n" : out.str();
}

std::string draw_accounts(const NaiveEngine& state) {
    const Namer names(state);
    std::ostringstream out;
    for (const auto& [account, owner] : state.accounts()) {
        std::string line;
        const auto add = [&](const std::string& what, const std::string& reserved) {
            line += text(line.empty() ? "" : ", ", what, reserved.empty() ? "" : text(" (", reserved, " reserved)"));
        };
        for (const auto& [key, total] : state.all_cash()) {
            if (key.first != account || total.units == 0) continue;
            const Money reserved = state.reserved_cash(account, key.second);
            add(Namer::money(total, key.second), reserved.units == 0 ? "" : Namer::money(reserved, key.second));
        }
        for (const auto& [key, total] : state.all_holdings()) {
            if (key.first != account || total.units == 0) continue;
            const Quantity reserved = state.reserved_holding(account, key.second);
            add(names.shares(key.second, total), reserved.units == 0 ? "" : names.quantity(key.second, reserved));
        }
        if (!line.empty()) out << names.name(account) << ": " << line << '\n';
    }
    return out.str();
}

std::string draw_settlements(const NaiveEngine& state) {
    const Namer names(state);
    std::ostringstream out;
    for (const NaiveEngine::Trade& trade : state.trades()) {
        if (!trade.is_unsettled()) continue;
        out << "trade " << static_cast<std::uint64_t>(trade.id) << ": " << names.shares(trade.security, trade.quantity)
            << " to " << names.name(trade.buyer) << ", " << names.cash(trade.security, trade.proceeds()) << " to "
            << names.name(trade.seller) << ", " << word_of(trade.step) << ", settles " << format_date(trade.settles_at)
            << '\n';
    }
    return out.str().empty() ? "none\n" : out.str();
}

}  // namespace buttonwood::engine::tests
