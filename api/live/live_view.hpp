// What the doors need to know right now, folded from durable events: securities, users, keys, orders, books, tickers.
//
// It answers market data, order answers and streams without touching the database, and holds nothing that the log does
// not: after a restart the replay of the journal fills it again, with the same sequence numbers. Closed orders are kept
// for a while (kClosedOrdersKept); older ones are in the read models.
// Thread safety: none; it belongs to the I/O thread (during start: to the thread that replays).
#pragma once

#include "api/live/live_book.hpp"
#include "api/live/price_marks.hpp"
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

// Held: waits beside the book for its trigger, its minimum, its auction or its entry.
enum class OrderStatus : unsigned char { New, Held, PartiallyFilled, Filled, Canceled, Expired };
[[nodiscard]] std::string_view word_of(OrderStatus status);
[[nodiscard]] constexpr bool is_open(OrderStatus s) {
    return s == OrderStatus::New || s == OrderStatus::Held || s == OrderStatus::PartiallyFilled;
}

struct LiveOrder {
    engine::OrderId id{};
    engine::AccountId account{};
    engine::SecurityId security{};
    engine::Side side{};
    engine::OrderType type{};
    engine::TimeInForce time_in_force{};
    bool post_only{};
    bool reduce_only{};
    bool all_or_none{};
    engine::SelfTradePrevention self_trade_prevention{};
    engine::GroupRole role{};
    OrderStatus status = OrderStatus::New;
    std::string_view reason;  // a literal; empty = none
    engine::OrderId group{};  // the first leg
    engine::Price price;      // where it stands, or would, in the book
    engine::Quantity quantity;
    engine::Quantity leaves;
    engine::Quantity filled;
    engine::Quantity prevented;  // that self-trade prevention kept it from trading
    engine::Quantity shown;      // what the book shows of it; 0 = it does not stand there
    engine::Quantity display_quantity;
    engine::Quantity min_quantity;
    engine::Price stop_price;  // a trailing stop's moves: trigger_of()
    engine::Price trail_amount;
    std::uint32_t trail_basis_points{};
    engine::Price protection_price;
    engine::EventSeq trail_since{};  // trailing stop: the trades from here on move its trigger
    engine::Timestamp expires_at;
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
    bool auction{};
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

struct LiveState {
    engine::TradingState state = engine::TradingState::Open;
    engine::AuctionKind auction{};
    engine::Timestamp until;  // the clock's next step; 0 = by hand
    engine::StateCause cause{};
    friend bool operator==(const LiveState&, const LiveState&) = default;
};
// The severer of the two; where they are alike, the security's own.
[[nodiscard]] inline const LiveState& in_force(const LiveState& own, const LiveState& market) {
    return engine::severity(market.state) > engine::severity(own.state) ? market : own;
}

// What an auction would do now, or did. price 0: no trade.
struct LiveAuction {
    engine::Price price;
    engine::Quantity paired;
    engine::Quantity imbalance;
    engine::Side imbalance_side{};  // meaningful where imbalance > 0
    engine::Timestamp time;
};

struct LiveSecurity {
    engine::SecurityCreated terms;
    LiveState own;    // the security's own state
    LiveState state;  // in force: the severer of it and the market's
    std::optional<LiveAuction> indication;    // while an auction is in force
    std::optional<LiveAuction> last_auction;  // the newest uncross
    std::optional<engine::PriceBandsSet> bands;
    engine::Quantity outstanding;
    LiveBook book;
    std::uint64_t book_seq{};    // commands that changed the book
    std::uint64_t trade_seq{};   // trades so far
    std::uint64_t ticker_seq{};  // commands that changed best bid, offer or last trade
    std::uint64_t status_seq{};  // commands that changed the state in force
    std::uint64_t auction_seq{};  // commands that began, indicated, matched or ended an auction
    engine::EventSeq book_event_seq{};
    engine::Timestamp book_time;
    std::deque<LiveTrade> trades;    // newest last, at most kTradesKept
    std::deque<LiveMinute> minutes;  // at most 24 hours of those with trades
    std::optional<LiveTrade> last_trade;
    PriceMarks marks;
    LiveBbo bbo;
    // The last commands that changed it, so that each is told once per command.
    engine::CommandSeq book_changed{}, status_changed{}, auction_changed{};

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
    engine::Timestamp cancel_after;  // when the dead man's switch goes off; 0 = off
    std::set<engine::OrderId> open_orders;
};

// Where the order's trigger stands now; 0 = it has none, or none yet.
[[nodiscard]] engine::Price trigger_of(const LiveOrder& order, const LiveSecurity& security);

struct LiveKey {
    engine::UserId user{};
    engine::Sha256 secret_hash{};
    engine::RoleSet roles;
    bool revoked{};
};

// What one command did, for the streams. Valid until the next apply().
struct Changes {
    struct Prevented {
        engine::OrderId other{};  // the order it did not trade with
        engine::Price price;
        engine::Quantity quantity;
        engine::SelfTradePrevention mode{};
    };
    struct Execution {
        std::string_view type;  // new trade replaced triggered prevented restated canceled expired
        engine::AccountId account{};
        std::uint64_t seq{};    // of the account
        LiveOrder order;        // as it is after this event
        std::optional<LiveTrade> trade;
        bool is_maker{};
        std::optional<Prevented> prevented;
    };
    std::vector<engine::SecurityId> books;    // whose book changed; touched levels are in LiveBook
    std::vector<engine::SecurityId> tickers;  // whose ticker changed
    std::vector<std::pair<engine::SecurityId, LiveTrade>> trades;
    std::vector<Execution> executions;
    std::vector<engine::SecurityId> states;    // created, or another state is in force
    std::vector<engine::SecurityId> auctions;  // whose auction began, was indicated, matched or ended
    bool market_state = false;                 // the market's own state changed
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
    [[nodiscard]] const LiveState& market_state() const { return market_; }
    [[nodiscard]] std::uint64_t market_status_seq() const { return market_status_seq_; }
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
    void on(const engine::Event&, const engine::OrderActivated&);
    void on(const engine::Event&, const engine::MatchPrevented&);
    void on(const engine::Event&, const engine::OrderReduced&);
    void on(const engine::Event&, const engine::OrderRefreshed&);
    void on(const engine::Event&, const engine::AuctionIndicated&);
    void on(const engine::Event&, const engine::AuctionUncrossed&);
    void on(const engine::Event&, const engine::PriceBandsSet&);
    void on(const engine::Event&, const engine::CancelAfterSet&);
    void on(const engine::Event&, const engine::CancelAfterFired&);
    void on(const engine::Event&, const engine::WorkDeferred&) {}
    void on(const engine::Event&, const engine::WorkCompleted&) {}
    void on(const engine::Event&, const engine::ClockAdvanced&) {}
    void on(const engine::Event&, const engine::DayEnded&) {}
    void on(const engine::Event&, const engine::ProfileUpdated&);
    void on(const engine::Event&, const engine::PreferenceSet&) {}
    void on(const engine::Event&, const engine::KycStatusChanged&) {}
    void on(const engine::Event&, const engine::AccreditationChanged&) {}
    void on(const engine::Event&, const engine::ComplianceNoted&) {}
    void on(const engine::Event&, const engine::SecurityTermsSet&) {}
    void on(const engine::Event&, const engine::ValuationRecorded&) {}
    void on(const engine::Event&, const engine::SecurityDelisted&) {}
    void on(const engine::Event&, const engine::FeesSet&) {}
    void on(const engine::Event&, const engine::SettlementChanged&) {}

    LiveSecurity& at(engine::SecurityId id) { return securities_[static_cast<std::size_t>(id) - 1]; }
    LiveAccount& at(engine::AccountId id) { return accounts_[static_cast<std::size_t>(id) - 1]; }
    static std::string client_key(engine::AccountId account, const engine::ClientOrderId& id);
    void conclude(engine::SecurityId id);
    void put_in_force(LiveSecurity& security);
    void book_changed(LiveSecurity& security) { note(changes_.books, security.book_changed, security); }
    void status_changed(LiveSecurity& security) { note(changes_.states, security.status_changed, security); }
    void auction_changed(LiveSecurity& security) { note(changes_.auctions, security.auction_changed, security); }
    void note(std::vector<engine::SecurityId>& ids, engine::CommandSeq& last, const LiveSecurity& security) {
        if (std::exchange(last, command_) != command_) ids.push_back(security.terms.security);
    }
    void record_trade(LiveSecurity& security, const engine::Event& event, const engine::TradeExecuted& trade);

    // Orders: live_orders.cpp.
    LiveOrder& touch(engine::OrderId id, const engine::Event& event);
    void stand(LiveOrder& order, engine::Quantity shown);       // joins the back of its level
    void take_off(LiveOrder& order, engine::Quantity quantity); // of what the book shows; the last of it: it leaves
    void hold(LiveOrder& order);
    void fill(engine::OrderId id, const engine::Event& event, const engine::TradeExecuted& trade, bool is_maker);
    void prevent(engine::OrderId id, const engine::Event& event, const engine::MatchPrevented& e,
                 engine::OrderId other);
    void close(const engine::Event& event, engine::OrderId id, OrderStatus status, std::string_view reason);
    void retire(const LiveOrder& order);
    Changes::Execution& executed(std::string_view type, const LiveOrder& order);

    engine::EventSeq event_seq_{};
    engine::CommandSeq command_{};  // being folded
    engine::Timestamp time_;
    LiveState market_;
    std::uint64_t market_status_seq_{};  // commands that changed the market's own state
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
