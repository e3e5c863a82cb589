// A reply's body that comes into being while it is sent. It has no length: the connection ends with it.
#pragma once

#include <ostream>  // before Boost 1.81, whose string_view forgets it

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace buttonwood::api::http {

class BodyStream {
public:
    BodyStream() = default;
    BodyStream(const BodyStream&) = delete;
    virtual ~BodyStream() = default;
    // Writes until there is no more, the peer is gone or the server ends. I/O thread.
    virtual boost::asio::awaitable<void> write_to(boost::beast::tcp_stream& stream) = 0;
};

}  // namespace buttonwood::api::http
