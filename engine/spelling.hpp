// How names, symbols, currencies and keys may be spelled.
#pragma once

#include <string_view>

namespace buttonwood::engine {

inline bool has_controls(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
    return false;
}

inline bool printable(std::string_view text) { return !text.empty() && !has_controls(text); }

template <class Allowed> bool spelled_with(std::string_view text, Allowed allowed) {
    if (text.empty()) return false;
    for (const char c : text)
        if (!allowed(c)) return false;
    return true;
}

inline bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline bool is_symbol(std::string_view text) {
    return spelled_with(text, [](char c) { return is_capital(c) || is_digit(c) || c == '.'; });
}

inline bool is_currency(std::string_view text) { return text.size() == 3 && spelled_with(text, is_capital); }

inline bool is_country(std::string_view text) { return text.size() == 2 && spelled_with(text, is_capital); }

inline bool is_preference_key(std::string_view text) {
    return spelled_with(text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '.'; });
}

inline bool is_email(std::string_view text) { return !has_controls(text) && text.find('@') != std::string_view::npos; }

}  // namespace buttonwood::engine
