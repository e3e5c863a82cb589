// What happened. Events are facts: Engine::apply() takes them without question, live and in replay alike.
//
// An event carries every amount it moves, so that a reader needs no other state to book it: the read models, an auditor
// and apply() use the same figures. Sides, accounts and securities are repeated for the same reason.
// Fields follow the rules of commands.hpp: append only, with a new record version.
#pragma once

#include "engine/commands.hpp"
#include "engine/reject_reason.hpp"

namespace buttonwood::engine {

struct UserRegistered {
    UserId user{};
    Name name;
    RoleSet roles;
    BUTTONWOOD_RECORD(UserRegistered, user, name, roles)
};

struct AccountOpened {
    AccountId account{};
    UserId user{};
    BUTTONWOOD_RECORD(AccountOpened, account, user)
};

struct UserStatusChanged {
    UserId user{};
    UserStatus status{};
    Note note;
    BUTTONWOOD_RECORD(UserStatusChanged, user, status, note)
};

struct ApiKeyCreated {
    UserId user{};
    KeyId key{};
    Sha256 secret_hash{};
    RoleSet roles;
    BUTTONWOOD_RECORD(ApiKeyCreated, user, key, secret_hash, roles)
};

struct ApiKeyRevoked {
    UserId user{};
    KeyId key{};
    BUTTONWOOD_RECORD(ApiKeyRevoked, user, key)
};

struct SecurityCreated {
    SecurityId security{};
    Symbol symbol;
    Name name;
    Currency currency;
    std::uint8_t price_scale{};
    std::uint8_t quantity_scale{};
    Price tick_size;
    Quantity lot_size;
    BUTTONWOOD_RECORD(SecurityCreated, security, symbol, name, currency, price_scale, quantity_scale, tick_size,
                      lot_size)
};

struct TradingStateChanged {
    SecurityId security{};  // None: the whole market
    TradingState state{};
    Note note;
    AuctionKind auction{};
    Timestamp until{};      // the clock makes the next step then; 0 = nobody but an operator
    StateCause cause{};
    BUTTONWOOD_RECORD(TradingStateChanged, security, state, note, auction, until, cause)
    BUTTONWOOD_VERSIONS(3, 6)
};

struct CashDeposited {
    AccountId account{};
    Currency currency;
    Money amount;
    BUTTONWOOD_RECORD(CashDeposited, account, currency, amount)
};

struct CashWithdrawn {
    AccountId account{};
    Currency currency;
    Money amount;
    BUTTONWOOD_RECORD(CashWithdrawn, account, currency, amount)
};

struct HoldingsIssued {
    AccountId account{};
    SecurityId security{};
    Quantity quantity;
    BUTTONWOOD_RECORD(HoldingsIssued, account, security, quantity)
};

// The order exists and its reservation is taken. rests: it joins the book now, behind its level, showing
// displayed(quantity, display_quantity). held: it waits beside the book, for OrderActivated. Neither: it takes first,
// and OrderRested, OrderExpired, OrderCanceled or its last fill follows under the same command.
struct OrderAccepted {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    bool post_only{};
    bool rests{};
    Quantity quantity;           // reduce_only: what was left of the requested
    Price price;                 // where it stands in the book; post_only_reprice: the price it got; market: 0, but an
                                 // auction's market order stands at its protection price, a listing without at one tick
    Money reserved_cash;         // bids: limit or protection price x quantity, and the higher of both fees on it;
                                 // 0 otherwise (pays as it fills)
    Quantity reserved_quantity;  // listings: quantity; 0 otherwise
    ClientOrderId client_order_id;
    std::uint64_t fingerprint{};  // of the request, tells a retry from another order under the same client id
    bool held{};
    bool reduce_only{};
    bool all_or_none{};
    SelfTradePrevention self_trade_prevention{};
    GroupRole role{};
    OrderId group{};              // the first leg; None = no group
    Price stop_price{};           // trailing_stop: where it stands now, 0 before the first trade of the security
    Price trail_amount{};
    std::uint32_t trail_basis_points{};
    Price protection_price{};
    Quantity display_quantity{};
    Quantity min_quantity{};
    Timestamp expires_at{};       // gtd; 0 otherwise
    std::uint32_t maker_ppm{};    // fees of its trades, millionths of the notional
    std::uint32_t taker_ppm{};
    BUTTONWOOD_RECORD(OrderAccepted, order, account, security, side, type, time_in_force, post_only, rests, quantity,
                      price, reserved_cash, reserved_quantity, client_order_id, fingerprint, held, reduce_only,
                      all_or_none, self_trade_prevention, role, group, stop_price, trail_amount, trail_basis_points,
                      protection_price, display_quantity, min_quantity, expires_at, maker_ppm, taker_ppm)
    BUTTONWOOD_VERSIONS(14, 27, 29)
};

// What an order that took could not fill joins the book, behind its level, showing displayed(leaves, display_quantity).
struct OrderRested {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    Price price;
    Quantity leaves_quantity;
    BUTTONWOOD_RECORD(OrderRested, order, account, security, side, price, leaves_quantity)
};

// One fill. Trades at the maker's price; in an auction at the auction's, with the younger order as the taker and both
// orders in the book. *_leaves_quantity: what each order has left after it. An order in the book shows `quantity` less.
struct TradeExecuted {
    TradeId trade{};
    SecurityId security{};
    OrderId maker_order{};
    OrderId taker_order{};
    AccountId maker_account{};
    AccountId taker_account{};
    Side taker_side{};
    Price price;
    Quantity quantity;
    Money notional;                // price x quantity: moves from buyer to seller
    Money released_cash;           // of the buyer's reservation: what it needs less for what it has left now
    Quantity released_quantity;    // of the seller's reservation: quantity
    Quantity maker_leaves_quantity;
    Quantity taker_leaves_quantity;
    bool auction{};
    Money maker_fee{};             // paid besides the notional, or taken off it, to fee_account
    Money taker_fee{};
    AccountId fee_account{};       // None where both fees are 0
    Timestamp settles_at{};        // 0: settled with the trade; otherwise SettlementChanged follows
    BUTTONWOOD_RECORD(TradeExecuted, trade, security, maker_order, taker_order, maker_account, taker_account,
                      taker_side, price, quantity, notional, released_cash, released_quantity, maker_leaves_quantity,
                      taker_leaves_quantity, auction, maker_fee, taker_fee, fee_account, settles_at)
    BUTTONWOOD_VERSIONS(14, 15, 19)
};

// quantity: the new total. priority_kept: it stays where it is. Otherwise it left its level, and rests says whether it
// joined the new one at once or takes first (then as after OrderAccepted).
struct OrderAmended {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    bool priority_kept{};
    bool rests{};
    Price price;
    Quantity quantity;
    Quantity leaves_quantity;
    Money reserved_cash;         // the whole reservation from now on
    Quantity reserved_quantity;
    bool held{};                 // it waits beside the book, before and after
    Price stop_price{};          // of a trailing stop: where it stands
    Quantity display_quantity{}; // kept priority: it shows displayed(leaves_quantity, display_quantity) from now on, at
                                 // most what it showed; otherwise, resting, exactly that
    Timestamp expires_at{};
    BUTTONWOOD_RECORD(OrderAmended, order, account, security, side, priority_kept, rests, price, quantity,
                      leaves_quantity, reserved_cash, reserved_quantity, held, stop_price, display_quantity, expires_at)
    BUTTONWOOD_VERSIONS(11, 15)
};

struct OrderCanceled {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    CancelReason reason{};
    Quantity leaves_quantity;    // what was open until now
    Money released_cash;
    Quantity released_quantity;
    BUTTONWOOD_RECORD(OrderCanceled, order, account, security, side, reason, leaves_quantity, released_cash,
                      released_quantity)
};

struct OrderExpired {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    ExpireReason reason{};
    Quantity leaves_quantity;
    Money released_cash;
    Quantity released_quantity;
    BUTTONWOOD_RECORD(OrderExpired, order, account, security, side, reason, leaves_quantity, released_cash,
                      released_quantity)
};

// The command was refused and changed nothing; it is in the log because compliance asks for refusals too.
struct CommandRejected {
    RejectReason reason{};
    AccountId account{};     // whose, where the command named one
    SecurityId security{};
    OrderId order{};         // duplicates and conflicts: the order that has the client id; else the order meant, if any
    BUTTONWOOD_RECORD(CommandRejected, reason, account, security, order)
};

// A mass cancel that found nothing still leaves its trace: every command has at least one event.
struct MassCancelCompleted {
    AccountId account{};     // None: all accounts
    SecurityId security{};
    std::uint32_t canceled_count{};
    BUTTONWOOD_RECORD(MassCancelCompleted, account, security, canceled_count)
};

// A held order goes live. rests and neither as in OrderAccepted; held: the stop of a bracket whose entry is done, which
// waits for its own trigger from now on. quantity: its total from now on (a bracket's exit: what the entry executed).
struct OrderActivated {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    ActivationReason reason{};
    bool rests{};
    bool held{};
    Price price;
    Price last_price;            // that reached the trigger; 0 for the other reasons
    Quantity quantity;
    Quantity leaves_quantity;
    Money reserved_cash;         // the whole reservation from now on
    Quantity reserved_quantity;
    BUTTONWOOD_RECORD(OrderActivated, order, account, security, side, reason, rests, held, price, last_price, quantity,
                      leaves_quantity, reserved_cash, reserved_quantity)
};

// Two orders of one user met and did not trade. What became of them follows: OrderCanceled, OrderReduced.
struct MatchPrevented {
    SecurityId security{};
    OrderId maker_order{};
    OrderId taker_order{};
    AccountId maker_account{};
    AccountId taker_account{};
    Side taker_side{};
    SelfTradePrevention mode{};  // the taker's
    Price price;                 // the maker's
    Quantity quantity;           // that would have traded
    BUTTONWOOD_RECORD(MatchPrevented, security, maker_order, taker_order, maker_account, taker_account, taker_side,
                      mode, price, quantity)
};

// Self-trade prevention took `by` off an order: off its total, its leaves and, where it rests, what it shows.
struct OrderReduced {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    Quantity by;
    Quantity quantity;           // the new total
    Quantity leaves_quantity;    // > 0
    Money released_cash;
    Quantity released_quantity;
    BUTTONWOOD_RECORD(OrderReduced, order, account, security, side, by, quantity, leaves_quantity, released_cash,
                      released_quantity)
};

// What an iceberg showed is gone; its next tip joins the back of its level.
struct OrderRefreshed {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    Price price;
    Quantity displayed_quantity;  // > 0
    Quantity leaves_quantity;
    BUTTONWOOD_RECORD(OrderRefreshed, order, account, security, side, price, displayed_quantity, leaves_quantity)
};

// What an auction would do if it ended now. price 0: nothing would trade.
struct AuctionIndicated {
    SecurityId security{};
    Price price;
    Quantity paired_quantity;
    Quantity imbalance_quantity;
    Side imbalance_side{};  // meaningful where imbalance_quantity > 0
    BUTTONWOOD_RECORD(AuctionIndicated, security, price, paired_quantity, imbalance_quantity, imbalance_side)
};

// The auction's result; its trades follow, all at `price`, until paired_quantity is traded. price 0: no trade.
struct AuctionUncrossed {
    SecurityId security{};
    Price price;
    Quantity paired_quantity;
    Quantity imbalance_quantity;
    Side imbalance_side{};
    BUTTONWOOD_RECORD(AuctionUncrossed, security, price, paired_quantity, imbalance_quantity, imbalance_side)
};

struct PriceBandsSet {
    SecurityId security{};
    Price reference_price;
    std::uint32_t static_basis_points{};
    std::uint32_t dynamic_basis_points{};
    std::int64_t halt_us{};
    std::int64_t auction_us{};
    BUTTONWOOD_RECORD(PriceBandsSet, security, reference_price, static_basis_points, dynamic_basis_points, halt_us,
                      auction_us)
};

struct CancelAfterSet {
    AccountId account{};
    Timestamp trigger_at;  // 0 = off
    BUTTONWOOD_RECORD(CancelAfterSet, account, trigger_at)
};

// The dead man's switch went off and is off now; the cancels follow, then MassCancelCompleted.
struct CancelAfterFired {
    AccountId account{};
    BUTTONWOOD_RECORD(CancelAfterFired, account)
};

// The rest of a long work is left to the clock's commands. Until then the orders it covers trade no more: those of
// account (None: all), security (None: all), side (none: both), with ids up to through.
struct WorkDeferred {
    WorkKind kind{};
    AccountId account{};
    SecurityId security{};
    std::optional<Side> side;
    CancelReason reason = CancelReason::User;  // of a mass cancel
    OrderId through{};
    TradingState next_state = TradingState::Open;  // of Uncross: what follows
    StateCause cause{};          // of Uncross
    std::uint32_t done_count{};  // so far
    bool continues{};            // replaces the oldest deferred work, which is the same; else queues behind all
    BUTTONWOOD_RECORD(WorkDeferred, kind, account, security, side, reason, through, next_state, cause, done_count,
                      continues)
};

// The oldest deferred work is finished.
struct WorkCompleted {
    WorkKind kind{};
    AccountId account{};
    SecurityId security{};
    BUTTONWOOD_RECORD(WorkCompleted, kind, account, security)
};

// The engine's time is now the command's: gtd orders up to here trade no more. Every AdvanceClock begins with it.
struct ClockAdvanced {
    BUTTONWOOD_RECORD(ClockAdvanced)
};

// The day orders of the security (None: of all) have expired.
struct DayEnded {
    SecurityId security{};
    std::uint32_t expired_count{};
    BUTTONWOOD_RECORD(DayEnded, security, expired_count)
};

// The profile as it is now.
struct ProfileUpdated {
    UserId user{};
    Name name;
    Name email;
    Country jurisdiction;
    BUTTONWOOD_RECORD(ProfileUpdated, user, name, email, jurisdiction)
};

struct PreferenceSet {
    UserId user{};
    PreferenceKey key;
    PreferenceValue value;  // empty = removed
    BUTTONWOOD_RECORD(PreferenceSet, user, key, value)
};

struct KycStatusChanged {
    UserId user{};
    KycStatus status{};
    Note note;
    BUTTONWOOD_RECORD(KycStatusChanged, user, status, note)
};

struct AccreditationChanged {
    UserId user{};
    AccreditationStatus status{};
    AccreditationBasis basis{};
    Note evidence;
    Timestamp expires_at;  // 0 = never
    BUTTONWOOD_RECORD(AccreditationChanged, user, status, basis, evidence, expires_at)
};

struct ComplianceNoted {
    UserId user{};
    Note note;
    BUTTONWOOD_RECORD(ComplianceNoted, user, note)
};

struct SecurityTermsSet {
    SecurityId security{};
    Name issuer;
    AssetClass asset_class = AssetClass::Equity;
    Exemption exemption{};
    bool accredited_only{};
    bool kyc_required{};
    Timestamp lock_up_until;
    std::uint8_t settlement_days{};
    Quantity free_float;
    Remark description;
    BUTTONWOOD_RECORD(SecurityTermsSet, security, issuer, asset_class, exemption, accredited_only, kyc_required,
                      lock_up_until, settlement_days, free_float, description)
};

struct ValuationRecorded {
    SecurityId security{};
    Price price;
    Timestamp valued_at;
    Note method;
    BUTTONWOOD_RECORD(ValuationRecorded, security, price, valued_at, method)
};

struct SecurityDelisted {
    SecurityId security{};
    Note note;
    BUTTONWOOD_RECORD(SecurityDelisted, security, note)
};

struct FeesSet {
    SecurityId security{};  // None: all that have none of their own
    std::uint32_t maker_ppm{};
    std::uint32_t taker_ppm{};
    AccountId account{};
    BUTTONWOOD_RECORD(FeesSet, security, maker_ppm, taker_ppm, account)
};

// A step of a trade that settles later. Canceled moves quantity, notional and fees back to where they came from.
struct SettlementChanged {
    TradeId trade{};
    SecurityId security{};
    AccountId buyer_account{};
    AccountId seller_account{};
    SettlementStep step{};
    StateCause cause{};  // an operator, or the clock when its time came
    Quantity quantity;
    Money notional;
    Money buyer_fee;
    Money seller_fee;
    AccountId fee_account{};
    Remark note;
    BUTTONWOOD_RECORD(SettlementChanged, trade, security, buyer_account, seller_account, step, cause, quantity,
                      notional, buyer_fee, seller_fee, fee_account, note)
};

// The index of an alternative is its persisted type number: never reorder, only append.
using EventBody = std::variant<UserRegistered, AccountOpened, UserStatusChanged, ApiKeyCreated, ApiKeyRevoked,
                               SecurityCreated, TradingStateChanged, CashDeposited, CashWithdrawn, HoldingsIssued,
                               OrderAccepted, OrderRested, TradeExecuted, OrderAmended, OrderCanceled, OrderExpired,
                               CommandRejected, MassCancelCompleted, OrderActivated, MatchPrevented, OrderReduced,
                               OrderRefreshed, AuctionIndicated, AuctionUncrossed, PriceBandsSet, CancelAfterSet,
                               CancelAfterFired, WorkDeferred, WorkCompleted, ClockAdvanced, DayEnded, ProfileUpdated,
                               PreferenceSet, KycStatusChanged, AccreditationChanged, ComplianceNoted,
                               SecurityTermsSet, ValuationRecorded, SecurityDelisted, FeesSet, SettlementChanged>;

struct Event {
    EventSeq seq{};        // contiguous from 1
    CommandSeq command{};  // the command that caused it
    Timestamp time;        // the command's
    EventBody body;
};

}  // namespace buttonwood::engine
