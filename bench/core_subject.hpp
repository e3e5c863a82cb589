// A bare book as a subject of the core benchmark: the engine's OrderBook or the std::map book, with the same harness.
//
// A subject processes batches of messages in three steps, of which only the second is timed:
//
//     prepare(batch)   makes ready what the caller of a real engine would hand over
//     run()            the work
//     drain()          hashes what came out, and makes room for the next batch
//
// run_one(i) does the i-th message of the prepared batch alone. Not thread safe.
#pragma once

#include "bench/core_workload.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace buttonwood::bench {

// What a workload needs at most, per symbol, and what it leaves.
struct Standing {
    std::size_t peak_orders{};
    std::size_t peak_levels{};  // of both sides
    std::size_t orders{};
    std::size_t levels{};
};

// A digest of the fills in their order; equal for all subjects.
class FillHash {
public:
    void add(std::uint64_t maker, std::int64_t price, std::int64_t quantity) {
        mix(maker);
        mix(static_cast<std::uint64_t>(price));
        mix(static_cast<std::uint64_t>(quantity));
        ++fills_;
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }
    [[nodiscard]] std::uint64_t fills() const { return fills_; }

private:
    void mix(std::uint64_t value) {
        hash_ = (hash_ ^ value) * 0x9FB21C651E98DF25;
        hash_ ^= hash_ >> 32;
    }
    std::uint64_t hash_ = 0xCBF29CE484222325;
    std::uint64_t fills_{};
};

// What a book reports per event, 32 bytes, as it would travel to another thread.
struct EventRecord {
    enum class Kind : std::uint32_t { Filled, Rested, Expired, Canceled, Replaced, Refused };
    std::uint64_t tag{};  // the order; of a fill, the maker
    std::int64_t price{};
    std::int64_t quantity{};
    std::uint32_t taker{};
    Kind kind{};
};
static_assert(sizeof(EventRecord) == 32);

// Preallocated records, refilled from the start for every batch.
class RecordRing {
public:
    static constexpr std::size_t kCapacity = std::size_t{1} << 17;

    void push(const EventRecord& record) { records_[count_++ & (kCapacity - 1)] = record; }
    // REQUIRES: no more records than fit since the last clear(); the caller's batches see to that, and this checks it.
    [[nodiscard]] std::span<const EventRecord> records() const {
        if (count_ > kCapacity) throw std::length_error("a batch made more events than the ring holds");
        return {records_.get(), count_};
    }
    void clear() { count_ = 0; }

private:
    std::unique_ptr<EventRecord[]> records_ = std::make_unique<EventRecord[]>(kCapacity);
    std::size_t count_{};
};

template <class Book>
class BookSubject {
public:
    static constexpr std::size_t kBatch = 4096;

    BookSubject(const Workload& workload, const std::vector<Standing>& standing)
        : books_(workload.symbols), handles_(workload.orders, Book::kNoHandle) {
        for (std::size_t i = 0; i < books_.size(); ++i)
            books_[i].reserve(standing[i].peak_orders, standing[i].peak_levels);
    }

    void prepare(std::span<const Message> batch) { batch_ = batch; }
    void run() {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            if (i + kAhead < batch_.size()) prefetch(batch_[i + kAhead]);
            process(batch_[i]);
        }
    }
    void run_one(std::size_t i) { process(batch_[i]); }
    void drain() {
        for (const EventRecord& r : sink_.ring.records())
            if (r.kind == EventRecord::Kind::Filled) hash_.add(r.tag, r.price, r.quantity);
        sink_.ring.clear();
    }

    [[nodiscard]] const FillHash& hash() const { return hash_; }
    [[nodiscard]] std::size_t order_count() const { return sum([](const Book& b) { return b.order_count(); }); }
    [[nodiscard]] std::size_t level_count() const { return sum(levels_of); }
    [[nodiscard]] std::size_t memory_bytes() const { return sum([](const Book& b) { return b.memory_bytes(); }); }
    [[nodiscard]] const Book& book(std::size_t symbol) const { return books_[symbol]; }
    static std::size_t levels_of(const Book& b) {
        return b.level_count(engine::Side::Buy) + b.level_count(engine::Side::Sell);
    }

private:
    static constexpr std::size_t kAhead = 6;  // messages; far enough to hide a miss, near enough to be still there
    using Kind = EventRecord::Kind;

    struct Sink {
        RecordRing ring;
        void filled(const auto& f) {
            ring.push({f.maker, f.price.units, f.quantity.units, static_cast<std::uint32_t>(f.taker), Kind::Filled});
        }
        void rested(std::uint64_t tag, auto, engine::Side, engine::Price price, engine::Quantity leaves) {
            ring.push({tag, price.units, leaves.units, 0, Kind::Rested});
        }
        void expired(std::uint64_t tag, engine::Quantity leaves) {
            ring.push({tag, 0, leaves.units, 0, Kind::Expired});
        }
        void canceled(std::uint64_t tag, engine::Quantity leaves) {
            ring.push({tag, 0, leaves.units, 0, Kind::Canceled});
        }
        void replaced(std::uint64_t tag, auto, engine::Price price, engine::Quantity leaves, bool) {
            ring.push({tag, price.units, leaves.units, 0, Kind::Replaced});
        }
        void refused(std::uint64_t tag) { ring.push({tag, 0, 0, 0, Kind::Refused}); }
    };

    void process(const Message& m) {
        Book& book = books_[m.symbol];
        switch (m.kind) {
            case MessageKind::New:
                handles_[m.order] = book.submit(m.side, engine::Price{m.price}, engine::Quantity{m.quantity}, m.ioc,
                                                typename Book::Tag{m.order}, sink_);
                return;
            case MessageKind::Cancel:
                if (!book.cancel(handles_[m.order], sink_)) sink_.refused(m.order);
                return;
            case MessageKind::Replace:
                if (const auto handle = book.replace(handles_[m.order], engine::Price{m.price},
                                                     engine::Quantity{m.quantity}, sink_))
                    handles_[m.order] = *handle;
                else
                    sink_.refused(m.order);
                return;
        }
    }

    void prefetch(const Message& m) {
        if constexpr (requires(Book& b) { b.prefetch(Book::kNoHandle); }) {
            if (m.kind != MessageKind::New) books_[m.symbol].prefetch(handles_[m.order]);
            if (m.kind != MessageKind::Cancel) books_[m.symbol].prefetch(m.side, engine::Price{m.price});
        }
    }

    template <class F>
    [[nodiscard]] std::size_t sum(F f) const {
        std::size_t total = 0;
        for (const Book& b : books_) total += f(b);
        return total;
    }

    std::vector<Book> books_;
    std::vector<typename Book::Handle> handles_;  // by the order's number
    std::span<const Message> batch_;
    Sink sink_;
    FillHash hash_;
};

}  // namespace buttonwood::bench
