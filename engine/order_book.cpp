#include "engine/order_book.hpp"

#include "engine/assert.hpp"

namespace buttonwood::engine {

OrderBook::Handle OrderBook::add(Side side, Price price, Quantity quantity, Tag tag) {
    BUTTONWOOD_ASSERT(quantity.units > 0);
    Handle handle;
    if (free_.empty()) {
        handle = static_cast<Handle>(orders_.size());
        BUTTONWOOD_ASSERT(handle != kNoHandle);
        orders_.emplace_back();
    } else {
        handle = free_.back();
        free_.pop_back();
    }
    Queue& queue = levels(side)[key_of(side, price)];
    orders_[handle] = Node{price, quantity, tag, kNoHandle, queue.tail, side};
    (queue.tail == kNoHandle ? queue.head : orders_[queue.tail].next) = handle;
    queue.tail = handle;
    queue.quantity += quantity;
    ++queue.order_count;
    ++order_count_;
    return handle;
}

void OrderBook::reduce(Handle handle, Quantity by) {
    Node& node = orders_[handle];
    BUTTONWOOD_ASSERT(by.units > 0 && by <= node.quantity);
    if (by == node.quantity) return remove(handle);
    node.quantity -= by;
    levels(node.side).find(key_of(node.side, node.price))->second.quantity -= by;
}

void OrderBook::remove(Handle handle) {
    Node& node = orders_[handle];
    BUTTONWOOD_ASSERT(node.quantity.units > 0);
    Levels& side_levels = levels(node.side);
    const auto it = side_levels.find(key_of(node.side, node.price));
    BUTTONWOOD_ASSERT(it != side_levels.end());
    Queue& queue = it->second;
    (node.prev == kNoHandle ? queue.head : orders_[node.prev].next) = node.next;
    (node.next == kNoHandle ? queue.tail : orders_[node.next].prev) = node.prev;
    queue.quantity -= node.quantity;
    if (--queue.order_count == 0) side_levels.erase(it);
    node.quantity = {};
    free_.push_back(handle);
    --order_count_;
}

std::optional<OrderBook::Level> OrderBook::best(Side side) const {
    const Levels& side_levels = levels(side);
    if (side_levels.empty()) return std::nullopt;
    const auto& [key, queue] = *side_levels.begin();
    return Level{price_of(side, key), queue.quantity, queue.order_count};
}

OrderBook::Handle OrderBook::front(Side side) const {
    const Levels& side_levels = levels(side);
    return side_levels.empty() ? kNoHandle : side_levels.begin()->second.head;
}

bool OrderBook::crosses(Side side, Price price) const {
    const Levels& other = levels(opposite(side));
    if (other.empty()) return false;
    const Price best_price = price_of(opposite(side), other.begin()->first);
    return side == Side::Buy ? best_price <= price : best_price >= price;
}

OrderBook::Level OrderBook::depth_at(Side side, Price price) const {
    const auto it = levels(side).find(key_of(side, price));
    if (it == levels(side).end()) return Level{price, {}, 0};
    return Level{price, it->second.quantity, it->second.order_count};
}

}  // namespace buttonwood::engine
