// What the doors need to know right now, folded from durable events: securities, users, keys, orders, books, tickers.
//
// It answers market data, order answers and streams without touching the database, and holds nothing that the log does
// not: after a restart the replay of the journal fills it again, with the same sequence numbers. Closed orders are kept
// for a while (kClosedOrdersKept); older ones are in the read models.
// Thread safety: none; it belongs to the I/O thread (during start: to the thread that replays).
#pragma once

#include "api/live/live_book.hpp"
#include "eventstore/codec.hpp"

#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace buttonwood::api {

inline constexpr std::size_t kClosedOrdersKept = 100'000;
inline constexpr std::size_t kTradesKept = 500;  // per security

enum class OrderStatus : unsigned char { New, PartiallyFilled, Filled, Canceled, Expired };
[[nodiscard]] std::string_view word_of(OrderStatus status);
[[nodiscard]] constexpr bool is_open(OrderStatus s) {
    return s == OrderStatus::New || s == OrderStatus::PartiallyFilled;
}

struct LiveOrder {
    engine::OrderId id{};
    engine::AccountId account{};
    engine::SecurityId security{};
    engine::Side side{};
    engine::OrderType type{};
    engine::TimeInForce time_in_force{};
    bool post_only{};
    OrderStatus status = OrderStatus::New;
    std::string_view reason;  // a literal; empty = none
    engine::Price price;
    engine::Quantity quantity;
    engine::Quantity leaves;
    engine::Quantity filled;
    engine::Money filled_notional;
    engine::Timestamp created_at;
    engine::Timestamp updated_at;
    engine::EventSeq event_seq{};  // of its last change
    engine::ClientOrderId client_order_id;
};

struct LiveTrade {
    engine::TradeId id{};
    engine::Price price;
    engine::Quantity quantity;
    engine::Side taker_side{};
    engine::Timestamp time;
    engine::EventSeq event_seq{};
};

// One minute of trading; a window of them gives the statistics of 24 hours.
struct LiveMinute {
    std::int64_t minute{};  // since 1970
    engine::Price open, high, low, close;
    engine::Int128 volume{};
    engine::Int128 turnover{};  // money units
    std::uint64_t trade_count{};
};

// Best bid and offer with their quantities; zero quantity = the side is empty.
struct LiveBbo {
    engine::Price bid, offer;
    engine::Quantity bid_quantity, offer_quantity;
    friend bool operator==(const LiveBbo&, const LiveBbo&) = default;
};

struct LiveSecurity {
    engine::SecurityCreated terms;
    engine::TradingState state = engine::TradingState::Open;
    engine::Quantity outstanding;
    LiveBook book;
    std::uint64_t book_seq{};    // commands that changed the book
    std::uint64_t trade_seq{};   // trades so far
    std::uint64_t ticker_seq{};  // commands that changed best bid, offer or last trade
    engine::EventSeq book_event_seq{};
    engine::Timestamp book_time;
    std::deque<LiveTrade> trades;    // newest last, at most kTradesKept
    std::deque<LiveMinute> minutes;  // at most 24 hours of those with trades
    std::optional<LiveTrade> last_trade;
    LiveBbo bbo;

    [[nodiscard]] std::string_view symbol() const { return terms.symbol.view(); }
};

struct LiveUser {
    engine::UserId id{};
    engine::Name name;
    engine::RoleSet roles;
    engine::UserStatus status = engine::UserStatus::Active;
    engine::Timestamp created_at;
    std::vector<engine::AccountId> accounts;
};

struct LiveAccount {
    engine::UserId user{};
    std::uint64_t execution_seq{};  // events of its orders so far
    std::set<engine::OrderId> open_orders;
};

struct LiveKey {
    engine::UserId user{};
    engine::Sha256 secret_hash{};
    engine::RoleSet roles;
    bool revoked{};
};

// What one command did, for the streams. Valid until the next apply().
struct Changes {
    struct Execution {
        std::string_view type;  // new trade replaced canceled expired
        engine::AccountId account{};
        std::uint64_t seq{};    // of the account
        LiveOrder order;        // as it is after this event
        std::optional<LiveTrade> trade;
        bool is_maker{};
    };
    std::vector<engine::SecurityId> books;    // whose book changed; touched levels are in LiveBook
    std::vector<engine::SecurityId> tickers;  // whose ticker changed
    std::vector<std::pair<engine::SecurityId, LiveTrade>> trades;
    std::vector<Execution> executions;
    std::vector<engine::SecurityId> states;   // created, or trading state changed
};

class LiveView {
public:
    // Folds one command with its events, in log order. Returns what it changed.
    const Changes& apply(const eventstore::CommandRecord& command, std::span<const engine::Event> events);

    [[nodiscard]] engine::EventSeq event_seq() const { return event_seq_; }
    [[nodiscard]] engine::Timestamp time() const { return time_; }

    // nullptr where there is none.
    [[nodiscard]] const LiveSecurity* security(std::string_view symbol) const;
    [[nodiscard]] const LiveSecurity* security(engine::SecurityId id) const;
    [[nodiscard]] const LiveUser* user(engine::UserId id) const;
    [[nodiscard]] const LiveAccount* account(engine::AccountId id) const;
    [[nodiscard]] const LiveKey* key(engine::KeyId id) const;
    [[nodiscard]] const LiveOrder* order(engine::OrderId id) const;  // open, or closed not long ago
    [[nodiscard]] const LiveOrder* order(engine::AccountId account, const engine::ClientOrderId& id) const;  // the same
    [[nodiscard]] const std::deque<LiveSecurity>& securities() const { return securities_; }
    [[nodiscard]] const std::vector<LiveUser>& users() const { return users_; }

private:
    void on(const engine::Event&, const engine::UserRegistered&);
    void on(const engine::Event&, const engine::AccountOpened&);
    void on(const engine::Event&, const engine::UserStatusChanged&);
    void on(const engine::Event&, const engine::ApiKeyCreated&);
    void on(const engine::Event&, const engine::ApiKeyRevoked&);
    void on(const engine::Event&, const engine::SecurityCreated&);
    void on(const engine::Event&, const engine::TradingStateChanged&);
    void on(const engine::Event&, const engine::CashDeposited&) {}
    void on(const engine::Event&, const engine::CashWithdrawn&) {}
    void on(const engine::Event&, const engine::HoldingsIssued&);
    void on(const engine::Event&, const engine::OrderAccepted&);
    void on(const engine::Event&, const engine::OrderRested&);
    void on(const engine::Event&, const engine::TradeExecuted&);
    void on(const engine::Event&, const engine::OrderAmended&);
    void on(const engine::Event&, const engine::OrderCanceled&);
    void on(const engine::Event&, const engine::OrderExpired&);
    void on(const engine::Event&, const engine::CommandRejected&) {}
    void on(const engine::Event&, const engine::MassCancelCompleted&) {}

    LiveSecurity& at(engine::SecurityId id) { return securities_[static_cast<std::size_t>(id) - 1]; }
    static std::string client_key(engine::AccountId account, const engine::ClientOrderId& id);
    LiveOrder& touch(engine::OrderId id, const engine::Event& event);
    void fill(engine::OrderId id, const engine::Event& event, const engine::TradeExecuted& trade, bool is_maker);
    void conclude(engine::SecurityId id);
    void record_trade(LiveSecurity& security, const engine::Event& event, const engine::TradeExecuted& trade);
    void close(const engine::Event& event, engine::OrderId id, OrderStatus status, std::string_view reason);
    void retire(const LiveOrder& order);
    void executed(std::string_view type, const LiveOrder& order, std::optional<LiveTrade> trade = {},
                  bool is_maker = false);

    engine::EventSeq event_seq_{};
    engine::Timestamp time_;
    std::deque<LiveSecurity> securities_;  // addresses stay valid
    std::unordered_map<std::string, engine::SecurityId> symbols_;
    std::vector<LiveUser> users_;
    std::vector<LiveAccount> accounts_;
    std::unordered_map<engine::KeyId, LiveKey> keys_;
    std::unordered_map<engine::OrderId, LiveOrder> orders_;
    std::unordered_map<std::string, engine::OrderId> client_ids_;  // of the orders in orders_
    std::deque<engine::OrderId> closed_;  // oldest first
    Changes changes_;
};

}  // namespace buttonwood::api
