// The highest and the lowest trade price since any earlier event, for the triggers of trailing stops.
//
// One stack per direction keeps only the trades that no later one surpasses, so the answer for a start is the oldest
// that is left since then. Complexity: add() amortized O(1), a question O(log kept). Thread safety: none.
#pragma once

#include "engine/types.hpp"

#include <algorithm>
#include <vector>

namespace buttonwood::api {

class PriceMarks {
public:
    // REQUIRES: seq rises from call to call.
    void add(engine::EventSeq seq, engine::Price price) {
        while (!falling_.empty() && falling_.back().price <= price) falling_.pop_back();
        falling_.push_back({seq, price});
        while (!rising_.empty() && rising_.back().price >= price) rising_.pop_back();
        rising_.push_back({seq, price});
    }

    // Of the trades with seq >= since; price 0 where there are none.
    [[nodiscard]] engine::Price highest(engine::EventSeq since) const { return first(falling_, since); }
    [[nodiscard]] engine::Price lowest(engine::EventSeq since) const { return first(rising_, since); }

    // Saving and loading.
    template <class Archive, class Marks> static void fields(Archive& archive, Marks& marks) {
        for (auto* stack : {&marks.falling_, &marks.rising_})
            archive.each(*stack, [&](auto& mark) { archive(mark.seq, mark.price); });
    }

private:
    struct Mark {
        engine::EventSeq seq{};
        engine::Price price;
    };
    static engine::Price first(const std::vector<Mark>& marks, engine::EventSeq since) {
        const auto it = std::ranges::lower_bound(marks, since, {}, &Mark::seq);
        return it == marks.end() ? engine::Price{} : it->price;
    }

    std::vector<Mark> falling_;  // by price, from the oldest
    std::vector<Mark> rising_;
};

}  // namespace buttonwood::api
