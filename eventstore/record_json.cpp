#include "eventstore/record_json.hpp"

#include "engine/names.hpp"
#include "eventstore/codec_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <limits>
#include <numeric>
#include <type_traits>

namespace buttonwood::eventstore {
namespace {

using codec::Record;
using codec::Worded;
using engine::Int128;
using engine::UInt128;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD in UTF-8

void append_number(std::string& out, std::integral auto value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_hex64(std::string& out, std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kHexDigits[(value >> shift) & 15];
}

// At least `width` digits, zeros in front.
void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) out.append(width - length, '0');
    out.append(digits.data(), length);
}

// The sign, the whole part, and `scale` decimals of units x 10^-scale.
void append_decimal(std::string& out, Int128 units, int scale) {
    UInt128 rest = units < 0 ? -static_cast<UInt128>(units) : static_cast<UInt128>(units);
    std::array<char, 48> reversed{};
    std::size_t length = 0;
    int place = 0;
    const auto add_digit = [&](auto& number) {
        if (place++ == scale && scale != 0) reversed[length++] = '.';
        reversed[length++] = static_cast<char>('0' + static_cast<int>(number % 10));
        number /= 10;
    };
    while (rest > std::numeric_limits<std::uint64_t>::max()) add_digit(rest);
    auto low = static_cast<std::uint64_t>(rest);  // divides many times faster
    while (low != 0 || place <= scale) add_digit(low);
    if (units < 0) out += '-';
    while (length != 0) out += reversed[--length];
}

// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = lead == 0xED && byte(1) > 0x9F;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const bool overlong = lead == 0xF0 && byte(1) < 0x90;
        const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
        return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\0': out += kReplacement; return;  // jsonb has no U+0000
        default: break;
    }
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code != 0x7F) {
        out += c;
        return;
    }
    out += "\\u00";
    out += kHexDigits[code >> 4];
    out += kHexDigits[code & 15];
}

// A JSON string that PostgreSQL takes whatever the bytes: what is not UTF-8 becomes U+FFFD.
void append_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            out += kReplacement;
            text.remove_prefix(1);
        } else if (length == 1) {
            append_escaped(out, text.front());
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    out += '"';
}

void append_quoted(std::string& out, std::string_view word) {
    out += '"';
    out += word;
    out += '"';
}

constexpr std::string_view prefix_of(engine::UserId) { return "usr_"; }
constexpr std::string_view prefix_of(engine::AccountId) { return "acc_"; }
constexpr std::string_view prefix_of(engine::SecurityId) { return "sec_"; }
constexpr std::string_view prefix_of(engine::OrderId) { return "ord_"; }
constexpr std::string_view prefix_of(engine::TradeId) { return "trd_"; }

template <class T>
concept NumberedId = requires(T id) { prefix_of(id); };

// The places of a record's fields in the order of jsonb: short names before long ones, equal lengths by their bytes.
template <Record R>
constexpr auto kJsonbOrder = [] {
    constexpr std::size_t count = codec::kFieldCount<R>;
    std::array<std::string_view, count> names{};
    std::size_t place = 0;
    R record{};
    R::visit(record, [&](std::string_view name, auto&) { names[place++] = name; });
    std::array<std::size_t, count> order{};
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&names](std::size_t i) { return std::pair(names[i].size(), names[i]); });
    return order;
}();

// One overload per kind of field.
class JsonWriter {
public:
    // Members in the order of the fields.
    explicit JsonWriter(std::string& out) : out_(out) {}
    // Members in the order of jsonb; `members` is room to work in.
    JsonWriter(std::string& out, std::string& members) : out_(out), members_(&members) {}

    void put(bool value) { out_ += value ? "true" : "false"; }
    void put(std::uint8_t value) { append_number(out_, unsigned{value}); }
    void put(std::uint32_t value) { append_number(out_, value); }
    void put(std::int64_t value) { append_number(out_, value); }
    // More bits than a JSON number carries safely, and nobody adds them up.
    void put(std::uint64_t value) { put_hex("", value); }
    void put(engine::KeyId key) {
        if (key == engine::KeyId::None) return put_null();
        put_hex("key_", static_cast<std::uint64_t>(key));
    }
    template <NumberedId Id> void put(Id id) {
        if (id == Id::None) return put_null();
        out_ += '"';
        out_ += prefix_of(id);
        append_number(out_, static_cast<std::uint64_t>(id));
        out_ += '"';
    }
    template <Worded E> void put(E value) { append_quoted(out_, word_of(value)); }
    void put(engine::RejectReason reason) { append_quoted(out_, code_of(reason)); }
    template <class Tag> void put(engine::Amount<Tag> value) {
        out_ += '"';
        append_number(out_, value.units);
        out_ += '"';
    }
    void put(engine::Money value) {
        out_ += '"';
        append_decimal(out_, value.units, engine::kMoneyScale);
        out_ += '"';
    }
    void put(engine::RoleSet roles) {
        out_ += '[';
        bool first = true;
        for (const auto& [role, word] : engine::kRoleWords) {
            if (!roles.has(role)) continue;
            if (!std::exchange(first, false)) out_ += ',';
            append_quoted(out_, word);
        }
        out_ += ']';
    }
    void put(engine::Timestamp time) {
        if (time == engine::Timestamp{}) return put_null();
        append_quoted(out_, to_rfc3339(time));
    }
    void put(const engine::Sha256&) { put_null(); }  // hashes of secrets are not for people
    template <std::size_t N> void put(const engine::FixedString<N>& text) {
        if (text.empty()) return put_null();
        append_string(out_, text.view());
    }
    template <class T> void put(const std::optional<T>& value) {
        if (!value) return put_null();
        put(*value);
    }
    template <Record R> void put(const std::vector<R>& records) {
        out_ += '[';
        bool first = true;
        for (const R& record : records) {
            if (!std::exchange(first, false)) out_ += ',';
            put(record);
        }
        out_ += ']';
    }
    template <Record R> void put(const R& record) {
        out_ += '{';
        std::array<std::size_t, codec::kFieldCount<R> + 1> ends{out_.size()};
        std::size_t count = 0;
        R::visit(record, [this, &ends, &count](std::string_view name, const auto& field) {
            append_quoted(out_, name);
            out_ += ':';
            put(field);
            out_ += ',';
            ends[++count] = out_.size();
        });
        if (members_) sort_members<R>(ends);
        if (count != 0) out_.pop_back();  // the last comma
        out_ += '}';
    }

private:
    // The members end at ends[1], ends[2], ..., each with its comma; they begin at ends[0].
    template <Record R>
    void sort_members(const std::array<std::size_t, codec::kFieldCount<R> + 1>& ends) {
        members_->assign(out_, ends.front());
        out_.resize(ends.front());
        for (const std::size_t i : kJsonbOrder<R>)
            out_.append(*members_, ends[i] - ends.front(), ends[i + 1] - ends[i]);
    }
    void put_null() { out_ += "null"; }
    void put_hex(std::string_view prefix, std::uint64_t value) {
        out_ += '"';
        out_ += prefix;
        append_hex64(out_, value);
        out_ += '"';
    }
    std::string& out_;
    std::string* members_ = nullptr;
};

template <class Variant>
std::string json_of(const Variant& variant) {
    std::string out;
    out.reserve(384);
    std::visit([&out](const auto& record) { JsonWriter(out).put(record); }, variant);
    return out;
}

template <class Variant>
std::string_view name_of_alternative(const Variant& variant) {
    return std::visit([](const auto& record) { return std::remove_cvref_t<decltype(record)>::kName; }, variant);
}

template <class Id>
StreamName stream(std::string_view type, Id id) {
    return {type, static_cast<std::uint64_t>(id)};
}
constexpr StreamName kMarketStream{"market", 0};
StreamName security_or_market(engine::SecurityId security) {
    return security == engine::SecurityId::None ? kMarketStream : stream("security", security);
}

// One overload per event: a new one does not compile before it has a stream.
StreamName stream_of(const engine::UserRegistered& e) { return stream("user", e.user); }
StreamName stream_of(const engine::UserStatusChanged& e) { return stream("user", e.user); }
StreamName stream_of(const engine::ApiKeyCreated& e) { return stream("user", e.user); }
StreamName stream_of(const engine::ApiKeyRevoked& e) { return stream("user", e.user); }
StreamName stream_of(const engine::AccountOpened& e) { return stream("account", e.account); }
StreamName stream_of(const engine::CashDeposited& e) { return stream("account", e.account); }
StreamName stream_of(const engine::CashWithdrawn& e) { return stream("account", e.account); }
StreamName stream_of(const engine::HoldingsIssued& e) { return stream("account", e.account); }
StreamName stream_of(const engine::CancelAfterSet& e) { return stream("account", e.account); }
StreamName stream_of(const engine::CancelAfterFired& e) { return stream("account", e.account); }
StreamName stream_of(const engine::MassCancelCompleted& e) {
    return e.account == engine::AccountId::None ? security_or_market(e.security) : stream("account", e.account);
}
StreamName stream_of(const engine::SecurityCreated& e) { return stream("security", e.security); }
StreamName stream_of(const engine::TradingStateChanged& e) { return security_or_market(e.security); }
StreamName stream_of(const engine::AuctionIndicated& e) { return stream("security", e.security); }
StreamName stream_of(const engine::AuctionUncrossed& e) { return stream("security", e.security); }
StreamName stream_of(const engine::PriceBandsSet& e) { return stream("security", e.security); }
StreamName stream_of(const engine::DayEnded& e) { return security_or_market(e.security); }
StreamName stream_of(const engine::WorkDeferred&) { return kMarketStream; }
StreamName stream_of(const engine::WorkCompleted&) { return kMarketStream; }
StreamName stream_of(const engine::ClockAdvanced&) { return kMarketStream; }
StreamName stream_of(const engine::OrderAccepted& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderRested& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderAmended& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderCanceled& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderExpired& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderActivated& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderReduced& e) { return stream("order", e.order); }
StreamName stream_of(const engine::OrderRefreshed& e) { return stream("order", e.order); }
StreamName stream_of(const engine::MatchPrevented& e) { return stream("order", e.taker_order); }
StreamName stream_of(const engine::TradeExecuted& e) { return stream("trade", e.trade); }
StreamName stream_of(const engine::SettlementChanged& e) { return stream("trade", e.trade); }
StreamName stream_of(const engine::ProfileUpdated& e) { return stream("user", e.user); }
StreamName stream_of(const engine::PreferenceSet& e) { return stream("user", e.user); }
StreamName stream_of(const engine::KycStatusChanged& e) { return stream("user", e.user); }
StreamName stream_of(const engine::AccreditationChanged& e) { return stream("user", e.user); }
StreamName stream_of(const engine::ComplianceNoted& e) { return stream("user", e.user); }
StreamName stream_of(const engine::SecurityTermsSet& e) { return stream("security", e.security); }
StreamName stream_of(const engine::ValuationRecorded& e) { return stream("security", e.security); }
StreamName stream_of(const engine::SecurityDelisted& e) { return stream("security", e.security); }
StreamName stream_of(const engine::FeesSet& e) { return security_or_market(e.security); }

}  // namespace

std::string to_json(const engine::EventBody& body) { return json_of(body); }
std::string to_json(const engine::Command& command) { return json_of(command); }

std::string_view JsonbText::of(const engine::EventBody& body) {
    text_.clear();
    std::visit([this](const auto& record) { JsonWriter(text_, members_).put(record); }, body);
    return text_;
}
std::string_view JsonbText::of(const engine::Command& command) {
    text_.clear();
    std::visit([this](const auto& record) { JsonWriter(text_, members_).put(record); }, command);
    return text_;
}

std::string_view type_name(const engine::EventBody& body) { return name_of_alternative(body); }
std::string_view type_name(const engine::Command& command) { return name_of_alternative(command); }

StreamName stream_of(const engine::Event& event) {
    return std::visit(
        [&event](const auto& body) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(body)>, engine::CommandRejected>)
                return stream("command", event.command);
            else
                return stream_of(body);
        },
        event.body);
}

std::string to_decimal(engine::Money money) {
    std::string out;
    append_decimal(out, money.units, engine::kMoneyScale);
    return out;
}

std::string to_decimal(std::int64_t units, int scale) {
    std::string out;
    append_decimal(out, units, scale);
    return out;
}

std::string to_rfc3339(engine::Timestamp time) {
    using namespace std::chrono;
    // RFC 3339 knows the years 0000 to 9999.
    static constexpr auto kFirst = sys_time<microseconds>{sys_days{year{0} / 1 / 1}};
    static constexpr auto kLast = sys_time<microseconds>{sys_days{year{10'000} / 1 / 1}} - microseconds{1};
    const auto instant = std::clamp(sys_time<microseconds>{microseconds{time.us}}, kFirst, kLast);
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss clock{instant - day};

    std::string out;
    out.reserve(27);
    const auto append = [&out](auto value, std::size_t width, char after) {
        append_padded(out, static_cast<std::uint64_t>(value), width);
        out += after;
    };
    append(static_cast<int>(date.year()), 4, '-');
    append(static_cast<unsigned>(date.month()), 2, '-');
    append(static_cast<unsigned>(date.day()), 2, 'T');
    append(clock.hours().count(), 2, ':');
    append(clock.minutes().count(), 2, ':');
    append(clock.seconds().count(), 2, '.');
    append(clock.subseconds().count(), 6, 'Z');
    return out;
}

}  // namespace buttonwood::eventstore
