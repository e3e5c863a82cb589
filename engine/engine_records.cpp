// People and securities: what is recorded of them, and who may trade what. RULES.md, sections 10, 11 and 13.
#include "engine/engine.hpp"
#include "engine/engine_emit.hpp"
#include "engine/spelling.hpp"

namespace buttonwood::engine {
namespace {

bool differs(const SecurityTermsSet& a, const SecurityTermsSet& b) {
    return a.issuer != b.issuer || a.asset_class != b.asset_class || a.exemption != b.exemption ||
           a.accredited_only != b.accredited_only || a.kyc_required != b.kyc_required ||
           a.lock_up_until != b.lock_up_until || a.settlement_days != b.settlement_days ||
           a.free_float != b.free_float || a.description != b.description;
}

}  // namespace

// Who asks, and whether the user is there. itself: the user may, besides operators; otherwise compliance alone.
RejectReason Engine::refuse_person(const Context& context, UserId user, bool itself) const {
    const bool may = itself ? actor_may(context, Role::Operator) ||
                                  (context.header.actor == user && find(user))
                            : actor_may(context, Role::Compliance);
    if (!may) return RejectReason::NotPermitted;
    return find(user) ? RejectReason::None : RejectReason::UserNotFound;
}

RejectReason Engine::on(Context& context, const UpdateProfile& c) {
    if (const auto reason = refuse_person(context, c.user, true); reason != RejectReason::None)
        return reject(context, reason);
    const auto known = profiles_.find(c.user);
    const Profile now = known == profiles_.end() ? Profile{} : known->second;
    const ProfileUpdated updated{c.user, c.name.value_or(at(c.user).name), c.email.value_or(now.email),
                                 c.jurisdiction.value_or(now.jurisdiction)};
    if (!printable(updated.name.view()) || (!updated.email.empty() && !is_email(updated.email.view())) ||
        (!updated.jurisdiction.empty() && !is_country(updated.jurisdiction.view())))
        return reject(context, RejectReason::NameNotAllowed);
    if (updated.name == at(c.user).name && updated.email == now.email && updated.jurisdiction == now.jurisdiction)
        return reject(context, RejectReason::StatusUnchanged);
    if (at(c.user).status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    emit(context, updated);
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetPreference& c) {
    if (const auto reason = refuse_person(context, c.user, true); reason != RejectReason::None)
        return reject(context, reason);
    if (!is_preference_key(c.key.view()) || has_controls(c.value.view()))
        return reject(context, RejectReason::NameNotAllowed);
    if (at(c.user).status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    emit(context, PreferenceSet{c.user, c.key, c.value});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetKycStatus& c) {
    if (const auto reason = refuse_person(context, c.user, false); reason != RejectReason::None)
        return reject(context, reason);
    if (at(c.user).kyc == c.status) return reject(context, RejectReason::StatusUnchanged);
    if (at(c.user).status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    emit(context, KycStatusChanged{c.user, c.status, c.note});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetAccreditation& c) {
    if (const auto reason = refuse_person(context, c.user, false); reason != RejectReason::None)
        return reject(context, reason);
    const User& user = at(c.user);
    if (user.accreditation == c.status && user.basis == c.basis && user.accredited_until == c.expires_at)
        return reject(context, RejectReason::StatusUnchanged);
    if (user.status == UserStatus::Closed) return reject(context, RejectReason::UserClosed);
    const bool in_time = c.expires_at.us == 0 || (c.expires_at > context.header.time && c.expires_at <= kLatestTime);
    if (c.status == AccreditationStatus::Verified ? c.basis == AccreditationBasis::None || !in_time
                                                  : c.expires_at.us != 0)
        return reject(context, RejectReason::AccreditationNotAllowed);
    emit(context, AccreditationChanged{c.user, c.status, c.basis, c.evidence, c.expires_at});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const AddComplianceNote& c) {
    if (const auto reason = refuse_person(context, c.user, false); reason != RejectReason::None)
        return reject(context, reason);
    if (!printable(c.note.view())) return reject(context, RejectReason::NameNotAllowed);
    emit(context, ComplianceNoted{c.user, c.note});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetSecurityTerms& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound);
    const auto refuse = [&](RejectReason reason) { return reject(context, reason, AccountId::None, c.security); };
    if (security->delisted) return refuse(RejectReason::SecurityDelisted);
    if (has_controls(c.issuer.view()) || has_controls(c.description.view()))
        return refuse(RejectReason::NameNotAllowed);
    const SecurityTermsSet terms{c.security,     c.issuer,        c.asset_class,     c.exemption,  c.accredited_only,
                                 c.kyc_required, c.lock_up_until, c.settlement_days, c.free_float, c.description};
    if (!differs(terms, security->more ? *security->more : SecurityTermsSet{}))
        return refuse(RejectReason::StatusUnchanged);
    if (c.settlement_days > kMaxSettlementDays || c.free_float.units < 0 || c.free_float.units > kMaxQuantityUnits ||
        c.lock_up_until.us < 0 || c.lock_up_until > kLatestTime)
        return refuse(RejectReason::TermsNotAllowed);
    emit(context, terms);
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const RecordValuation& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound);
    const auto refuse = [&](RejectReason reason) { return reject(context, reason, AccountId::None, c.security); };
    if (security->delisted) return refuse(RejectReason::SecurityDelisted);
    if (c.price.units <= 0) return refuse(RejectReason::PriceNotPositive);
    if (c.price.units > kMaxPriceUnits) return refuse(RejectReason::PriceTooLarge);
    if (has_controls(c.method.view())) return refuse(RejectReason::NameNotAllowed);
    if (c.valued_at.us <= 0 || c.valued_at > context.header.time) return refuse(RejectReason::TimeNotAllowed);
    emit(context, ValuationRecorded{c.security, c.price, c.valued_at, c.method});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const DelistSecurity& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    const Security* security = find(c.security);
    if (!security) return reject(context, RejectReason::SecurityNotFound);
    if (security->delisted) return reject(context, RejectReason::SecurityDelisted, AccountId::None, c.security);
    if (security->orders.first != kNoSlot)
        return reject(context, RejectReason::OpenOrders, AccountId::None, c.security);
    emit(context, SecurityDelisted{c.security, c.note});
    return RejectReason::None;
}

RejectReason Engine::on(Context& context, const SetFees& c) {
    if (!actor_may(context, Role::Operator)) return reject(context, RejectReason::NotPermitted);
    if (!find(c.account)) return reject(context, RejectReason::AccountNotFound);
    const Security* security = find(c.security);
    if (c.security != SecurityId::None && !security)
        return reject(context, RejectReason::SecurityNotFound, c.account);
    if (security && security->delisted) return reject(context, RejectReason::SecurityDelisted, c.account, c.security);
    if (c.maker_ppm > kMaxFeePpm || c.taker_ppm > kMaxFeePpm)
        return reject(context, RejectReason::FeesNotAllowed, c.account, c.security);
    emit(context, FeesSet{c.security, c.maker_ppm, c.taker_ppm, c.account});
    return RejectReason::None;
}

RejectReason Engine::refuse_eligibility(const Context& context, AccountId account, const Security& security,
                                        Side side) const {
    if (!security.restricted) return RejectReason::None;
    if (security.delisted) return RejectReason::SecurityDelisted;
    const User& user = at(at(account).user);
    const SecurityTermsSet& terms = *security.more;
    if (terms.kyc_required && user.kyc != KycStatus::Verified) return RejectReason::KycRequired;
    const bool accredited = user.accreditation == AccreditationStatus::Verified &&
                            (user.accredited_until.us == 0 || user.accredited_until > context.header.time);
    if (terms.accredited_only && side == Side::Buy && !accredited) return RejectReason::AccreditationRequired;
    if (side == Side::Sell && context.header.time < terms.lock_up_until) return RejectReason::LockedUp;
    return RejectReason::None;
}

void Engine::on(const Event&, const ProfileUpdated& e) {
    at(e.user).name = e.name;
    if (e.email.empty() && e.jurisdiction.empty())
        profiles_.erase(e.user);
    else
        profiles_[e.user] = Profile{e.email, e.jurisdiction};
}

void Engine::on(const Event&, const KycStatusChanged& e) { at(e.user).kyc = e.status; }

void Engine::on(const Event&, const AccreditationChanged& e) {
    User& user = at(e.user);
    user.accreditation = e.status;
    user.basis = e.basis;
    user.accredited_until = e.expires_at;
}

void Engine::on(const Event&, const SecurityTermsSet& e) {
    Security& security = at(e.security);
    security.more = std::make_unique<SecurityTermsSet>(e);
    derive_restrictions(security);
}

void Engine::on(const Event&, const SecurityDelisted& e) {
    at(e.security).delisted = true;
    derive_restrictions(at(e.security));
}

void Engine::derive_restrictions(Security& security) {
    security.restricted = security.delisted;
    if (!security.more) return;
    const SecurityTermsSet& terms = *security.more;
    security.settlement_days = terms.settlement_days;
    security.restricted |= terms.accredited_only || terms.kyc_required || terms.lock_up_until.us != 0;
}

void Engine::on(const Event&, const FeesSet& e) {
    const Fees fees{e.maker_ppm, e.taker_ppm, e.account};
    if (e.security != SecurityId::None) {
        at(e.security).fees = fees;
        at(e.security).has_own_fees = true;
        return;
    }
    market_fees_ = fees;
    for (Security& security : securities_)
        if (!security.has_own_fees) security.fees = fees;
}

}  // namespace buttonwood::engine
