// The section "live" of a snapshot: what the doors answer from. Thread safety: as the view's.
#pragma once

#include "api/live/live_view.hpp"
#include "eventstore/snapshot_store.hpp"

#include <memory>

namespace buttonwood::api {

// Folds every command of a batch; for the streams and answers between two commands see Gateway.
void fold(LiveView& view, const eventstore::DurableBatch& batch);

// Of a view that outlives it.
class LiveSnapshot : public eventstore::SnapshotPart {
public:
    explicit LiveSnapshot(LiveView& view) : view_(view) {}
    [[nodiscard]] const LiveView& live_view() const { return view_; }

    [[nodiscard]] std::string_view name() const override { return "live"; }
    [[nodiscard]] int version() const override { return LiveView::kSavedVersion; }
    [[nodiscard]] engine::EventSeq event_seq() const override { return view_.event_seq(); }
    void apply(const eventstore::DurableBatch& batch) override { fold(view_, batch); }
    void save(engine::ArchiveWriter& archive) const override { view_.save(archive); }
    void load(engine::ArchiveReader& archive) override { view_.load(archive); }
    void reset() override { view_ = LiveView(); }

private:
    LiveView& view_;
};

// With a view of its own.
[[nodiscard]] std::unique_ptr<eventstore::SnapshotPart> make_live_snapshot();

}  // namespace buttonwood::api
