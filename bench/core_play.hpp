// Plays messages through a subject of the core benchmark, batch by batch.
#pragma once

#include "bench/core_workload.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace buttonwood::bench {

using Messages = std::span<const Message>;

// The part of a workload's messages after which a subject that was not reserved for it counts as warm.
inline std::size_t warm_up_of(const Workload& workload) { return workload.messages.size() / 10; }

// Plays messages in the subject's batches; around(run, batch) calls run() at some point.
template <class Subject, class Around>
void play(Subject& subject, Messages messages, Around around) {
    while (!messages.empty()) {
        const Messages batch = messages.first(std::min(Subject::kBatch, messages.size()));
        messages = messages.subspan(batch.size());
        subject.prepare(batch);
        around(batch);
        subject.drain();
    }
}

template <class Subject>
void play_untimed(Subject& subject, Messages messages) {
    play(subject, messages, [&](Messages) { subject.run(); });
}

}  // namespace buttonwood::bench
