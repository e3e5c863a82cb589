// The running server's parts, as the doors see them, and the TCP listener in front of them.
#pragma once

#include "api/gateway.hpp"
#include "api/past_reads.hpp"
#include "api/reads.hpp"
#include "eventstore/pipeline.hpp"
#include "projections/worker.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace buttonwood::api {

class EventReads;
class ProjectionControl;
namespace http { class Router; }
namespace ws { class Hub; }

inline constexpr std::size_t kMaxConnections = 2'000;
inline constexpr const char* kVersion = "0.1.0";

// References outlive every session: the server stops its sessions first.
struct Services {
    boost::asio::io_context& io;
    const LiveView& view;
    Gateway& gateway;
    Reads& reads;
    PastReads& past;
    ws::Hub& hub;
    eventstore::Pipeline& pipeline;
    projections::Workers& workers;
    ProjectionControl& projection_control;
    EventReads& events;
    bool bench_profile = false;
    std::size_t connections = 0;
    bool draining = false;

    // Reads go on from memory, as of their event_seq, and say so; nothing is acknowledged.
    [[nodiscard]] bool store_is_away() const {
        return pipeline.status().state == eventstore::PipelineState::StoreAway;
    }
};

// Accepts connections until the io_context stops. Throws boost::system::system_error when the address cannot be used.
class Listener {
public:
    Listener(Services& services, const http::Router& router, const std::string& host, std::uint16_t port);
    void start();
    void stop();
    [[nodiscard]] std::string url() const;  // http://127.0.0.1:8080

private:
    boost::asio::awaitable<void> accept();

    Services& services_;
    const http::Router& router_;
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace buttonwood::api
