// Engine::emit, for the sources that decide.
#pragma once

#include "engine/engine.hpp"

#include <type_traits>

namespace buttonwood::engine {

// The next event, to be filled in where it stays; enact() applies it. Nothing else is emitted in between.
template <class Body>
Body& Engine::next(Context& context) {
    Event& event = context.out.emplace_back();
    event.seq = last_seq_ + 1;
    event.command = context.header.seq;
    event.time = context.header.time;
    return event.body.emplace<Body>();
}

// A security that an event of trading names is settled when the command is done.
template <class Body>
void Engine::enact(Context& context, const Body& body) {
    const Event& event = context.out.back();
    last_seq_ = event.seq;
    last_command_ = event.command;
    last_time_ = event.time;
    on(event, body);
    constexpr bool is_of_trading = !std::is_same_v<Body, HoldingsIssued> && !std::is_same_v<Body, CommandRejected> &&
                                   !std::is_same_v<Body, TradingStateChanged>;
    if constexpr (is_of_trading && requires { body.security; })
        if (body.security != SecurityId::None) touch(body.security);
}

// Applied as it is emitted.
template <class Body>
void Engine::emit(Context& context, const Body& body) {
    context.out.emplace_back(last_seq_ + 1, context.header.seq, context.header.time, body);
    enact(context, *std::get_if<Body>(&context.out.back().body));
}

}  // namespace buttonwood::engine
