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
                                            Word<OrderType>{OrderType::Limit, "limit"},
                                            Word<OrderType>{OrderType::Stop, "stop"},
                                            Word<OrderType>{OrderType::StopLimit, "stop_limit"},
                                            Word<OrderType>{OrderType::TakeProfit, "take_profit"},
                                            Word<OrderType>{OrderType::TakeProfitLimit, "take_profit_limit"},
                                            Word<OrderType>{OrderType::TrailingStop, "trailing_stop"}};
inline constexpr std::array kTimeInForceWords{
    Word<TimeInForce>{TimeInForce::Day, "day"}, Word<TimeInForce>{TimeInForce::Gtc, "gtc"},
    Word<TimeInForce>{TimeInForce::Opg, "opg"}, Word<TimeInForce>{TimeInForce::Ioc, "ioc"},
    Word<TimeInForce>{TimeInForce::Fok, "fok"}, Word<TimeInForce>{TimeInForce::Gtd, "gtd"},
    Word<TimeInForce>{TimeInForce::Cls, "cls"}};
inline constexpr std::array kTradingStateWords{
    Word<TradingState>{TradingState::Open, "open"}, Word<TradingState>{TradingState::Halted, "halted"},
    Word<TradingState>{TradingState::CancelOnly, "cancel_only"}, Word<TradingState>{TradingState::Closed, "closed"},
    Word<TradingState>{TradingState::PreOpen, "pre_open"}, Word<TradingState>{TradingState::Auction, "auction"}};
inline constexpr std::array kAuctionKindWords{
    Word<AuctionKind>{AuctionKind::None, "none"}, Word<AuctionKind>{AuctionKind::Opening, "opening"},
    Word<AuctionKind>{AuctionKind::Closing, "closing"}, Word<AuctionKind>{AuctionKind::Reopening, "reopening"}};
inline constexpr std::array kStateCauseWords{Word<StateCause>{StateCause::Operator, "operator"},
                                             Word<StateCause>{StateCause::Volatility, "volatility"},
                                             Word<StateCause>{StateCause::Clock, "clock"}};
inline constexpr std::array kSelfTradePreventionWords{
    Word<SelfTradePrevention>{SelfTradePrevention::None, "none"},
    Word<SelfTradePrevention>{SelfTradePrevention::CancelNewest, "cancel_newest"},
    Word<SelfTradePrevention>{SelfTradePrevention::CancelOldest, "cancel_oldest"},
    Word<SelfTradePrevention>{SelfTradePrevention::CancelBoth, "cancel_both"},
    Word<SelfTradePrevention>{SelfTradePrevention::Decrement, "decrement"}};
inline constexpr std::array kGroupKindWords{Word<GroupKind>{GroupKind::Oco, "oco"},
                                            Word<GroupKind>{GroupKind::Bracket, "bracket"}};
inline constexpr std::array kGroupRoleWords{
    Word<GroupRole>{GroupRole::None, "none"}, Word<GroupRole>{GroupRole::OcoFirst, "oco_first"},
    Word<GroupRole>{GroupRole::OcoSecond, "oco_second"}, Word<GroupRole>{GroupRole::Entry, "entry"},
    Word<GroupRole>{GroupRole::TakeProfitExit, "take_profit_exit"}, Word<GroupRole>{GroupRole::StopExit, "stop_exit"}};
inline constexpr std::array kUserStatusWords{Word<UserStatus>{UserStatus::Active, "active"},
                                             Word<UserStatus>{UserStatus::Suspended, "suspended"},
                                             Word<UserStatus>{UserStatus::Closed, "closed"}};
inline constexpr std::array kCancelReasonWords{
    Word<CancelReason>{CancelReason::User, "user"}, Word<CancelReason>{CancelReason::Mass, "mass"},
    Word<CancelReason>{CancelReason::Operator, "operator"},
    Word<CancelReason>{CancelReason::AmendedBelowFilled, "amended_below_filled"},
    Word<CancelReason>{CancelReason::SelfTrade, "stp"},
    Word<CancelReason>{CancelReason::CancelAfter, "cancel_after"}, Word<CancelReason>{CancelReason::Group, "group"},
    Word<CancelReason>{CancelReason::InsufficientFunds, "insufficient_funds"},
    Word<CancelReason>{CancelReason::InsufficientShares, "insufficient_shares"}};
inline constexpr std::array kExpireReasonWords{
    Word<ExpireReason>{ExpireReason::ImmediateRemainder, "immediate_remainder"},
    Word<ExpireReason>{ExpireReason::DayEnd, "day_end"}, Word<ExpireReason>{ExpireReason::GoodTill, "good_till"},
    Word<ExpireReason>{ExpireReason::AuctionEnd, "auction_end"},
    Word<ExpireReason>{ExpireReason::PriceBand, "price_band"},
    Word<ExpireReason>{ExpireReason::FillLimit, "fill_limit"},
    Word<ExpireReason>{ExpireReason::LevelFull, "level_full"}};
inline constexpr std::array kActivationReasonWords{
    Word<ActivationReason>{ActivationReason::StopPrice, "stop_price"},
    Word<ActivationReason>{ActivationReason::MinimumAvailable, "minimum_available"},
    Word<ActivationReason>{ActivationReason::ClosingAuction, "closing_auction"},
    Word<ActivationReason>{ActivationReason::EntryClosed, "entry_closed"}};
inline constexpr std::array kWorkKindWords{
    Word<WorkKind>{WorkKind::MassCancel, "mass_cancel"}, Word<WorkKind>{WorkKind::DayEnd, "day_end"},
    Word<WorkKind>{WorkKind::Activations, "activations"}, Word<WorkKind>{WorkKind::Uncross, "uncross"},
    Word<WorkKind>{WorkKind::ClosingOrders, "closing_orders"}};
inline constexpr std::array kKycStatusWords{
    Word<KycStatus>{KycStatus::None, "none"}, Word<KycStatus>{KycStatus::Pending, "pending"},
    Word<KycStatus>{KycStatus::Verified, "verified"}, Word<KycStatus>{KycStatus::Rejected, "rejected"},
    Word<KycStatus>{KycStatus::Expired, "expired"}};
inline constexpr std::array kAccreditationStatusWords{
    Word<AccreditationStatus>{AccreditationStatus::None, "none"},
    Word<AccreditationStatus>{AccreditationStatus::Pending, "pending"},
    Word<AccreditationStatus>{AccreditationStatus::Verified, "verified"},
    Word<AccreditationStatus>{AccreditationStatus::Rejected, "rejected"},
    Word<AccreditationStatus>{AccreditationStatus::Revoked, "revoked"}};
inline constexpr std::array kAccreditationBasisWords{
    Word<AccreditationBasis>{AccreditationBasis::None, "none"},
    Word<AccreditationBasis>{AccreditationBasis::Income, "income"},
    Word<AccreditationBasis>{AccreditationBasis::NetWorth, "net_worth"},
    Word<AccreditationBasis>{AccreditationBasis::Professional, "professional"},
    Word<AccreditationBasis>{AccreditationBasis::Entity, "entity"},
    Word<AccreditationBasis>{AccreditationBasis::Institution, "institution"}};
inline constexpr std::array kAssetClassWords{
    Word<AssetClass>{AssetClass::Equity, "equity"}, Word<AssetClass>{AssetClass::Fund, "fund"},
    Word<AssetClass>{AssetClass::Bond, "bond"}, Word<AssetClass>{AssetClass::ForeignExchange, "fx"},
    Word<AssetClass>{AssetClass::Crypto, "crypto"}, Word<AssetClass>{AssetClass::Commodity, "commodity"},
    Word<AssetClass>{AssetClass::Index, "index"}, Word<AssetClass>{AssetClass::PrivateEquity, "private_equity"},
    Word<AssetClass>{AssetClass::RealEstate, "real_estate"}};
inline constexpr std::array kExemptionWords{
    Word<Exemption>{Exemption::None, "none"}, Word<Exemption>{Exemption::RegA, "reg_a"},
    Word<Exemption>{Exemption::RegCf, "reg_cf"}, Word<Exemption>{Exemption::RegD506b, "reg_d_506b"},
    Word<Exemption>{Exemption::RegD506c, "reg_d_506c"}, Word<Exemption>{Exemption::RegS, "reg_s"},
    Word<Exemption>{Exemption::Rule144a, "rule_144a"}};
inline constexpr std::array kSettlementStepWords{
    Word<SettlementStep>{SettlementStep::Pending, "pending"}, Word<SettlementStep>{SettlementStep::Settled, "settled"},
    Word<SettlementStep>{SettlementStep::Failed, "failed"}, Word<SettlementStep>{SettlementStep::Canceled, "canceled"}};
inline constexpr std::array kRoleWords{Word<Role>{Role::Trader, "trader"}, Word<Role>{Role::MarketData, "market_data"},
                                       Word<Role>{Role::Compliance, "compliance"},
                                       Word<Role>{Role::Operator, "operator"}, Word<Role>{Role::Admin, "admin"}};

constexpr const auto& words_of(Side) { return kSideWords; }
constexpr const auto& words_of(OrderType) { return kOrderTypeWords; }
constexpr const auto& words_of(TimeInForce) { return kTimeInForceWords; }
constexpr const auto& words_of(TradingState) { return kTradingStateWords; }
constexpr const auto& words_of(AuctionKind) { return kAuctionKindWords; }
constexpr const auto& words_of(StateCause) { return kStateCauseWords; }
constexpr const auto& words_of(SelfTradePrevention) { return kSelfTradePreventionWords; }
constexpr const auto& words_of(GroupKind) { return kGroupKindWords; }
constexpr const auto& words_of(GroupRole) { return kGroupRoleWords; }
constexpr const auto& words_of(ActivationReason) { return kActivationReasonWords; }
constexpr const auto& words_of(WorkKind) { return kWorkKindWords; }
constexpr const auto& words_of(UserStatus) { return kUserStatusWords; }
constexpr const auto& words_of(CancelReason) { return kCancelReasonWords; }
constexpr const auto& words_of(ExpireReason) { return kExpireReasonWords; }
constexpr const auto& words_of(KycStatus) { return kKycStatusWords; }
constexpr const auto& words_of(AccreditationStatus) { return kAccreditationStatusWords; }
constexpr const auto& words_of(AccreditationBasis) { return kAccreditationBasisWords; }
constexpr const auto& words_of(AssetClass) { return kAssetClassWords; }
constexpr const auto& words_of(Exemption) { return kExemptionWords; }
constexpr const auto& words_of(SettlementStep) { return kSettlementStepWords; }
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
