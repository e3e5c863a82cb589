#include "api/ws/hub.hpp"

#include "api/render.hpp"
#include "engine/names.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::api::ws {
namespace {

using engine::Side;
using Window = BookWindow;

// The members that every stream message starts with.
void write_head(JsonWriter& w, std::string_view channel, std::string_view type, std::string_view subject_name,
                std::optional<std::string_view> subject, std::uint64_t seq, engine::EventSeq event_seq,
                engine::Timestamp time) {
    w.member("channel", channel);
    w.member("type", type);
    w.member(subject_name, subject);
    w.member("seq", seq);
    w.member("event_seq", event_seq);
    w.member("time", eventstore::to_rfc3339(time));
}

Window window_of(const LiveBook& book, Side side, std::size_t depth) {
    Window window;
    window.reserve(depth);
    for (const auto& [key, level] : book.levels(side)) {
        if (depth != kFullDepth && window.size() == depth) break;
        window.emplace_back(key, level.units);
    }
    return window;
}

void write_level(JsonWriter& w, const LiveSecurity& s, engine::Price price, engine::Quantity quantity) {
    w.object([&] {
        w.member("price", price_text(s, price));
        w.member("qty", quantity.units == 0 ? std::string("0") : quantity_text(s, quantity));
    });
}

// What a client must apply to turn the old window into the new one.
void write_difference(JsonWriter& w, const LiveSecurity& s, Side side, const Window& before, const Window& after) {
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        if (now == after.end() || (old != before.end() && old->first < now->first)) {
            write_level(w, s, LiveBook::price_of(side, old->first), {});
            ++old;
            continue;
        }
        const bool known = old != before.end() && old->first == now->first;
        if (!known || old->second != now->second)
            write_level(w, s, LiveBook::price_of(side, now->first), {now->second});
        if (known) ++old;
        ++now;
    }
}

void write_execution(JsonWriter& w, const Changes::Execution& e, const LiveSecurity& s) {
    w.object([&] {
        w.member("exec_type", e.type);
        write_order(w, e.order, s, {});
        w.member("last_price", e.trade ? std::optional(price_text(s, e.trade->price)) : std::nullopt);
        w.member("last_quantity", e.trade ? std::optional(quantity_text(s, e.trade->quantity)) : std::nullopt);
        w.member("trade_id", e.trade ? std::optional(to_text(e.trade->id)) : std::nullopt);
        w.member("liquidity", e.trade ? std::optional(std::string_view(e.is_maker ? "maker" : "taker")) : std::nullopt);
        if (!e.prevented) return w.member("prevented", nullptr);
        w.object("prevented", [&] {
            w.member("order_id", to_text(e.prevented->other));
            w.member("price", price_text(s, e.prevented->price));
            w.member("quantity", quantity_text(s, e.prevented->quantity));
            w.member("self_trade_prevention", engine::word_of(e.prevented->mode));
        });
    });
}

}  // namespace

std::optional<Topic> topic_of(std::string_view channel) {
    for (const Topic topic : {Topic::Trades, Topic::Ticker, Topic::Auction, Topic::Status})
        if (name_of(topic) == channel) return topic;
    return std::nullopt;
}

std::string_view name_of(Topic topic) {
    switch (topic) {
        case Topic::Trades: return "trades";
        case Topic::Ticker: return "ticker";
        case Topic::Auction: return "auction";
        case Topic::Status: return "status";
    }
    return "unknown";
}

bool is_book_depth(std::size_t depth) {
    return depth == kFullDepth || depth == 10 || depth == 25 || depth == 100 || depth == 500;
}

void Hub::send_all(const Subscribers& subscribers, std::string text) {
    const auto message = std::make_shared<const std::string>(std::move(text));
    for (Subscriber* s : subscribers) s->send(message);
}

void Hub::subscribe_book(Subscriber& s, const LiveSecurity& security, std::size_t depth) {
    BookGroup& group = books_[{security.terms.security, depth}];
    if (group.subscribers.empty() && depth != kFullDepth) {
        group.bids = window_of(security.book, Side::Buy, depth);
        group.offers = window_of(security.book, Side::Sell, depth);
    }
    group.subscribers.insert(&s);
    JsonWriter w;
    w.object([&] {
        write_head(w, "book", "snapshot", "symbol", security.symbol(), security.book_seq, view_.event_seq(),
                   view_.time());
        w.array("data", [&] {
            w.object([&] {
                for (const auto& [side, name] : {std::pair(Side::Buy, "bids"), std::pair(Side::Sell, "asks")})
                    w.array(name,
                            [&] { write_difference(w, security, side, {}, window_of(security.book, side, depth)); });
                w.member("checksum", security.book.checksum());
            });
        });
    });
    s.send(std::make_shared<const std::string>(w.take()));
}

void Hub::publish_book(const LiveSecurity& security, std::size_t depth, BookGroup& group) {
    JsonWriter w;
    w.object([&] {
        write_head(w, "book", "update", "symbol", security.symbol(), security.book_seq, view_.event_seq(),
                   view_.time());
        w.member("prev_seq", security.book_seq - 1);
        w.array("data", [&] {
            w.object([&] {
                for (const auto& [side, name] : {std::pair(Side::Buy, "bids"), std::pair(Side::Sell, "asks")})
                    w.array(name, [&] {
                        if (depth == kFullDepth) {
                            for (const LiveBook::Touch& t : security.book.touched())
                                if (t.side == side)
                                    write_level(w, security, t.price, security.book.quantity_at(side, t.price));
                            return;
                        }
                        Window& before = side == Side::Buy ? group.bids : group.offers;
                        Window after = window_of(security.book, side, depth);
                        write_difference(w, security, side, before, after);
                        before = std::move(after);
                    });
                w.member("checksum", security.book.checksum());
            });
        });
    });
    send_all(group.subscribers, w.take());
}

std::uint64_t Hub::seq_of(Topic topic, const LiveSecurity* security) const {
    switch (topic) {
        case Topic::Trades: return security->trade_seq;
        case Topic::Ticker: return security->ticker_seq;
        case Topic::Auction: return security->auction_seq;
        case Topic::Status: return security ? security->status_seq : view_.market_status_seq();
    }
    return 0;
}

// A snapshot, or an update, of a topic whose messages say everything (trades: the newest 50).
std::string Hub::message(Topic topic, std::string_view type, const LiveSecurity* security) const {
    JsonWriter w;
    w.object([&] {
        write_head(w, name_of(topic), type, "symbol", security ? std::optional(security->symbol()) : std::nullopt,
                   seq_of(topic, security), view_.event_seq(), view_.time());
        w.array("data", [&] {
            switch (topic) {
                case Topic::Trades: {
                    const std::size_t size = security->trades.size();
                    for (std::size_t i = size > 50 ? size - 50 : 0; i < size; ++i)
                        write_trade(w, security->trades[i], *security);
                    return;
                }
                case Topic::Ticker: return w.raw_element(ticker_json(*security, view_.event_seq(), view_.time()));
                case Topic::Auction: return w.raw_element(auction_json(*security, view_.event_seq()));
                case Topic::Status:
                    return w.object([&] { write_state(w, security ? security->state : view_.market_state()); });
            }
        });
    });
    return w.take();
}

void Hub::subscribe(Subscriber& s, Topic topic, const LiveSecurity* security) {
    topics_[{topic, id_of(security)}].insert(&s);
    s.send(std::make_shared<const std::string>(message(topic, "snapshot", security)));
}

void Hub::publish(Topic topic, engine::SecurityId id) {
    const auto it = topics_.find({topic, id});
    if (it == topics_.end() || it->second.empty()) return;
    send_all(it->second, message(topic, "update", view_.security(id)));
}

void Hub::subscribe_executions(Subscriber& s, engine::UserId user) {
    executions_[user].insert(&s);
    for (const engine::AccountId id : view_.user(user)->accounts) {
        const LiveAccount& account = *view_.account(id);
        JsonWriter w;
        w.object([&] {
            write_head(w, "executions", "snapshot", "account_id", to_text(id), account.execution_seq, view_.event_seq(),
                       view_.time());
            w.array("data", [&] {
                for (const engine::OrderId order_id : account.open_orders) {
                    const LiveOrder& order = *view_.order(order_id);
                    write_execution(w, {"new", id, 0, order, std::nullopt, false, std::nullopt},
                                    *view_.security(order.security));
                }
            });
        });
        s.send(std::make_shared<const std::string>(w.take()));
    }
}

void Hub::publish_executions(const Changes::Execution& e) {
    const auto it = executions_.find(view_.account(e.account)->user);
    if (it == executions_.end() || it->second.empty()) return;
    JsonWriter w;
    w.object([&] {
        write_head(w, "executions", "update", "account_id", to_text(e.account), e.seq, e.order.event_seq,
                   e.order.updated_at);
        w.array("data", [&] { write_execution(w, e, *view_.security(e.order.security)); });
    });
    send_all(it->second, w.take());
}

void Hub::on_changes(const Changes& changes) {
    if (all_.empty()) return;
    for (const engine::SecurityId id : changes.books) {
        const LiveSecurity& security = *view_.security(id);
        for (auto it = books_.lower_bound({id, 0}); it != books_.end() && it->first.first == id; ++it)
            if (!it->second.subscribers.empty()) publish_book(security, it->first.second, it->second);
    }
    publish_trades(changes);
    for (const engine::SecurityId id : changes.tickers) publish(Topic::Ticker, id);
    for (const engine::SecurityId id : changes.states) publish(Topic::Status, id);
    if (changes.market_state) publish(Topic::Status, engine::SecurityId::None);
    for (const engine::SecurityId id : changes.auctions) publish(Topic::Auction, id);
    for (const Changes::Execution& e : changes.executions) publish_executions(e);
}

void Hub::publish_trades(const Changes& changes) {
    std::map<engine::SecurityId, std::uint64_t> left;  // trades of this command still to be numbered
    for (const auto& [id, trade] : changes.trades) ++left[id];
    for (const auto& [id, trade] : changes.trades) {
        const LiveSecurity& security = *view_.security(id);
        const std::uint64_t seq = security.trade_seq - --left[id];
        const auto it = topics_.find({Topic::Trades, id});
        if (it == topics_.end() || it->second.empty()) continue;
        JsonWriter w;
        w.object([&] {
            write_head(w, "trades", "update", "symbol", security.symbol(), seq, trade.event_seq, trade.time);
            w.array("data", [&] { write_trade(w, trade, security); });
        });
        send_all(it->second, w.take());
    }
}

void Hub::unsubscribe_book(Subscriber& s, engine::SecurityId security, std::size_t depth) {
    const auto it = books_.find({security, depth});
    if (it == books_.end()) return;
    it->second.subscribers.erase(&s);
    if (it->second.subscribers.empty()) books_.erase(it);
}

void Hub::unsubscribe_all(Subscriber& s) {
    all_.erase(&s);
    for (auto it = books_.begin(); it != books_.end();) {
        it->second.subscribers.erase(&s);
        it = it->second.subscribers.empty() ? books_.erase(it) : std::next(it);
    }
    for (auto& [subject, subscribers] : topics_) subscribers.erase(&s);
    for (auto& [id, subscribers] : executions_) subscribers.erase(&s);
}

void Hub::go_away() {
    const Subscribers everyone = all_;
    for (Subscriber* s : everyone) s->go_away();
}

}  // namespace buttonwood::api::ws
