// Engine::emit, for the sources that decide.
#pragma once

#include "engine/engine.hpp"

namespace buttonwood::engine {

// Applied as it is emitted, and constructed where it stays.
template <class Body>
void Engine::emit(Context& context, const Body& body) {
    context.out.emplace_back(last_seq_ + 1, context.header.seq, context.header.time, body);
    const Event& event = context.out.back();
    last_seq_ = event.seq;
    last_command_ = event.command;
    last_time_ = event.time;
    on(event, *std::get_if<Body>(&event.body));
}

}  // namespace buttonwood::engine
