#include "api/http/event_stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;
using boost::beast::tcp_stream;
using boost::system::error_code;
using engine::EventSeq;
using namespace std::chrono_literals;

constexpr auto kAfterFailure = 500ms;

std::string id_alone(EventSeq seq) { return "id: " + std::to_string(seq) + "\n\n"; }

std::string text_of(const std::vector<EventLine>& lines) {
    std::string text;
    for (const EventLine& line : lines) {
        ((text += "id: ") += std::to_string(line.seq)) += "\nevent: ";
        (((text += line.type) += "\ndata: ") += line.json) += "\n\n";  // JSON on one line: nothing to split
    }
    return text;
}

bool may_go_on(const LiveView& view, const Identity& who) {
    const LiveKey* key = view.key(who.key);
    const LiveUser* user = view.user(who.user);
    return key && !key->revoked && user && user->status != engine::UserStatus::Closed &&
           (user->roles.has(engine::Role::Operator) || user->roles.has(engine::Role::Admin));
}

bool peer_is_gone(tcp_stream& stream) {
    char byte = 0;
    const auto got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace

EventStream::EventStream(Services& services, const Identity& who, EventFilter filter, EventSeq after,
                         std::shared_ptr<void> place)
    : services_(services),
      who_(who),
      filter_(std::move(filter)),
      place_(std::move(place)),
      position_(after),
      told_(after) {}

EventSeq EventStream::readable() {
    const EventSeq durable = services_.view.event_seq();
    const EventSeq table = std::min(services_.workers.checkpoint("events"), durable);
    if (table != table_ || table == durable) table_moved_ = Clock::now();
    table_ = table;
    return Clock::now() - table_moved_ < kTablePatience ? table : durable;
}

bool EventStream::over(tcp_stream& stream) const {
    return services_.draining || !may_go_on(services_.view, who_) || peer_is_gone(stream);
}

asio::awaitable<bool> EventStream::send(tcp_stream& stream, const std::string& text) const {
    std::size_t sent = 0;
    error_code error;
    while (sent < text.size() && !error) {
        stream.expires_after(kStallTimeout);
        sent += co_await stream.async_write_some(asio::buffer(text.data() + sent, text.size() - sent),
                                                 asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error;
}

asio::awaitable<void> EventStream::rest(std::chrono::milliseconds time) const {
    asio::steady_timer timer(services_.io, time);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> EventStream::write_to(tcp_stream& stream) {
    std::string text = "retry: 1000\n" + id_alone(position_);
    auto said = Clock::now();
    while (co_await send(stream, text)) {
        if (!text.empty()) said = Clock::now();
        text.clear();
        if (over(stream)) co_return;
        if (Clock::now() - said >= kHeartbeatInterval) {
            text = ": heartbeat\n";
            text += told_ == position_ ? "\n" : id_alone(position_);
            told_ = position_;
            continue;
        }
        EventQuery query{position_, readable(), filter_, kEventsPerWrite};
        if (query.upto <= position_) {
            co_await rest(kLookInterval);
            continue;
        }
        const auto page = co_await services_.events.page(query);
        if (!page && page.error().status != 503) co_return;  // it never will be readable
        if (!page) {
            co_await rest(kAfterFailure);
            continue;
        }
        position_ = page->looked_until;
        text = text_of(page->lines);
        if (!page->lines.empty()) told_ = page->lines.back().seq;
    }
}

}  // namespace buttonwood::api::http
