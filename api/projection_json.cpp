#include "api/projection_json.hpp"

#include <algorithm>

namespace buttonwood::api {

using projections::ProjectionStatus;

double progress_percent(const ProjectionStatus& status) {
    if (status.log_seq == 0) return 100;
    return std::min(100.0, 100 * static_cast<double>(status.build->checkpoint) / static_cast<double>(status.log_seq));
}

double seconds_left(const ProjectionStatus& status) {
    if (status.build->events_per_s <= 0 || status.build->checkpoint >= status.log_seq) return 0;
    return static_cast<double>(status.log_seq - status.build->checkpoint) /
           static_cast<double>(status.build->events_per_s);
}

void write_projection(JsonWriter& w, const ProjectionStatus& p) {
    w.object([&] { write_projection_members(w, p); });
}

void write_projection_members(JsonWriter& w, const ProjectionStatus& p) {
    const auto unless_empty = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional(text);
    };
    w.member("name", p.name);
    w.member("status", p.status);
    w.member("desired", p.desired);
    w.member("version", p.version);
    w.member("checkpoint", p.checkpoint);
    w.member("lag_events", p.log_seq > p.checkpoint ? p.log_seq - p.checkpoint : 0);
    w.member("lag_ms", p.log_seq > p.checkpoint ? p.lag_ms : 0);
    w.member("events_per_s", p.events_per_s);
    w.member("error_count", p.error_count);
    w.member("attempts", p.attempts);
    w.member("error_seq", p.error_seq);
    w.member("last_error", unless_empty(p.last_error));
    w.member("updated_at", p.updated_at);
    if (!p.build) return;
    w.object("rebuild", [&] {
        w.member("checkpoint", p.build->checkpoint);
        w.member("target", p.log_seq);
        w.member("events_per_s", p.build->events_per_s);
        w.member("seconds_left", static_cast<std::int64_t>(seconds_left(p)));
        w.member("last_error", unless_empty(p.build->last_error));
        w.member("started_at", p.build->started_at);
    });
}

}  // namespace buttonwood::api
