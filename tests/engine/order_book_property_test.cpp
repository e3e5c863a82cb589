// The fast book, the std::map book and the naive book agree on every event and every reading, over random streams.
//
// BUTTONWOOD_SEED chooses the streams (default: Catch's --rng-seed), BUTTONWOOD_COMMANDS the length of all of them
// together. A stream that fails is cut down to the few commands that matter, and printed.
#include "tests/engine/book_trial.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

namespace buttonwood::engine::tests {
namespace {

using Commands = std::vector<BookCommand>;
constexpr std::size_t kStreamLength = 500;
#ifdef __OPTIMIZE__
constexpr std::uint64_t kCommands = 200'000;
#else
constexpr std::uint64_t kCommands = 40'000;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string play(const Commands& commands) {
    BookTrial trial;
    for (std::size_t i = 0; i < commands.size(); ++i)
        if (const std::string wrong = trial.step(commands[i]); !wrong.empty())
            return wrong + "after command " + std::to_string(i + 1);
    return {};
}

// Smaller: closer to price 0, quantity 1, the youngest order.
rc::Seq<BookCommand> simpler(const BookCommand& command) {
    std::vector<BookCommand> all;
    const auto add = [&](auto member, auto value) {
        BookCommand c = command;
        c.*member = value;
        if (command.*member != c.*member) all.push_back(c);
    };
    add(&BookCommand::price, std::int64_t{0});
    add(&BookCommand::price, command.price / 2);
    add(&BookCommand::quantity, std::int64_t{1});
    add(&BookCommand::target, std::uint32_t{0});
    add(&BookCommand::target, command.target / 2);
    return rc::seq::fromContainer(std::move(all));
}

rc::Gen<Commands> streams(const BookShape& shape) {
    return [shape](const rc::Random& random, int) {
        rc::Random source = random;
        return rc::shrinkable::shrinkRecur(book_stream(shape, source.next(), kStreamLength), [](const Commands& c) {
            return rc::seq::concat(rc::shrink::removeChunks(c), rc::shrink::eachElement(c, simpler));
        });
    };
}

rc::detail::TestResult check(const BookShape& shape, std::uint64_t seed, std::uint64_t commands) {
    rc::detail::TestParams params;
    params.seed = seed;
    params.maxSuccess = static_cast<int>(1 + commands / kStreamLength);
    return rc::detail::checkTestable(
        [&] {
            const Commands stream = *streams(shape);
            if (const std::string wrong = play(stream); !wrong.empty()) RC_FAIL(wrong);
        },
        rc::detail::TestMetadata{}, params);
}

}  // namespace

TEST_CASE("The fast book, the map book and the naive book agree after every command of random streams", "[property]") {
    const std::uint64_t seed = from_environment("BUTTONWOOD_SEED", Catch::rngSeed());
    const std::uint64_t commands = from_environment("BUTTONWOOD_COMMANDS", kCommands);
    std::cout << "book against book: BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << commands << '\n';
    for (const BookShape& shape : book_shapes()) {
        const rc::detail::TestResult result = check(shape, seed, commands / book_shapes().size());
        std::ostringstream text;
        rc::detail::printResultMessage(result, text);
        INFO("BUTTONWOOD_SEED=" << seed << " BUTTONWOOD_COMMANDS=" << commands << " repeats this: " << shape.name);
        INFO(text.str());
        CHECK(result.is<rc::detail::SuccessResult>());
    }
}

TEST_CASE("A stream that fails is cut down to the commands that matter", "[unit]") {
    // A property that is wrong on purpose: no two orders ever meet.
    const Commands stream = book_stream(book_shapes()[0], 1, kStreamLength);
    const auto meets = [](const Commands& commands) {
        OrderBook book;
        BookLog log;
        LoggingSink<OrderBook> sink{book, log};
        for (const BookCommand& c : commands)
            if (c.kind == BookCommand::Kind::Submit) book.submit(c.side, {c.price}, {c.quantity}, false, 0, sink);
        return std::ranges::any_of(log, [](const std::string& line) { return line.starts_with("filled"); });
    };
    REQUIRE(meets(stream));
    rc::detail::TestParams params;
    params.seed = 1;
    const auto result = rc::detail::checkTestable([&] { RC_ASSERT(!meets(*streams(book_shapes()[0]))); },
                                                  rc::detail::TestMetadata{}, params);
    REQUIRE(result.is<rc::detail::FailureResult>());
    const auto& failure = result.get<rc::detail::FailureResult>();
    const std::string& example = failure.counterExample.front().second;
    CHECK(std::ranges::count(example, '\n') <= 3);
}

}  // namespace buttonwood::engine::tests
