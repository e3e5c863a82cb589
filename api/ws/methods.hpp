// The meaning half of a WebSocket session: who the client is, what it asks, what it listens to.
// Thread safety: I/O thread.
#pragma once

#include "api/identity.hpp"
#include "api/json_reader.hpp"
#include "api/orders.hpp"
#include "api/ws/connection.hpp"

#include <boost/asio/steady_timer.hpp>

namespace buttonwood::api::ws {

class Methods {
public:
    Methods(Connection& connection, Services& services, std::optional<Identity> who);

    void handle(std::string_view text);
    void end();  // the connection is over

private:
    // What an answer must repeat of its request.
    struct Call {
        std::string method;
        std::string req_id;  // JSON text, "null" when absent
        engine::Timestamp time_in;
    };
    using Result = std::expected<std::string, Problem>;  // the result as JSON

    void dispatch(const Call& call, const JsonValue& params);
    [[nodiscard]] Result authenticate(const JsonValue& params);
    void subscribe(const Call& call, const JsonValue& params, bool on);
    [[nodiscard]] Result subscribe_one(std::string_view channel, std::string_view symbol, std::size_t depth, bool on,
                                       std::function<void()>& then);
    void place(const Call& call, const JsonValue& params);
    void amend(const Call& call, const JsonValue& params);
    void cancel(const Call& call, const JsonValue& params);
    void cancel_all(const Call& call, const JsonValue& params);
    void place_group(const Call& call, const JsonValue& params);
    void cancel_after(const Call& call, const JsonValue& params);
    // Hands a command over; answer() turns its outcome into a result.
    template <class Command> void submit(const Call& call, OrProblem<Command> command,
                                         std::function<Result(const Outcome&, const LiveView&)> answer);
    [[nodiscard]] std::optional<Problem> trader_needed() const;
    void reply(const Call& call, const Result& result);
    void beat();

    struct Subscription {
        std::string channel;
        std::string symbol;
        std::size_t depth{};
        bool operator==(const Subscription&) const = default;
    };
    Connection& connection_;
    Services& services_;
    std::optional<Identity> who_;
    std::vector<Subscription> subscriptions_;
    std::shared_ptr<boost::asio::steady_timer> heartbeat_;
    std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
    std::shared_ptr<std::size_t> in_flight_ = std::make_shared<std::size_t>(0);
    bool beating_ = false;
};

}  // namespace buttonwood::api::ws
