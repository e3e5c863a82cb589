// The words that the API, the JSON of the log and the read models use for enumerators. Stable: clients see them.
#pragma once

#include "engine/types.hpp"

#include <optional>
#include <string_view>

namespace buttonwood::engine {

// One place per enumeration: enumerator <-> word, both directions.
template <class E> struct Word { E value; std::string_view word; };

inline constexpr std::array kSideWords{Word<Side>{Side::Buy, "buy"}, Word<Side>{Side::Sell, "sell"}};
inline constexpr std::array kOrderTypeWords{Word<OrderType>{OrderType::Market, "market"},
                                            Word<OrderType>{OrderType::Limit, "limit"}};
inline constexpr std::array kTimeInForceWords{Word<TimeInForce>{TimeInForce::Gtc, "gtc"},
                                              Word<TimeInForce>{TimeInForce::Ioc, "ioc"},
                                              Word<TimeInForce>{TimeInForce::Fok, "fok"}};
inline constexpr std::array kTradingStateWords{
    Word<TradingState>{TradingState::Open, "open"}, Word<TradingState>{TradingState::Halted, "halted"},
    Word<TradingState>{TradingState::CancelOnly, "cancel_only"}, Word<TradingState>{TradingState::Closed, "closed"}};
inline constexpr std::array kUserStatusWords{Word<UserStatus>{UserStatus::Active, "active"},
                                             Word<UserStatus>{UserStatus::Suspended, "suspended"},
                                             Word<UserStatus>{UserStatus::Closed, "closed"}};
inline constexpr std::array kCancelReasonWords{
    Word<CancelReason>{CancelReason::User, "user"}, Word<CancelReason>{CancelReason::Mass, "mass"},
    Word<CancelReason>{CancelReason::Operator, "operator"},
    Word<CancelReason>{CancelReason::AmendedBelowFilled, "amended_below_filled"}};
inline constexpr std::array kExpireReasonWords{
    Word<ExpireReason>{ExpireReason::ImmediateRemainder, "immediate_remainder"}};
inline constexpr std::array kRoleWords{Word<Role>{Role::Trader, "trader"}, Word<Role>{Role::MarketData, "market_data"},
                                       Word<Role>{Role::Compliance, "compliance"},
                                       Word<Role>{Role::Operator, "operator"}, Word<Role>{Role::Admin, "admin"}};

constexpr const auto& words_of(Side) { return kSideWords; }
constexpr const auto& words_of(OrderType) { return kOrderTypeWords; }
constexpr const auto& words_of(TimeInForce) { return kTimeInForceWords; }
constexpr const auto& words_of(TradingState) { return kTradingStateWords; }
constexpr const auto& words_of(UserStatus) { return kUserStatusWords; }
constexpr const auto& words_of(CancelReason) { return kCancelReasonWords; }
constexpr const auto& words_of(ExpireReason) { return kExpireReasonWords; }
constexpr const auto& words_of(Role) { return kRoleWords; }

// The enumerator's word; "unknown" for a value that is none (only a corrupt record holds one, and decode refuses it).
template <class E> [[nodiscard]] constexpr std::string_view word_of(E value) {
    for (const auto& entry : words_of(E{}))
        if (entry.value == value) return entry.word;
    return "unknown";
}

template <class E> [[nodiscard]] constexpr std::optional<E> from_word(std::string_view word) {
    for (const auto& entry : words_of(E{}))
        if (entry.word == word) return entry.value;
    return std::nullopt;
}

}  // namespace buttonwood::engine
