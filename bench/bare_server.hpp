// The yardstick: the least that a Boost.Beast server can do. One thread, coroutines, no routes, no state, no database.
//
// GET answers a constant; POST parses a JSON order with nlohmann/json and dumps an answer of the same shape as ours.
#pragma once

#include <cstdint>
#include <memory>

namespace buttonwood::bench {

class BareServer {
public:
    // Listens on 127.0.0.1; port 0 = any free one. Throws when it cannot.
    explicit BareServer(std::uint16_t port = 0);
    ~BareServer();
    [[nodiscard]] std::uint16_t port() const;
    void run();  // serves until the process ends

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::bench
