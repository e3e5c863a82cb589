#include "engine/names.hpp"
#include "tests/engine/transcript.hpp"

#include <deque>
#include <sstream>
#include <stdexcept>

namespace buttonwood::engine::tests {
namespace {

constexpr std::uint32_t kNobody = 999;

// The words of one line, taken from the front.
class Words {
public:
    explicit Words(const std::string& line) {
        std::istringstream in(line);
        for (std::string word; in >> word;) words_.push_back(word);
    }
    [[nodiscard]] bool done() const { return words_.empty(); }
    std::string take() {
        if (words_.empty()) throw std::runtime_error("the line ends too early");
        std::string word = words_.front();
        words_.pop_front();
        return word == "\"\"" ? std::string() : word;
    }
    bool accept(std::string_view word) {
        if (words_.empty() || words_.front() != word) return false;
        words_.pop_front();
        return true;
    }
    void expect(std::string_view word) {
        if (!accept(word)) throw std::runtime_error("expected '" + std::string(word) + "'");
    }

private:
    std::deque<std::string> words_;
};

template <class E>
E word(const std::string& text) {
    const auto value = from_word<E>(text);
    if (!value) throw std::runtime_error("no such word: " + text);
    return *value;
}

UserId user_named(std::string_view name, const NaiveEngine& state) {
    if (name == "system") return UserId::None;
    for (const auto& [id, user] : state.users())
        if (user.terms.name.view() == name) return id;
    return UserId{kNobody};
}

// acc_N, or somebody's first account.
AccountId account_named(std::string_view name, const NaiveEngine& state) {
    if (name.starts_with("acc_")) return static_cast<AccountId>(std::stoul(std::string(name.substr(4))));
    const UserId user = user_named(name, state);
    for (const auto& [id, owner] : state.accounts())
        if (owner == user) return id;
    return AccountId{kNobody};
}

RoleSet roles(const std::string& text) {
    RoleSet set;
    if (text == "nothing") return set;
    std::istringstream in(text);
    for (std::string role; std::getline(in, role, ',');) set.add(word<Role>(role));
    return set;
}

int scale_of(SecurityId security, const NaiveEngine& state, bool price) {
    const auto found = state.securities().find(security);
    if (found == state.securities().end()) return 0;
    return price ? found->second.terms.price_scale : found->second.terms.quantity_scale;
}
Price price(const std::string& text, SecurityId security, const NaiveEngine& state) {
    return {static_cast<std::int64_t>(parse_units(text, scale_of(security, state, true)))};
}
Quantity quantity(const std::string& text, SecurityId security, const NaiveEngine& state) {
    return {static_cast<std::int64_t>(parse_units(text, scale_of(security, state, false)))};
}

// #N is the engine's id, anything else the client's.
OrderRef order_ref(const std::string& text) {
    if (text.starts_with('#')) return {static_cast<OrderId>(std::stoull(text.substr(1))), {}};
    return {OrderId::None, ClientOrderId(text)};
}

Command place(Words& words, AccountId account, Side side, const NaiveEngine& state) {
    PlaceOrder c;
    c.account = account;
    c.side = side;
    const std::string amount = words.take();
    c.security = security_named(words.take(), state);
    c.quantity = quantity(amount, c.security, state);
    words.expect("at");
    c.type = words.accept("market") ? OrderType::Market : OrderType::Limit;
    if (c.type == OrderType::Limit || words.accept("priced")) c.price = price(words.take(), c.security, state);
    c.time_in_force = c.type == OrderType::Limit ? TimeInForce::Gtc : TimeInForce::Ioc;
    while (!words.done()) {
        if (words.accept("post_only"))
            c.post_only = true;
        else if (words.accept("as"))
            c.client_order_id = ClientOrderId(words.take());
        else
            c.time_in_force = word<TimeInForce>(words.take());
    }
    return c;
}

Command amend(Words& words, AccountId account, const NaiveEngine& state) {
    AmendOrder c{account, order_ref(words.take()), {}, {}};
    OrderId id = c.target.order;
    if (id == OrderId::None)
        for (const auto& [order, terms] : state.orders())
            if (terms.request.account == account && terms.request.client_order_id == c.target.client_order_id)
                id = order;
    const auto found = state.orders().find(id);
    const SecurityId security = found == state.orders().end() ? SecurityId::None : found->second.request.security;
    if (words.accept("to")) c.quantity = quantity(words.take(), security, state);
    if (words.accept("at")) c.price = price(words.take(), security, state);
    return c;
}

Command cancel(Words& words, AccountId account, const NaiveEngine& state) {
    if (!words.accept("all")) {
        const OrderRef target = order_ref(words.take());
        const bool on_behalf = words.accept("on");
        if (on_behalf) words.expect("behalf");
        return CancelOrder{on_behalf ? AccountId::None : account, target, {}};
    }
    MassCancel c{account, SecurityId::None, std::nullopt};
    if (words.accept("in")) c.security = security_named(words.take(), state);
    if (words.accept("bids")) c.side = Side::Buy;
    if (words.accept("listings")) c.side = Side::Sell;
    return c;
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
    if (verb == "sets") {
        const SecurityId security = security_named(words.take(), state);
        return ChangeTradingState{security, word<TradingState>(words.take()), {}};
    }
    if (verb == "deposits" || verb == "withdraws") return move_cash(words, verb == "deposits", state);
    if (verb == "issues") {
        const std::string amount = words.take();
        const SecurityId security = security_named(words.take(), state);
        words.expect("to");
        return IssueHoldings{account_named(words.take(), state), security, quantity(amount, security, state)};
    }
    throw std::runtime_error("no such verb: " + verb);
}

}  // namespace

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
        parsed.command = place(words, account, verb == "buys" ? Side::Buy : Side::Sell, state);
    else if (verb == "amends")
        parsed.command = amend(words, account, state);
    else if (verb == "cancels")
        parsed.command = cancel(words, account, state);
    else
        parsed.command = administer(verb, words, state);
    if (!words.done()) throw std::runtime_error("not understood: " + words.take());
    return parsed;
}

}  // namespace buttonwood::engine::tests
