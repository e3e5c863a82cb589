// An order of the stream as the JSON object that the API takes.
#pragma once

#include "bench/decimal.hpp"
#include "bench/load_client.hpp"

namespace buttonwood::bench {

inline void append_order_json(std::string& out, const LoadTarget& target, const StreamOrder& order,
                              std::uint64_t number) {
    const bool buys = order.side == engine::Side::Buy;
    out += R"({"symbol":")";
    out += target.symbol;
    out += buys ? R"(","side":"buy","type":"limit","time_in_force":"gtc","quantity":")"
                : R"(","side":"sell","type":"limit","time_in_force":"gtc","quantity":")";
    out += std::to_string(order.quantity);
    out += R"(","price":")";
    out += to_decimal(order.price, kStreamPriceScale);
    out += R"(","account":")";
    out += buys ? target.buyer : target.seller;
    out += R"(","self_trade_prevention":"none","client_order_id":")";
    out += target.id_prefix;
    out += std::to_string(number);
    out += R"("})";
}

}  // namespace buttonwood::bench
