// The first start: an operator on an empty log, the demo market on request, all by commands through the engine.
#pragma once

#include "api/cli/cli.hpp"
#include "api/gateway.hpp"

#include <expected>
#include <string>

namespace buttonwood::api::cli {

// Runs the loop until its commands are durable. Keys are written to <data_dir>/operator.key and personas.json, readable
// by their owner only. The error is one line that says what to do.
[[nodiscard]] std::expected<void, std::string> bootstrap(const ServeOptions& options, boost::asio::io_context& io,
                                                         Gateway& gateway, const LiveView& view);

// The page's address, who is who with their keys, and curl lines that work when pasted.
void print_personas(const std::string& data_dir, const std::string& url);

}  // namespace buttonwood::api::cli
