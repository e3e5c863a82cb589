#include "projections/build.hpp"
#include "projections/fault.hpp"
#include "projections/worker.hpp"

#include <algorithm>
#include <thread>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using eventstore::DbError;

namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(20);

struct Place {
    bool building = false;
    EventSeq done{}, total{}, serving{};
    std::string last_error;
};
std::expected<Place, DbError> place_of(Connection& connection, std::string_view projection) {
    auto rows = connection.query(
        "SELECT (b.name IS NOT NULL)::integer, b.checkpoint, h.last_seq, s.checkpoint, b.last_error "
        "FROM projections.status s CROSS JOIN eventstore.head h LEFT JOIN projections.builds b USING (name) "
        "WHERE s.name = $1", {projection});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return Place{};
    return Place{rows->integer(0, 0) != 0, static_cast<EventSeq>(rows->integer(0, 1)),
                 static_cast<EventSeq>(rows->integer(0, 2)), static_cast<EventSeq>(rows->integer(0, 3)),
                 std::string(rows->text(0, 4))};
}

}  // namespace

std::expected<EventSeq, DbError> rebuild(Connection& connection, std::string_view projection,
                                         const std::function<void(EventSeq done, EventSeq total)>& progress) {
    if (!make(projection)) return fault("no projection is called " + std::string(projection));
    if (auto asked = request_build(connection, *make(projection)); !asked) return std::unexpected(asked.error());
    std::unique_ptr<Build> build;
    for (EventSeq told = 0;;) {
        if (!build) {
            auto adopted = Build::adopt(connection, make(projection));
            if (!adopted) return std::unexpected(adopted.error());
            build = std::move(*adopted);
        }
        auto step = Build::Step::Waiting;
        if (build) {
            const auto made = build->step();
            if (!made && made.error().kind != eventstore::DbErrorKind::Conflict) return std::unexpected(made.error());
            if (made) step = *made;
        }
        const auto place = place_of(connection, projection);
        if (!place) return std::unexpected(place.error());
        if (step == Build::Step::Cancelled) return fault("the rebuild was cancelled");
        const EventSeq done = build ? build->checkpoint() : place->done;
        if (progress && done > told) progress(told = done, std::max(done, place->total));
        if (!place->building) return place->serving;
        if (!build && !place->last_error.empty()) return fault(place->last_error);
        if (step == Build::Step::Waiting) std::this_thread::sleep_for(kBetweenLooks);
    }
}

}  // namespace buttonwood::projections
