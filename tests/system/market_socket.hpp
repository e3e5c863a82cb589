// A WebSocket of a market under test. What fails fails the running test case.
#pragma once

#include "tests/support/ws_client.hpp"
#include "tests/system/market.hpp"

#include <utility>
#include <vector>

namespace buttonwood::test {

inline WsClient open_socket(const Market& market) {
    auto socket = WsClient::connect(market.url());
    if (!socket) FAIL(socket.error());
    return std::move(*socket);
}

// The result of a call that must succeed. others: takes the messages that came before the answer.
inline json must_call(WsClient& socket, const std::string& method, const json& params,
                      std::vector<json>* others = nullptr) {
    const auto answer = socket.call(method, params, others);
    REQUIRE(answer.has_value());
    INFO(answer->dump());
    REQUIRE(answer->at("success") == true);
    return answer->at("result");
}

}  // namespace buttonwood::test
