// Reads recorded order flow: gzip CSV with a header line, columns found by name, integers only.
//
//     NAME.flow.csv.gz   n,[src_row,][time,]op,id,[trader,]side,qty,price   commands in order
//     NAME.fills.csv.gz  n,[taker_id,]maker_id,qty,price                    fills of command n, in order
//     NAME.tob.csv.gz    n,[src_row,]ask_price,ask_qty,bid_price,bid_qty    best levels after command n; or .bbo.csv.gz
//
// The neighbours of a flow file are optional. Prices and quantities are units of the file's own scale, ids any 64-bit
// integer; an IOC has none. A field that a command does not need may be empty, an empty price is "no such side".
// Errors name file, line and column. Thread safety: pure functions and plain values.
#pragma once

#include "engine/types.hpp"

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::bench {

enum class FlowOp : std::uint8_t {
    Seed,     // rests at the start; a negative id stands for the rest of a price level
    New,      // passive limit order
    Reduce,   // lowers the open quantity, keeps its place
    Replace,  // new price and open quantity under the same id, behind its level
    Cancel,
    Ioc,    // takes, never rests
    Limit,  // takes what crosses, the remainder rests
};

struct FlowCommand {
    std::int64_t n{};
    FlowOp op{};
    std::optional<std::int64_t> id;
    std::optional<engine::Side> side;  // a cancel may leave it out
    std::int64_t quantity{};           // > 0, except of a cancel
    std::int64_t price{};
    std::size_t line{};
};

struct FlowFill {
    std::int64_t n{};
    std::int64_t maker_id{};
    std::int64_t quantity{};
    std::int64_t price{};
    friend bool operator==(const FlowFill&, const FlowFill&) = default;
};

struct TopLevel {
    std::int64_t price{};
    std::int64_t quantity{};
    friend bool operator==(const TopLevel&, const TopLevel&) = default;
};

// Best listing and best bid; nothing where a side is empty.
struct TopOfBook {
    std::optional<TopLevel> ask;
    std::optional<TopLevel> bid;
    friend bool operator==(const TopOfBook&, const TopOfBook&) = default;
};

struct TopRow {
    std::int64_t n{};  // several rows may name the same command
    TopOfBook top;
};

// A flow file with its neighbours.
struct FlowSet {
    std::string name;  // the file's, without .flow.csv.gz
    std::vector<FlowCommand> commands;
    std::optional<std::vector<FlowFill>> fills;  // none: no such file
    std::optional<std::vector<TopRow>> tops;
};

// "DIR/NAME.flow.csv.gz" and what lies beside it. The error is one line: file, line, column, what is wrong.
[[nodiscard]] std::expected<FlowSet, std::string> load_flow(const std::filesystem::path& flow_file);

// From the content of one file; `file` is only for messages.
[[nodiscard]] std::expected<std::vector<FlowCommand>, std::string> parse_commands(std::string_view csv,
                                                                                  const std::string& file);
[[nodiscard]] std::expected<std::vector<FlowFill>, std::string> parse_fills(std::string_view csv,
                                                                            const std::string& file);
[[nodiscard]] std::expected<std::vector<TopRow>, std::string> parse_tops(std::string_view csv, const std::string& file);

}  // namespace buttonwood::bench
