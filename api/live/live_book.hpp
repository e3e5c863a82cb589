// A security's book as the public sees it: quantity and number of orders per price.
//
// While a command's events are folded it remembers which levels they touched, so that the streams send just those.
// Thread safety: none.
#pragma once

#include "engine/types.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace buttonwood::api {

struct LiveLevel {
    std::int64_t units{};  // total open quantity
    std::uint32_t order_count{};
};

class LiveBook {
public:
    // Ordered from the best price outwards on both sides: the key is the price for offers, its complement for bids.
    using Levels = std::map<std::int64_t, LiveLevel>;

    void add(engine::Side side, engine::Price price, engine::Quantity quantity);
    // Takes quantity off a level; order_gone: one order less stands there.
    void take(engine::Side side, engine::Price price, engine::Quantity quantity, bool order_gone);

    [[nodiscard]] const Levels& levels(engine::Side side) const { return side == engine::Side::Buy ? bids_ : offers_; }
    [[nodiscard]] static engine::Price price_of(engine::Side side, std::int64_t key) {
        return {side == engine::Side::Buy ? ~key : key};
    }
    // Price and quantity of the best level; false when the side is empty.
    bool best(engine::Side side, engine::Price& price, engine::Quantity& quantity) const;

    struct Touch {
        engine::Side side{};
        engine::Price price;
    };
    // Levels changed since clear_touched(), each once, in the order of their first change.
    [[nodiscard]] const std::vector<Touch>& touched() const { return touched_; }
    void clear_touched() { touched_.clear(); }
    // Quantity at a price, 0 where there is no level.
    [[nodiscard]] engine::Quantity quantity_at(engine::Side side, engine::Price price) const;

    // Saving and loading; what was touched is forgotten.
    template <class Archive, class Book> static void fields(Archive& archive, Book& book) {
        for (auto* side : {&book.bids_, &book.offers_}) {
            if constexpr (Archive::kLoads)
                archive.template each_of<std::pair<std::int64_t, LiveLevel>>([&](auto& level) {
                    archive(level.first, level.second.units, level.second.order_count);
                    side->emplace(level);
                });
            else
                archive.each(*side, [&](const auto& level) {
                    archive(level.first, level.second.units, level.second.order_count);
                });
        }
    }

    // CRC32 over the best ten levels of each side, as api/README.md defines it.
    [[nodiscard]] std::uint32_t checksum() const;

private:
    static std::int64_t key_of(engine::Side side, engine::Price price) {
        return side == engine::Side::Buy ? ~price.units : price.units;
    }
    Levels& levels(engine::Side side) { return side == engine::Side::Buy ? bids_ : offers_; }
    void touch(engine::Side side, engine::Price price);

    Levels bids_;
    Levels offers_;
    std::vector<Touch> touched_;
};

}  // namespace buttonwood::api
