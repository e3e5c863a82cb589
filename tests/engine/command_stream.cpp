#include "tests/engine/command_stream.hpp"

#include <limits>
#include <string>

namespace buttonwood::engine::tests {
namespace {

constexpr UserId kOperator{1};
constexpr UserId kAdmin{2};
constexpr int kTraders = 5;
constexpr std::int64_t kMiddle = 50;  // prices stay around this many ticks
constexpr Currency kUsd = "USD";
constexpr Currency kEur = "EUR";

// So many ticks or lots, and perhaps a unit beside; the largest int64 where that is too much for one.
std::int64_t multiple(std::int64_t count, std::int64_t step, bool beside) {
    const Int128 units = Int128{count} * step + (beside ? 1 : 0);
    return static_cast<std::int64_t>(std::min<Int128>(units, std::numeric_limits<std::int64_t>::max()));
}

RoleSet roles(std::initializer_list<Role> list) {
    RoleSet set;
    for (const Role role : list) set.add(role);
    return set;
}

}  // namespace

CommandStream::CommandStream(std::uint64_t seed, Profile profile)
    : dice_(seed), profile_(profile), next_crowd_(seed / 4) {
    if (profile == Profile::Usual) {
        add_usual_market();
        return;
    }
    add_people();
    add_securities();
    add_wealth();
    add_rules();
}

// User n owns account n; the first two traders open a second account each.
void CommandStream::add_people() {
    planned_.push_back({UserId::None, RegisterUser{"operator", roles({Role::Operator})}});
    planned_.push_back({UserId::None, RegisterUser{"admin", roles({Role::Admin})}});
    for (int i = 0; i < kTraders; ++i)
        planned_.push_back({kOperator, RegisterUser{"trader", roles({Role::Trader, Role::MarketData})}});
    planned_.push_back({kOperator, RegisterUser{"onlooker", roles({Role::MarketData})}});
    planned_.push_back({kOperator, OpenAccount{UserId{3}}});
    planned_.push_back({kOperator, OpenAccount{UserId{4}}});
}

void CommandStream::add_securities() {
    planned_.push_back({kOperator, CreateSecurity{"ACME", "Acme", kUsd, 2, 0, {1}, {1}}});
    planned_.push_back({kOperator, CreateSecurity{"ROSE", "Rose", kUsd, 4, 2, {5}, {10}}});
    planned_.push_back({kOperator, CreateSecurity{"OAK", "Oak", kEur, 0, 8, {1}, {1}}});
}

void CommandStream::add_wealth() {
    const bool extreme = profile_ == Profile::Extreme;
    const bool crowd = profile_ == Profile::Crowd;
    const Money cash = extreme ? kMaxMoney : Money{pow10_128(kMoneyScale) * (crowd ? 200'000 : 200)};
    for (int i = 2; i <= kTraders + 5; ++i) {
        const auto account = static_cast<AccountId>(i);
        for (const Currency currency : {kUsd, kEur})
            planned_.push_back({kOperator, DepositCash{account, currency, cash}});
        for (std::uint32_t id = 1; id <= 3; ++id) {
            // One account of the extreme market holds all that can be issued; elsewhere two start without any.
            if (extreme ? i != 3 : i == 7 || i == 10) continue;
            const Quantity quantity{extreme ? kMaxQuantityUnits : crowd ? 200'000 : 300};
            planned_.push_back({kOperator, IssueHoldings{account, static_cast<SecurityId>(id), quantity}});
        }
    }
}

// Word by word what the golden cases are given, and a second account for ann.
void CommandStream::add_usual_market() {
    planned_.push_back({UserId::None, RegisterUser{"keeper", roles({Role::Operator})}});
    for (const char* name : {"ann", "bob", "cat"})
        planned_.push_back({UserId::None, RegisterUser{name, roles({Role::Trader})}});
    planned_.push_back({kOperator, CreateSecurity{"ACME", "ACME", kUsd, 2, 0, {1}, {1}}});
    planned_.push_back({kOperator, CreateSecurity{"ROSE", "ROSE", kUsd, 2, 0, {5}, {10}}});
    for (std::uint32_t i = 2; i <= 4; ++i)
        planned_.push_back({kOperator, DepositCash{static_cast<AccountId>(i), kUsd, {pow10_128(kMoneyScale) * 1'000}}});
    for (std::uint32_t security = 1; security <= 2; ++security)
        for (std::uint32_t i = 2; i <= 4; ++i)
            planned_.push_back(
                {kOperator, IssueHoldings{static_cast<AccountId>(i), static_cast<SecurityId>(security), {100}}});
}

CommandStream::Step CommandStream::next(const NaiveEngine& model) {
    const bool is_timed = !planned_.empty() && planned_.front().at && *planned_.front().at >= time_;
    if (is_timed)
        time_ = *planned_.front().at;
    else
        pass_time(model);
    Act act;
    if (!planned_.empty()) {
        act = planned_.front();
        planned_.pop_front();
    } else if (squeezed_) {
        act = rules(model);
    } else if (profile_ == Profile::Crowd) {
        act = crowd(model);
    } else {
        const bool restless = profile_ == Profile::Sessions || profile_ == Profile::Usual;
        const auto roll = dice_.below(100);
        const std::uint64_t sessions = restless ? 14 : 5;
        // People and securities of the usual market stay as they are: golden cases have no words for odd ones.
        const std::uint64_t administrations = profile_ == Profile::Usual ? 0 : 3;
        act = roll < sessions                         ? session(model)
              : roll < sessions + administrations     ? administration(model)
              : roll < sessions + administrations + 3 ? money(model)
              : roll < sessions + administrations + 6 ? rules(model)
                                                      : trading(model);
    }
    return {time_, act.actor, act.command};
}

CommandStream::Act CommandStream::trading(const NaiveEngine& model) {
    if (profile_ == Profile::Everyday && dice_.chance(1)) return oversell(model);
    AccountId who = account(model);
    Command command;
    const auto roll = dice_.below(100);
    if (roll < 62)
        command = place(model, who);
    else if (roll < 69)
        command = place_group(model, who);
    else if (roll < 73)
        command = retry(model, who);
    else if (roll < 88)
        command = amend(model, who);
    else if (roll < 98)
        command = cancel(model, who);
    else
        return mass_cancel(model, who);
    return {owner_or_other(model, who), command};
}

std::int64_t CommandStream::boundary() {
    return dice_.pick<std::int64_t>({0, 1, -1, 2, 5, 10, 1'000'000'000, kMaxPriceUnits - 1, kMaxPriceUnits,
                                     kMaxPriceUnits - 10, kMaxPriceUnits + 1, kMaxPriceUnits + 10,
                                     kMaxPriceUnits / 2, std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::int64_t>::min()});
}

Price CommandStream::price(const NaiveEngine& model, SecurityId security) {
    const bool extreme = profile_ == Profile::Extreme;
    if (dice_.chance(extreme ? 40 : 1)) return {boundary()};
    const auto found = model.securities().find(security);
    const std::int64_t tick = found == model.securities().end() ? 1 : found->second.terms.tick_size.units;
    const std::int64_t ticks = extreme ? dice_.between(1, 4) : kMiddle + dice_.between(-10, 10);
    return {multiple(ticks, tick, dice_.chance(1))};
}

Quantity CommandStream::quantity(const NaiveEngine& model, SecurityId security) {
    if (dice_.chance(profile_ == Profile::Extreme ? 70 : 1)) return {boundary()};
    const auto found = model.securities().find(security);
    const std::int64_t lot = found == model.securities().end() ? 1 : found->second.terms.lot_size.units;
    return {multiple(dice_.between(1, dice_.chance(80) ? 8 : 100), lot, dice_.chance(1))};
}

AccountId CommandStream::account(const NaiveEngine& model) {
    if (dice_.chance(1)) return static_cast<AccountId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    if (profile_ == Profile::Usual) return static_cast<AccountId>(dice_.pick<std::uint32_t>({2, 3, 4}));
    // Mostly the traders; sometimes one that is not at work or owns nothing.
    if (dice_.chance(97)) return static_cast<AccountId>(dice_.pick<std::uint32_t>({3, 4, 5, 6, 7, 9, 10}));
    return static_cast<AccountId>(1 + dice_.below(model.accounts().size()));
}

SecurityId CommandStream::security(const NaiveEngine& model) {
    if (dice_.chance(1)) return static_cast<SecurityId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    const std::uint64_t usual = profile_ == Profile::Usual ? 2 : 3;
    return static_cast<SecurityId>(1 + dice_.below(dice_.chance(97) ? usual : model.securities().size()));
}

UserId CommandStream::user(const NaiveEngine& model) {
    if (dice_.chance(5)) return static_cast<UserId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    return static_cast<UserId>(1 + dice_.below(model.users().size()));
}

UserId CommandStream::owner_or_other(const NaiveEngine& model, AccountId account) {
    const auto found = model.accounts().find(account);
    if (found == model.accounts().end() || dice_.chance(2)) return user(model);
    return dice_.chance(5) ? dice_.pick({UserId::None, kOperator, kAdmin}) : found->second;
}

}  // namespace buttonwood::engine::tests
