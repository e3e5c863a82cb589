// A book of constant size under adds, cancels, marketable orders and replaces; also sparse prices and single levels.
//
// The generator plays its messages through the std::map book, so that a cancel or a replace names an order that rests.
#include "bench/core_random.hpp"
#include "bench/core_workload.hpp"
#include "tests/engine/map_book.hpp"

#include <algorithm>
#include <optional>

namespace buttonwood::bench {
namespace {

using engine::Price;
using engine::Quantity;
using engine::Side;
using Model = engine::tests::MapBook;

constexpr std::int64_t kCenter = 1'000'000;          // ticks
constexpr std::int64_t kSparseGap = 1'000'000;       // ticks between two levels that are alone
constexpr std::int64_t kSparseLevelsPerOrder = 4;    // places for a level, per side and resting order
constexpr std::int64_t kMaxQuantity = 100;
constexpr std::int64_t kMaxMarketableQuantity = 200; // about two resting orders: what adds exceed cancels by
constexpr std::size_t kDriftInterval = 64;           // messages between two steps of the centre
constexpr std::size_t kTolerance = 8;                // orders, besides 2 %, that a book may be off its size

enum class Operation : std::uint8_t { Add, Cancel, Marketable, Replace };

class MixedFlow {
public:
    MixedFlow(const MixedShape& shape, std::uint64_t seed)
        : shape_(shape),
          random_(seed),
          ranks_(shape.symbols, [](std::size_t rank) { return 1.0 / static_cast<double>(rank + 1); }),
          markets_(shape.symbols) {
        workload_.name = shape.name;
        workload_.symbols = shape.symbols;
    }

    Workload generate() {
        out_ = &workload_.prefill;
        for (std::size_t i = 0; i < shape_.resting * shape_.symbols; ++i) add(i % shape_.symbols);
        out_ = &workload_.messages;
        out_->reserve(shape_.messages);
        while (out_->size() < shape_.messages) step(shape_.symbols == 1 ? 0 : ranks_.draw(random_));
        workload_.orders = orders_.size();
        return std::move(workload_);
    }

private:
    struct Market {
        Model book;
        std::vector<std::uint32_t> resting;
        std::int64_t center = kCenter;
    };
    struct Order {
        Model::Handle handle = Model::kNoHandle;
        std::uint32_t place{};  // in Market::resting, while it rests
        Side side{};
    };
    // Keeps `resting` in step with the fills of one message.
    struct Sink : Model::NullSink {
        MixedFlow& flow;
        Market& market;
        Sink(MixedFlow& f, Market& m) : flow(f), market(m) {}
        void filled(const Model::Fill& fill) {
            if (fill.maker_leaves.units == 0) flow.forget(market, static_cast<std::uint32_t>(fill.maker));
        }
    };

    void step(std::size_t symbol) {
        Market& market = markets_[symbol];
        if (random_.below(kDriftInterval) == 0) market.center += random_.chance(0.5) ? 1 : -1;
        switch (choose(market)) {
            case Operation::Add: return add(symbol);
            case Operation::Cancel: return cancel(symbol);
            case Operation::Marketable: return take(symbol);
            case Operation::Replace: return replace(symbol);
        }
    }

    Operation choose(const Market& market) {
        const std::size_t draw = random_.below(100);
        const std::size_t slack = shape_.resting / 50 + kTolerance;
        const bool low = market.resting.size() + slack < shape_.resting || market.resting.empty();
        const bool high = market.resting.size() > shape_.resting + slack;
        if (draw < 90) {
            if (low) return Operation::Add;
            if (high) return Operation::Cancel;
            return draw < 50 ? Operation::Add : Operation::Cancel;
        }
        if (market.resting.empty()) return Operation::Add;
        return draw < 95 ? Operation::Marketable : Operation::Replace;
    }

    void add(std::size_t symbol) {
        const Side side = shape_.prices == MixedShape::Prices::OneLevel || random_.chance(0.5) ? Side::Buy : Side::Sell;
        submit(symbol, side, place(markets_[symbol], side), random_.between(1, kMaxQuantity), false);
    }

    void cancel(std::size_t symbol) {
        Market& market = markets_[symbol];
        const std::uint32_t order = any_resting(market);
        Message m;
        m.kind = MessageKind::Cancel;
        m.order = order;
        m.symbol = static_cast<std::uint16_t>(symbol);
        out_->push_back(m);
        market.book.cancel(orders_[order].handle, Model::NullSink{});
        forget(market, order);
    }

    // Reaches a little beyond the best price of the other side.
    void take(std::size_t symbol) {
        const Model& book = markets_[symbol].book;
        Side side = random_.chance(0.5) ? Side::Buy : Side::Sell;
        if (!book.best(engine::opposite(side))) side = engine::opposite(side);
        const std::int64_t reach = shape_.prices == MixedShape::Prices::Sparse ? 10 * kSparseGap : 10;
        const std::int64_t best = book.best(engine::opposite(side))->price.units;
        submit(symbol, side, side == Side::Buy ? best + reach : best - reach,
               random_.between(1, kMaxMarketableQuantity), true);
    }

    // Half of them less at the same price, which keeps the place; half somewhere else.
    void replace(std::size_t symbol) {
        Market& market = markets_[symbol];
        const std::uint32_t number = any_resting(market);
        Order& order = orders_[number];
        const Model& book = market.book;
        const bool keep = random_.chance(0.5);
        Message m;
        m.kind = MessageKind::Replace;
        m.order = number;
        m.side = order.side;
        m.symbol = static_cast<std::uint16_t>(symbol);
        m.price = keep ? book.price(order.handle).units : place(market, order.side);
        const std::int64_t open = book.quantity(order.handle).units;
        m.quantity = static_cast<std::uint32_t>(keep && open > 1 ? open - 1 : random_.between(1, kMaxQuantity));
        out_->push_back(m);
        const auto replaced = market.book.replace(order.handle, {m.price}, {m.quantity}, Sink(*this, market));
        order.handle = *replaced;
        if (order.handle == Model::kNoHandle) forget(market, number);
    }

    void submit(std::size_t symbol, Side side, std::int64_t price, std::int64_t quantity, bool ioc) {
        Message m;
        m.kind = MessageKind::New;
        m.order = static_cast<std::uint32_t>(orders_.size());
        m.symbol = static_cast<std::uint16_t>(symbol);
        m.side = side;
        m.ioc = ioc;
        m.price = price;
        m.quantity = static_cast<std::uint32_t>(quantity);
        out_->push_back(m);
        Market& market = markets_[symbol];
        orders_.push_back({Model::kNoHandle, 0, side});
        const auto handle = market.book.submit(side, Price{price}, Quantity{quantity}, ioc, Model::Tag{m.order},
                                               Sink(*this, market));
        if (handle == Model::kNoHandle) return;
        orders_.back().handle = handle;
        orders_.back().place = static_cast<std::uint32_t>(market.resting.size());
        market.resting.push_back(m.order);
    }

    // A price for a new order that shall rest.
    std::int64_t place(const Market& market, Side side) {
        const std::int64_t sign = side == Side::Buy ? -1 : 1;
        switch (shape_.prices) {
            case MixedShape::Prices::NearTouch: {
                const auto distance = static_cast<std::int64_t>(random_.exponential(shape_.mean_distance)) + 1;
                return market.center + sign * distance;
            }
            case MixedShape::Prices::OneLevel: return kCenter;
            case MixedShape::Prices::Sparse: break;
        }
        const auto places = kSparseLevelsPerOrder * static_cast<std::int64_t>(shape_.resting);
        while (true) {
            const std::int64_t price = kSparseGap * (2 * places + sign * random_.between(1, places));
            if (market.book.depth_at(side, {price}).order_count == 0) return price;
        }
    }

    std::uint32_t any_resting(const Market& market) { return market.resting[random_.below(market.resting.size())]; }

    void forget(Market& market, std::uint32_t number) {
        const std::uint32_t last = market.resting.back();
        market.resting[orders_[number].place] = last;
        orders_[last].place = orders_[number].place;
        market.resting.pop_back();
        orders_[number].handle = Model::kNoHandle;
    }

    const MixedShape& shape_;
    Random random_;
    WeightedIndex ranks_;
    std::vector<Market> markets_;
    std::vector<Order> orders_;
    Workload workload_;
    std::vector<Message>* out_ = nullptr;
};

class TouchFlow {
public:
    TouchFlow(const TouchShape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

    Workload generate() {
        Workload workload;
        workload.name = shape_.name;
        for (std::size_t i = 0; i < shape_.resting; ++i) {
            const std::int64_t distance = kBehind * static_cast<std::int64_t>(1 + i / 2);
            workload.prefill.push_back(i % 2 == 0 ? order(Side::Buy, kCenter - distance)
                                                  : order(Side::Sell, kCenter + distance));
        }
        while (workload.messages.size() < shape_.messages) refill_and_empty(workload.messages);
        workload.orders = next_;
        return workload;
    }

private:
    static constexpr std::int64_t kBehind = 97;  // ticks between the levels behind the touch
    static constexpr std::int64_t kJitter = 20;

    void refill_and_empty(std::vector<Message>& out) {
        const Side side = random_.chance(0.5) ? Side::Buy : Side::Sell;
        const std::int64_t price = kCenter + random_.between(-kJitter, kJitter);
        const auto count = static_cast<std::size_t>(random_.between(1, 3));
        const std::size_t first = out.size();
        std::uint32_t quantity = 0;
        for (std::size_t i = 0; i < count; ++i) {
            out.push_back(order(side, price));
            quantity += out.back().quantity;
        }
        if (random_.chance(0.5)) {
            for (std::size_t i = 0; i < count; ++i) {
                out.push_back(out[first + i]);
                out.back().kind = MessageKind::Cancel;
            }
        } else {
            out.push_back(order(engine::opposite(side), price));
            out.back().quantity = quantity;
            out.back().ioc = true;
        }
    }

    Message order(Side side, std::int64_t price) {
        Message m;
        m.kind = MessageKind::New;
        m.order = next_++;
        m.side = side;
        m.price = price;
        m.quantity = static_cast<std::uint32_t>(random_.between(1, kMaxQuantity));
        return m;
    }

    const TouchShape& shape_;
    Random random_;
    std::uint32_t next_{};
};

}  // namespace

Workload make_mixed(const MixedShape& shape, std::uint64_t seed) { return MixedFlow(shape, seed).generate(); }
Workload make_touch(const TouchShape& shape, std::uint64_t seed) { return TouchFlow(shape, seed).generate(); }

}  // namespace buttonwood::bench
