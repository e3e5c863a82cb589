// A client's copy of one order book, built from the `book` channel and nothing else.
//
// Checks what the channel promises: a snapshot first, seq + 1 without holes, prev_seq honest, event_seq rising, the
// CRC32 of every message equal to the copy's, best bid below best ask. Thread safety: one thread at a time.
#pragma once

#include "bench/flow_file.hpp"

#include <nlohmann/json.hpp>

#include <expected>
#include <map>
#include <string>

namespace buttonwood::bench {

class BookMirror {
public:
    // depth as subscribed, 0 = full.
    BookMirror(std::size_t depth, int price_scale, int quantity_scale)
        : depth_(depth), price_scale_(price_scale), quantity_scale_(quantity_scale) {}

    // Applies one message of the channel. The error says which promise it breaks; the copy is as good as it gets then.
    [[nodiscard]] std::expected<void, std::string> apply(const nlohmann::json& message);

    [[nodiscard]] bool has_snapshot() const { return has_snapshot_; }
    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    [[nodiscard]] std::uint64_t event_seq() const { return event_seq_; }
    [[nodiscard]] TopOfBook top() const;

    // Both sides from the best level outwards, as ["25.50", "100"] pairs of the strings that were sent.
    [[nodiscard]] nlohmann::json bids() const { return levels_as_json(bids_); }
    [[nodiscard]] nlohmann::json asks() const { return levels_as_json(asks_); }
    [[nodiscard]] std::uint32_t checksum() const;

private:
    struct Level {
        std::string price;
        std::string quantity;
    };
    // Keyed so that the first level is the best one: asks by price, bids by its complement.
    using Levels = std::map<std::int64_t, Level>;

    [[nodiscard]] std::string merge(Levels& levels, const nlohmann::json& changes, bool bids);
    [[nodiscard]] std::string check_order(const nlohmann::json& message) const;
    [[nodiscard]] static nlohmann::json levels_as_json(const Levels& levels);
    [[nodiscard]] std::optional<TopLevel> best(const Levels& levels) const;

    std::size_t depth_;
    int price_scale_;
    int quantity_scale_;
    bool has_snapshot_ = false;
    std::uint64_t seq_ = 0;
    std::uint64_t event_seq_ = 0;
    Levels bids_;
    Levels asks_;
};

}  // namespace buttonwood::bench
