// What can be asked of the engine. A command is an intent: it is refused with one RejectReason or becomes events.
//
// Each struct lists its fields once (fields.hpp): the codec of the journal, the JSON of the read models and the tests
// are derived from that list. A field may only be appended together with a new record version.
#pragma once

#include "engine/fields.hpp"
#include "engine/types.hpp"

#include <optional>
#include <variant>

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

struct ChangeTradingState {
    SecurityId security{};
    TradingState state{};
    Note note;
    BUTTONWOOD_RECORD(ChangeTradingState, security, state, note)
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

// A listing (sell) or a bid (buy).
struct PlaceOrder {
    AccountId account{};
    SecurityId security{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    bool post_only{};
    Quantity quantity;
    Price price;                    // 0 for market
    ClientOrderId client_order_id;  // empty = none; otherwise unique per account for ever
    BUTTONWOOD_RECORD(PlaceOrder, account, security, side, type, time_in_force, post_only, quantity, price,
                      client_order_id)
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
    BUTTONWOOD_RECORD(AmendOrder, account, target, price, quantity)
};

struct CancelOrder {
    AccountId account{};  // None: an operator cancels on behalf; the target is then an order id
    OrderRef target;
    Note note;            // why, on behalf
    BUTTONWOOD_RECORD(CancelOrder, account, target, note)
};

// Cancels the account's open orders in order of their ids, filtered.
struct MassCancel {
    AccountId account{};
    SecurityId security{};     // None: all securities
    std::optional<Side> side;  // none: both
    BUTTONWOOD_RECORD(MassCancel, account, security, side)
};

// The index of an alternative is its persisted type number: never reorder, only append.
using Command = std::variant<RegisterUser, OpenAccount, ChangeUserStatus, CreateApiKey, RevokeApiKey, CreateSecurity,
                             ChangeTradingState, DepositCash, WithdrawCash, IssueHoldings, PlaceOrder, AmendOrder,
                             CancelOrder, MassCancel>;

// What comes with every command.
struct CommandHeader {
    CommandSeq seq{};      // assigned by the engine thread, contiguous from 1
    Timestamp time;        // never before the previous command's
    UserId actor{};        // None = the system itself (bootstrap, seed)
    RequestId request_id;  // correlation id, may be empty
    BUTTONWOOD_RECORD(CommandHeader, seq, time, actor, request_id)
};

}  // namespace buttonwood::engine
