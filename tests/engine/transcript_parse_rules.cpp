// The part of the language that says what trading costs, who may trade what, and what becomes of trades.
#include "tests/engine/transcript_words.hpp"

namespace buttonwood::engine::tests {
namespace {

// "bob's": the user before the apostrophe.
UserId parse_owner(Words& words, const NaiveEngine& state) {
    const std::string owner = words.take();
    if (!owner.ends_with("'s")) throw std::runtime_error("expected somebody's: " + owner);
    return user_named(std::string_view(owner).substr(0, owner.size() - 2), state);
}

std::uint32_t parse_rate(Words& words) { return static_cast<std::uint32_t>(std::stoul(words.take())); }

Command parse_fees(Words& words, const NaiveEngine& state) {
    SetFees c;
    if (!words.accept("market")) c.security = security_named(words.take(), state);
    if (words.accept("maker")) c.maker_ppm = parse_rate(words);
    if (words.accept("taker")) c.taker_ppm = parse_rate(words);
    words.expect("to");
    c.account = account_named(words.take(), state);
    return c;
}

Command parse_finding(Words& words, const NaiveEngine& state) {
    const UserId user = parse_owner(words, state);
    if (words.accept("identity")) return SetKycStatus{user, word<KycStatus>(words.take()), {}};
    words.expect("accreditation");
    SetAccreditation c{user, word<AccreditationStatus>(words.take()), {}, {}, {}};
    if (words.accept("by")) c.basis = word<AccreditationBasis>(words.take());
    if (words.accept("until")) c.expires_at = parse_time(words.take());
    return c;
}

Command parse_profile(Words& words, const NaiveEngine& state) {
    UpdateProfile c{parse_owner(words, state), {}, {}, {}};
    words.expect("profile");
    if (words.accept("name")) c.name = Name(words.take());
    if (words.accept("email")) c.email = Name(words.take());
    if (words.accept("country")) c.jurisdiction = Country(words.take());
    return c;
}

Command parse_preference(Words& words, UserId actor, const NaiveEngine& state) {
    const PreferenceKey key(words.take());
    const PreferenceValue value(words.take());
    return SetPreference{words.accept("for") ? user_named(words.take(), state) : actor, key, value};
}

Command parse_valuation(Words& words, const NaiveEngine& state) {
    RecordValuation c;
    c.security = security_named(words.take(), state);
    words.expect("at");
    c.price = parse_price(words.take(), c.security, state);
    words.expect("since");
    c.valued_at = parse_time(words.take());
    if (words.accept("by")) c.method = Note(words.take());
    return c;
}

Command parse_settlement(Words& words) {
    words.expect("trade");
    const TradeId trade{std::stoull(words.take())};
    return ChangeSettlement{trade, word<SettlementStep>(words.take()), {}};
}

}  // namespace

Command parse_terms(Words& words, const NaiveEngine& state) {
    words.expect("of");
    SetSecurityTerms c;
    c.security = security_named(words.take(), state);
    while (!words.done()) {
        if (words.accept("settles"))
            c.settlement_days = static_cast<std::uint8_t>(std::stoul(words.take()));
        else if (words.accept("kyc_required"))
            c.kyc_required = true;
        else if (words.accept("accredited_only"))
            c.accredited_only = true;
        else if (words.accept("locked_until"))
            c.lock_up_until = parse_time(words.take());
        else if (words.accept("issuer"))
            c.issuer = Name(words.take());
        else if (words.accept("class"))
            c.asset_class = word<AssetClass>(words.take());
        else if (words.accept("exemption"))
            c.exemption = word<Exemption>(words.take());
        else if (words.accept("float"))
            c.free_float = parse_quantity(words.take(), c.security, state);
        else
            throw std::runtime_error("no such term: " + words.take());
    }
    return c;
}

std::optional<Command> parse_rule(const std::string& verb, Words& words, UserId actor, const NaiveEngine& state) {
    if (verb == "charges") return parse_fees(words, state);
    if (verb == "finds") return parse_finding(words, state);
    if (verb == "changes") return parse_profile(words, state);
    if (verb == "prefers") return parse_preference(words, actor, state);
    if (verb == "values") return parse_valuation(words, state);
    if (verb == "marks") return parse_settlement(words);
    if (verb == "delists") return DelistSecurity{security_named(words.take(), state), {}};
    if (verb == "notes") {
        words.expect("of");
        const UserId user = user_named(words.take(), state);
        return AddComplianceNote{user, Note(words.take())};
    }
    return std::nullopt;
}

}  // namespace buttonwood::engine::tests
