// The naive engine's users, securities, cash and holdings. The order of the checks is the order of RejectReason.
#include "tests/engine/naive_engine.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace buttonwood::engine::tests {
namespace {

bool only(std::string_view text, std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}
constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kSymbolCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";

bool is_name(std::string_view text) {
    return !text.empty() &&
           std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}
bool is_currency(std::string_view text) { return text.size() == 3 && only(text, kCapitals); }

// Every bit is a role, and there is at least one.
bool are_roles(RoleSet roles) { return roles.bits >= 1 && roles.bits <= 31; }

template <class E, class... Es>
constexpr bool is_one_of = (std::is_same_v<E, Es> || ...);
// Events that name a security and leave its orders as they are.
template <class E>
constexpr bool touches_nothing = is_one_of<E, HoldingsIssued, TradingStateChanged, FeesSet, SettlementChanged,
                                           SecurityTermsSet, ValuationRecorded, SecurityDelisted>;

template <class Map>
auto next_id(const Map& map) {
    return static_cast<typename Map::key_type>(map.size() + 1);
}

}  // namespace

NaiveEngine::Prediction NaiveEngine::decide(UserId actor, Timestamp time, const Command& command) {
    Prediction prediction;
    out_ = &prediction;
    now_ = time;
    touched_.clear();
    last_before_.clear();
    for (const auto& [id, security] : securities_) last_before_[id] = security.last;
    prediction.reason = std::visit([&](const auto& c) { return on(actor, c, prediction); }, command);
    if (prediction.reason == Reason::None) settle();
    return prediction;
}

// Every event passes here: it is predicted, numbered, and the security it names is looked at after the command.
void NaiveEngine::emit(EventBody event) {
    ++events_;
    const auto touch_named = [&](const auto& e) {
        using E = std::remove_cvref_t<decltype(e)>;
        if constexpr (!touches_nothing<E> && requires { e.security; })
            if (e.security != SecurityId::None) touch(e.security);
    };
    std::visit(touch_named, event);
    out_->events.push_back(std::move(event));
}

void NaiveEngine::touch(SecurityId security) {
    if (std::find(touched_.begin(), touched_.end(), security) == touched_.end()) touched_.push_back(security);
}

bool NaiveEngine::may(UserId actor, Role role) const {
    if (actor == UserId::None) return true;
    const auto user = users_.find(actor);
    if (user == users_.end()) return false;
    const RoleSet roles = user->second.terms.roles;
    return roles.has(role) || roles.has(Role::Admin);
}

bool NaiveEngine::owns(UserId actor, AccountId account) const {
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return false;
    return actor == UserId::None || found->second == actor;
}

Money NaiveEngine::cash(AccountId account, Currency currency) const {
    const auto found = cash_.find({account, currency});
    return found == cash_.end() ? Money{} : found->second;
}

Quantity NaiveEngine::holding(AccountId account, SecurityId security) const {
    const auto found = holdings_.find({account, security});
    return found == holdings_.end() ? Quantity{} : found->second;
}

Money NaiveEngine::reserved_cash(const Order& order) const {
    if (!order.is_open() || !order.is_buy() || !order.reserves || !order.limit()) return {};
    return reserve_of(order.request.security, order.rates, *order.limit(), order.leaves());
}

Quantity NaiveEngine::reserved_quantity(const Order& order) const {
    return order.is_open() && !order.is_buy() && order.reserves ? order.leaves() : Quantity{};
}

Money NaiveEngine::reserved_cash(AccountId account, Currency currency) const {
    Money sum;
    for (const OrderId id : open_) {
        const Order& order = at(id);
        if (order.request.account == account && securities_.at(order.request.security).terms.currency == currency)
            sum += reserved_cash(order);
    }
    return sum;
}

Quantity NaiveEngine::reserved_holding(AccountId account, SecurityId security) const {
    Quantity sum;
    for (const OrderId id : open_)
        if (at(id).request.account == account && at(id).request.security == security) sum += reserved_quantity(at(id));
    return sum;
}

RejectReason NaiveEngine::on(UserId actor, const RegisterUser& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!is_name(c.name.view())) return Reason::NameNotAllowed;
    if (!are_roles(c.roles)) return Reason::RolesNotAllowed;
    const UserId user = next_id(users_);
    const AccountId account = next_id(accounts_);
    users_[user].terms = c;
    users_[user].accreditation.user = user;
    accounts_[account] = user;
    emit(UserRegistered{user, c.name, c.roles});
    emit(AccountOpened{account, user});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const OpenAccount& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    if (users_[c.user].status == UserStatus::Closed) return Reason::UserClosed;
    const AccountId account = next_id(accounts_);
    accounts_[account] = c.user;
    emit(AccountOpened{account, c.user});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const ChangeUserStatus& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    User& user = users_[c.user];
    if (user.status == c.status) return Reason::StatusUnchanged;
    if (user.status == UserStatus::Closed) return Reason::UserClosed;
    if (c.status == UserStatus::Closed)
        for (const OrderId id : open_)
            if (accounts_.at(at(id).request.account) == c.user) return Reason::OpenOrders;
    user.status = c.status;
    emit(UserStatusChanged{c.user, c.status, c.note});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const CreateApiKey& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    const User& user = users_[c.user];
    if (user.status == UserStatus::Closed) return Reason::UserClosed;
    if (c.key == KeyId::None || keys_.contains(c.key)) return Reason::KeyTaken;
    const bool exceeds_user = (c.roles.bits | user.terms.roles.bits) != user.terms.roles.bits;
    if (!are_roles(c.roles) || exceeds_user) return Reason::RolesNotAllowed;
    keys_[c.key] = {c.user, false};
    emit(ApiKeyCreated{c.user, c.key, c.secret_hash, c.roles});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const RevokeApiKey& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (keys_.contains(c.key) && keys_[c.key].revoked) return Reason::StatusUnchanged;
    if (!keys_.contains(c.key)) return Reason::KeyNotFound;
    keys_[c.key].revoked = true;
    emit(ApiKeyRevoked{keys_[c.key].user, c.key});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const CreateSecurity& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    for (const auto& [id, security] : securities_)
        if (security.terms.symbol == c.symbol) return Reason::SymbolTaken;
    if (c.price_scale + c.quantity_scale > 8) return Reason::ScaleNotAllowed;
    if (c.tick_size.units <= 0 || c.lot_size.units <= 0 || c.tick_size.units > kMaxPriceUnits ||
        c.lot_size.units > kMaxQuantityUnits)
        return Reason::TickNotAllowed;
    if (!only(c.symbol.view(), kSymbolCharacters) || !is_name(c.name.view()) || !is_currency(c.currency.view()))
        return Reason::NameNotAllowed;
    const SecurityId id = next_id(securities_);
    securities_[id].terms = c;
    securities_[id].rules.security = id;
    emit(SecurityCreated{id, c.symbol, c.name, c.currency, c.price_scale, c.quantity_scale, c.tick_size, c.lot_size});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const DepositCash& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!accounts_.contains(c.account)) return Reason::AccountNotFound;
    if (c.amount.units <= 0) return Reason::AmountNotPositive;
    if (c.amount > kMaxMoney || cash(c.account, c.currency) + c.amount > kMaxMoney) return Reason::BalanceTooLarge;
    if (!is_currency(c.currency.view())) return Reason::NameNotAllowed;
    cash_[{c.account, c.currency}] += c.amount;
    emit(CashDeposited{c.account, c.currency, c.amount});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const WithdrawCash& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!accounts_.contains(c.account)) return Reason::AccountNotFound;
    if (c.amount > free_cash(c.account, c.currency) - unsettled_cash(c.account, c.currency))
        return Reason::InsufficientFunds;
    if (c.amount.units <= 0) return Reason::AmountNotPositive;
    cash_[{c.account, c.currency}] -= c.amount;
    emit(CashWithdrawn{c.account, c.currency, c.amount});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const IssueHoldings& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!accounts_.contains(c.account)) return Reason::AccountNotFound;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    Security& security = securities_[c.security];
    if (security.is_delisted) return Reason::SecurityDelisted;
    if (c.quantity.units <= 0) return Reason::QuantityNotPositive;
    if (c.quantity.units > kMaxQuantityUnits ||
        Int128{security.outstanding.units} + c.quantity.units > kMaxQuantityUnits)
        return Reason::QuantityTooLarge;
    if (c.quantity.units % security.terms.lot_size.units != 0) return Reason::QuantityNotOnLot;
    security.outstanding += c.quantity;
    holdings_[{c.account, c.security}] += c.quantity;
    emit(HoldingsIssued{c.account, c.security, c.quantity});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetPriceBands& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    if (securities_[c.security].is_delisted) return Reason::SecurityDelisted;
    if (c.static_basis_points > kBasisPoints || c.dynamic_basis_points > kBasisPoints || c.halt_us < 0 ||
        c.auction_us < 0 || c.halt_us > kMaxPauseUs || c.auction_us > kMaxPauseUs ||
        c.reference_price.units < 0 || c.reference_price.units > kMaxPriceUnits)
        return Reason::BandsNotAllowed;
    securities_[c.security].bands = c;
    emit(PriceBandsSet{c.security, c.reference_price, c.static_basis_points, c.dynamic_basis_points, c.halt_us,
                       c.auction_us});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetCancelAfter& c, Prediction&) {
    if (!may(actor, Role::Trader)) return Reason::NotPermitted;
    if (!owns(actor, c.account)) return Reason::AccountNotFound;
    constexpr std::int64_t kMillisecond = 1'000;
    constexpr std::int64_t kDay = 86'400'000'000;
    if (c.timeout_us != 0 && (c.timeout_us < kMillisecond || c.timeout_us > kDay)) return Reason::TimeoutNotAllowed;
    switches_.erase(c.account);
    const Timestamp at{c.timeout_us == 0 ? 0 : now_.us + c.timeout_us};
    if (c.timeout_us != 0) switches_[c.account] = at;
    emit(CancelAfterSet{c.account, at});
    return Reason::None;
}

}  // namespace buttonwood::engine::tests
