// Every client_order_id ever accepted, with the order it named and the fingerprint of the request: kept for ever.
// Ids lie one after another in memory; a table of their numbers finds them. Thread safety: none.
#pragma once

#include "engine/types.hpp"

#include <deque>
#include <vector>

namespace buttonwood::engine {

class ClientIds {
public:
    struct Entry {
        OrderId order{};
        std::uint64_t fingerprint{};
        AccountId account{};
        ClientOrderId id;
    };
    using Number = std::uint32_t;  // of an entry, from 1; 0 = none

    // 0 where the account never used the id.
    [[nodiscard]] Number find(AccountId account, const ClientOrderId& id) const {
        if (table_.empty()) return 0;
        for (std::size_t i = hash(account, id) & (table_.size() - 1);; i = (i + 1) & (table_.size() - 1)) {
            const Number number = table_[i];
            if (number == 0 || (at(number).account == account && at(number).id == id)) return number;
        }
    }
    // REQUIRES: find() gives 0 for it.
    Number insert(const Entry& entry) {
        entries_.push_back(entry);
        if (entries_.size() * 2 > table_.size()) {
            grow(table_.empty() ? kFirstCapacity : table_.size() * 2);
            return static_cast<Number>(entries_.size());
        }
        const auto number = static_cast<Number>(entries_.size());
        place(number);
        return number;
    }
    // REQUIRES: 1 <= number <= size().
    [[nodiscard]] const Entry& at(Number number) const { return entries_[number - 1]; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    // Room for so many: up to there the table does not grow.
    void reserve(std::size_t entries) {
        std::size_t capacity = kFirstCapacity;
        while (capacity < entries * 2) capacity *= 2;
        if (capacity > table_.size()) grow(capacity);
    }

private:
    static std::size_t hash(AccountId account, const ClientOrderId& id) {
        std::uint64_t value = 0xCBF2'9CE4'8422'2325 ^ static_cast<std::uint64_t>(account);
        for (const char c : id.view()) value = (value ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3;
        return static_cast<std::size_t>(value ^ (value >> 32));
    }
    void place(Number number) {
        std::size_t i = hash(at(number).account, at(number).id) & (table_.size() - 1);
        while (table_[i] != 0) i = (i + 1) & (table_.size() - 1);
        table_[i] = number;
    }
    // capacity: a power of two.
    void grow(std::size_t capacity) {
        table_.assign(capacity, 0);
        for (Number number = 1; number <= entries_.size(); ++number) place(number);
    }

    static constexpr std::size_t kFirstCapacity = 64;
    std::deque<Entry> entries_;
    std::vector<Number> table_;  // a power of two, open addressing
};

}  // namespace buttonwood::engine
