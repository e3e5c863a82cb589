#include "bench/book_mirror.hpp"

#include "bench/decimal.hpp"

#include <zlib.h>

namespace buttonwood::bench {

namespace {

constexpr std::size_t kChecksumLevels = 10;

// The digits of "0.0550" as the checksum takes them: "550".
void append_digits(std::string& out, std::string_view decimal) {
    bool leading = true;
    for (const char c : decimal) {
        if (c == '.' || (leading && c == '0')) continue;
        leading = false;
        out.push_back(c);
    }
}

}  // namespace

std::expected<void, std::string> BookMirror::apply(const nlohmann::json& message) {
    const bool is_snapshot = message.value("type", "") == "snapshot";
    const auto& data = message.at("data").at(0);
    std::string problem = check_order(message);
    if (is_snapshot) {
        bids_.clear();
        asks_.clear();
        has_snapshot_ = true;
    }
    seq_ = message.at("seq");
    event_seq_ = message.at("event_seq");
    for (std::string found : {merge(bids_, data.at("bids"), true), merge(asks_, data.at("asks"), false)})
        if (problem.empty()) problem = std::move(found);

    const TopOfBook now = top();
    if (problem.empty() && now.ask && now.bid && now.bid->price >= now.ask->price) problem = "the book is crossed";
    if (const std::uint32_t sent = data.at("checksum"), own = checksum(); problem.empty() && sent != own)
        problem = "checksum " + std::to_string(sent) + " sent, " + std::to_string(own) + " computed";
    if (problem.empty()) return {};
    return std::unexpected("book seq " + std::to_string(seq_) + ": " + problem);
}

std::string BookMirror::check_order(const nlohmann::json& message) const {
    const std::uint64_t seq = message.at("seq");
    const std::uint64_t event_seq = message.at("event_seq");
    if (message.at("type") == "snapshot") return {};
    if (!has_snapshot_) return "an update before the snapshot";
    if (seq != seq_ + 1) return "follows seq " + std::to_string(seq_);
    if (message.at("prev_seq") != seq_) return "prev_seq is " + message.at("prev_seq").dump();
    if (event_seq <= event_seq_) return "event_seq " + std::to_string(event_seq) + " does not rise";
    return {};
}

std::string BookMirror::merge(Levels& levels, const nlohmann::json& changes, bool bids) {
    for (const auto& change : changes) {
        Level level{change.at("price"), change.at("qty")};
        const auto price = to_units(level.price, price_scale_);
        const auto quantity = to_units(level.quantity, quantity_scale_);
        if (!price || !quantity || *quantity < 0) return "not a level: " + change.dump();
        const auto units = static_cast<std::int64_t>(*price);
        const std::int64_t key = bids ? ~units : units;
        if (*quantity == 0)
            levels.erase(key);
        else
            levels[key] = std::move(level);
    }
    if (depth_ != 0)
        while (levels.size() > depth_) levels.erase(std::prev(levels.end()));
    return {};
}

std::optional<TopLevel> BookMirror::best(const Levels& levels) const {
    if (levels.empty()) return std::nullopt;
    const Level& level = levels.begin()->second;
    return TopLevel{static_cast<std::int64_t>(to_units(level.price, price_scale_).value()),
                    static_cast<std::int64_t>(to_units(level.quantity, quantity_scale_).value())};
}

TopOfBook BookMirror::top() const { return {best(asks_), best(bids_)}; }

std::uint32_t BookMirror::checksum() const {
    std::string digits;
    for (const Levels* side : {&asks_, &bids_}) {
        std::size_t left = kChecksumLevels;
        for (const auto& [key, level] : *side) {
            if (left-- == 0) break;
            append_digits(digits, level.price);
            append_digits(digits, level.quantity);
        }
    }
    const auto* bytes = reinterpret_cast<const Bytef*>(digits.data());
    return static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(digits.size())));
}

nlohmann::json BookMirror::levels_as_json(const Levels& levels) {
    auto out = nlohmann::json::array();
    for (const auto& [key, level] : levels) out.push_back({level.price, level.quantity});
    return out;
}

}  // namespace buttonwood::bench
