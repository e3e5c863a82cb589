// The naive engine's people and terms: who somebody is, what a security asks of those who trade it.
#include "tests/engine/naive_engine.hpp"
#include "tests/engine/records.hpp"

#include <algorithm>
#include <string_view>

namespace buttonwood::engine::tests {
namespace {

bool has_controls(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}
bool is_email(std::string_view text) { return text.find('@') != std::string_view::npos && !has_controls(text); }
bool is_country(std::string_view text) {
    return text.size() == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
}
bool is_key(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

}  // namespace

// Section 11 of the rules: may this account's user have such an order now?
RejectReason NaiveEngine::refuse_trader(AccountId account, SecurityId id, Side side) const {
    const Security& security = securities_.at(id);
    const User& user = users_.at(accounts_.at(account));
    const SetAccreditation& accreditation = user.accreditation;
    const bool ended = accreditation.expires_at.us != 0 && accreditation.expires_at <= now_;
    const bool is_accredited = accreditation.status == AccreditationStatus::Verified && !ended;
    if (security.is_delisted) return Reason::SecurityDelisted;
    if (security.rules.kyc_required && user.kyc != KycStatus::Verified) return Reason::KycRequired;
    if (side == Side::Buy && security.rules.accredited_only && !is_accredited) return Reason::AccreditationRequired;
    if (side == Side::Sell && now_ < security.rules.lock_up_until) return Reason::LockedUp;
    return Reason::None;
}

RejectReason NaiveEngine::refuse_person(UserId actor, UserId user, bool allowed) const {
    const bool is_itself = actor != UserId::None && actor == user && users_.contains(user);
    if (!is_itself && !allowed) return Reason::NotPermitted;
    return users_.contains(user) ? Reason::None : Reason::UserNotFound;
}

RejectReason NaiveEngine::on(UserId actor, const UpdateProfile& c, Prediction&) {
    if (const Reason no = refuse_person(actor, c.user, may(actor, Role::Operator)); no != Reason::None) return no;
    User& user = users_.at(c.user);
    const Name name = c.name.value_or(user.terms.name);
    const Name email = c.email.value_or(user.email);
    const Country jurisdiction = c.jurisdiction.value_or(user.jurisdiction);
    if (name.empty() || has_controls(name.view()) || (!email.empty() && !is_email(email.view())) ||
        (!jurisdiction.empty() && !is_country(jurisdiction.view())))
        return Reason::NameNotAllowed;
    if (name == user.terms.name && email == user.email && jurisdiction == user.jurisdiction)
        return Reason::StatusUnchanged;
    if (user.status == UserStatus::Closed) return Reason::UserClosed;
    user.terms.name = name;
    user.email = email;
    user.jurisdiction = jurisdiction;
    emit(ProfileUpdated{c.user, name, email, jurisdiction});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetPreference& c, Prediction&) {
    if (const Reason no = refuse_person(actor, c.user, may(actor, Role::Operator)); no != Reason::None) return no;
    if (!is_key(c.key.view()) || has_controls(c.value.view())) return Reason::NameNotAllowed;
    if (users_.at(c.user).status == UserStatus::Closed) return Reason::UserClosed;
    emit(PreferenceSet{c.user, c.key, c.value});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetKycStatus& c, Prediction&) {
    if (!may(actor, Role::Compliance)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    User& user = users_.at(c.user);
    if (user.kyc == c.status) return Reason::StatusUnchanged;
    if (user.status == UserStatus::Closed) return Reason::UserClosed;
    user.kyc = c.status;
    emit(KycStatusChanged{c.user, c.status, c.note});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetAccreditation& c, Prediction&) {
    if (!may(actor, Role::Compliance)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    User& user = users_.at(c.user);
    const SetAccreditation& old = user.accreditation;
    if (c.status == old.status && c.basis == old.basis && c.expires_at == old.expires_at)
        return Reason::StatusUnchanged;
    if (user.status == UserStatus::Closed) return Reason::UserClosed;
    const bool ends = c.expires_at.us != 0;
    if (c.status == AccreditationStatus::Verified) {
        if (c.basis == AccreditationBasis::None || (ends && c.expires_at <= now_))
            return Reason::AccreditationNotAllowed;
    } else if (ends) {
        return Reason::AccreditationNotAllowed;
    }
    user.accreditation = c;
    emit(AccreditationChanged{c.user, c.status, c.basis, c.evidence, c.expires_at});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const AddComplianceNote& c, Prediction&) {
    if (!may(actor, Role::Compliance)) return Reason::NotPermitted;
    if (!users_.contains(c.user)) return Reason::UserNotFound;
    if (c.note.empty() || has_controls(c.note.view())) return Reason::NameNotAllowed;
    emit(ComplianceNoted{c.user, c.note});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const SetSecurityTerms& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    Security& security = securities_.at(c.security);
    if (security.is_delisted) return Reason::SecurityDelisted;
    if (has_controls(c.issuer.view()) || has_controls(c.description.view())) return Reason::NameNotAllowed;
    if (same(c, security.rules)) return Reason::StatusUnchanged;
    if (c.settlement_days > kMaxSettlementDays || c.free_float.units < 0 || c.free_float.units > kMaxQuantityUnits ||
        c.lock_up_until.us < 0 || c.lock_up_until > kLatestTime)
        return Reason::TermsNotAllowed;
    security.rules = c;
    emit(SecurityTermsSet{c.security, c.issuer, c.asset_class, c.exemption, c.accredited_only, c.kyc_required,
                          c.lock_up_until, c.settlement_days, c.free_float, c.description});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const RecordValuation& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    if (securities_.at(c.security).is_delisted) return Reason::SecurityDelisted;
    if (c.price.units <= 0) return Reason::PriceNotPositive;
    if (c.price.units > kMaxPriceUnits) return Reason::PriceTooLarge;
    if (has_controls(c.method.view())) return Reason::NameNotAllowed;
    if (c.valued_at.us <= 0 || c.valued_at > now_) return Reason::TimeNotAllowed;
    emit(ValuationRecorded{c.security, c.price, c.valued_at, c.method});
    return Reason::None;
}

RejectReason NaiveEngine::on(UserId actor, const DelistSecurity& c, Prediction&) {
    if (!may(actor, Role::Operator)) return Reason::NotPermitted;
    if (!securities_.contains(c.security)) return Reason::SecurityNotFound;
    if (securities_.at(c.security).is_delisted) return Reason::SecurityDelisted;
    for (const OrderId id : open_)
        if (at(id).request.security == c.security) return Reason::OpenOrders;
    securities_.at(c.security).is_delisted = true;
    emit(SecurityDelisted{c.security, c.note});
    return Reason::None;
}

}  // namespace buttonwood::engine::tests
