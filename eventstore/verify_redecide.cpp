#include "eventstore/verify_redecide.hpp"

#include "engine/reject_reason.hpp"
#include "eventstore/record_json.hpp"

#include <algorithm>

namespace buttonwood::eventstore {
namespace {

// Windows of digests end with the first command that fills 256 events, and no command has many thousands.
constexpr std::size_t kRememberedEvents = 16'384;

std::string outcome_in_words(engine::RejectReason outcome) {
    return outcome == engine::RejectReason::None ? "accepted" : std::string(engine::code_of(outcome));
}

// The first event that differs: its place among those of the command, and what stands there.
struct Difference {
    std::size_t at{};
    std::string what;
};

Difference first_difference(std::span<const engine::Event> stored, std::span<const engine::Event> decided) {
    const std::size_t common = std::min(stored.size(), decided.size());
    for (std::size_t i = 0; i < common; ++i) {
        const std::string was = to_json(stored[i].body), is = to_json(decided[i].body);
        if (stored[i].body.index() == decided[i].body.index() && was == is) continue;
        return {i, std::string(type_name(stored[i].body)) + ' ' + was + " is stored, " +
                       std::string(type_name(decided[i].body)) + ' ' + is + " is decided"};
    }
    return {std::min(common, stored.size() - 1),
            std::to_string(stored.size()) + " events are stored, " + std::to_string(decided.size()) + " are decided"};
}

}  // namespace

std::optional<Finding> Redecider::decide(const Records& records) {
    Events events = records.events;
    auto digest = records.digests.begin();
    for (const CommandRecord& command : records.commands) {
        if (auto bad = compare(command, events.first(command.event_count))) return bad;
        events = events.subspan(command.event_count);
        if (digest == records.digests.end() || digest->last_seq != engine_.last_seq()) continue;
        if (auto bad = compare_digest(*digest++)) return bad;
        recent_.clear();
    }
    return std::nullopt;
}

std::optional<Finding> Redecider::compare(const CommandRecord& stored, Events events) {
    decided_.clear();
    CommandRecord again = stored;
    again.outcome = engine_.decide(stored.header, stored.command, decided_);
    again.event_count = static_cast<std::uint32_t>(decided_.size());
    // Both in the newest form, whatever the version in which the log holds them.
    stored_bytes_.clear();
    decided_bytes_.clear();
    encode(stored, events, stored_bytes_);
    encode(again, decided_, decided_bytes_);
    remember(decided_);
    if (stored_bytes_ == decided_bytes_) return std::nullopt;

    std::string name = "command " + std::to_string(stored.header.seq) + " (" + std::string(type_name(stored.command)) +
                       ") decided again: ";
    if (again.outcome != stored.outcome)
        return Finding{stored.first_seq, name + outcome_in_words(stored.outcome) + " is stored, " +
                                             outcome_in_words(again.outcome) + " is decided"};
    const Difference difference = first_difference(events, decided_);
    return Finding{stored.first_seq + difference.at, name + difference.what};
}

std::optional<Finding> Redecider::compare_digest(const StateDigest& stored) const {
    const engine::EventSeq oldest = recent_.empty() ? stored.last_seq + 1 : recent_.front().seq;
    if (stored.first_seq < oldest) return std::nullopt;
    const auto digest = engine_.digest(std::span(recent_).subspan(stored.first_seq - oldest));
    if (digest == stored.hash) return std::nullopt;
    return Finding{stored.last_seq, "the engine's state after " + events_in_words(stored.first_seq, stored.last_seq) +
                                        " has digest " + digest.hex() + ", its writer's had " + stored.hash.hex()};
}

void Redecider::remember(Events decided) {
    if (recent_.size() > kRememberedEvents)
        recent_.erase(recent_.begin(), recent_.begin() + kRememberedEvents / 2);
    recent_.insert(recent_.end(), decided.begin(), decided.end());
}

}  // namespace buttonwood::eventstore
