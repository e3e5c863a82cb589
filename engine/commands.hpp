// What can be asked of the engine. A command is an intent: it is refused with one RejectReason or becomes events.
//
// Each struct lists its fields once (fields.hpp): the codec of the journal, the JSON of the read models and the tests
// are derived from that list. A field may only be appended together with a new record version.
#pragma once

#include "engine/fields.hpp"
#include "engine/types.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace buttonwood::engine {

// Registers a person or a program. Emits UserRegistered and AccountOpened (the first account).
struct RegisterUser {
    Name name;
    RoleSet roles;
    BUTTONWOOD_RECORD(RegisterUser, name, roles)
};

// Opens a further account of a user (live, demo, desk). Accounts hold cash and securities; orders belong to accounts.
struct OpenAccount {
    UserId user{};
    BUTTONWOOD_RECORD(OpenAccount, user)
};

// Suspended: may cancel, may not place or amend. Closed: final, needs no open orders.
struct ChangeUserStatus {
    UserId user{};
    UserStatus status{};
    Note note;
    BUTTONWOOD_RECORD(ChangeUserStatus, user, status, note)
};

// Only the SHA-256 of the secret arrives here; the secret itself is shown once by the edge and kept nowhere.
struct CreateApiKey {
    UserId user{};
    KeyId key{};
    Sha256 secret_hash{};
    RoleSet roles;  // subset of the user's
    BUTTONWOOD_RECORD(CreateApiKey, user, key, secret_hash, roles)
};

struct RevokeApiKey {
    KeyId key{};
    BUTTONWOOD_RECORD(RevokeApiKey, key)
};

// price_scale, quantity_scale: 0..8 each, at most 8 together. tick_size, lot_size: > 0, in price and quantity units.
struct CreateSecurity {
    Symbol symbol;
    Name name;
    Currency currency;
    std::uint8_t price_scale{};
    std::uint8_t quantity_scale{};
    Price tick_size;
    Quantity lot_size;
    BUTTONWOOD_RECORD(CreateSecurity, symbol, name, currency, price_scale, quantity_scale, tick_size, lot_size)
};

// Of one security, or of the whole market (security None): the severer of the two is in force.
// state Auction needs its kind. What gathered is matched before the state becomes Open, or a closing auction Closed.
// until > 0 hands the next step to the clock: Halted becomes a reopening auction (of the security's auction_us), an
// auction ends in Open (Closing: in Closed). 0 = by hand.
struct ChangeTradingState {
    SecurityId security{};
    TradingState state{};
    Note note;
    AuctionKind auction{};
    Timestamp until{};
    BUTTONWOOD_RECORD(ChangeTradingState, security, state, note, auction, until)
    BUTTONWOOD_VERSIONS(3, 5)
};

struct DepositCash {
    AccountId account{};
    Currency currency;
    Money amount;  // > 0
    BUTTONWOOD_RECORD(DepositCash, account, currency, amount)
};

struct WithdrawCash {
    AccountId account{};
    Currency currency;
    Money amount;  // > 0, at most the free cash
    BUTTONWOOD_RECORD(WithdrawCash, account, currency, amount)
};

// Creates shares in an account: shares outstanding grow by the same quantity.
struct IssueHoldings {
    AccountId account{};
    SecurityId security{};
    Quantity quantity;  // > 0
    BUTTONWOOD_RECORD(IssueHoldings, account, security, quantity)
};

// A listing (sell) or a bid (buy). What is 0, false or empty is not asked for.
struct PlaceOrder {
    AccountId account{};
    SecurityId security{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    bool post_only{};
    Quantity quantity;
    Price price;                    // the limit; 0 for market types
    ClientOrderId client_order_id;  // empty = none; otherwise unique per account for ever
    bool post_only_reprice{};       // with post_only: rather one tick behind the best opposite price than refused
    bool reduce_only{};             // listings: cut down to the free holding instead of refused
    bool all_or_none{};             // executes as a whole or not at all
    SelfTradePrevention self_trade_prevention{};
    Price stop_price{};             // trigger of the types that have one, but the trailing stop
    Price trail_amount{};           // trailing stop: its distance to the best price since, in price units ...
    std::uint32_t trail_basis_points{};  // ... or as a share of that price, 1..9,999; one of the two
    Price protection_price{};       // market types: never trades beyond it; reserved at it
    Quantity display_quantity{};    // iceberg: what the book shows at a time
    Quantity min_quantity{};        // least quantity of its first execution
    Timestamp expires_at{};         // gtd: after the command's time
    BUTTONWOOD_RECORD(PlaceOrder, account, security, side, type, time_in_force, post_only, quantity, price,
                      client_order_id, post_only_reprice, reduce_only, all_or_none, self_trade_prevention, stop_price,
                      trail_amount, trail_basis_points, protection_price, display_quantity, min_quantity, expires_at)
    BUTTONWOOD_VERSIONS(9, 20)
};

// One order of an account, by the engine's id or by the client's.
struct OrderRef {
    OrderId order{};                // None: look at client_order_id
    ClientOrderId client_order_id;
    BUTTONWOOD_RECORD(OrderRef, order, client_order_id)
};

// quantity is the total (filled + leaves). A quantity at or below the filled one cancels what is left.
// Priority is kept exactly when the quantity goes down at the same price; otherwise the order queues (or matches) anew.
struct AmendOrder {
    AccountId account{};
    OrderRef target;
    std::optional<Price> price;
    std::optional<Quantity> quantity;
    std::optional<Price> stop_price{};           // of an order that waits for one
    std::optional<Quantity> display_quantity{};  // of an iceberg
    std::optional<Timestamp> expires_at{};       // of a gtd order
    BUTTONWOOD_RECORD(AmendOrder, account, target, price, quantity, stop_price, display_quantity, expires_at)
    BUTTONWOOD_VERSIONS(4, 7)
};

struct CancelOrder {
    AccountId account{};  // None: an operator cancels on behalf; the target is then an order id
    OrderRef target;
    Note note;            // why, on behalf
    BUTTONWOOD_RECORD(CancelOrder, account, target, note)
};

// Cancels open orders, filtered, oldest first. From the moment it is decided none of them trades any more, even where
// there are so many that later commands finish the work.
struct MassCancel {
    AccountId account{};       // None: an operator cancels for all accounts
    SecurityId security{};     // None: all securities
    std::optional<Side> side;  // none: both
    Note note{};               // why, by an operator
    BUTTONWOOD_RECORD(MassCancel, account, security, side, note)
    BUTTONWOOD_VERSIONS(3, 4)
};

// Several orders that depend on each other; all legs are accepted or none. Same account and security.
//   Oco      two legs, same side and quantity, the first a limit or with a trigger, the second with one. An execution,
//            the trigger or the end of one cancels the other. Their funds are reserved once, by the first.
//   Bracket  entry (market or limit), take profit (limit), stop (stop, stop_limit or trailing_stop), the exits on the
//            other side with the entry's quantity. When the entry is done, the exits become an Oco of what it executed.
struct PlaceGroup {
    GroupKind kind{};
    std::vector<PlaceOrder> legs;  // 2 or 3; stored with their version, kept in step with PlaceOrder's
    BUTTONWOOD_RECORD(PlaceGroup, kind, legs)
};

// Basis points of the reference; 0 = no band.
//   static   around reference_price, which follows the auctions: limits beyond it are refused, no trade happens beyond
//   dynamic  around the last price before the command: no trade happens beyond it
// A trade that would: with halt_us or auction_us the security halts, waits halt_us, gathers orders for auction_us and
// reopens by auction; with neither the taker's remainder expires.
struct SetPriceBands {
    SecurityId security{};
    Price reference_price;                 // 0: no static band before the next auction
    std::uint32_t static_basis_points{};   // 0..10,000
    std::uint32_t dynamic_basis_points{};  // 0..10,000
    std::int64_t halt_us{};                // 0 .. 1 day
    std::int64_t auction_us{};             // 0 .. 1 day
    BUTTONWOOD_RECORD(SetPriceBands, security, reference_price, static_basis_points, dynamic_basis_points, halt_us,
                      auction_us)
};

// The dead man's switch: all orders of the account are canceled at the command's time + timeout_us, unless it is set
// again before. 0 = off.
struct SetCancelAfter {
    AccountId account{};
    std::int64_t timeout_us{};  // 0, or 1 ms .. 1 day
    BUTTONWOOD_RECORD(SetCancelAfter, account, timeout_us)
};

// A command of the system's clock (actor None): header.time is the time that becomes the engine's. Does what is due,
// and goes on with what earlier commands left. Engine::wants_clock() says when it is wanted.
struct AdvanceClock {
    BUTTONWOOD_RECORD(AdvanceClock)
};

// Expires the day orders, and the opg and cls orders that no auction took, of a security or (None) of all.
struct EndDay {
    SecurityId security{};
    BUTTONWOOD_RECORD(EndDay, security)
};

// What the user says about itself; absent: as it is. By the user, or an operator.
struct UpdateProfile {
    UserId user{};
    std::optional<Name> name;
    std::optional<Name> email;            // empty = none
    std::optional<Country> jurisdiction;  // where it is resident; empty = not said
    BUTTONWOOD_RECORD(UpdateProfile, user, name, email, jurisdiction)
};

// A setting that the user's programs keep here; means nothing to the engine. By the user, or an operator.
struct SetPreference {
    UserId user{};
    PreferenceKey key;
    PreferenceValue value;  // empty = remove it
    BUTTONWOOD_RECORD(SetPreference, user, key, value)
};

// By compliance, as the next two.
struct SetKycStatus {
    UserId user{};
    KycStatus status{};
    Note note;
    BUTTONWOOD_RECORD(SetKycStatus, user, status, note)
};

struct SetAccreditation {
    UserId user{};
    AccreditationStatus status{};
    AccreditationBasis basis{};  // Verified needs one
    Note evidence;
    Timestamp expires_at;        // of Verified: after the command's time, 0 = never; else 0
    BUTTONWOOD_RECORD(SetAccreditation, user, status, basis, evidence, expires_at)
};

struct AddComplianceNote {
    UserId user{};
    Note note;
    BUTTONWOOD_RECORD(AddComplianceNote, user, note)
};

// Everything about a security that may change, as it shall be from now on.
struct SetSecurityTerms {
    SecurityId security{};
    Name issuer;                     // empty = not said
    AssetClass asset_class = AssetClass::Equity;
    Exemption exemption{};
    bool accredited_only{};          // bids need a user with a valid accreditation
    bool kyc_required{};             // orders need a user with verified KYC
    Timestamp lock_up_until;         // no listings before; 0 = none
    std::uint8_t settlement_days{};  // 0..kMaxSettlementDays business days after the trade; 0 = with it
    Quantity free_float;             // 0 = not said
    Remark description;
    BUTTONWOOD_RECORD(SetSecurityTerms, security, issuer, asset_class, exemption, accredited_only, kyc_required,
                      lock_up_until, settlement_days, free_float, description)
};

struct RecordValuation {
    SecurityId security{};
    Price price;          // any tick
    Timestamp valued_at;  // not after the command's time
    Note method;
    BUTTONWOOD_RECORD(RecordValuation, security, price, valued_at, method)
};

// Final; needs no open orders. What was traded stays readable.
struct DelistSecurity {
    SecurityId security{};
    Note note;
    BUTTONWOOD_RECORD(DelistSecurity, security, note)
};

// Of a security, or (None) of all that have none of their own. Orders keep the rates they were accepted with.
struct SetFees {
    SecurityId security{};
    std::uint32_t maker_ppm{};  // 0..kMaxFeePpm
    std::uint32_t taker_ppm{};
    AccountId account{};        // where the fees go
    BUTTONWOOD_RECORD(SetFees, security, maker_ppm, taker_ppm, account)
};

// Of a trade that is not settled yet. Canceled takes both legs and the fees back.
struct ChangeSettlement {
    TradeId trade{};
    SettlementStep step{};
    Remark note;
    BUTTONWOOD_RECORD(ChangeSettlement, trade, step, note)
};

// The index of an alternative is its persisted type number: never reorder, only append.
using Command = std::variant<RegisterUser, OpenAccount, ChangeUserStatus, CreateApiKey, RevokeApiKey, CreateSecurity,
                             ChangeTradingState, DepositCash, WithdrawCash, IssueHoldings, PlaceOrder, AmendOrder,
                             CancelOrder, MassCancel, PlaceGroup, SetPriceBands, SetCancelAfter, AdvanceClock, EndDay,
                             UpdateProfile, SetPreference, SetKycStatus, SetAccreditation, AddComplianceNote,
                             SetSecurityTerms, RecordValuation, DelistSecurity, SetFees, ChangeSettlement>;

// What comes with every command.
struct CommandHeader {
    CommandSeq seq{};      // assigned by the engine thread, contiguous from 1
    Timestamp time;        // never before the previous command's
    UserId actor{};        // None = the system itself (bootstrap, seed)
    RequestId request_id;  // correlation id, may be empty
    BUTTONWOOD_RECORD(CommandHeader, seq, time, actor, request_id)
};

}  // namespace buttonwood::engine
