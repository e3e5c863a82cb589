// Three books under one stream of commands: the fast one, the std::map book and the naive one.
//
// The fast book and the map book report to sinks, whose events must be equal; what the naive book would report is
// worked out here from its fills. After each command all that can be read is compared, and the fast book's structure
// checked.
#pragma once

#include "engine/book_check.hpp"
#include "engine/order_book.hpp"
#include "tests/engine/book_stream.hpp"
#include "tests/engine/map_book.hpp"
#include "tests/engine/naive_book.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace buttonwood::engine::tests {

// What a book reported, without handles: those are each book's own.
using BookLog = std::vector<std::string>;

inline std::string words(const auto&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

// A sink that writes down what it hears, and checks that handles fit.
template <class Book>
struct LoggingSink {
    Book& book;
    BookLog& log;

    void filled(const typename Book::Fill& f) {
        log.push_back(fill(f.maker, f.taker, f.price, f.quantity, f.maker_leaves, f.taker_leaves));
        if (book.is_live(f.maker_handle) != (f.maker_leaves.units > 0)) log.emplace_back("a filled maker is not dead");
    }
    void rested(std::uint64_t tag, typename Book::Handle handle, Side side, Price price, Quantity leaves) {
        log.push_back(rest(tag, side, price, leaves));
        if (book.tag(handle) != tag) log.emplace_back("a handle names another's order");
    }
    void expired(std::uint64_t tag, Quantity leaves) { log.push_back(words("expired ", tag, ' ', leaves.units)); }
    void canceled(std::uint64_t tag, Quantity leaves) { log.push_back(words("canceled ", tag, ' ', leaves.units)); }
    void replaced(std::uint64_t tag, typename Book::Handle, Price price, Quantity leaves, bool kept) {
        log.push_back(words("replaced ", tag, ' ', price.units, ' ', leaves.units, ' ', kept));
    }

    static std::string fill(std::uint64_t maker, std::uint64_t taker, Price price, Quantity quantity,
                            Quantity maker_leaves, Quantity taker_leaves) {
        return words("filled ", maker, ' ', taker, ' ', price.units, ' ', quantity.units, ' ', maker_leaves.units, ' ',
                     taker_leaves.units);
    }
    static std::string rest(std::uint64_t tag, Side side, Price price, Quantity leaves) {
        return words("rested ", tag, side == Side::Buy ? " buy " : " sell ", price.units, ' ', leaves.units);
    }
};

// One of the books that hand out handles, under commands that name orders by number.
template <class Book>
class HandledBook {
public:
    void run(const BookCommand& c, std::uint32_t target, Quantity shrunk) {
        using Kind = BookCommand::Kind;
        log.clear();
        const std::uint64_t tag = handles.size();
        const typename Book::Handle named = handles.empty() ? Book::kNoHandle : handles[target];
        LoggingSink<Book> sink{book, log};
        switch (c.kind) {
            case Kind::Submit:
            case Kind::SubmitIoc:
                return handles.push_back(
                    book.submit(c.side, {c.price}, {c.quantity}, c.kind == Kind::SubmitIoc, tag, sink));
            case Kind::Add:
                return handles.push_back(book.add(c.side, {c.price}, {c.quantity}, tag));
            case Kind::Cancel:
                return refused(book.cancel(named, sink));
            case Kind::Replace:
                return replaced(target, book.replace(named, {c.price}, {c.quantity}, sink));
            case Kind::Shrink:
                if (!book.is_live(named)) return refused(false);
                return replaced(target, book.replace(named, book.price(named), shrunk, sink));
            case Kind::Reduce:
                if (!book.is_live(named)) return refused(false);
                book.reduce(named, std::min(Quantity{c.quantity}, book.quantity(named)));
                return;
            case Kind::Remove:
                if (!book.is_live(named)) return refused(false);
                return book.remove(named);
        }
    }

    Book book;
    BookLog log;
    std::vector<typename Book::Handle> handles;  // by tag; of dead orders too

private:
    void refused(bool accepted) {
        if (!accepted) log.emplace_back("refused");
    }
    void replaced(std::uint32_t target, std::optional<typename Book::Handle> handle) {
        refused(handle.has_value());
        if (handle) handles[target] = *handle;
    }
};

// The naive book under the same commands, telling what a book has to report.
class PredictingBook {
public:
    void run(const BookCommand& c, std::uint32_t target, Quantity shrunk) {
        using Kind = BookCommand::Kind;
        log.clear();
        const NaiveBook::Order* found = book.find(id(target));
        const bool is_new = c.kind == Kind::Submit || c.kind == Kind::SubmitIoc || c.kind == Kind::Add;
        if (!is_new && found == nullptr) return log.push_back("refused");
        const NaiveBook::Order named = is_new ? NaiveBook::Order{} : *found;
        switch (c.kind) {
            case Kind::Submit:
                return place(count++, c.side, {c.price}, {c.quantity}, false);
            case Kind::SubmitIoc:
                return place(count++, c.side, {c.price}, {c.quantity}, true);
            case Kind::Add:
                return book.add({id(count++), c.side, {c.price}, {c.quantity}});
            case Kind::Cancel:
                log.push_back(words("canceled ", target, ' ', named.leaves.units));
                return book.cancel(named.id);
            case Kind::Replace:
                return replace(target, named, {c.price}, {c.quantity});
            case Kind::Shrink:
                return replace(target, named, named.price, shrunk);
            case Kind::Reduce:
                return set(named.id, named.leaves - std::min(Quantity{c.quantity}, named.leaves));
            case Kind::Remove:
                return book.cancel(named.id);
        }
    }

    static OrderId id(std::uint64_t tag) { return static_cast<OrderId>(tag + 1); }

    NaiveBook book;
    BookLog log;
    std::uint32_t count{};  // of tags

private:
    void set(OrderId order, Quantity leaves) {
        if (leaves.units > 0) return book.set_leaves(order, leaves);
        book.cancel(order);
    }
    void replace(std::uint32_t tag, const NaiveBook::Order& order, Price price, Quantity leaves) {
        const bool kept = price == order.price && leaves <= order.leaves;
        log.push_back(words("replaced ", tag, ' ', price.units, ' ', leaves.units, ' ', kept));
        if (kept) return book.set_leaves(order.id, leaves);
        book.cancel(order.id);
        place(tag, order.side, price, leaves, false);
    }
    void place(std::uint32_t tag, Side side, Price price, Quantity quantity, bool ioc) {
        for (const NaiveBook::Fill& fill : book.take(side, price, quantity)) {
            quantity -= fill.quantity;
            log.push_back(LoggingSink<OrderBook>::fill(static_cast<std::uint64_t>(fill.maker) - 1, tag, fill.price,
                                                       fill.quantity, fill.maker_leaves, quantity));
        }
        if (quantity.units == 0) return;
        if (ioc) return log.push_back(words("expired ", tag, ' ', quantity.units));
        book.add({id(tag), side, price, quantity});
        log.push_back(LoggingSink<OrderBook>::rest(tag, side, price, quantity));
    }
};

class BookTrial {
public:
    // One more command; what disagreed, empty when nothing did.
    std::string step(const BookCommand& command) {
        // Counted back from the youngest order.
        const std::uint32_t target = naive_.count == 0 ? 0 : naive_.count - 1 - command.target % naive_.count;
        const NaiveBook::Order* named = naive_.book.find(PredictingBook::id(target));
        const Quantity shrunk = named ? Quantity{1 + named->leaves.units / 2} : Quantity{1};
        naive_.run(command, target, shrunk);
        fast_.run(command, target, shrunk);
        map_.run(command, target, shrunk);
        if (fast_.log != naive_.log) return difference("the fast book and the naive one", fast_.log, naive_.log);
        if (map_.log != naive_.log) return difference("the map book and the naive one", map_.log, naive_.log);
        std::string wrong = compare(fast_, {command.price}) + compare(map_, {command.price}) + compare_order(target);
        for (const std::string& rule : check_invariants(fast_.book)) wrong += rule + '\n';
        return wrong;
    }

private:
    static std::string difference(const char* what, const BookLog& left, const BookLog& right) {
        std::string text = words(what, " report different events:\n");
        for (const BookLog* log : {&left, &right}) {
            for (const std::string& line : *log) text += "    " + line + '\n';
            text += "    --\n";
        }
        return text;
    }

    // All that can be read from a book.
    template <class Handled>
    std::string compare(const Handled& handled, Price price) const {
        const auto& book = handled.book;
        std::string wrong;
        const auto rule = [&](bool holds, const char* otherwise) {
            if (!holds) wrong += words(otherwise, '\n');
        };
        std::size_t orders = 0;
        for (const Side side : {Side::Buy, Side::Sell}) {
            std::vector<NaiveBook::Level> levels;
            std::vector<OrderId> queued;
            book.for_each_level(side, [&](const auto& level) {
                levels.push_back({level.price, level.quantity, level.order_count});
                book.for_each_order_at(side, level.price,
                                       [&](auto handle) { queued.push_back(PredictingBook::id(book.tag(handle))); });
                return true;
            });
            const std::vector<NaiveBook::Level> expected = naive_.book.depth(side);
            rule(levels == expected, "the levels are wrong");
            rule(queued == naive_queue(side), "the queues are wrong");
            rule(book.level_count(side) == expected.size(), "the level count is wrong");
            rule(book.empty(side) == expected.empty(), "a side is empty or not, wrongly");
            const auto best = book.best(side);
            rule(best.has_value() != expected.empty(), "there is a best price or not, wrongly");
            if (best && !expected.empty())
                rule(NaiveBook::Level{best->price, best->quantity, best->order_count} == expected.front(),
                     "the best level is wrong");
            const auto front = book.front(side);
            rule(book.is_live(front) != expected.empty(), "the front is dead");
            if (book.is_live(front) && !queued.empty())
                rule(PredictingBook::id(book.tag(front)) == queued.front(), "the front is not the first");
            rule(book.crosses(side, price) == naive_.book.would_cross(side, price), "a price crosses or not, wrongly");
            const auto at = book.depth_at(side, price);
            const auto level = naive_.book.levels(side).find(price);
            rule(at.order_count == (level == naive_.book.levels(side).end() ? 0 : level->second.size()),
                 "the depth at a price is wrong");
            orders += queued.size();
        }
        rule(book.order_count() == orders, "the order count is wrong");
        return wrong;
    }
    [[nodiscard]] std::vector<OrderId> naive_queue(Side side) const {
        std::vector<OrderId> queued;
        for (const auto& [price, queue] : naive_.book.levels(side))
            for (const NaiveBook::Order& order : queue) queued.push_back(order.id);
        return queued;
    }

    std::string compare_order(std::uint32_t tag) const {
        if (naive_.count == 0) return {};
        const NaiveBook::Order* order = naive_.book.find(PredictingBook::id(tag));
        const OrderBook::Handle handle = fast_.handles[tag];
        if (fast_.book.is_live(handle) != (order != nullptr)) return "a handle is live or not, wrongly\n";
        if (order == nullptr) return {};
        const bool same = fast_.book.tag(handle) == tag && fast_.book.side(handle) == order->side &&
                          fast_.book.price(handle) == order->price && fast_.book.quantity(handle) == order->leaves;
        return same ? "" : "an order is not what it was\n";
    }

    HandledBook<OrderBook> fast_;
    HandledBook<MapBook> map_;
    PredictingBook naive_;
};

}  // namespace buttonwood::engine::tests
