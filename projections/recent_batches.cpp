#include "projections/recent_batches.hpp"

#include <algorithm>

namespace buttonwood::projections {

using engine::EventSeq;

void RecentBatches::add(Batch batch, EventSeq consumed) {
    const std::scoped_lock lock(mutex_);
    if (!batches_.empty() && batches_.back()->header.last_seq + 1 != batch->header.first_seq) {
        batches_.clear();
        events_ = 0;
    }
    events_ += batch->records.events.size();
    batches_.push_back(std::move(batch));
    while (!batches_.empty() && (events_ > kMaxEvents || batches_.front()->header.last_seq <= consumed)) drop_oldest();
}

std::vector<Batch> RecentBatches::after(EventSeq after, EventSeq max_events) const {
    const std::scoped_lock lock(mutex_);
    auto it = std::ranges::lower_bound(batches_, after + 1, {}, [](const Batch& b) { return b->header.first_seq; });
    std::vector<Batch> found;
    if (it == batches_.end() || (*it)->header.first_seq != after + 1) return found;
    for (EventSeq events = 0; it != batches_.end() && events < max_events; ++it) {
        events += (*it)->records.events.size();
        found.push_back(*it);
    }
    return found;
}

void RecentBatches::drop_oldest() {
    events_ -= batches_.front()->records.events.size();
    batches_.pop_front();
}

}  // namespace buttonwood::projections
