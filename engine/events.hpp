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
    SecurityId security{};
    TradingState state{};
    Note note;
    BUTTONWOOD_RECORD(TradingStateChanged, security, state, note)
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

// The order exists and its reservation is taken. rests: it joins the book now, behind its level;
// otherwise it takes first, and OrderRested, OrderExpired or its last fill follows under the same command.
struct OrderAccepted {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    OrderType type{};
    TimeInForce time_in_force{};
    bool post_only{};
    bool rests{};
    Quantity quantity;
    Price price;
    Money reserved_cash;         // limit bids: price x quantity; 0 otherwise (a market bid pays as it fills)
    Quantity reserved_quantity;  // listings: quantity; 0 otherwise
    ClientOrderId client_order_id;
    std::uint64_t fingerprint{};  // of the request, tells a retry from another order under the same client id
    BUTTONWOOD_RECORD(OrderAccepted, order, account, security, side, type, time_in_force, post_only, rests, quantity,
                      price, reserved_cash, reserved_quantity, client_order_id, fingerprint)
};

// What an order that took could not fill joins the book, behind its level.
struct OrderRested {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    Price price;
    Quantity leaves_quantity;
    BUTTONWOOD_RECORD(OrderRested, order, account, security, side, price, leaves_quantity)
};

// One fill. Trades at the maker's price. *_leaves_quantity: what each order has left after it.
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
    Money released_cash;           // of the buyer's reservation: its limit price x quantity; 0 for a market bid
    Quantity released_quantity;    // of the seller's reservation: quantity
    Quantity maker_leaves_quantity;
    Quantity taker_leaves_quantity;
    BUTTONWOOD_RECORD(TradeExecuted, trade, security, maker_order, taker_order, maker_account, taker_account,
                      taker_side, price, quantity, notional, released_cash, released_quantity, maker_leaves_quantity,
                      taker_leaves_quantity)
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
    BUTTONWOOD_RECORD(OrderAmended, order, account, security, side, priority_kept, rests, price, quantity,
                      leaves_quantity, reserved_cash, reserved_quantity)
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
    AccountId account{};
    SecurityId security{};
    std::uint32_t canceled_count{};
    BUTTONWOOD_RECORD(MassCancelCompleted, account, security, canceled_count)
};

// The index of an alternative is its persisted type number: never reorder, only append.
using EventBody = std::variant<UserRegistered, AccountOpened, UserStatusChanged, ApiKeyCreated, ApiKeyRevoked,
                               SecurityCreated, TradingStateChanged, CashDeposited, CashWithdrawn, HoldingsIssued,
                               OrderAccepted, OrderRested, TradeExecuted, OrderAmended, OrderCanceled, OrderExpired,
                               CommandRejected, MassCancelCompleted>;

struct Event {
    EventSeq seq{};        // contiguous from 1
    CommandSeq command{};  // the command that caused it
    Timestamp time;        // the command's
    EventBody body;
};

}  // namespace buttonwood::engine
