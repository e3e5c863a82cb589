// An ordered set of 64-bit keys: a hierarchy of 64-way bitmap words.
//
// A word of rank 1 holds one bit for each of 64 neighbouring keys, a word of rank r one bit for each word of rank r - 1
// that is not empty. Words are kept in one hash table under (rank, key >> 6 * rank), so that no key is out of reach and
// only words with bits exist:
//
//   rank 2   . . 1 . . 1 . .          the next key after a: the next bit in a's word, or else in its parent's word,
//                |     |              and from there down along the lowest bits
//   rank 1   1 . . 1   . 1 . .
//            a     b     c
//
// Words reach only as high as the keys differ: neighbours need one word. Cost: O(11) at worst, about one lookup for a
// key that has neighbours. Thread safety: none.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace buttonwood::engine::book {

class Keys {
public:
    // Nothing happens when the key is there already.
    void insert(std::uint64_t key) {
        if (top_ == 0) {
            top_ = 1;
            root_ = key >> kBits;
        }
        while (prefix(key, top_) != root_) raise_top();
        std::uint64_t position = key;
        for (unsigned rank = 1;; ++rank) {
            const std::uint64_t bit = bit_of(position);
            position >>= kBits;
            std::uint64_t& bits = find_or_add(tag(rank, position));
            const bool has_parent = bits != 0 || rank == top_;
            bits |= bit;
            if (has_parent) return;
        }
    }

    // Nothing happens when the key is not there.
    void erase(std::uint64_t key) {
        if (!contains(key)) return;
        std::uint64_t position = key;
        for (unsigned rank = 1; rank <= top_; ++rank) {
            const std::uint64_t bit = bit_of(position);
            position >>= kBits;
            const std::size_t slot = *find(tag(rank, position));
            words_[slot].bits &= ~bit;
            if (words_[slot].bits != 0) return;
            remove(slot);
        }
        top_ = 0;
    }

    [[nodiscard]] bool contains(std::uint64_t key) const {
        const auto slot = find(tag(1, key >> kBits));
        return slot && (words_[*slot].bits & bit_of(key)) != 0;
    }

    // The smallest key above this one, which need not be in the set itself.
    [[nodiscard]] std::optional<std::uint64_t> after(std::uint64_t key) const {
        std::uint64_t position = key;
        for (unsigned rank = 1; rank <= top_; ++rank) {
            const std::uint64_t above = ~std::uint64_t{1} << (position % kWays);
            position >>= kBits;
            const auto slot = find(tag(rank, position));
            const std::uint64_t bits = slot ? words_[*slot].bits & above : 0;
            if (bits != 0) return lowest_below(rank - 1, position << kBits | lowest(bits));
        }
        return std::nullopt;
    }

    [[nodiscard]] bool empty() const { return top_ == 0; }
    [[nodiscard]] std::size_t word_count() const { return used_; }
    // Makes room for so many words.
    void reserve(std::size_t words) {
        if (words * kSlotsPerWord > words_.size()) rehash(std::bit_ceil(words * kSlotsPerWord));
    }
    [[nodiscard]] std::size_t memory_bytes() const { return words_.capacity() * sizeof(Word); }

private:
    static constexpr unsigned kBits = 6;
    static constexpr std::uint64_t kWays = 64;
    static constexpr std::size_t kSlotsPerWord = 2;  // at least
    static constexpr std::size_t kFirstSlots = 8;

    struct Word {
        std::uint64_t tag;  // 0 when the slot is free
        std::uint64_t bits;
    };

    static std::uint64_t bit_of(std::uint64_t position) { return std::uint64_t{1} << (position % kWays); }
    static std::uint64_t lowest(std::uint64_t bits) { return static_cast<std::uint64_t>(std::countr_zero(bits)); }
    static std::uint64_t prefix(std::uint64_t key, unsigned rank) {
        return (key >> (kBits * (rank - 1))) >> kBits;  // a shift by 66 would be undefined
    }
    // A prefix of rank 1 has 58 bits, ranks are 1 to 11: unique and never 0.
    static std::uint64_t tag(unsigned rank, std::uint64_t position) { return position | std::uint64_t{rank} << 58; }

    [[nodiscard]] std::size_t home(std::uint64_t tag) const {
        constexpr std::uint64_t kMix = 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
        tag *= kMix;
        return static_cast<std::size_t>(((tag ^ tag >> 32) * kMix) >> shift_);
    }
    [[nodiscard]] std::size_t next(std::size_t slot) const { return (slot + 1) & (words_.size() - 1); }

    [[nodiscard]] std::optional<std::size_t> find(std::uint64_t tag) const {
        if (words_.empty()) return std::nullopt;
        for (std::size_t slot = home(tag); words_[slot].tag != 0; slot = next(slot))
            if (words_[slot].tag == tag) return slot;
        return std::nullopt;
    }
    std::uint64_t& find_or_add(std::uint64_t tag) {
        if (const auto slot = find(tag)) return words_[*slot].bits;
        if ((used_ + 1) * kSlotsPerWord > words_.size()) rehash(words_.empty() ? kFirstSlots : words_.size() * 2);
        ++used_;
        return add({tag, 0});
    }
    std::uint64_t& add(const Word& word) {
        std::size_t slot = home(word.tag);
        while (words_[slot].tag != 0) slot = next(slot);
        words_[slot] = word;
        return words_[slot].bits;
    }
    // Closes the gap: moves back each follower that would no longer be found.
    void remove(std::size_t gap) {
        for (std::size_t slot = next(gap); words_[slot].tag != 0; slot = next(slot)) {
            const std::size_t mask = words_.size() - 1;
            if (((slot - home(words_[slot].tag)) & mask) < ((slot - gap) & mask)) continue;
            words_[gap] = words_[slot];
            gap = slot;
        }
        words_[gap] = {};
        --used_;
    }
    void rehash(std::size_t slots) {
        std::vector<Word> old(slots);
        old.swap(words_);
        shift_ = 64U - static_cast<unsigned>(std::countr_zero(slots));
        for (const Word& word : old)
            if (word.tag != 0) add(word);
    }

    void raise_top() {
        const std::uint64_t bit = bit_of(root_);
        root_ >>= kBits;
        ++top_;
        find_or_add(tag(top_, root_)) = bit;
    }
    [[nodiscard]] std::uint64_t lowest_below(unsigned rank, std::uint64_t position) const {
        for (; rank > 0; --rank) position = position << kBits | lowest(words_[*find(tag(rank, position))].bits);
        return position;
    }

    std::vector<Word> words_;  // a power of two, or none
    std::uint64_t root_{};     // the prefix of rank top_ that all keys share
    std::size_t used_{};
    unsigned shift_{};  // 64 - log2(slots)
    unsigned top_{};    // the rank of the only word without a parent, 0 in the empty set
};

}  // namespace buttonwood::engine::book
