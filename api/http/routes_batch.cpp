// Many orders in one request: each is a command of its own, decided in the order of the list, with its own answer. They
// are on their way together, so a batch takes hardly longer than one.
#include "api/http/routes.hpp"
#include "api/ids.hpp"
#include "api/json_writer.hpp"
#include "api/members.hpp"
#include "api/orders.hpp"

#include <boost/asio/redirect_error.hpp>

namespace buttonwood::api::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxBatch = 100;

// The answers of a batch as they come in. Lives until the last one is there, even if nobody waits any more.
struct Batch {
    Batch(const Services& services, const Request& request, std::size_t size)
        : view(services.view),
          path(request.path()),
          request_id(request.request_id),
          answers(size),
          missing(size),
          complete(services.io, asio::steady_timer::time_point::max()) {}

    void answer(std::size_t place, int status, const OrderAnswer& order) {
        JsonWriter w;
        w.object([&] {
            w.member("status", status);
            w.member("order_id", to_text(order.order));
            w.member("replayed", order.replayed);
            w.raw_member("order", order.json.empty() ? "null" : order.json);  // one that memory has forgotten
            w.member("error", nullptr);
        });
        take(place, w.take());
    }
    void answer(std::size_t place, const Problem& problem) {
        JsonWriter w;
        w.object([&] {
            w.member("status", problem.status);
            w.member("order_id", nullptr);
            w.member("replayed", false);
            w.member("order", nullptr);
            w.raw_member("error", to_json(problem, {path, request_id.view(), view.event_seq()}));
        });
        take(place, w.take());
    }

    const LiveView& view;
    const std::string path;
    const engine::RequestId request_id;
    std::vector<std::string> answers;  // of the items, as JSON
    std::size_t missing;
    asio::steady_timer complete;  // canceled with the last answer

private:
    void take(std::size_t place, std::string json) {
        answers[place] = std::move(json);
        if (--missing == 0) complete.cancel();
    }
};

enum class Kind : unsigned char { Place, Cancel };

OrProblem<engine::Command> read_item(const Services& s, const Request& r, Kind kind, const JsonValue& item) {
    if (item.kind != JsonValue::Kind::Object)
        return std::unexpected(problem("invalid_type", "Each element must be an object."));
    if (kind == Kind::Place) {
        auto order = read_place(item, s.view, r.who);
        if (!order) return std::unexpected(std::move(order.error()));
        return engine::Command(std::move(*order));
    }
    auto target = read_cancel(item, s.view, r.who);
    if (!target) return std::unexpected(std::move(target.error()));
    return engine::Command(std::move(*target));
}

// No coroutine: what is moved into the completions stays out of GCC 12's sight (README, Decisions).
void submit(Services& s, const Request& r, Kind kind, const JsonValue& item, const std::shared_ptr<Batch>& batch,
            std::size_t place) {
    auto command = read_item(s, r, kind, item);
    if (!command) return batch->answer(place, command.error());
    s.gateway.submit(r.who.user, r.request_id, std::move(*command), [batch, place, kind](const Outcome& outcome) {
        const auto done =
            kind == Kind::Place ? place_answer(outcome, batch->view) : cancel_answer(outcome, batch->view);
        if (!done) return batch->answer(place, done.error());
        batch->answer(place, kind == Kind::Place && !done->replayed ? 201 : 200, *done);
    });
}

asio::awaitable<Result> run_batch(Services& s, Request& r, Kind kind) {
    const auto body = body_json(r);
    if (!body) co_return std::unexpected(body.error());
    Members m(*body, {"orders"});
    const auto items = m.list("orders");
    if (m.failed()) co_return std::unexpected(m.problem());
    if (items.empty() || items.size() > kMaxBatch)
        co_return std::unexpected(field_problem("invalid_type", "/orders", "A batch has 1 to 100 elements.",
                                                std::to_string(kMaxBatch), std::to_string(items.size())));
    const auto batch = std::make_shared<Batch>(s, r, items.size());
    for (std::size_t i = 0; i < items.size(); ++i) submit(s, r, kind, items[i], batch, i);
    boost::system::error_code ignored;
    if (batch->missing > 0) co_await batch->complete.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    JsonWriter w;
    w.object([&] {
        w.array("data", [&] {
            for (const std::string& answer : batch->answers) w.raw_element(answer);
        });
        w.member("event_seq", s.view.event_seq());
    });
    co_return json_reply(200, w.take(), s.view.event_seq());
}

}  // namespace

void add_batch_routes(Router& router, Services& s) {
    router.add(Verb::post, "/v1/orders/batch", Access::Trader, {},
               [&s](Request& r) { return run_batch(s, r, Kind::Place); });
    router.add(Verb::post, "/v1/orders/batch-cancel", Access::Trader, {},
               [&s](Request& r) { return run_batch(s, r, Kind::Cancel); });
}

}  // namespace buttonwood::api::http
