// One maker per projection; projection.cpp lists them.
#pragma once

#include "projections/projection.hpp"

namespace buttonwood::projections {

[[nodiscard]] std::unique_ptr<Projection> make_events();
[[nodiscard]] std::unique_ptr<Projection> make_commands();
[[nodiscard]] std::unique_ptr<Projection> make_users();
[[nodiscard]] std::unique_ptr<Projection> make_securities();
[[nodiscard]] std::unique_ptr<Projection> make_orders(engine::Side side);  // bids, listings
[[nodiscard]] std::unique_ptr<Projection> make_trades();
[[nodiscard]] std::unique_ptr<Projection> make_portfolio();
[[nodiscard]] std::unique_ptr<Projection> make_market_data();

}  // namespace buttonwood::projections
