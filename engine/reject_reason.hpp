// Why the market says no. One reason per rule; the order of the enumerators is the order in which decide() checks
// them for a given command, so a command that breaks several rules is always refused for the first.
#pragma once

#include <cstdint>
#include <string_view>

namespace buttonwood::engine {

// The number is persisted: never renumber, only append; the place in the list is the order of checking.
// X(enumerator, number, stable code shown to clients, what it means)
#define BUTTONWOOD_REJECT_REASONS(X)                                                                                   \
    X(None, 0, "none", "not refused")                                                                                  \
    X(NotPermitted, 1, "scope_missing", "the actor's roles do not allow this command")                                 \
    X(UserNotFound, 2, "user_not_found", "no user has this id")                                                        \
    X(AccountNotFound, 3, "account_not_found", "no account of the actor has this id")                                  \
    X(SecurityNotFound, 4, "security_not_found", "no security has this id")                                            \
    X(DuplicateClientOrderId, 5, "duplicate_client_order_id", "this very order was accepted before")                   \
    X(ClientOrderIdConflict, 6, "client_order_id_conflict", "another order of the account has this client_order_id")   \
    X(OrderNotFound, 7, "order_not_found", "no order of the account has this id")                                      \
    X(OrderNotOpen, 8, "order_not_open", "the order is already filled, canceled or expired")                           \
    X(TradeNotFound, 68, "trade_not_found", "no trade with this id waits for its settlement")                          \
    X(AccountSuspended, 9, "account_suspended", "the user's status does not allow this command")                       \
    X(SecurityDelisted, 60, "security_delisted", "the security was delisted")                                          \
    X(KycRequired, 61, "kyc_required", "the security needs a user with verified KYC")                                  \
    X(AccreditationRequired, 62, "accreditation_required", "bids need a user with a valid accreditation")              \
    X(LockedUp, 63, "locked_up", "the security may not be listed before its lock-up ends")                             \
    X(SecurityHalted, 10, "security_halted", "trading in the security is halted")                                      \
    X(CancelOnly, 11, "cancel_only", "the security accepts only cancels")                                              \
    X(MarketClosed, 12, "market_closed", "the security is closed")                                                     \
    X(AuctionOnly, 41, "auction_only", "an auction gathers orders that may rest, and opg and cls orders")              \
    X(AuctionUncrossing, 42, "auction_uncrossing", "the auction is being matched; try again at once")                  \
    X(GroupNotAllowed, 43, "group_not_allowed", "the legs do not form an oco or a bracket")                            \
    X(TimeInForceNotAllowed, 13, "time_in_force_not_allowed", "a market order takes ioc or fok")                       \
    X(ExpiresAtNotAllowed, 44, "expires_at_not_allowed", "gtd needs a time in the future; others have none")           \
    X(PostOnlyNotAllowed, 14, "post_only_not_allowed", "post_only takes a limit order that may rest")                  \
    X(ReduceOnlyNotAllowed, 45, "reduce_only_not_allowed", "only a listing can be reduce_only")                        \
    X(AllOrNoneNotAllowed, 46, "all_or_none_not_allowed", "all_or_none takes a limit order that may rest")             \
    X(MinQuantityNotAllowed, 47, "min_quantity_not_allowed", "min_quantity is a part of the quantity, in lots")        \
    X(DisplayQuantityNotAllowed, 48, "display_quantity_not_allowed", "only a part of a resting limit order, in lots")  \
    X(TrailNotAllowed, 49, "trail_not_allowed", "a trailing stop has one distance: ticks, or 1..9999 basis points")    \
    X(StopPriceNotAllowed, 50, "stop_price_not_allowed", "only types with a trigger have a stop price, and need one")  \
    X(ProtectionPriceNotAllowed, 51, "protection_price_not_allowed", "only market types have a protection price")      \
    X(ProtectionPriceRequired, 52, "protection_price_required", "a market bid for an auction needs one")               \
    X(QuantityNotPositive, 15, "min_quantity", "the quantity must be above zero")                                      \
    X(QuantityTooLarge, 16, "max_quantity", "the quantity is above the largest that is accepted")                      \
    X(QuantityNotOnLot, 17, "quantity_not_on_lot", "the quantity is not a multiple of the lot size")                   \
    X(PriceNotAllowed, 18, "price_not_allowed", "a market order has no price")                                         \
    X(PriceNotPositive, 19, "min_price", "the price must be above zero")                                               \
    X(PriceTooLarge, 20, "max_price", "the price is above the largest that is accepted")                               \
    X(PriceNotOnTick, 21, "price_not_on_tick", "the price is not a multiple of the tick size")                         \
    X(PriceOutOfBand, 53, "price_out_of_band", "the price is outside the static price band")                           \
    X(NotionalTooLarge, 22, "max_notional", "price times quantity is above the largest that is accepted")              \
    X(NothingToAmend, 23, "nothing_to_amend", "the amend changes nothing")                          \
    X(NotAmendable, 54, "not_amendable", "the order has no such term, or it cannot change now")                        \
    X(NothingToReduce, 55, "nothing_to_reduce", "a reduce_only order finds no free holding of a lot")                  \
    X(PostOnlyWouldCross, 24, "post_only_would_cross", "the order would take liquidity at once")                       \
    X(NoLiquidity, 25, "no_liquidity", "nothing rests on the other side")                                              \
    X(FokNotFillable, 26, "fok_not_fillable", "the whole quantity cannot be filled at once")                           \
    X(MinQuantityNotFillable, 56, "min_quantity_not_fillable", "the least quantity cannot be filled at once")          \
    X(InsufficientFunds, 27, "insufficient_funds", "the free cash does not cover the order")                           \
    X(InsufficientShares, 28, "insufficient_shares", "the free holding does not cover the order")                      \
    X(AmountNotPositive, 29, "amount_not_positive", "the amount must be above zero")                                   \
    X(BalanceTooLarge, 30, "max_balance", "the balance would exceed the largest that is kept")                         \
    X(SymbolTaken, 31, "symbol_taken", "another security has this symbol")                                             \
    X(ScaleNotAllowed, 32, "scale_not_allowed", "scales are 0..8 each and sum to at most 8")                           \
    X(TickNotAllowed, 33, "tick_not_allowed", "tick and lot size must be above zero")                                  \
    X(NameNotAllowed, 34, "name_not_allowed", "a name, symbol or currency is empty or has a forbidden character")      \
    X(StatusUnchanged, 35, "status_unchanged", "the status or state is already the requested one")                     \
    X(UserClosed, 36, "user_closed", "a closed user stays closed")                                                     \
    X(OpenOrders, 37, "open_orders", "the user still has open orders")                                                 \
    X(KeyTaken, 38, "key_taken", "another API key has this id")                                                        \
    X(KeyNotFound, 39, "key_not_found", "no API key has this id")                                                      \
    X(RolesNotAllowed, 40, "roles_not_allowed", "roles are empty or unknown, or exceed the user's own")                \
    X(BandsNotAllowed, 57, "bands_not_allowed", "bands are 0..10000 basis points, times not below zero")               \
    X(AuctionNotAllowed, 58, "auction_not_allowed", "an auction needs its kind, and until a time in the future")       \
    X(TimeoutNotAllowed, 59, "timeout_not_allowed", "the time-out is 0, or a millisecond to a day")                    \
    X(AccreditationNotAllowed, 64, "accreditation_not_allowed", "verified needs a basis and time; others no time")     \
    X(TermsNotAllowed, 65, "terms_not_allowed", "settles after 0..10 days; no number and no time is below zero")       \
    X(TimeNotAllowed, 66, "time_not_allowed", "the time lies in the future, or before 1970")                           \
    X(FeesNotAllowed, 67, "fees_not_allowed", "rates are 0..100000 millionths")
enum class RejectReason : std::uint8_t {
#define X(name, number, code, text) name = number,
    BUTTONWOOD_REJECT_REASONS(X)
#undef X
};

// The stable code of api.md, and the sentence behind it. Unknown values give "unknown".
[[nodiscard]] std::string_view code_of(RejectReason reason);
[[nodiscard]] std::string_view text_of(RejectReason reason);

}  // namespace buttonwood::engine
