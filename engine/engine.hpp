// The matching engine: a deterministic state machine from commands to events.
//
//     decide(command) ── refuses in a documented order, or ──▶ events, each applied as it is emitted
//     apply(event)    ── the only place where state changes; replay calls the same function
//
// Pure: no clock, I/O, thread, randomness or floating point. Time arrives in the command header and never goes back.
// Every accepted or refused command emits at least one event. The reasons are checked in the order of the enumerators
// of RejectReason, and a refused command emits exactly one event, CommandRejected, which changes nothing.
//
// Conservation: cash per currency changes only by CashDeposited and CashWithdrawn, holdings per security only by
// HoldingsIssued. Bids reserve price x quantity, listings reserve quantity; reserved never exceeds total.
//
// Complexity: O(log levels) per resting order, O(fills) per taker; market and fok orders walk the levels they may take;
// MassCancel is linear in the orders it cancels. Thread safety: none; one thread owns an engine.
#pragma once

#include "engine/events.hpp"
#include "engine/order_book.hpp"

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace buttonwood::engine {

// A digest of the whole state, independent of how the engine stores it: equal states, equal hashes,
// across builds, compilers and paths (live or replayed).
struct StateHash {
    std::uint64_t high{};
    std::uint64_t low{};
    friend bool operator==(const StateHash&, const StateHash&) = default;
    [[nodiscard]] std::string hex() const;  // 32 hexadecimal digits
};

struct Balance {
    Money total;
    Money reserved;
};
struct Holding {
    Quantity total;
    Quantity reserved;
};

// An open order as the engine sees it.
struct OrderView {
    OrderId order{};
    AccountId account{};
    SecurityId security{};
    Side side{};
    Price price;
    Quantity quantity;         // total
    Quantity leaves_quantity;  // open for execution
    ClientOrderId client_order_id;
};

class Engine {
public:
    // Decides one command and applies its events, appending them to `out` (which is not cleared).
    // Returns the reason of the refusal, None when accepted.
    // REQUIRES: header.time >= last_time(), header.seq == last_command() + 1.
    RejectReason decide(const CommandHeader& header, const Command& command, std::vector<Event>& out);

    // Applies one event. REQUIRES: event.seq == last_seq() + 1, and that an engine in this state emitted it.
    void apply(const Event& event);

    [[nodiscard]] EventSeq last_seq() const { return last_seq_; }
    [[nodiscard]] CommandSeq last_command() const { return last_command_; }
    [[nodiscard]] Timestamp last_time() const { return last_time_; }

    [[nodiscard]] StateHash state_hash() const;
    // Every broken rule in words, empty when all hold: book not crossed, levels = orders, reservations = open orders,
    // reserved <= total, nothing negative, indexes agree, cash and shares conserved. O(state); for tests and audits.
    [[nodiscard]] std::vector<std::string> check_invariants() const;

    // Reads, for tests and for the time-travel views. Unknown ids give zero or nullopt.
    [[nodiscard]] Balance balance(AccountId account, Currency currency) const;
    [[nodiscard]] Holding holding(AccountId account, SecurityId security) const;
    [[nodiscard]] std::optional<OrderView> order(OrderId id) const;
    [[nodiscard]] std::optional<OrderId> order_by_client_id(AccountId account, const ClientOrderId& id) const;
    [[nodiscard]] SecurityId security_by_symbol(const Symbol& symbol) const;
    [[nodiscard]] const OrderBook* book(SecurityId security) const;
    [[nodiscard]] Quantity shares_outstanding(SecurityId security) const;
    [[nodiscard]] std::size_t open_order_count() const { return order_slots_.size(); }

private:
    struct User {
        Name name;
        RoleSet roles;
        UserStatus status = UserStatus::Active;
        std::uint32_t open_orders{};
    };
    using Slot = std::uint32_t;
    static constexpr Slot kNoSlot = 0xFFFF'FFFF;
    struct Account {
        UserId user{};
        Slot first_order = kNoSlot;  // open orders, oldest first
        Slot last_order = kNoSlot;
    };
    struct ApiKey {
        UserId user{};
        Sha256 secret_hash{};
        RoleSet roles;
        bool revoked{};
    };
    struct Security {
        SecurityCreated terms;
        TradingState state = TradingState::Open;
        Quantity outstanding;
        OrderBook book;
    };
    struct Order {
        OrderId id{};
        AccountId account{};
        SecurityId security{};
        Side side{};
        OrderType type{};
        TimeInForce time_in_force{};
        bool post_only{};
        Price price;
        Quantity quantity;
        Quantity leaves;
        Money reserved_cash;
        Quantity reserved_quantity;
        EventSeq priority{};  // the event that put it where it stands in the queue
        OrderBook::Handle handle = OrderBook::kNoHandle;  // kNoHandle while it takes
        Slot next_of_account = kNoSlot;
        Slot prev_of_account = kNoSlot;
        ClientOrderId client_order_id;
    };
    struct ClientIdRecord {
        OrderId order{};
        std::uint64_t fingerprint{};
    };
    // What decide() works with besides the state: the header and where events go.
    struct Context {
        const CommandHeader& header;
        std::vector<Event>& out;
    };

    // decide, one overload per command: engine_decide.cpp and engine_orders.cpp.
    RejectReason on(Context&, const RegisterUser&);
    RejectReason on(Context&, const OpenAccount&);
    RejectReason on(Context&, const ChangeUserStatus&);
    RejectReason on(Context&, const CreateApiKey&);
    RejectReason on(Context&, const RevokeApiKey&);
    RejectReason on(Context&, const CreateSecurity&);
    RejectReason on(Context&, const ChangeTradingState&);
    RejectReason on(Context&, const DepositCash&);
    RejectReason on(Context&, const WithdrawCash&);
    RejectReason on(Context&, const IssueHoldings&);
    RejectReason on(Context&, const PlaceOrder&);
    RejectReason on(Context&, const AmendOrder&);
    RejectReason on(Context&, const CancelOrder&);
    RejectReason on(Context&, const MassCancel&);

    void emit(Context&, EventBody body);
    RejectReason reject(Context&, RejectReason reason, AccountId account = {}, SecurityId security = {},
                        OrderId order = {});
    [[nodiscard]] bool actor_may(const Context&, Role role) const;
    [[nodiscard]] bool actor_owns(const Context&, AccountId account) const;
    [[nodiscard]] RejectReason refuse_by_state(const Security& security) const;
    [[nodiscard]] static RejectReason refuse_quantity(const Security& security, Quantity quantity);
    [[nodiscard]] static RejectReason refuse_price(const Security& security, Price price);
    [[nodiscard]] static RejectReason refuse_terms(const PlaceOrder&, const Security&);
    [[nodiscard]] static RejectReason refuse_liquidity(const PlaceOrder&, const Security&);
    [[nodiscard]] RejectReason refuse_funds(const PlaceOrder&, const Security&) const;
    [[nodiscard]] RejectReason refuse_reserve(const Order&, Money reserved_cash, Quantity reserved_quantity) const;
    // What a taker would get now, up to `wanted`, at `limit` or better (nullptr: any price), and what it would cost.
    struct Taking {
        Int128 units{};
        Int128 cost{};  // money units
    };
    [[nodiscard]] static Taking taking(const Security&, Side, const Price* limit, Quantity wanted);
    void match(Context&, Slot taker);
    void finish_taker(Context&, Slot taker);
    void cancel(Context&, Slot slot, CancelReason reason);
    [[nodiscard]] TradeExecuted next_trade(const Order& taker, const Order& maker) const;
    [[nodiscard]] RejectReason find_target(const OrderRef&, AccountId, Slot& slot, OrderId& order) const;

    // apply, one overload per event: engine_apply.cpp.
    void on(const Event&, const UserRegistered&);
    void on(const Event&, const AccountOpened&);
    void on(const Event&, const UserStatusChanged&);
    void on(const Event&, const ApiKeyCreated&);
    void on(const Event&, const ApiKeyRevoked&);
    void on(const Event&, const SecurityCreated&);
    void on(const Event&, const TradingStateChanged&);
    void on(const Event&, const CashDeposited&);
    void on(const Event&, const CashWithdrawn&);
    void on(const Event&, const HoldingsIssued&);
    void on(const Event&, const OrderAccepted&);
    void on(const Event&, const OrderRested&);
    void on(const Event&, const TradeExecuted&);
    void on(const Event&, const OrderAmended&);
    void on(const Event&, const OrderCanceled&);
    void on(const Event&, const OrderExpired&);
    void on(const Event&, const CommandRejected&);
    void on(const Event&, const MassCancelCompleted&);

    void rest(Order& order, EventSeq priority);
    void fill(Slot slot, const TradeExecuted& trade);
    void close(OrderId id, Money released_cash, Quantity released_quantity);
    void erase(Slot slot);
    [[nodiscard]] Slot slot_of(OrderId id) const;

    void check_books(std::vector<std::string>& broken) const;
    void check_reservations(std::vector<std::string>& broken) const;
    void check_conservation(std::vector<std::string>& broken) const;
    void check_indexes(std::vector<std::string>& broken) const;

    // Dense ids make vectors with index id - 1.
    [[nodiscard]] const User* find(UserId id) const;
    [[nodiscard]] const Account* find(AccountId id) const;
    [[nodiscard]] const Security* find(SecurityId id) const;
    User& at(UserId id) { return users_[static_cast<std::size_t>(id) - 1]; }
    Account& at(AccountId id) { return accounts_[static_cast<std::size_t>(id) - 1]; }
    Security& at(SecurityId id) { return securities_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] const Security& at(SecurityId id) const { return securities_[static_cast<std::size_t>(id) - 1]; }
    Balance& cash(AccountId account, Currency currency);
    Holding& shares(AccountId account, SecurityId security);
    static std::string client_key(AccountId account, const ClientOrderId& id);
    static std::uint64_t cash_key(AccountId account, std::size_t currency_index);
    static std::uint64_t holding_key(AccountId account, SecurityId security);
    // Position in currencies_, its size for a currency never seen.
    [[nodiscard]] std::size_t currency_index(Currency currency) const;

    EventSeq last_seq_{};
    CommandSeq last_command_{};
    Timestamp last_time_;
    OrderId last_order_{};
    TradeId last_trade_{};

    std::vector<User> users_;
    std::vector<Account> accounts_;
    std::vector<Security> securities_;
    std::unordered_map<KeyId, ApiKey> keys_;
    std::unordered_map<std::string, SecurityId> symbols_;
    std::vector<Currency> currencies_;
    std::unordered_map<std::uint64_t, Balance> cash_;       // account << 16 | index of the currency
    std::unordered_map<std::uint64_t, Holding> holdings_;   // account << 32 | security
    std::vector<Order> orders_;                             // slab; free_slots_ are its holes
    std::vector<Slot> free_slots_;
    std::unordered_map<OrderId, Slot> order_slots_;         // open orders only
    std::unordered_map<std::string, ClientIdRecord> client_ids_;
    std::unordered_map<std::string, Money> deposited_;      // per currency, net of withdrawals: conservation
};

}  // namespace buttonwood::engine
