// decide() for everything that is not an order: users, keys, securities, cash and holdings.
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"
#include "engine/spelling.hpp"

namespace buttonwood::engine {
namespace {

bool known_roles(RoleSet roles) { return roles.bits != 0 && (roles.bits & ~kAllRoles) == 0; }

}  // namespace

RejectReason Engine::on(Context& context, const RegisterUser& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (!printable(c.name.view())) return reject(context, RejectReason::NameNotAllowed);
    if (!known_roles(c.roles)) return reject(context, RejectReason::RolesNotAllowed);
    const auto user = static_cast<UserId>(users_.size() + 1);
    const auto account = static_cast<AccountId>(accounts_.size() + 1);
    emit(context, UserRegistered{user, c.name, c.roles});
    emit(context, AccountOpened{account, user});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const OpenAccount& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const User* user = find(c.user);
    if (!user) return reject(context, RejectReason::UserNotFound);
    if (user->status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    emit(context, AccountOpened{static_cast<AccountId>(accounts_.size() + 1), c.user});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const ChangeUserStatus& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const User* user = find(c.user);
    if (!user) return reject(context, RejectReason::UserNotFound);
    if (user->status == c.status) return reject(context, RejectReason::StatusUnchanged);
    if (user->status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    if (c.status == UserStatus::Closed && user->open_orders > 0) return reject(context, RejectReason::OpenOrders);
    emit(context, UserStatusChanged{c.user, c.status, c.note});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const CreateApiKey& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const User* user = find(c.user);
    if (!user) return reject(context, RejectReason::UserNotFound);
    if (user->status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    if (c.key == KeyId::None || keys_.contains(c.key)) return reject(context, RejectReason::KeyTaken);
    if (!known_roles(c.roles) || (c.roles.bits & ~user->roles.bits) != 0)
        return reject(context, RejectReason::RolesNotAllowed);
    emit(context, ApiKeyCreated{c.user, c.key, c.secret_hash, c.roles});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const RevokeApiKey& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const auto it = keys_.find(c.key);
    if (it == keys_.end()) return reject(context, RejectReason::KeyNotFound);
    if (it->second.revoked) return reject(context, RejectReason::StatusUnchanged);
    emit(context, ApiKeyRevoked{it->second.user, c.key});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const CreateSecurity& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (symbols_.contains(std::string(c.symbol.view()))) return reject(context, RejectReason::SymbolTaken);
    if (c.price_scale > kMoneyScale || c.quantity_scale > kMoneyScale || c.price_scale + c.quantity_scale > kMoneyScale)
        return reject(context, RejectReason::ScaleNotAllowed);
    if (c.tick_size.units <= 0 || c.tick_size.units > kMaxPriceUnits || c.lot_size.units <= 0 ||
        c.lot_size.units > kMaxQuantityUnits)
        return reject(context, RejectReason::TickNotAllowed);
    if (!is_symbol(c.symbol.view()) || !printable(c.name.view()) || !is_currency(c.currency.view()))
        return reject(context, RejectReason::NameNotAllowed);
    emit(context, SecurityCreated{static_cast<SecurityId>(securities_.size() + 1), c.symbol, c.name, c.currency,
                                  c.price_scale, c.quantity_scale, c.tick_size, c.lot_size});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetPriceBands& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound);
    if (security->delisted) return reject(context, RejectReason::SecurityDelisted, AccountId::None, c.security);
    if (c.static_basis_points > kBasisPoints || c.dynamic_basis_points > kBasisPoints || c.halt_us < 0 ||
        c.halt_us > kMaxPauseUs || c.auction_us < 0 || c.auction_us > kMaxPauseUs || c.reference_price.units < 0 ||
        c.reference_price.units > kMaxPriceUnits)
        return reject(context, RejectReason::BandsNotAllowed, AccountId::None, c.security);
    emit(context, PriceBandsSet{c.security, c.reference_price, c.static_basis_points, c.dynamic_basis_points, c.halt_us,
                                c.auction_us});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetCancelAfter& c) {
    if (!actor_may(context, Role::Trader)) return reject(context, RejectReason::NotPermitted);
    if (!actor_owns(context, c.account)) return reject(context, RejectReason::AccountNotFound);
    if (c.timeout_us != 0 && (c.timeout_us < kMinCancelAfterUs || c.timeout_us > kMaxCancelAfterUs))
        return reject(context, RejectReason::TimeoutNotAllowed, c.account);
    emit(context, CancelAfterSet{c.account, {c.timeout_us == 0 ? 0 : context.header.time.us + c.timeout_us}});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const DepositCash& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (!find(c.account)) return reject(context, RejectReason::AccountNotFound);
    if (c.amount <= Money{}) return reject(context, RejectReason::AmountNotPositive, c.account);
    // Compared this way round, nothing can overflow.
    if (c.amount > kMaxMoney || balance(c.account, c.currency).total > kMaxMoney - c.amount)
        return reject(context, RejectReason::BalanceTooLarge, c.account);
    if (!is_currency(c.currency.view())) return reject(context, RejectReason::NameNotAllowed, c.account);
    emit(context, CashDeposited{c.account, c.currency, c.amount});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const WithdrawCash& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (!find(c.account)) return reject(context, RejectReason::AccountNotFound);
    const Balance held = balance(c.account, c.currency);
    if (c.amount > held.total - held.reserved - unsettled_cash(c.account, c.currency))
        return reject(context, RejectReason::InsufficientFunds, c.account);
    if (c.amount <= Money{}) return reject(context, RejectReason::AmountNotPositive, c.account);
    emit(context, CashWithdrawn{c.account, c.currency, c.amount});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const IssueHoldings& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (!find(c.account)) return reject(context, RejectReason::AccountNotFound);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound, c.account);
    if (security->delisted) return reject(context, RejectReason::SecurityDelisted, c.account, c.security);
    // A non-positive quantity is reported before an off-lot one: the order of RejectReason.
    if (c.quantity.units <= 0)
        return reject(context, RejectReason::QuantityNotPositive, c.account, c.security);
    if (c.quantity.units > kMaxQuantityUnits || security->outstanding.units > kMaxQuantityUnits - c.quantity.units)
        return reject(context, RejectReason::QuantityTooLarge, c.account, c.security);
    if (c.quantity.units % security->terms.lot_size.units != 0)
        return reject(context, RejectReason::QuantityNotOnLot, c.account, c.security);
    emit(context, HoldingsIssued{c.account, c.security, c.quantity});
    return RejectReason::None;
}

}  // namespace buttonwood::engine
