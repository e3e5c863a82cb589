// How people, securities and amounts are called in a golden case.
#pragma once

#include "engine/names.hpp"
#include "tests/engine/transcript.hpp"

#include <sstream>
#include <string>

namespace buttonwood::engine::tests {

template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

inline std::string hash(OrderId id) { return "#" + std::to_string(static_cast<std::uint64_t>(id)); }

// Names people, securities and amounts as the case does.
class Namer {
public:
    explicit Namer(const NaiveEngine& state) : state_(state) {}

    std::string name(UserId user) const { return std::string(state_.users().at(user).terms.name.view()); }
    std::string name(AccountId account) const {
        const UserId owner = state_.accounts().at(account);
        for (const auto& [id, user] : state_.accounts())
            if (user == owner) return id == account ? name(owner) : text(name(owner), "'s ", account_id(account));
        return account_id(account);
    }
    // None is the market as a whole.
    std::string symbol(SecurityId security) const {
        return security == SecurityId::None ? "the market" : std::string(terms(security).symbol.view());
    }
    std::string price(SecurityId security, Price p) const { return format_units(p.units, terms(security).price_scale); }
    std::string quantity(SecurityId security, Quantity q) const {
        return format_units(q.units, terms(security).quantity_scale);
    }
    std::string shares(SecurityId security, Quantity q) const {
        return text(quantity(security, q), ' ', symbol(security));
    }
    // Two decimals, more where they matter.
    static std::string money(Money amount, Currency currency) {
        std::string digits = format_units(amount.units, kMoneyScale);
        while (digits.ends_with('0') && digits[digits.size() - 3] != '.') digits.pop_back();
        return text(digits, ' ', currency.view());
    }
    std::string cash(SecurityId security, Money amount) const { return money(amount, terms(security).currency); }
    // "100.00 USD", "10 ACME", or nothing: what an order ties up or lets go.
    std::string reservation(const char* verb, SecurityId security, Money money_part, Quantity quantity_part) const {
        if (money_part.units != 0) return text(", ", verb, ' ', cash(security, money_part));
        if (quantity_part.units != 0) return text(", ", verb, ' ', shares(security, quantity_part));
        return {};
    }
    static std::string account_id(AccountId account) {
        return "acc_" + std::to_string(static_cast<std::uint32_t>(account));
    }
    static std::string roles(RoleSet set) {
        std::string list;
        for (const auto& entry : kRoleWords)
            if (set.has(entry.value)) list += text(list.empty() ? "" : ",", entry.word);
        return list;
    }

protected:
    const CreateSecurity& terms(SecurityId security) const { return state_.securities().at(security).terms; }
    const NaiveEngine& state_;
};

}  // namespace buttonwood::engine::tests
