// The price levels of one side of a book, under 64-bit keys of which the smaller is the better price.
//
// A tree of branches of 64 ways, each with two bitmaps: which ways lead to a branch, which to a level. A key's path is
// its digits in base 64, the highest first; digits that all keys below have in common are left out, so that
// neighbouring prices share one branch and prices far apart need few:
//
//     keys 0 00 03, 0 00 07, 0 00 50 and 9 61 00 (base 64, leading zeros omitted)
//
//     digit 2   [0 . . . . . . . . 9]
//                |                 '-- level 9 61 00
//     digit 0   [. . . 3 . . . 7 ... 50 ...]          the next level is the next bit, here or further up
//
// A branch has at least two ways, but for the root when there is one level, so there are fewer branches than levels.
// Cost: O(digits that differ), at most 11, for a new price; O(1) to drop a level; no rehashing, no worst case beyond.
// Thread safety: none. Nodes are the book's and are passed to each operation that needs them.
#pragma once

#include "engine/book_nodes.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace buttonwood::engine::book {

class Ladder {
public:
    // The best level, kNil when there is none.
    [[nodiscard]] Index best() const noexcept { return best_; }
    // Is there a level at this key or a better one?
    [[nodiscard]] bool reaches(std::uint64_t key) const noexcept { return best_ != kNil && best_key_ <= key; }
    [[nodiscard]] std::uint32_t level_count() const noexcept { return level_count_; }

    // The level of this key, kNil when there is none.
    [[nodiscard]] Index find(const Nodes& nodes, std::uint64_t key) const noexcept {
        if (root_ == kNil) return kNil;
        const Branch& branch = branches_[descend(key)];
        if ((branch.levels & bit_at(branch, key)) == 0) return kNil;
        const Index level = branch.ways[digit_at(branch, key)];
        return nodes.level(level).key == key ? level : kNil;
    }

    // The level of this key, a new one without orders when there is none. May allocate.
    [[nodiscard]] Index find_or_add(Nodes& nodes, std::uint64_t key) noexcept {
        if (root_ == kNil) root_ = new_branch(key, 0, kNil);
        const Index at = descend(key);
        const Branch& branch = branches_[at];
        if ((branch.levels & bit_at(branch, key)) != 0) {
            const Index level = branch.ways[digit_at(branch, key)];
            const std::uint64_t other = nodes.level(level).key;
            return other == key ? level : add(nodes, key, split(nodes, at, key, other));
        }
        return add(nodes, key, has_prefix(branch, key) ? at : split(nodes, at, key, branch.key));
    }

    // Takes a level without orders out and frees its node.
    void remove(Nodes& nodes, Index index) noexcept {
        const LevelNode& level = nodes.level(index);
        const Index at = level.parent;
        Branch& branch = branches_[at];
        branch.levels &= ~bit_at(branch, level.key);
        const std::uint64_t rest = branch.levels | branch.branches;
        --level_count_;
        if (index == best_) {
            // The branch held the best of all, so the next is there too; only the root may have become empty.
            best_ = rest != 0 ? lowest(at, digit(rest)) : kNil;
            best_key_ = nodes.level(best_).key;
        }
        nodes.free_level(index);
        if ((rest & (rest - 1)) == 0) collapse(nodes, at, rest);
    }

    // Calls f(const LevelNode&) from the best level outwards until it returns false.
    template <class F>
    void for_each(const Nodes& nodes, F&& f) const {
        for (Index index = best_; index != kNil; index = after(nodes.level(index)))
            if (!f(nodes.level(index))) return;
    }

    void reserve(std::size_t levels) noexcept { branches_.reserve(levels + 1); }
    void prefetch(const Nodes& nodes, std::uint64_t key) const noexcept {
        if (root_ == kNil) return;
        const Branch& branch = branches_[descend(key)];
        nodes.prefetch(branch.ways[digit_at(branch, key)]);
    }
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return branches_.capacity() * sizeof(Branch); }

private:
    friend struct engine::BookParts;

    static constexpr unsigned kBits = 6;
    static constexpr std::uint64_t kMask = 63;

    struct Branch {
        std::uint64_t branches;  // ways that lead to a branch
        std::uint64_t levels;    // ways that lead to a level
        std::uint64_t key;       // some key whose digits above are those of all keys below
        Index parent;            // kNil for the root; of a free branch, the next free one
        std::uint32_t shift;     // of its digit, a multiple of kBits
        std::array<Index, 64> ways;
    };

    static std::uint64_t digit_at(const Branch& branch, std::uint64_t key) noexcept {
        return key >> branch.shift & kMask;
    }
    static std::uint64_t bit(std::uint64_t digit) noexcept { return std::uint64_t{1} << digit; }
    static std::uint64_t bit_at(const Branch& branch, std::uint64_t key) noexcept { return bit(digit_at(branch, key)); }
    static std::uint64_t digit(std::uint64_t bits) noexcept {
        return static_cast<std::uint64_t>(std::countr_zero(bits));
    }
    static bool has_prefix(const Branch& branch, std::uint64_t key) noexcept {
        return (key ^ branch.key) >> branch.shift >> kBits == 0;  // twice, for a shift by 66 is undefined
    }

    // The lowest branch on the path of a key. REQUIRES: there is a root.
    [[nodiscard]] Index descend(std::uint64_t key) const noexcept {
        Index at = root_;
        while ((branches_[at].branches & bit_at(branches_[at], key)) != 0)
            at = branches_[at].ways[digit_at(branches_[at], key)];
        return at;
    }
    // The best level below one way of a branch.
    [[nodiscard]] Index lowest(Index at, std::uint64_t way) const noexcept {
        while ((branches_[at].branches & bit(way)) != 0) {
            at = branches_[at].ways[way];
            way = digit(branches_[at].branches | branches_[at].levels);
        }
        return branches_[at].ways[way];
    }
    [[nodiscard]] Index after(const LevelNode& level) const noexcept {
        for (Index at = level.parent; at != kNil; at = branches_[at].parent) {
            const Branch& branch = branches_[at];
            const std::uint64_t above = ~std::uint64_t{1} << digit_at(branch, level.key);
            const std::uint64_t rest = (branch.branches | branch.levels) & above;
            if (rest != 0) return lowest(at, digit(rest));
        }
        return kNil;
    }

    // A new level in a branch whose way for this key is free.
    [[gnu::noinline]] Index add(Nodes& nodes, std::uint64_t key, Index at) noexcept {
        const Index index = nodes.new_level(key);
        nodes.level(index).parent = at;
        branches_[at].levels |= bit_at(branches_[at], key);
        branches_[at].ways[digit_at(branches_[at], key)] = index;
        ++level_count_;
        if (best_ == kNil || key < best_key_) {
            best_ = index;
            best_key_ = key;
        }
        return index;
    }

    // A branch where the path of `key` leaves that of `other`, on which `at` is the lowest branch.
    Index split(Nodes& nodes, Index at, std::uint64_t key, std::uint64_t other) noexcept {
        const unsigned highest = 63U - static_cast<unsigned>(std::countl_zero(key ^ other));
        const std::uint32_t shift = highest / kBits * kBits;
        if (level_count_ == 1) return move_root(nodes, shift);
        Index below = kNil;  // a branch, or kNil for the level of `other`
        for (; at != kNil && branches_[at].shift < shift; at = branches_[at].parent) below = at;
        const Index made = new_branch(key, shift, at);
        const Index moved = below != kNil ? below : branches_[at].ways[digit_at(branches_[at], other)];
        if (at == kNil)
            root_ = made;
        else
            lead_to_branch(branches_[at], digit_at(branches_[at], key), made);
        hang(nodes, made, digit_at(branches_[made], other), moved, below != kNil);
        return made;
    }

    // The root of a single level serves as well at any other digit.
    Index move_root(Nodes& nodes, std::uint32_t shift) noexcept {
        Branch& root = branches_[root_];
        root.key = nodes.level(best_).key;
        root.shift = shift;
        root.levels = 0;
        hang(nodes, root_, digit_at(root, root.key), best_, false);
        return root_;
    }

    // A branch with one way left gives it to its parent; without a parent, it is no root unless that way is a level.
    void collapse(Nodes& nodes, Index at, std::uint64_t rest) noexcept {
        const Branch& branch = branches_[at];
        const Index parent = branch.parent;
        if (rest == 0) {
            root_ = kNil;
        } else {
            const Index child = branch.ways[digit(rest)];
            const bool is_branch = branch.branches != 0;
            if (parent != kNil) {
                hang(nodes, parent, digit_at(branches_[parent], branch.key), child, is_branch);
            } else {
                if (!is_branch) return;
                root_ = child;
                branches_[child].parent = kNil;
            }
        }
        branches_[at].parent = free_;
        free_ = at;
    }

    static void lead_to_branch(Branch& branch, std::uint64_t way, Index child) noexcept {
        branch.ways[way] = child;
        branch.branches |= bit(way);
        branch.levels &= ~bit(way);
    }
    static void lead_to_level(Branch& branch, std::uint64_t way, Index child) noexcept {
        branch.ways[way] = child;
        branch.levels |= bit(way);
        branch.branches &= ~bit(way);
    }
    void hang(Nodes& nodes, Index parent, std::uint64_t way, Index child, bool is_branch) noexcept {
        if (is_branch) {
            lead_to_branch(branches_[parent], way, child);
            branches_[child].parent = parent;
        } else {
            lead_to_level(branches_[parent], way, child);
            nodes.level(child).parent = parent;
        }
    }

    Index new_branch(std::uint64_t key, std::uint32_t shift, Index parent) noexcept {
        if (free_ == kNil) grow();
        const Index index = free_;
        Branch& branch = branches_[index];
        free_ = branch.parent;
        branch.branches = 0;
        branch.levels = 0;
        branch.key = key;
        branch.parent = parent;
        branch.shift = shift;
        return index;
    }
    [[gnu::noinline]] void grow() noexcept {
        if (branches_.empty()) branches_.emplace_back();  // number 0 is nobody's
        free_ = static_cast<Index>(branches_.size());
        branches_.emplace_back();
    }

    std::vector<Branch> branches_;
    std::uint64_t best_key_{};
    Index best_ = kNil;
    Index root_ = kNil;
    Index free_ = kNil;
    std::uint32_t level_count_{};
};

}  // namespace buttonwood::engine::book
