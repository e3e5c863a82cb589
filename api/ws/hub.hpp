// Who listens to what, and the messages of the public and private streams.
//
// After each command the changed books, trades, tickers and orders become messages: built once, shared by all who
// listen. A book of limited depth sends what entered, changed or left its window. Thread safety: I/O thread.
#pragma once

#include "api/live/live_view.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace buttonwood::api::ws {

using Message = std::shared_ptr<const std::string>;

// The levels of one side that a listener has, from the best outwards: (key of LiveBook, units).
using BookWindow = std::vector<std::pair<std::int64_t, std::int64_t>>;

// One who can be sent messages. Must unsubscribe_all() before it goes.
class Subscriber {
public:
    virtual ~Subscriber() = default;
    virtual void send(Message message) = 0;
    virtual void go_away() = 0;  // the server stops
};

// The public streams besides the books: one subject each, a security or, for Status alone, the whole market.
enum class Topic : unsigned char { Trades, Ticker, Auction, Status };
[[nodiscard]] std::optional<Topic> topic_of(std::string_view channel);
[[nodiscard]] std::string_view name_of(Topic topic);

inline constexpr std::size_t kFullDepth = 0;
[[nodiscard]] bool is_book_depth(std::size_t depth);  // 0 (full), 10, 25, 100, 500

class Hub {
public:
    explicit Hub(const LiveView& view) : view_(view) {}

    // Each sends the snapshot at once; updates follow without a hole.
    void subscribe_book(Subscriber& s, const LiveSecurity& security, std::size_t depth);
    void subscribe(Subscriber& s, Topic topic, const LiveSecurity* security);  // nullptr: the whole market
    void subscribe_executions(Subscriber& s, engine::UserId user);
    void unsubscribe_book(Subscriber& s, engine::SecurityId security, std::size_t depth);
    void unsubscribe(Subscriber& s, Topic topic, const LiveSecurity* security) {
        topics_[{topic, id_of(security)}].erase(&s);
    }
    void unsubscribe_executions(Subscriber& s, engine::UserId user) { executions_[user].erase(&s); }
    void unsubscribe_all(Subscriber& s);

    void attach(Subscriber& s) { all_.insert(&s); }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    // The seq of the newest message of a topic.
    [[nodiscard]] std::uint64_t seq_of(Topic topic, const LiveSecurity* security) const;
    // Tells every session that the server stops.
    void go_away();

    // One command was folded.
    void on_changes(const Changes& changes);

private:
    using Subscribers = std::set<Subscriber*>;
    // One depth of one book: its listeners, and the window they have.
    struct BookGroup {
        Subscribers subscribers;
        BookWindow bids;
        BookWindow offers;
    };
    void publish_book(const LiveSecurity& security, std::size_t depth, BookGroup& group);
    void publish_trades(const Changes& changes);
    void publish(Topic topic, engine::SecurityId id);
    [[nodiscard]] std::string message(Topic topic, std::string_view type, const LiveSecurity* security) const;
    void publish_executions(const Changes::Execution& execution);
    static engine::SecurityId id_of(const LiveSecurity* security) {
        return security ? security->terms.security : engine::SecurityId::None;
    }
    static void send_all(const Subscribers& subscribers, std::string text);

    const LiveView& view_;
    Subscribers all_;
    std::map<std::pair<engine::SecurityId, std::size_t>, BookGroup> books_;
    std::map<std::pair<Topic, engine::SecurityId>, Subscribers> topics_;
    std::unordered_map<engine::UserId, Subscribers> executions_;
};

}  // namespace buttonwood::api::ws
