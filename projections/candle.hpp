// Candles and their intervals, and the best prices of a minute: pure values.
//
// A candle covers [bucket, next bucket) in UTC: days begin at midnight, weeks on Monday, months on their first day. UTC
// knows no summer time, so each but a month is equally long. Thread safety: plain values.
#pragma once

#include "engine/events.hpp"
#include "engine/names.hpp"

#include <array>
#include <optional>

namespace buttonwood::projections {

enum class CandleInterval : std::uint8_t {
    Second,
    Minute,
    FiveMinutes,
    QuarterHour,
    HalfHour,
    Hour,
    FourHours,
    Day,
    Week,
    Month,
};
// As the tables and the API write them.
inline constexpr std::array kCandleIntervalWords{
    engine::Word<CandleInterval>{CandleInterval::Second, "1s"},
    engine::Word<CandleInterval>{CandleInterval::Minute, "1m"},
    engine::Word<CandleInterval>{CandleInterval::FiveMinutes, "5m"},
    engine::Word<CandleInterval>{CandleInterval::QuarterHour, "15m"},
    engine::Word<CandleInterval>{CandleInterval::HalfHour, "30m"},
    engine::Word<CandleInterval>{CandleInterval::Hour, "1h"},
    engine::Word<CandleInterval>{CandleInterval::FourHours, "4h"},
    engine::Word<CandleInterval>{CandleInterval::Day, "1d"},
    engine::Word<CandleInterval>{CandleInterval::Week, "1w"},
    engine::Word<CandleInterval>{CandleInterval::Month, "1M"}};
constexpr const auto& words_of(CandleInterval) { return kCandleIntervalWords; }

// Start of the interval that holds the time; before 1970, too.
[[nodiscard]] engine::Timestamp bucket_of(engine::Timestamp time, CandleInterval interval);

// Candles of seconds are kept from here on, given the newest trade of all securities: its hour and the 168 hours before
// it. A function of event time, so that a rebuild keeps the same ones.
[[nodiscard]] engine::Timestamp oldest_second(engine::Timestamp newest_trade);

struct CandleKey {
    engine::SecurityId security{};
    CandleInterval interval{};
    engine::Timestamp bucket;
    friend bool operator==(const CandleKey&, const CandleKey&) = default;
};
struct CandleKeyHash {
    std::size_t operator()(const CandleKey& key) const {
        return (std::hash<std::int64_t>{}(key.bucket.us) * 31 + static_cast<std::size_t>(key.security)) * 31 +
               static_cast<std::size_t>(key.interval);
    }
};

struct Candle {
    engine::Price open, high, low, close;
    engine::Int128 volume_units{};
    engine::Money turnover;
    std::int64_t trade_count{};  // 0: no trade yet, prices mean nothing

    void add(const engine::TradeExecuted& trade);
    // Trades later than all of its own.
    void add(const Candle& later);
};

// One price over an interval; none while a side of the book is empty.
struct PriceRange {
    std::optional<engine::Price> open, high, low, close;

    void begin(std::optional<engine::Price> price);
    void move(std::optional<engine::Price> price);
};

struct BestPricesKey {
    engine::SecurityId security{};
    engine::Timestamp minute;
    friend bool operator==(const BestPricesKey&, const BestPricesKey&) = default;
};
struct BestPricesKeyHash {
    std::size_t operator()(const BestPricesKey& key) const {
        return std::hash<std::int64_t>{}(key.minute.us) * 31 + static_cast<std::size_t>(key.security);
    }
};
struct BestPrices {
    PriceRange bid, ask;
};

}  // namespace buttonwood::projections
