// Checks that the parts of an order book agree; for tests and audits.
//
// Cost: linear in the book. Thread safety: that of the book.
#pragma once

#include "engine/order_book.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace buttonwood::engine {

// Opens a book to its checker, and to tests that break one on purpose.
struct BookParts {
    using Ladder = book::Ladder;
    using Branch = book::Ladder::Branch;
    static auto& nodes(auto& order_book) { return order_book.nodes_; }
    static auto& ladder(auto& order_book, Side side) { return order_book.ladders_[OrderBook::index_of(side)]; }
    static auto& order_count(auto& order_book) { return order_book.order_count_; }
    static auto& all_nodes(auto& nodes) { return nodes.nodes_; }
    static auto& free_orders(auto& nodes) { return nodes.free_orders_; }
    static auto& free_levels(auto& nodes) { return nodes.free_levels_; }
    static auto& retired(auto& nodes) { return nodes.retired_; }
    static auto& branches(auto& ladder) { return ladder.branches_; }
    static auto& root(auto& ladder) { return ladder.root_; }
    static auto& best(auto& ladder) { return ladder.best_; }
    static auto& best_key(auto& ladder) { return ladder.best_key_; }
    static auto& free_branches(auto& ladder) { return ladder.free_; }
    static auto& level_count(auto& ladder) { return ladder.level_count_; }
};

class BookCheck {
public:
    explicit BookCheck(const OrderBook& order_book) : book_(order_book), nodes_(BookParts::nodes(order_book)) {}

    // What is broken, in words; empty when nothing is.
    std::vector<std::string> run() {
        for (const Side side : {Side::Buy, Side::Sell}) check_side(side);
        rule(orders_ == book_.order_count(), "the order count is not that of the queues");
        const std::size_t free =
            count_free(BookParts::free_orders(nodes_)) + count_free(BookParts::free_levels(nodes_));
        const std::size_t used = orders_ + levels_ + free + BookParts::retired(nodes_);
        rule(nodes_.size() == (nodes_.size() == 0 ? 0 : used + 1), "a node is neither used nor free, or both");
        return std::move(broken_);
    }

private:
    using Index = book::Index;
    static constexpr Index kNil = book::kNil;

    bool rule(bool holds, const char* otherwise) {
        if (!holds) broken_.emplace_back(otherwise);
        return holds;
    }

    void check_side(Side side) {
        side_ = side;
        ladder_ = &BookParts::ladder(book_, side);
        branches_ = 0;
        last_level_ = kNil;
        const std::size_t levels_before = levels_;
        const Index root = BookParts::root(*ladder_);
        if (root != kNil && rule(exists(root), "the root is no branch")) check_branch(root, kNil);
        rule(levels_ - levels_before == ladder_->level_count(), "the level count is not that of the ladder");
        if (levels_ == levels_before) rule(ladder_->best() == kNil, "the best level is none of the ladder");
        const std::size_t size = BookParts::branches(*ladder_).size();
        rule(size == (size == 0 ? 0 : branches_ + count_free_branches() + 1),
             "a branch is neither used nor free, or both");
    }

    [[nodiscard]] bool exists(Index branch) const { return branch < BookParts::branches(*ladder_).size(); }

    void check_branch(Index index, Index parent) {
        const BookParts::Branch& branch = BookParts::branches(*ladder_)[index];
        if (!rule(++branches_ < BookParts::branches(*ladder_).size(), "the branches run in a circle")) return;
        rule(branch.parent == parent, "a branch does not know its parent");
        rule((branch.branches & branch.levels) == 0, "a way leads to a branch and to a level");
        const std::uint64_t ways = branch.branches | branch.levels;
        const bool is_single_root = parent == kNil && std::popcount(branch.levels) == 1;
        rule(std::popcount(ways) >= 2 || is_single_root, "a branch has less than two ways");
        for (std::uint64_t way = 0; way < 64; ++way) {
            const std::uint64_t bit = std::uint64_t{1} << way;
            if ((branch.levels & bit) != 0) check_level(branch.ways[way], index, way);
            if ((branch.branches & bit) != 0) check_child(branch.ways[way], index, way);
        }
    }
    void check_child(Index index, Index parent_index, std::uint64_t way) {
        if (!rule(exists(index), "a way leads nowhere")) return;
        const BookParts::Branch& parent = BookParts::branches(*ladder_)[parent_index];
        const BookParts::Branch& branch = BookParts::branches(*ladder_)[index];
        rule(branch.shift < parent.shift, "a branch below has not the lower digit");
        rule(belongs(parent, branch.key, way), "a branch hangs on another's way");
        check_branch(index, parent_index);
    }
    static bool belongs(const BookParts::Branch& branch, std::uint64_t key, std::uint64_t way) {
        return (key ^ branch.key) >> branch.shift >> 6 == 0 && (key >> branch.shift & 63) == way;
    }

    // Levels come in the order of their keys, the best first.
    void check_level(Index index, Index branch_index, std::uint64_t way) {
        if (!rule(index < nodes_.size(), "a way leads nowhere")) return;
        const book::LevelNode& level = nodes_.level(index);
        rule(level.parent == branch_index, "a level does not know its branch");
        rule(belongs(BookParts::branches(*ladder_)[branch_index], level.key, way), "a level hangs on another's way");
        if (last_level_ == kNil) {
            rule(ladder_->best() == index && BookParts::best_key(*ladder_) == level.key,
                 "the best level is not the first");
        } else {
            rule(nodes_.level(last_level_).key < level.key, "levels are out of order");
        }
        last_level_ = index;
        ++levels_;
        check_queue(index);
    }

    void check_queue(Index level_index) {
        const book::LevelNode& level = nodes_.level(level_index);
        rule(level.order_count != 0, "a level has no orders");
        std::uint64_t quantity = 0;
        std::uint32_t count = 0;
        Index prev = level_index;
        for (Index index = level.next; index != level_index; index = nodes_.order(index).next) {
            if (!rule(index < nodes_.size() && count++ < level.order_count, "a queue runs astray")) return;
            const book::OrderNode& order = nodes_.order(index);
            const std::uint32_t side_bit = side_ == Side::Sell ? book::kSellBit : 0;
            rule((order.generation & (book::kLiveBit | book::kSellBit)) == (book::kLiveBit | side_bit),
                 "a queued order is dead or of the other side");
            rule(order.level == level_index, "an order does not know its level");
            rule(order.prev == prev, "a queue is not the same in both directions");
            rule(order.quantity > 0, "a queued order has no quantity");
            quantity += static_cast<std::uint64_t>(order.quantity);
            prev = index;
        }
        rule(level.prev == prev, "a level does not know its last order");
        rule(count == level.order_count, "a level's order count is not that of its queue");
        rule(quantity == level.quantity, "a level's quantity is not that of its queue");
        orders_ += count;
    }

    [[nodiscard]] std::size_t count_free(Index first) const {
        std::size_t count = 0;
        for (Index index = first; index != kNil && count <= nodes_.size(); index = nodes_.order(index).next) ++count;
        return count;
    }
    [[nodiscard]] std::size_t count_free_branches() const {
        const auto& branches = BookParts::branches(*ladder_);
        std::size_t count = 0;
        for (Index i = BookParts::free_branches(*ladder_); i != kNil; i = branches[i].parent)
            if (++count > branches.size()) break;
        return count;
    }

    const OrderBook& book_;
    const book::Nodes& nodes_;
    const BookParts::Ladder* ladder_ = nullptr;
    Side side_{};
    Index last_level_ = kNil;
    std::size_t branches_{};  // of this side
    std::size_t levels_{};    // of both
    std::size_t orders_{};
    std::vector<std::string> broken_;
};

// What is broken in a book, in words; empty when nothing is.
[[nodiscard]] inline std::vector<std::string> check_invariants(const OrderBook& order_book) {
    return BookCheck(order_book).run();
}

}  // namespace buttonwood::engine
