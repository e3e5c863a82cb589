// Engine::emit, for the sources that decide.
#pragma once

#include "engine/engine.hpp"

#include <tuple>
#include <type_traits>
#include <utility>

namespace buttonwood::engine {

// Makes a body where it is to stay: the conversion is elided.
template <class Body, class... Fields>
struct MadeInPlace {
    std::tuple<const Fields&...> fields;
    operator EventBody() const {  // NOLINT(google-explicit-constructor): it stands for the body
        return std::apply([](const Fields&... f) { return EventBody(std::in_place_type<Body>, f...); }, fields);
    }
};

// The next event, its first fields given and the others to be filled in where it stays; enact() applies it. Nothing
// else is emitted in between.
template <class Body, class... Fields>
Body& Engine::next(Context& context, const Fields&... fields) {
    context.out.emplace_back(last_seq_ + 1, context.header.seq, context.header.time,
                             MadeInPlace<Body, Fields...>{{fields...}});
    return *std::get_if<Body>(&context.out.back().body);
}

// slots: of the orders that the body names, where they are known already. A security that an event of trading names is
// settled when the command is done.
template <class Body, class... Slots>
void Engine::enact(Context& context, const Body& body, Slots... slots) {
    const Event& event = context.out.back();
    last_seq_ = event.seq;
    last_command_ = event.command;
    last_time_ = event.time;
    on(event, body, slots...);
    constexpr bool is_of_trading = !std::is_same_v<Body, HoldingsIssued> && !std::is_same_v<Body, CommandRejected> &&
                                   !std::is_same_v<Body, TradingStateChanged>;
    if constexpr (is_of_trading && requires { body.security; })
        if (body.security != SecurityId::None) touch(body.security);
}

// Applied as it is emitted.
template <class Body, class... Slots>
void Engine::emit(Context& context, const Body& body, Slots... slots) {
    context.out.emplace_back(last_seq_ + 1, context.header.seq, context.header.time, body);
    enact(context, *std::get_if<Body>(&context.out.back().body), slots...);
}

}  // namespace buttonwood::engine
