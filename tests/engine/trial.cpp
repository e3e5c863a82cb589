#include "tests/engine/trial.hpp"

#include "tests/engine/compare.hpp"
#include "tests/engine/records.hpp"

namespace buttonwood::engine::tests {
namespace {

constexpr std::uint64_t kHashInterval = 250;

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    return text;
}

// The state that the command meets where it trades.
NaiveEngine::State state_met(const NaiveEngine& oracle, const Command& command) {
    SecurityId security{};
    if (const auto* c = std::get_if<PlaceOrder>(&command)) security = c->security;
    if (const auto* c = std::get_if<PlaceGroup>(&command); c && !c->legs.empty()) security = c->legs[0].security;
    return oracle.securities().contains(security) ? oracle.in_force(security) : NaiveEngine::State{};
}

}  // namespace

std::string Trial::decide(const CommandStream::Step& step, Coverage& coverage) {
    const auto& [time, actor, command] = step;
    const CommandHeader header{engine_.last_command() + 1, time, actor, {}};
    const NaiveEngine::State state = state_met(oracle_, command);
    const NaiveEngine::Prediction predicted = oracle_.decide(actor, time, command);
    std::vector<Event> events;
    const RejectReason reason = engine_.decide(header, command, events);

    std::string wrong = join(compare_events(events, reason, predicted)) + compare(events, header);
    for (const Event& event : events) coverage.add(command, event.body, state);
    coverage.add(reason);
    log_.insert(log_.end(), events.begin(), events.end());
    if (!wrong.empty())
        wrong += "after command " + std::to_string(header.seq) + " at " + std::to_string(time.us) + " of actor " +
                 std::to_string(static_cast<unsigned>(actor)) + ": " + describe(command);
    return wrong;
}

// The envelopes, the replica, the states and, now and then, what is expensive.
std::string Trial::compare(const std::vector<Event>& events, const CommandHeader& header) {
    for (const Event& event : events) {
        if (event.seq != replica_.last_seq() + 1 || event.command != header.seq || event.time != header.time)
            return "an event's envelope is wrong\n";
        replica_.apply(event);
    }
    std::string wrong;
    if (header.seq % check_interval_ == 0)
        wrong += join(compare_states(engine_, oracle_)) + join(engine_.check_invariants());
    if (header.seq % kHashInterval == 0 && replica_.state_hash() != engine_.state_hash())
        wrong += "the replica's state hash differs\n";
    return wrong;
}

bool Trial::replays_to_the_same_hash() const {
    Engine replayed;
    for (const Event& event : log_) replayed.apply(event);
    return replayed.state_hash() == engine_.state_hash() && replayed.check_invariants().empty();
}

}  // namespace buttonwood::engine::tests
