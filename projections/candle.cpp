#include "projections/candle.hpp"

#include <algorithm>
#include <chrono>

namespace buttonwood::projections {

using namespace engine;

namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3'600 * kSecondUs;
constexpr std::int64_t kDayUs = 24 * kHourUs;
constexpr std::int64_t kHoursOfSeconds = 168;
constexpr std::int64_t kFirstMondayUs = 4 * kDayUs;  // 1970-01-05

Timestamp floor_to(Timestamp time, std::int64_t length_us, std::int64_t origin_us = 0) {
    const std::int64_t past = (time.us - origin_us) % length_us;
    return {time.us - (past < 0 ? past + length_us : past)};
}

Timestamp month_of(Timestamp time) {
    using namespace std::chrono;
    const year_month_day day{sys_days{days{floor_to(time, kDayUs).us / kDayUs}}};
    return {sys_days{day.year() / day.month() / 1}.time_since_epoch().count() * kDayUs};
}

}  // namespace

Timestamp bucket_of(Timestamp time, CandleInterval interval) {
    switch (interval) {
        case CandleInterval::Second: return floor_to(time, kSecondUs);
        case CandleInterval::Minute: return floor_to(time, 60 * kSecondUs);
        case CandleInterval::FiveMinutes: return floor_to(time, 300 * kSecondUs);
        case CandleInterval::QuarterHour: return floor_to(time, 900 * kSecondUs);
        case CandleInterval::HalfHour: return floor_to(time, 1'800 * kSecondUs);
        case CandleInterval::Hour: return floor_to(time, kHourUs);
        case CandleInterval::FourHours: return floor_to(time, 4 * kHourUs);
        case CandleInterval::Day: return floor_to(time, kDayUs);
        case CandleInterval::Week: return floor_to(time, 7 * kDayUs, kFirstMondayUs);
        case CandleInterval::Month: return month_of(time);
    }
    return time;
}

Timestamp oldest_second(Timestamp newest_trade) {
    return {floor_to(newest_trade, kHourUs).us - kHoursOfSeconds * kHourUs};
}

void Candle::add(const TradeExecuted& trade) {
    add(Candle{trade.price, trade.price, trade.price, trade.price, trade.quantity.units, trade.notional, 1});
}

void Candle::add(const Candle& later) {
    if (trade_count == 0) {
        *this = later;
        return;
    }
    high = std::max(high, later.high);
    low = std::min(low, later.low);
    close = later.close;
    volume_units += later.volume_units;
    turnover += later.turnover;
    trade_count += later.trade_count;
}

void PriceRange::begin(std::optional<Price> price) { open = high = low = close = price; }

void PriceRange::move(std::optional<Price> price) {
    close = price;
    if (!price) return;
    high = high ? std::max(*high, *price) : *price;
    low = low ? std::min(*low, *price) : *price;
}

}  // namespace buttonwood::projections
