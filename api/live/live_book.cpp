#include "api/live/live_book.hpp"

#include "engine/assert.hpp"

#include <algorithm>
#include <boost/crc.hpp>

namespace buttonwood::api {

void LiveBook::touch(engine::Side side, engine::Price price) {
    const auto same = [&](const Touch& t) { return t.side == side && t.price == price; };
    if (std::ranges::none_of(touched_, same)) touched_.push_back({side, price});
}

void LiveBook::add(engine::Side side, engine::Price price, engine::Quantity quantity) {
    LiveLevel& level = levels(side)[key_of(side, price)];
    level.units += quantity.units;
    ++level.order_count;
    touch(side, price);
}

void LiveBook::take(engine::Side side, engine::Price price, engine::Quantity quantity, bool order_gone) {
    Levels& side_levels = levels(side);
    const auto it = side_levels.find(key_of(side, price));
    BUTTONWOOD_ASSERT(it != side_levels.end() && it->second.units >= quantity.units);
    it->second.units -= quantity.units;
    if (order_gone) --it->second.order_count;
    if (it->second.order_count == 0) side_levels.erase(it);
    touch(side, price);
}

bool LiveBook::best(engine::Side side, engine::Price& price, engine::Quantity& quantity) const {
    const Levels& side_levels = levels(side);
    if (side_levels.empty()) return false;
    price = price_of(side, side_levels.begin()->first);
    quantity = {side_levels.begin()->second.units};
    return true;
}

engine::Quantity LiveBook::quantity_at(engine::Side side, engine::Price price) const {
    const auto it = levels(side).find(key_of(side, price));
    return it == levels(side).end() ? engine::Quantity{} : engine::Quantity{it->second.units};
}

std::uint32_t LiveBook::checksum() const {
    // A decimal without its point and leading zeros is the integer itself, whatever the scale.
    boost::crc_32_type crc;
    const auto add_number = [&crc](std::int64_t units) {
        const std::string digits = std::to_string(units);
        crc.process_bytes(digits.data(), digits.size());
    };
    for (const engine::Side side : {engine::Side::Sell, engine::Side::Buy}) {
        int left = 10;
        for (const auto& [key, level] : levels(side)) {
            if (left-- == 0) break;
            add_number(price_of(side, key).units);
            add_number(level.units);
        }
    }
    return crc.checksum();
}

}  // namespace buttonwood::api
