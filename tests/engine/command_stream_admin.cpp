// The part of the stream that is not trading: people, securities, cash and holdings.
#include "tests/engine/command_stream.hpp"

#include <string>

namespace buttonwood::engine::tests {
namespace {

constexpr UserId kOperator{1};

RoleSet random_roles(Dice& dice) { return {static_cast<std::uint8_t>(dice.pick({0, 1, 2, 3, 8, 9, 16, 31, 32, 255}))}; }

Command random_security(Dice& dice) {
    CreateSecurity c;
    c.symbol = dice.chance(30) ? Symbol(dice.pick({"", "ACME", "acme", "A B", "ROSE"}))
                               : Symbol("S" + std::to_string(dice.below(100'000)));
    c.name = dice.pick({"Some name", "Some name", "Some name", "", "line\nbreak"});
    c.currency = dice.pick({"USD", "EUR", "USD", "usd", "EU", ""});
    c.price_scale = static_cast<std::uint8_t>(dice.pick({0, 2, 4, 8, 9, 255}));
    c.quantity_scale = static_cast<std::uint8_t>(dice.pick({0, 0, 2, 4, 5, 8}));
    c.tick_size = {dice.pick<std::int64_t>({1, 5, 25, 0, -1, kMaxPriceUnits, kMaxPriceUnits + 1})};
    c.lot_size = {dice.pick<std::int64_t>({1, 10, 100, 0, -5, kMaxQuantityUnits, kMaxQuantityUnits + 1})};
    return c;
}

}  // namespace

Money CommandStream::amount() {
    if (dice_.chance(30))
        return dice_.pick({Money{0}, Money{1}, Money{-1}, kMaxMoney, Money{kMaxMoney.units - 1},
                           Money{kMaxMoney.units + 1}, Money{-kMaxMoney.units}});
    return Money{Int128{dice_.between(1, 50)} * pow10_128(kMoneyScale)};
}

CommandStream::Act CommandStream::money(const NaiveEngine& model) {
    const UserId actor = dice_.chance(95) ? kOperator : user(model);
    const AccountId who = account(model);
    const Currency currency = dice_.pick({"USD", "USD", "EUR", "EUR", "GBP", "usd", ""});
    const auto roll = dice_.below(100);
    if (roll < 40) return {actor, DepositCash{who, currency, amount()}};
    if (roll < 75) {
        // All that may go, one unit more, what is free but for its settlement, or anything.
        const Money free = model.cash(who, currency) - model.reserved_cash(who, currency);
        const Money settled = free - model.unsettled_cash(who, currency);
        return {actor, WithdrawCash{who, currency, dice_.pick({settled, settled + Money{1}, free, amount()})}};
    }
    const SecurityId what = security(model);
    return {actor, IssueHoldings{who, what, quantity(model, what)}};
}

// The user that an administrator is busy with: often the newest, who may be closed.
UserId CommandStream::subject(const NaiveEngine& model) {
    return dice_.chance(30) ? static_cast<UserId>(model.users().size()) : user(model);
}

CommandStream::Act CommandStream::administration(const NaiveEngine& model) {
    const UserId actor = dice_.chance(92) ? kOperator : user(model);
    const auto roll = dice_.below(100);
    if (roll < 45) {
        // Traders come back; those who came later may leave for good.
        const UserId who = subject(model);
        const bool may_close = static_cast<std::uint32_t>(who) > 8 || dice_.chance(3);
        if (!model.open_orders().empty() && dice_.chance(5)) {
            const AccountId busy = model.order(dice_.any_of(model.open_orders()))->request.account;
            return {actor, ChangeUserStatus{model.accounts().at(busy), UserStatus::Closed, "still at work"}};
        }
        const UserStatus status = may_close && dice_.chance(50) ? UserStatus::Closed
                                  : dice_.chance(85)            ? UserStatus::Active
                                                                : UserStatus::Suspended;
        return {actor, ChangeUserStatus{who, status, "because"}};
    }
    if (roll < 58)
        return {actor, RegisterUser{dice_.pick({"New user", "New user", "", "tab\there"}), random_roles(dice_)}};
    if (roll < 66) return {actor, OpenAccount{subject(model)}};
    const auto key = static_cast<KeyId>(dice_.below(12));
    if (roll < 78) return {actor, CreateApiKey{subject(model), key, Sha256{std::byte{7}}, random_roles(dice_)}};
    if (roll < 88) {
        const bool known = !model.keys().empty() && dice_.chance(60);
        return {actor, RevokeApiKey{known ? dice_.any_of(model.keys()).first : key}};
    }
    return {actor, random_security(dice_)};
}

}  // namespace buttonwood::engine::tests
