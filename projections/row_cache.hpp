// Rows of one table that a fold works on: loaded when needed, changed in memory, written back once per batch.
//
// Between batches it remembers rows that may change again, up to kMaxRows; then it forgets all and loads anew. What it
// remembers equals the table at the checkpoint, or clear() must be called: after a rollback, or when somebody else
// moved the checkpoint. Thread safety: none; one projection owns a cache.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace buttonwood::projections {

template <class Key, class Row, class Hash = std::hash<Key>>
class RowCache {
public:
    static constexpr std::size_t kMaxRows = 200'000;

    // Is it settled whether the row exists? False: load it first.
    [[nodiscard]] bool knows(const Key& key) const { return entries_.contains(key); }

    // nullptr: no such row.
    [[nodiscard]] const Row* find(const Key& key) const {
        const auto it = entries_.find(key);
        return it == entries_.end() || it->second.gone ? nullptr : &it->second.row;
    }
    // A row as it is in the table. One that was created blindly becomes a change of it.
    void load(const Key& key, Row row) {
        Entry& entry = entries_[key];
        entry.row = std::move(row);
        entry.stored = true;
    }
    // A row that is not there yet, or was erased in this batch.
    Row& create(const Key& key, Row row) {
        Entry& entry = entries_[key];
        entry.row = std::move(row);
        entry.gone = false;
        touch(key, entry);
        return entry.row;
    }
    // The row, to be changed; nullptr: no such row.
    [[nodiscard]] Row* change(const Key& key) {
        const auto it = entries_.find(key);
        if (it == entries_.end() || it->second.gone) return nullptr;
        touch(key, it->second);
        return &it->second.row;
    }
    Row& change_or_create(const Key& key) {
        Row* row = change(key);
        return row ? *row : create(key, Row{});
    }
    // REQUIRES: find(key).
    void erase(const Key& key) {
        Entry& entry = entries_.find(key)->second;
        entry.gone = true;
        touch(key, entry);
    }

    // Hands every row that changed to put(stored, key, row), every one that went to remove(key), in the order in which
    // the batch first touched them, and remembers those that keep(key, row) says may change again.
    // False: they were too many, so it forgot all.
    template <class Put, class Remove, class Keep>
    bool flush(Put&& put, Remove&& remove, Keep&& keep) {
        for (const Key& key : touched_) {
            const auto it = entries_.find(key);
            Entry& entry = it->second;
            if (entry.gone) {
                if (entry.stored) remove(key);
                entries_.erase(it);
                continue;
            }
            put(entry.stored, key, std::as_const(entry.row));
            entry.stored = true;
            entry.touched = false;
            if (!keep(key, std::as_const(entry.row))) entries_.erase(it);
        }
        touched_.clear();
        if (entries_.size() <= kMaxRows) return true;
        entries_.clear();
        return false;
    }
    // Of a table whose rows stay.
    template <class Put>
    bool flush(Put&& put) {
        return flush(
            std::forward<Put>(put), [](const Key&) {}, [](const Key&, const Row&) { return true; });
    }
    template <class F>
    void for_each_touched(F&& f) {
        for (const Key& key : touched_) f(key, entries_.find(key)->second.row);
    }

    void clear() {
        entries_.clear();
        touched_.clear();
    }

private:
    struct Entry {
        Row row{};
        bool stored{};   // in the table
        bool touched{};  // listed in touched_
        bool gone{};     // erased in this batch
    };
    void touch(const Key& key, Entry& entry) {
        if (entry.touched) return;
        entry.touched = true;
        touched_.push_back(key);
    }

    std::unordered_map<Key, Entry, Hash> entries_;
    std::vector<Key> touched_;
};

}  // namespace buttonwood::projections
