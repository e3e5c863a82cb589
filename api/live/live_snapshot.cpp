#include "api/live/live_snapshot.hpp"

namespace buttonwood::api {
namespace {

struct View {
    LiveView view;
};
// The view comes first: it is there before the part that refers to it.
class OwnLiveSnapshot : private View, public LiveSnapshot {
public:
    OwnLiveSnapshot() : LiveSnapshot(view) {}
};

}  // namespace

void fold(LiveView& view, const eventstore::DurableBatch& batch) {
    std::span<const engine::Event> rest(batch.records.events);
    for (const eventstore::CommandRecord& command : batch.records.commands) {
        view.apply(command, rest.first(command.event_count));
        rest = rest.subspan(command.event_count);
    }
}

std::unique_ptr<eventstore::SnapshotPart> make_live_snapshot() { return std::make_unique<OwnLiveSnapshot>(); }

}  // namespace buttonwood::api
