#include "api/rfc3339.hpp"

#include <chrono>

namespace buttonwood::api {
namespace {

// Takes exactly `digits` digits off the front; -1 when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text[0] != c) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<engine::Timestamp> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    const int y = take_number(text, 4);
    if (y < 0 || !take(text, '-')) return std::nullopt;
    const int m = take_number(text, 2);
    if (m < 0 || !take(text, '-')) return std::nullopt;
    const int d = take_number(text, 2);
    if (d < 0 || !take(text, 'T')) return std::nullopt;
    const int hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_number(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
    const int second = take_number(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    std::int64_t fraction = 0;
    if (take(text, '.')) {
        std::size_t digits = 0;
        for (; digits < 6 && !text.empty() && text[0] >= '0' && text[0] <= '9'; ++digits)
            fraction = fraction * 10 + take_number(text, 1);
        if (digits == 0) return std::nullopt;
        for (; digits < 6; ++digits) fraction *= 10;
    }
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (text != "Z" || !date.ok()) return std::nullopt;
    const std::int64_t days = sys_days{date}.time_since_epoch().count();
    return engine::Timestamp{((days * 24 + hour) * 60 + minute) * 60'000'000 + second * 1'000'000 + fraction};
}

}  // namespace buttonwood::api
