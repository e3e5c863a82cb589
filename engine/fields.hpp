// A record names its fields once; codecs, JSON and tests visit them. Order of fields = order in the journal.
//
//     struct CashDeposited {
//         AccountId account{};
//         Money amount;
//         BUTTONWOOD_RECORD(CashDeposited, account, amount)
//     };
//     CashDeposited::visit(event, [](std::string_view name, auto& value) { ... });
//
// A record grows only at its end, and a new field's default means what its absence meant: that is how old records are
// read. BUTTONWOOD_VERSIONS(2, 5) says that version 1 had two fields and version 2 has five; without it a record is
// still at version 1.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#define BUTTONWOOD_PARENS ()
#define BUTTONWOOD_EXPAND(...) BUTTONWOOD_EXPAND4(BUTTONWOOD_EXPAND4(BUTTONWOOD_EXPAND4(__VA_ARGS__)))
#define BUTTONWOOD_EXPAND4(...) BUTTONWOOD_EXPAND3(BUTTONWOOD_EXPAND3(BUTTONWOOD_EXPAND3(__VA_ARGS__)))
#define BUTTONWOOD_EXPAND3(...) BUTTONWOOD_EXPAND2(BUTTONWOOD_EXPAND2(BUTTONWOOD_EXPAND2(__VA_ARGS__)))
#define BUTTONWOOD_EXPAND2(...) BUTTONWOOD_EXPAND1(BUTTONWOOD_EXPAND1(BUTTONWOOD_EXPAND1(__VA_ARGS__)))
#define BUTTONWOOD_EXPAND1(...) __VA_ARGS__
#define BUTTONWOOD_VISIT_FIELD(field, ...) \
    f(std::string_view(#field), self.field); \
    __VA_OPT__(BUTTONWOOD_VISIT_AGAIN BUTTONWOOD_PARENS(__VA_ARGS__))
#define BUTTONWOOD_VISIT_AGAIN() BUTTONWOOD_VISIT_FIELD

#define BUTTONWOOD_RECORD(name, ...)                                                   \
    static constexpr std::string_view kName = #name;                                   \
    template <class Self, class F>                                                     \
    static constexpr void visit([[maybe_unused]] Self& self, [[maybe_unused]] F&& f) { \
        __VA_OPT__(BUTTONWOOD_EXPAND(BUTTONWOOD_VISIT_FIELD(__VA_ARGS__)))             \
    }

#define BUTTONWOOD_VERSIONS(...) static constexpr std::array kFieldCounts = std::to_array<std::size_t>({__VA_ARGS__});
