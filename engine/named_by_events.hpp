// What events name: the ids of the users, accounts, securities, orders and keys in their fields, whatever the event,
// and the balances and holdings that these make. For Engine::digest(). Thread safety: none. Cost: O(events).
#pragma once

#include "engine/assert.hpp"
#include "engine/events.hpp"

#include <array>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace buttonwood::engine {

class NamedByEvents {
public:
    void add(std::span<const Event> events) {
        for (const Event& event : events) std::visit([this](const auto& body) { add_names(body); }, event.body);
    }
    void clear() {
        users_.clear();
        accounts_.clear();
        securities_.clear();
        orders_.clear();
        keys_.clear();
        trades_.clear();
        cash_.clear();
        holdings_.clear();
    }

private:
    friend class Engine;

    template <class Body> void add_names(const Body& body) {
        SecurityId security{};
        Currency currency;
        std::array<AccountId, 3> accounts{};  // the two sides of a trade and who gets its fees, at most
        std::size_t account_count = 0;
        Body::visit(body, [&](std::string_view, const auto& field) {
            using Field = std::remove_cvref_t<decltype(field)>;
            if constexpr (std::is_same_v<Field, UserId>) users_.push_back(field);
            if constexpr (std::is_same_v<Field, OrderId>) orders_.push_back(field);
            if constexpr (std::is_same_v<Field, KeyId>) keys_.push_back(field);
            if constexpr (std::is_same_v<Field, TradeId>) trades_.push_back(field);
            if constexpr (std::is_same_v<Field, SecurityId>) security = field;
            if constexpr (std::is_same_v<Field, Currency>) currency = field;
            if constexpr (std::is_same_v<Field, AccountId>) {
                BUTTONWOOD_ASSERT(account_count < accounts.size());
                accounts[account_count++] = field;
            }
        });
        if (security != SecurityId::None) push(securities_, security);
        for (std::size_t i = 0; i < account_count; ++i) {
            accounts_.push_back(accounts[i]);
            if (security != SecurityId::None) holdings_.emplace_back(accounts[i], security);
            if (!currency.empty()) cash_.emplace_back(accounts[i], currency);
        }
    }
    // What one event names is often what the one before it named.
    template <class T> static void push(std::vector<T>& all, const T& one) {
        if (all.empty() || all.back() != one) all.push_back(one);
    }

    std::vector<UserId> users_;
    std::vector<AccountId> accounts_;
    std::vector<SecurityId> securities_;
    std::vector<OrderId> orders_;
    std::vector<KeyId> keys_;
    std::vector<TradeId> trades_;
    std::vector<std::pair<AccountId, Currency>> cash_;
    std::vector<std::pair<AccountId, SecurityId>> holdings_;
};

}  // namespace buttonwood::engine
