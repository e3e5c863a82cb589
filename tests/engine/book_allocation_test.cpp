// The bare book allocates nothing after reserve, nor once it is warm. Counts calls of operator new, for this program.
#include "engine/order_book.hpp"
#include "tests/engine/book_stream.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
void* allocate_or_throw(std::size_t size) {
    if (void* memory = allocate(size)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate_or_throw(size); }
void* operator new[](std::size_t size) { return allocate_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace buttonwood::engine::tests {
namespace {

struct Quiet : OrderBook::NullSink {};

// Everything that a stream asks for, on handles that are kept beforehand.
// Returns the most orders that rested at once.
std::size_t play(OrderBook& book, const std::vector<BookCommand>& commands, std::vector<OrderBook::Handle>& handles,
                 std::size_t most_orders) {
    using Kind = BookCommand::Kind;
    Quiet sink;
    std::size_t most = 0;
    for (const BookCommand& c : commands) {
        OrderBook::Handle& handle = handles[c.target % handles.size()];
        const bool is_new = c.kind == Kind::Submit || c.kind == Kind::SubmitIoc || c.kind == Kind::Add;
        if (is_new && book.order_count() < most_orders && !book.is_live(handle))
            handle = book.submit(c.side, {c.price}, {c.quantity}, c.kind == Kind::SubmitIoc, 0, sink);
        else if (c.kind == Kind::Replace)
            handle = book.replace(handle, {c.price}, {c.quantity}, sink).value_or(handle);
        else
            book.cancel(handle, sink);
        most = std::max(most, book.order_count());
    }
    return most;
}

}  // namespace

TEST_CASE("Up to what was reserved, a book allocates nothing, wherever the prices are", "[unit]") {
    constexpr std::size_t kOrders = 300;
    for (const BookShape& shape : book_shapes()) {
        CAPTURE(shape.name);
        const std::vector<BookCommand> commands = book_stream(shape, Catch::rngSeed(), 20'000);
        std::vector<OrderBook::Handle> handles(kOrders, OrderBook::kNoHandle);
        OrderBook book;
        book.reserve(kOrders, kOrders);
        const std::size_t before = allocations;
        CHECK(play(book, commands, handles, kOrders) > 0);
        CHECK(allocations - before == 0);
    }
}

TEST_CASE("A book that has seen a flow once allocates nothing when it comes again", "[unit]") {
    for (const BookShape& shape : book_shapes()) {
        CAPTURE(shape.name);
        const std::vector<BookCommand> commands = book_stream(shape, Catch::rngSeed(), 20'000);
        std::vector<OrderBook::Handle> handles(300, OrderBook::kNoHandle);
        OrderBook book;
        const std::size_t cold = allocations;
        play(book, commands, handles, handles.size());
        CHECK(allocations > cold);
        for (OrderBook::Handle& handle : handles) book.cancel(handle, Quiet{});
        const std::size_t warm = allocations;
        play(book, commands, handles, handles.size());
        CHECK(allocations - warm == 0);
    }
}

}  // namespace buttonwood::engine::tests
