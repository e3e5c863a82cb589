// Assertions for our own mistakes: on in every build, never on client input or database content.
// A failed one prints where and aborts: restart and replay are safer than going on with a broken state.
#pragma once

#include <cstdio>
#include <cstdlib>

#define BUTTONWOOD_ASSERT(condition)                                                                         \
    (__builtin_expect(static_cast<bool>(condition), 1)                                                       \
         ? static_cast<void>(0)                                                                              \
         : (std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition), std::abort()))
