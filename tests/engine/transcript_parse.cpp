#include "tests/engine/transcript_words.hpp"

namespace buttonwood::engine::tests {
namespace {

constexpr std::uint32_t kNobody = 999;

int scale_of(SecurityId security, const NaiveEngine& state, bool price) {
    const auto found = state.securities().find(security);
    if (found == state.securities().end()) return 0;
    return price ? found->second.terms.price_scale : found->second.terms.quantity_scale;
}

RoleSet roles(const std::string& text) {
    RoleSet set;
    if (text == "nothing") return set;
    std::istringstream in(text);
    for (std::string role; std::getline(in, role, ',');) set.add(word<Role>(role));
    return set;
}

Command create_security(Words& words) {
    CreateSecurity c;
    c.symbol = Symbol(words.take());
    c.name = Name(c.symbol.view());
    words.expect("in");
    c.currency = Currency(words.take());
    words.expect("scales");
    c.price_scale = static_cast<std::uint8_t>(std::stoi(words.take()));
    c.quantity_scale = static_cast<std::uint8_t>(std::stoi(words.take()));
    words.expect("tick");
    c.tick_size = {static_cast<std::int64_t>(parse_units(words.take(), c.price_scale))};
    words.expect("lot");
    c.lot_size = {static_cast<std::int64_t>(parse_units(words.take(), c.quantity_scale))};
    return c;
}

Command move_cash(Words& words, bool deposit, const NaiveEngine& state) {
    const Money amount{parse_units(words.take(), kMoneyScale)};
    const Currency currency(words.take());
    words.expect(deposit ? "for" : "from");
    const AccountId account = account_named(words.take(), state);
    if (deposit) return DepositCash{account, currency, amount};
    return WithdrawCash{account, currency, amount};
}

Command give_key(Words& words, const NaiveEngine& state) {
    const UserId user = user_named(words.take(), state);
    words.expect("key");
    const KeyId key{std::stoull(words.take())};
    words.expect("as");
    return CreateApiKey{user, key, {}, roles(words.take())};
}

Command change_state(Words& words, const NaiveEngine& state) {
    ChangeTradingState c;
    if (!words.accept("market")) c.security = security_named(words.take(), state);
    c.state = word<TradingState>(words.take());
    for (const auto& entry : kAuctionKindWords)
        if (words.accept(entry.word)) c.auction = entry.value;
    if (words.accept("until")) c.until = parse_time(words.take());
    return c;
}

Command set_bands(Words& words, const NaiveEngine& state) {
    SetPriceBands c;
    c.security = security_named(words.take(), state);
    if (words.accept("around")) c.reference_price = parse_price(words.take(), c.security, state);
    if (words.accept("static")) c.static_basis_points = static_cast<std::uint32_t>(std::stoul(words.take()));
    if (words.accept("dynamic")) c.dynamic_basis_points = static_cast<std::uint32_t>(std::stoul(words.take()));
    if (words.accept("halt")) c.halt_us = parse_duration(words.take());
    if (words.accept("auction")) c.auction_us = parse_duration(words.take());
    return c;
}

Command administer(const std::string& verb, Words& words, const NaiveEngine& state) {
    if (verb == "registers") {
        const Name name(words.take());
        words.expect("as");
        return RegisterUser{name, roles(words.take())};
    }
    if (verb == "opens") {
        for (const char* filler : {"an", "account", "for"}) words.expect(filler);
        return OpenAccount{user_named(words.take(), state)};
    }
    if (verb == "makes") {
        const UserId user = user_named(words.take(), state);
        return ChangeUserStatus{user, word<UserStatus>(words.take()), {}};
    }
    if (verb == "gives") return give_key(words, state);
    if (verb == "revokes") {
        words.expect("key");
        return RevokeApiKey{KeyId{std::stoull(words.take())}};
    }
    if (verb == "creates") return create_security(words);
    if (verb == "sets") return words.accept("terms") ? parse_terms(words, state) : change_state(words, state);
    if (verb == "deposits" || verb == "withdraws") return move_cash(words, verb == "deposits", state);
    if (verb == "issues") {
        const std::string amount = words.take();
        const SecurityId security = security_named(words.take(), state);
        words.expect("to");
        return IssueHoldings{account_named(words.take(), state), security, parse_quantity(amount, security, state)};
    }
    if (verb == "bands") return set_bands(words, state);
    if (verb == "advances") {
        for (const char* filler : {"the", "clock"}) words.expect(filler);
        return AdvanceClock{};
    }
    if (verb == "ends") {
        for (const char* filler : {"the", "day"}) words.expect(filler);
        return EndDay{words.accept("of") ? security_named(words.take(), state) : SecurityId::None};
    }
    throw std::runtime_error("no such verb: " + verb);
}

}  // namespace

UserId user_named(std::string_view name, const NaiveEngine& state) {
    if (name == "system") return UserId::None;
    for (const auto& [id, user] : state.users())
        if (user.terms.name.view() == name) return id;
    return UserId{kNobody};
}

AccountId account_named(std::string_view name, const NaiveEngine& state) {
    if (name.starts_with("acc_")) return static_cast<AccountId>(std::stoul(std::string(name.substr(4))));
    const UserId user = user_named(name, state);
    for (const auto& [id, owner] : state.accounts())
        if (owner == user) return id;
    return AccountId{kNobody};
}

Price parse_price(const std::string& text, SecurityId security, const NaiveEngine& state) {
    return {static_cast<std::int64_t>(parse_units(text, scale_of(security, state, true)))};
}

Quantity parse_quantity(const std::string& text, SecurityId security, const NaiveEngine& state) {
    return {static_cast<std::int64_t>(parse_units(text, scale_of(security, state, false)))};
}

SecurityId security_named(std::string_view symbol, const NaiveEngine& state) {
    for (const auto& [id, security] : state.securities())
        if (security.terms.symbol.view() == symbol) return id;
    return SecurityId{kNobody};
}

Line parse_command(const std::string& line, const NaiveEngine& state) {
    Words words(line);
    Line parsed;
    const std::string name = words.take();
    parsed.actor = user_named(name, state);
    // "ann for bob buys ...": ann acts on bob's account.
    const AccountId account = account_named(words.accept("for") ? words.take() : name, state);
    const std::string verb = words.take();
    if (verb == "buys" || verb == "sells")
        parsed.command = parse_place(words, account, verb == "buys" ? Side::Buy : Side::Sell, state);
    else if (verb == "places")
        parsed.command = parse_group(words, account, state);
    else if (verb == "amends")
        parsed.command = parse_amend(words, account, state);
    else if (verb == "cancels")
        parsed.command = parse_cancel(words, account, state);
    else if (auto rule = parse_rule(verb, words, parsed.actor, state))
        parsed.command = *rule;
    else
        parsed.command = administer(verb, words, state);
    if (!words.done()) throw std::runtime_error("not understood: " + words.take());
    return parsed;
}

}  // namespace buttonwood::engine::tests
