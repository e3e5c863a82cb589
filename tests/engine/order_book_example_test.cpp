// The example of engine/README.md, which must stay as it is there: how to drive the bare book from a program.
#include "engine/order_book.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

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

}  // namespace

TEST_CASE("The example of the README trades seven", "[unit]") { CHECK(run() == 7); }

}  // namespace buttonwood::engine::tests
