// The example of engine/README.md, which must stay as it is there: how to drive the bare book from a program.
#include "engine/order_book.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

namespace buttonwood::engine::tests {
namespace {

// example begins
struct Tape : OrderBook::NullSink {  // hears what it overrides
    std::int64_t traded = 0;
    void filled(const OrderBook::Fill& fill) { traded += fill.quantity.units; }  // and maker, taker, price, leaves
};

std::int64_t run() {
    OrderBook book;
    book.reserve(1'000'000, 10'000);  // orders, levels: up to here nothing is allocated, beyond no order is lost
    Tape tape;
    const auto first = book.submit(Side::Sell, Price{101}, Quantity{5}, /*ioc=*/false, /*tag=*/1, tape);
    book.submit(Side::Sell, Price{102}, Quantity{5}, false, 2, tape);
    book.replace(first, Price{101}, Quantity{3}, tape);                // less: keeps its place
    book.submit(Side::Buy, Price{102}, Quantity{7}, true, 3, tape);    // takes 3 at 101 and 4 at 102
    return book.cancel(first, tape) ? -1 : tape.traded;                // its order was filled: the handle is dead
}
// example ends

std::string text_of(const std::string& path) {
    std::ifstream file(std::string(BUTTONWOOD_SOURCE_DIR "/") + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("The example of the README trades seven", "[unit]") { CHECK(run() == 7); }

TEST_CASE("The example of the README is the one that is compiled", "[unit]") {
    const std::string source = text_of("tests/engine/order_book_example_test.cpp");
    const std::string begin = "// example begins\n";
    const std::size_t first = source.find(begin) + begin.size();
    const std::string example = source.substr(first, source.find("// example ends") - first);
    CHECK(text_of("engine/README.md").find("```cpp\n" + example + "```\n") != std::string::npos);
}

}  // namespace buttonwood::engine::tests
