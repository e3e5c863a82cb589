// Engine::emit, for the sources that decide.
#pragma once

#include "engine/engine.hpp"
#include "engine/engine_terms.hpp"

#include <tuple>
#include <type_traits>
#include <utility>

namespace buttonwood::engine {

// What a body starts as. Copying it is a third of the instructions that setting its fields to their defaults takes.
template <class Body>
inline constexpr Body kBlank{};

// Makes a body where it is to stay: the conversion is elided.
template <class Body, class... Fields>
struct MadeInPlace {
    std::tuple<const Fields&...> fields;
    operator EventBody() const {  // NOLINT(google-explicit-constructor): it stands for the body
        if constexpr (sizeof...(Fields) == 0)
            return EventBody(std::in_place_type<Body>, kBlank<Body>);
        else
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

template <class Body, class... Others>
inline constexpr bool kIsOneOf = (std::is_same_v<Body, Others> || ...);
template <class Body>
inline constexpr bool kIsOfTrading =
    !kIsOneOf<Body, HoldingsIssued, CommandRejected, TradingStateChanged, SecurityTermsSet, ValuationRecorded,
              SecurityDelisted, FeesSet, SettlementChanged>;

// slots: of the orders that the body names, where they are known already. A security that an event of trading names is
// settled when the command is done.
template <class Body, class... Slots>
void Engine::enact(Context& context, const Body& body, Slots... slots) {
    ++last_seq_;  // rather than read back from the event: it was written a moment ago
    last_command_ = context.header.seq;
    last_time_ = context.header.time;
    on(context.out.back(), body, slots...);
    if constexpr (kIsOfTrading<Body> && requires { body.security; })
        if (body.security != SecurityId::None) touch(at(body.security));
}

// Applied as it is emitted.
template <class Body, class... Slots>
void Engine::emit(Context& context, const Body& body, Slots... slots) {
    context.out.emplace_back(last_seq_ + 1, context.header.seq, context.header.time, body);
    enact(context, *std::get_if<Body>(&context.out.back().body), slots...);
}

}  // namespace buttonwood::engine
