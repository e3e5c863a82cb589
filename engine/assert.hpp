// Assertions for our own mistakes: on in every build, never on client input or database content.
// A failed one prints where and aborts: restart and replay are safer than going on with a broken state.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace buttonwood::engine {
[[noreturn, gnu::cold, gnu::noinline]] inline void assertion_failed(const char* file, int line, const char* text) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, text);
    std::abort();
}
}  // namespace buttonwood::engine

#define BUTTONWOOD_ASSERT(condition)                           \
    (__builtin_expect(static_cast<bool>(condition), 1)         \
         ? static_cast<void>(0)                                \
         : ::buttonwood::engine::assertion_failed(__FILE__, __LINE__, #condition))
