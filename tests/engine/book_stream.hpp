// Seeded streams of commands for a bare book, in several shapes of prices.
//
// A command makes sense in any state of the book: whom it aims at is a number that is taken modulo the orders so far,
// so a stream from which pieces were cut is a stream again. The same seed gives the same stream on every machine.
#pragma once

#include "engine/types.hpp"
#include "tests/engine/command_stream.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>
#include <vector>

namespace buttonwood::engine::tests {

struct BookCommand {
    enum class Kind : std::uint8_t { Submit, SubmitIoc, Cancel, Replace, Shrink, Add, Reduce, Remove };
    Kind kind{};
    Side side{};              // Submit*, Add
    std::int64_t price{};     // Submit*, Add, Replace
    std::int64_t quantity{};  // Submit*, Add, Replace; what Reduce takes away, at most
    std::uint32_t target{};   // Cancel, Replace, Shrink, Reduce, Remove: an order, dead or live
};

inline std::ostream& operator<<(std::ostream& out, const BookCommand& c) {
    static constexpr std::array<std::string_view, 8> kNames{"submit", "submit ioc", "cancel", "replace",
                                                            "shrink", "add",        "reduce", "remove"};
    const bool is_new = c.kind == BookCommand::Kind::Submit || c.kind == BookCommand::Kind::SubmitIoc ||
                        c.kind == BookCommand::Kind::Add;
    out << kNames[static_cast<std::size_t>(c.kind)];
    if (is_new)
        out << (c.side == Side::Buy ? " buy" : " sell");
    else
        out << " #" << c.target;
    return out << ' ' << c.quantity << " at " << c.price << '\n';
}

// How prices lie, and how full the book becomes.
struct BookShape {
    std::string_view name;
    std::int64_t (*price)(Dice&);
    int newcomers;  // per cent of the commands; below 50 the book keeps running empty
};

inline const std::array<BookShape, 8>& book_shapes() {
    using Units = std::numeric_limits<std::int64_t>;
    static constexpr std::array<BookShape, 8> kShapes{{
        {"dense", [](Dice& dice) { return dice.between(-90, 90); }, 52},
        {"sparse", [](Dice& dice) { return dice.between(0, 300) * 1'000'000; }, 55},
        {"powers of two", [](Dice& dice) { return (dice.between(-40, 40) * 4'096) << dice.below(30); }, 55},
        {"extremes",
         [](Dice& dice) {
             const std::int64_t step = dice.between(0, 3);
             return dice.pick({Units::min() + step, Units::max() - step, step, -step, Units::max() / 2 + step});
         },
         52},
        {"anywhere", [](Dice& dice) { return static_cast<std::int64_t>(dice.below(1ULL << 63)) << dice.below(2); }, 60},
        {"one level", [](Dice&) { return std::int64_t{77}; }, 52},
        {"emptied and refilled", [](Dice& dice) { return dice.between(1, 3) * 64; }, 40},
        {"an outlier", [](Dice& dice) { return dice.chance(97) ? dice.between(60, 70) : std::int64_t{1} << 40; }, 50},
    }};
    return kShapes;
}

inline std::vector<BookCommand> book_stream(const BookShape& shape, std::uint64_t seed, std::size_t length) {
    using Kind = BookCommand::Kind;
    Dice dice(seed);
    std::vector<BookCommand> commands;
    for (std::size_t i = 0; i < length; ++i) {
        BookCommand c;
        c.kind = dice.chance(shape.newcomers)
                     ? dice.pick({Kind::Submit, Kind::Submit, Kind::Submit, Kind::Submit, Kind::SubmitIoc, Kind::Add})
                     : dice.pick({Kind::Cancel, Kind::Cancel, Kind::Cancel, Kind::Replace, Kind::Shrink, Kind::Reduce,
                                  Kind::Remove});
        c.side = dice.pick({Side::Buy, Side::Sell});
        c.price = shape.price(dice);
        c.quantity = dice.chance(90) ? dice.between(1, 6) : dice.between(1, 60);
        // Mostly at the youngest, who are alive; now and then at anybody, who is likely to be dead.
        c.target = static_cast<std::uint32_t>(dice.chance(80) ? dice.below(40) : dice.below(1'000'000));
        commands.push_back(c);
    }
    return commands;
}

}  // namespace buttonwood::engine::tests
