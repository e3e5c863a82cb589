#include "tests/engine/command_stream.hpp"

#include <algorithm>
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

CommandStream::CommandStream(std::uint64_t seed, Profile profile) : dice_(seed), profile_(profile) {
    add_people();
    add_securities();
    add_wealth();
}

// User n owns account n; the first two traders open a second account each.
void CommandStream::add_people() {
    opening_.push_back({UserId::None, RegisterUser{"operator", roles({Role::Operator})}});
    opening_.push_back({UserId::None, RegisterUser{"admin", roles({Role::Admin})}});
    for (int i = 0; i < kTraders; ++i)
        opening_.push_back({kOperator, RegisterUser{"trader", roles({Role::Trader, Role::MarketData})}});
    opening_.push_back({kOperator, RegisterUser{"onlooker", roles({Role::MarketData})}});
    opening_.push_back({kOperator, OpenAccount{UserId{3}}});
    opening_.push_back({kOperator, OpenAccount{UserId{4}}});
}

void CommandStream::add_securities() {
    opening_.push_back({kOperator, CreateSecurity{"ACME", "Acme", kUsd, 2, 0, {1}, {1}}});
    opening_.push_back({kOperator, CreateSecurity{"ROSE", "Rose", kUsd, 4, 2, {5}, {10}}});
    opening_.push_back({kOperator, CreateSecurity{"OAK", "Oak", kEur, 0, 8, {1}, {1}}});
}

void CommandStream::add_wealth() {
    const bool extreme = profile_ == Profile::Extreme;
    const Money cash = extreme ? kMaxMoney : Money{pow10_128(kMoneyScale) * 200};
    for (int i = 2; i <= kTraders + 5; ++i) {
        const auto account = static_cast<AccountId>(i);
        for (const Currency currency : {kUsd, kEur})
            opening_.push_back({kOperator, DepositCash{account, currency, cash}});
        for (std::uint32_t id = 1; id <= 3; ++id) {
            // One account of the extreme market holds all that can be issued.
            if (extreme && i != 3) continue;
            const Quantity quantity{extreme ? kMaxQuantityUnits : 300};
            opening_.push_back({kOperator, IssueHoldings{account, static_cast<SecurityId>(id), quantity}});
        }
    }
}

CommandStream::Step CommandStream::next(const NaiveEngine& model) {
    if (!opening_.empty()) {
        Step step = opening_.front();
        opening_.pop_front();
        return step;
    }
    if (dice_.chance(94)) return trading(model);
    return dice_.chance(50) ? money(model) : administration(model);
}

CommandStream::Step CommandStream::trading(const NaiveEngine& model) {
    AccountId who = account(model);
    Command command;
    const auto roll = dice_.below(100);
    if (roll < 70)
        command = place(model, who);
    else if (roll < 74)
        command = retry(model, who);
    else if (roll < 89)
        command = amend(model, who);
    else if (roll < 99)
        command = cancel(model, who);
    else
        command = MassCancel{who, dice_.chance(50) ? SecurityId::None : security(model),
                             dice_.chance(50) ? std::nullopt : std::optional(dice_.pick({Side::Buy, Side::Sell}))};
    return {owner_or_other(model, who), command};
}

Command CommandStream::place(const NaiveEngine& model, AccountId account) {
    PlaceOrder order;
    order.account = account;
    order.security = security(model);
    order.side = dice_.pick({Side::Buy, Side::Sell});
    order.type = dice_.chance(15) ? OrderType::Market : OrderType::Limit;
    const bool immediate = order.type == OrderType::Market ? dice_.chance(95) : dice_.chance(25);
    order.time_in_force = immediate ? dice_.pick({TimeInForce::Ioc, TimeInForce::Fok}) : TimeInForce::Gtc;
    order.post_only = dice_.chance(immediate ? 3 : 20);
    order.quantity = quantity(model, order.security);
    const bool priced = order.type == OrderType::Limit || dice_.chance(3);
    if (priced) order.price = price(model, order.security);
    order.client_order_id = client_id();
    return order;
}

// An order sent once more, as it was or slightly changed: a duplicate or a conflict if it carries a client id.
Command CommandStream::retry(const NaiveEngine& model, AccountId& account) {
    if (model.orders().empty()) return place(model, account);
    PlaceOrder again = dice_.any_of(model.orders()).second.request;
    account = again.account;
    if (dice_.chance(30)) again.quantity = quantity(model, again.security);
    if (dice_.chance(10)) again.post_only = !again.post_only;
    if (dice_.chance(10)) again.security = security(model);
    return again;
}

Command CommandStream::amend(const NaiveEngine& model, AccountId& account) {
    AmendOrder change;
    change.target = target(model, account);
    change.account = account;
    const auto found = model.orders().find(change.target.order);
    const SecurityId security = found == model.orders().end() ? SecurityId{1} : found->second.request.security;
    if (dice_.chance(60)) change.price = price(model, security);
    if (dice_.chance(60)) change.quantity = quantity(model, security);
    if (found != model.orders().end()) {
        // Around what is there: the same price, the filled quantity, one lot more or less.
        const NaiveEngine::Order& order = found->second;
        const std::int64_t lot = model.securities().at(security).terms.lot_size.units;
        if (change.price && dice_.chance(25)) change.price = order.price;
        if (change.quantity && dice_.chance(40))
            change.quantity = dice_.pick({order.quantity, order.filled, Quantity{order.filled.units + lot},
                                          Quantity{order.quantity.units - lot}, Quantity{order.quantity.units + lot}});
    }
    return change;
}

Command CommandStream::cancel(const NaiveEngine& model, AccountId& account) {
    CancelOrder command;
    command.target = target(model, account);
    command.account = dice_.chance(5) ? AccountId::None : account;
    return command;
}

// Mostly an open order of that account (which is changed to fit), else a dead, a foreign or an unknown one.
OrderRef CommandStream::target(const NaiveEngine& model, AccountId& account) {
    OrderRef ref;
    const auto roll = dice_.below(100);
    if (roll < 80 && !model.open_orders().empty())
        ref.order = dice_.any_of(model.open_orders());
    else if (roll < 96 && !model.orders().empty())
        ref.order = dice_.any_of(model.orders()).first;
    else
        ref.order = static_cast<OrderId>(dice_.pick<std::uint64_t>({0, model.orders().size() + 1, ~std::uint64_t{0}}));
    const auto found = model.orders().find(ref.order);
    if (found == model.orders().end()) return ref;
    if (dice_.chance(93)) account = found->second.request.account;
    if (dice_.chance(20)) ref.client_order_id = found->second.request.client_order_id;
    if (!ref.client_order_id.empty() && dice_.chance(80)) ref.order = OrderId::None;
    return ref;
}

// None, a new one, or one that was used a moment ago.
ClientOrderId CommandStream::client_id() {
    if (dice_.chance(40)) return {};
    const bool again = next_client_id_ >= 5 && dice_.chance(8);
    const std::uint64_t number = again ? next_client_id_ - dice_.below(5) : ++next_client_id_;
    return ClientOrderId("c" + std::to_string(number));
}

std::int64_t CommandStream::boundary() {
    return dice_.pick<std::int64_t>({0, 1, -1, 2, 5, 10, 1'000'000'000, kMaxPriceUnits - 1, kMaxPriceUnits,
                                     kMaxPriceUnits - 10, kMaxPriceUnits + 1, kMaxPriceUnits + 10,
                                     kMaxPriceUnits / 2, std::numeric_limits<std::int64_t>::max(),
                                     std::numeric_limits<std::int64_t>::min()});
}

Price CommandStream::price(const NaiveEngine& model, SecurityId security) {
    const bool extreme = profile_ == Profile::Extreme;
    if (dice_.chance(extreme ? 40 : 3)) return {boundary()};
    const auto found = model.securities().find(security);
    const std::int64_t tick = found == model.securities().end() ? 1 : found->second.terms.tick_size.units;
    const std::int64_t ticks = extreme ? dice_.between(1, 4) : kMiddle + dice_.between(-10, 10);
    return {multiple(ticks, tick, dice_.chance(2))};
}

Quantity CommandStream::quantity(const NaiveEngine& model, SecurityId security) {
    if (dice_.chance(profile_ == Profile::Extreme ? 70 : 3)) return {boundary()};
    const auto found = model.securities().find(security);
    const std::int64_t lot = found == model.securities().end() ? 1 : found->second.terms.lot_size.units;
    return {multiple(dice_.between(1, dice_.chance(80) ? 8 : 100), lot, dice_.chance(2))};
}

AccountId CommandStream::account(const NaiveEngine& model) {
    if (dice_.chance(2)) return static_cast<AccountId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    // Mostly the traders; sometimes one that is not at work or owns nothing.
    if (dice_.chance(97)) return static_cast<AccountId>(dice_.pick<std::uint32_t>({3, 4, 5, 6, 7, 9, 10}));
    return static_cast<AccountId>(1 + dice_.below(model.accounts().size()));
}

SecurityId CommandStream::security(const NaiveEngine& model) {
    if (dice_.chance(2)) return static_cast<SecurityId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    const auto known = dice_.chance(96) ? 3 : model.securities().size();
    return static_cast<SecurityId>(1 + dice_.below(known));
}

UserId CommandStream::user(const NaiveEngine& model) {
    if (dice_.chance(5)) return static_cast<UserId>(dice_.pick<std::uint32_t>({0, 999, ~std::uint32_t{0}}));
    return static_cast<UserId>(1 + dice_.below(model.users().size()));
}

UserId CommandStream::owner_or_other(const NaiveEngine& model, AccountId account) {
    const auto found = model.accounts().find(account);
    if (found == model.accounts().end() || dice_.chance(3)) return user(model);
    return dice_.chance(5) ? dice_.pick({UserId::None, kOperator, kAdmin}) : found->second;
}

}  // namespace buttonwood::engine::tests
