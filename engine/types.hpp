// The vocabulary of the engine: ids, exact amounts, fixed strings, enumerations.
//
// Every enumerator below that reaches the journal is a persisted value: never renumber, only append.
// Thread safety: plain values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace buttonwood::engine {

// 128-bit integer: money must hold price x quantity exactly.
__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

// Place of an event in the whole log, contiguous from 1; 0 = before the first event.
using EventSeq = std::uint64_t;
// Place of a command in the whole log, contiguous from 1; refused commands count.
using CommandSeq = std::uint64_t;

// Identities are assigned by the engine, contiguous from 1; 0 = none.
enum class UserId : std::uint32_t { None = 0 };
enum class AccountId : std::uint32_t { None = 0 };
enum class SecurityId : std::uint32_t { None = 0 };
enum class OrderId : std::uint64_t { None = 0 };
enum class TradeId : std::uint64_t { None = 0 };
// Chosen at random by the edge, public half of an API key.
enum class KeyId : std::uint64_t { None = 0 };

// An exact integer with a unit; two of different tags do not mix.
template <class Tag>
struct Amount {
    std::int64_t units{};

    friend constexpr auto operator<=>(Amount, Amount) = default;
    friend constexpr Amount operator+(Amount a, Amount b) { return {a.units + b.units}; }
    friend constexpr Amount operator-(Amount a, Amount b) { return {a.units - b.units}; }
    constexpr Amount& operator+=(Amount o) { units += o.units; return *this; }
    constexpr Amount& operator-=(Amount o) { units -= o.units; return *this; }
};
// Units of 10^-price_scale of the security's currency per unit of quantity.
using Price = Amount<struct PriceTag>;
// Units of 10^-quantity_scale of the security.
using Quantity = Amount<struct QuantityTag>;

// Cash with kMoneyScale decimals; price x quantity is exact because the scales of a security sum to at most 8.
inline constexpr int kMoneyScale = 8;
struct Money {
    Int128 units{};

    friend constexpr bool operator==(Money, Money) = default;
    friend constexpr std::strong_ordering operator<=>(Money a, Money b) {
        return a.units < b.units   ? std::strong_ordering::less
               : a.units > b.units ? std::strong_ordering::greater
                                   : std::strong_ordering::equal;
    }
    friend constexpr Money operator+(Money a, Money b) { return {a.units + b.units}; }
    friend constexpr Money operator-(Money a, Money b) { return {a.units - b.units}; }
    constexpr Money& operator+=(Money o) { units += o.units; return *this; }
    constexpr Money& operator-=(Money o) { units -= o.units; return *this; }
};

// Limits that keep every sum far from overflow. A command beyond them is refused, never rounded.
inline constexpr Int128 pow10_128(int n) { return n == 0 ? 1 : 10 * pow10_128(n - 1); }
inline constexpr std::int64_t kMaxPriceUnits = 1'000'000'000'000'000'000;     // 10^18
inline constexpr std::int64_t kMaxQuantityUnits = 1'000'000'000'000'000'000;  // 10^18, one order and one holding
inline constexpr std::int64_t kMaxLevelUnits = 4'000'000'000'000'000'000;     // the orders of one level together
inline constexpr Money kMaxMoney{pow10_128(27)};                              // one order's notional, one balance

// Microseconds since 1970-01-01 UTC. Arrives inside commands, never read from a clock by the engine.
struct Timestamp {
    std::int64_t us{};
    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
};

inline constexpr Timestamp kLatestTime{253'402'300'799'999'999};  // 9999-12-31T23:59:59.999999Z

// A short string stored in place: no allocation per order. Longer input is cut by nobody: callers check size first.
template <std::size_t N>
struct FixedString {
    static_assert(N <= 255);
    static constexpr std::size_t kCapacity = N;
    std::uint8_t length{};
    std::array<char, N> chars{};

    constexpr FixedString() = default;
    // REQUIRES: text.size() <= N (longer text is truncated; the edges validate).
    constexpr FixedString(std::string_view text) {  // NOLINT(google-explicit-constructor): a string is what it is
        length = static_cast<std::uint8_t>(text.size() < N ? text.size() : N);
        for (std::size_t i = 0; i < length; ++i) chars[i] = text[i];
    }
    constexpr FixedString(const char* text) : FixedString(std::string_view(text)) {}  // NOLINT
    [[nodiscard]] constexpr std::string_view view() const { return {chars.data(), length}; }
    [[nodiscard]] constexpr bool empty() const { return length == 0; }
    friend constexpr bool operator==(const FixedString& a, const FixedString& b) { return a.view() == b.view(); }
    friend constexpr auto operator<=>(const FixedString& a, const FixedString& b) { return a.view() <=> b.view(); }
};
using Symbol = FixedString<20>;         // [A-Z0-9.]{1,20}
using Name = FixedString<100>;          // printable UTF-8
using Currency = FixedString<4>;        // ISO 4217, [A-Z]{3}
using ClientOrderId = FixedString<64>;  // [A-Za-z0-9._:/-]{1,64}, FIX tag 11
using RequestId = FixedString<64>;      // X-Request-Id of the request that carried the command
using Note = FixedString<200>;          // an operator's reason
using Country = FixedString<2>;         // ISO 3166-1 alpha-2, [A-Z]{2}
using PreferenceKey = FixedString<64>;  // [a-z0-9_.]{1,64}
using PreferenceValue = FixedString<150>;
using Remark = FixedString<100>;        // a short note, where a whole one would make every event larger
using Sha256 = std::array<std::byte, 32>;

enum class Side : std::uint8_t { Buy = 1, Sell = 2 };  // FIX tag 54
constexpr Side opposite(Side s) { return static_cast<Side>(3 - static_cast<int>(s)); }

// Held types wait beside the book for the last trade to reach their trigger price (FIX tag 40).
enum class OrderType : std::uint8_t {
    Market = 1,
    Limit = 2,
    Stop = 3,             // at the trigger: a market order
    StopLimit = 4,        // at the trigger: a limit order
    TakeProfit = 5,       // like Stop, triggered from the other side
    TakeProfitLimit = 6,
    TrailingStop = 7,     // a Stop whose trigger follows the market at a distance
};
constexpr bool is_market(OrderType t) {
    return t == OrderType::Market || t == OrderType::Stop || t == OrderType::TakeProfit || t == OrderType::TrailingStop;
}
constexpr bool has_trigger(OrderType t) { return t != OrderType::Market && t != OrderType::Limit; }

// FIX tag 59. Gtd carries expires_at. Opg takes part in the next opening or reopening auction, Cls in the next closing
// one, and nowhere else.
enum class TimeInForce : std::uint8_t { Day = 0, Gtc = 1, Opg = 2, Ioc = 3, Fok = 4, Gtd = 6, Cls = 7 };
// Ended by nobody but its owner and the market: no clock, day or auction.
constexpr bool lasts(TimeInForce t) {
    return t == TimeInForce::Gtc || t == TimeInForce::Ioc || t == TimeInForce::Fok;
}
constexpr bool for_auction(TimeInForce t) { return t == TimeInForce::Opg || t == TimeInForce::Cls; }
constexpr bool may_rest(TimeInForce t) {
    return t == TimeInForce::Day || t == TimeInForce::Gtc || t == TimeInForce::Gtd;
}

// In order of severity: of a security's own state and the whole market's, the later one here is in force.
//   Open         orders match as they arrive
//   Auction      orders gather, nothing matches; an indicative price is published; leaving for Open or Closed matches
//   PreOpen      the same, nothing is published
//   CancelOnly   cancels only
//   Halted       cancels only; the next step is usually an auction
//   Closed       cancels only
enum class TradingState : std::uint8_t { Open = 1, Halted = 2, CancelOnly = 3, Closed = 4, PreOpen = 5, Auction = 6 };
constexpr int severity(TradingState s) {
    switch (s) {
        case TradingState::Open: return 0;
        case TradingState::Auction: return 1;
        case TradingState::PreOpen: return 2;
        case TradingState::CancelOnly: return 3;
        case TradingState::Halted: return 4;
        case TradingState::Closed: return 5;
    }
    return 5;
}
// Which auction: decides whether opg or cls orders take part and what follows (Open, or Closed after a closing one).
enum class AuctionKind : std::uint8_t { None = 0, Opening = 1, Closing = 2, Reopening = 3 };
// Who moved the state: an operator, the volatility breaker, or the clock at the `until` announced before.
enum class StateCause : std::uint8_t { Operator = 0, Volatility = 1, Clock = 2 };

// What happens instead of a trade between two orders of one user; the taker's mode rules.
enum class SelfTradePrevention : std::uint8_t {
    None = 0,          // they trade
    CancelNewest = 1,  // the taker's remainder is canceled
    CancelOldest = 2,  // the maker is canceled, the taker goes on
    CancelBoth = 3,
    Decrement = 4,     // both lose the quantity they would have traded; what has none left is canceled
};

// One-cancels-other, and an entry that brings its exits along.
enum class GroupKind : std::uint8_t { Oco = 1, Bracket = 2 };
// An order's part in a group. The legs' ids follow each other: an Oco is n, n+1; a bracket n (entry), n+1, n+2.
enum class GroupRole : std::uint8_t {
    None = 0,
    OcoFirst = 1,
    OcoSecond = 2,
    Entry = 3,
    TakeProfitExit = 4,
    StopExit = 5,
};

enum class UserStatus : std::uint8_t { Active = 1, Suspended = 2, Closed = 3 };
enum class CancelReason : std::uint8_t {
    User = 1,
    Mass = 2,
    Operator = 3,
    AmendedBelowFilled = 4,
    SelfTrade = 5,           // self-trade prevention
    CancelAfter = 6,         // the dead man's switch
    Group = 7,               // another leg of its group executed, was triggered or closed
    InsufficientFunds = 8,   // when activated, the account could not cover it
    InsufficientShares = 9,
};
enum class ExpireReason : std::uint8_t {
    ImmediateRemainder = 1,  // what IOC or market could not fill
    DayEnd = 2,
    GoodTill = 3,            // gtd: its time came
    AuctionEnd = 4,          // opg and cls: what the auction did not fill
    PriceBand = 5,           // the next trade would have been outside the price band
    FillLimit = 6,           // it took kMaxFillsPerCommand orders
    LevelFull = 7,           // its price level holds kMaxLevelUnits already
};
// Why a held order went live.
enum class ActivationReason : std::uint8_t {
    StopPrice = 1,         // the last trade reached its trigger
    MinimumAvailable = 2,  // the book can give its minimum (all_or_none, min_quantity)
    ClosingAuction = 3,    // cls: the closing auction began
    EntryClosed = 4,       // the exits of a bracket: its entry executed and is done
};
// What a command left for later ones to finish, so that no command holds up the market (kMaxEventsPerCommand).
enum class WorkKind : std::uint8_t { MassCancel = 1, DayEnd = 2, Activations = 3, Uncross = 4, ClosingOrders = 5 };

// Bounds of the work of one command. Matching is atomic, so a taker stops at the first; everything else goes on later.
inline constexpr std::size_t kMaxFillsPerCommand = 10'000;
inline constexpr std::size_t kMaxEventsPerCommand = 1'000;
inline constexpr std::uint32_t kBasisPoints = 10'000;  // of one
inline constexpr std::size_t kMaxGroupLegs = 3;
// How often an auction's indication is published, at most.
inline constexpr std::int64_t kIndicationIntervalUs = 1'000'000;
inline constexpr std::int64_t kMinCancelAfterUs = 1'000;
inline constexpr std::int64_t kMaxCancelAfterUs = 86'400'000'000;
inline constexpr std::int64_t kMaxPauseUs = 86'400'000'000;  // a halt or an auction of the volatility breaker: a day

// Rates of fees are millionths of the notional.
inline constexpr std::uint32_t kMaxFeePpm = 100'000;
inline constexpr std::uint8_t kMaxSettlementDays = 10;

// Know your customer: what compliance found out about a person.
enum class KycStatus : std::uint8_t { None = 0, Pending = 1, Verified = 2, Rejected = 3, Expired = 4 };
// May the user buy what is offered to accredited investors only?
enum class AccreditationStatus : std::uint8_t { None = 0, Pending = 1, Verified = 2, Rejected = 3, Revoked = 4 };
enum class AccreditationBasis : std::uint8_t {
    None = 0,
    Income = 1,
    NetWorth = 2,
    Professional = 3,   // by licence
    Entity = 4,         // a company by its assets
    Institution = 5,
};
enum class AssetClass : std::uint8_t {
    Equity = 1,
    Fund = 2,
    Bond = 3,
    ForeignExchange = 4,
    Crypto = 5,
    Commodity = 6,
    Index = 7,
    PrivateEquity = 8,
    RealEstate = 9,
};
// From the registration of an offering, of the United States' Securities Act.
enum class Exemption : std::uint8_t {
    None = 0,
    RegA = 1,
    RegCf = 2,
    RegD506b = 3,
    RegD506c = 4,
    RegS = 5,
    Rule144a = 6,
};
// Of a trade whose security settles later than it trades. What settles with the trade has no steps.
enum class SettlementStep : std::uint8_t { Pending = 1, Settled = 2, Failed = 3, Canceled = 4 };

// A user's rights, a set of bits. FIX has no counterpart.
enum class Role : std::uint8_t { Trader = 1, MarketData = 2, Compliance = 4, Operator = 8, Admin = 16 };
struct RoleSet {
    std::uint8_t bits{};
    [[nodiscard]] constexpr bool has(Role r) const { return (bits & static_cast<std::uint8_t>(r)) != 0; }
    constexpr RoleSet& add(Role r) { bits |= static_cast<std::uint8_t>(r); return *this; }
    friend constexpr bool operator==(RoleSet, RoleSet) = default;
};
inline constexpr std::uint8_t kAllRoles = 31;

// What a resting order shows of its leaves: display 0 = everything, else at most the display quantity.
[[nodiscard]] constexpr Quantity displayed(Quantity leaves, Quantity display) {
    return display.units != 0 && display < leaves ? display : leaves;
}

// price x quantity in Money, or false when it exceeds kMaxMoney.
// REQUIRES: 0 <= price_scale + quantity_scale <= 8.
[[nodiscard]] constexpr bool notional(Price p, Quantity q, int price_scale, int quantity_scale, Money& out) {
    const Int128 product = Int128{p.units} * q.units;  // |each| <= 2^63: fits
    const Int128 factor = pow10_128(kMoneyScale - price_scale - quantity_scale);
    if (product > kMaxMoney.units / factor || product < -(kMaxMoney.units / factor)) return false;
    out = Money{product * factor};
    return true;
}

}  // namespace buttonwood::engine
