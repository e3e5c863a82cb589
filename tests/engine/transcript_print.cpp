#include "engine/names.hpp"
#include "tests/engine/records.hpp"
#include "tests/engine/transcript.hpp"

#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace buttonwood::engine::tests {
namespace {

template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

std::string hash(OrderId id) { return "#" + std::to_string(static_cast<std::uint64_t>(id)); }

// Names people, securities and amounts as the case does.
class Teller {
public:
    explicit Teller(const NaiveEngine& state) : state_(state) {}

    std::string name(UserId user) const { return std::string(state_.users().at(user).terms.name.view()); }
    std::string name(AccountId account) const {
        const UserId owner = state_.accounts().at(account);
        for (const auto& [id, user] : state_.accounts())
            if (user == owner) return id == account ? name(owner) : text(name(owner), "'s ", account_id(account));
        return account_id(account);
    }
    std::string symbol(SecurityId security) const { return std::string(terms(security).symbol.view()); }
    std::string price(SecurityId security, Price p) const { return format_units(p.units, terms(security).price_scale); }
    std::string quantity(SecurityId security, Quantity q) const {
        return format_units(q.units, terms(security).quantity_scale);
    }
    std::string shares(SecurityId security, Quantity q) const {
        return text(quantity(security, q), ' ', symbol(security));
    }
    // Two decimals, more where they matter.
    static std::string money(Money amount, Currency currency) {
        std::string digits = format_units(amount.units, kMoneyScale);
        while (digits.ends_with('0') && digits[digits.size() - 3] != '.') digits.pop_back();
        return text(digits, ' ', currency.view());
    }
    std::string cash(SecurityId security, Money amount) const { return money(amount, terms(security).currency); }
    // "100.00 USD", "10 ACME", or nothing: what an order ties up or lets go.
    std::string reservation(const char* verb, SecurityId security, Money money_part, Quantity quantity_part) const {
        if (money_part.units != 0) return text(", ", verb, ' ', cash(security, money_part));
        if (quantity_part.units != 0) return text(", ", verb, ' ', shares(security, quantity_part));
        return {};
    }
    static std::string account_id(AccountId account) {
        return "acc_" + std::to_string(static_cast<std::uint32_t>(account));
    }
    static std::string roles(RoleSet set) {
        std::string list;
        for (const auto& entry : kRoleWords)
            if (set.has(entry.value)) list += text(list.empty() ? "" : ",", entry.word);
        return list;
    }

    std::string operator()(const UserRegistered& e) const {
        return text("user ", e.name.view(), " registered as ", roles(e.roles));
    }
    std::string operator()(const AccountOpened& e) const {
        return text(account_id(e.account), " opened for ", name(e.user));
    }
    std::string operator()(const UserStatusChanged& e) const {
        return text(name(e.user), " is ", word_of(e.status));
    }
    std::string operator()(const ApiKeyCreated& e) const {
        return text("key ", static_cast<std::uint64_t>(e.key), " of ", name(e.user), " as ", roles(e.roles));
    }
    std::string operator()(const ApiKeyRevoked& e) const {
        return text("key ", static_cast<std::uint64_t>(e.key), " of ", name(e.user), " revoked");
    }
    std::string operator()(const SecurityCreated& e) const {
        return text(e.symbol.view(), " created: tick ", format_units(e.tick_size.units, e.price_scale), " ",
                    e.currency.view(), ", lot ", format_units(e.lot_size.units, e.quantity_scale));
    }
    std::string operator()(const TradingStateChanged& e) const {
        return text(symbol(e.security), " is ", word_of(e.state));
    }
    std::string operator()(const CashDeposited& e) const {
        return text(money(e.amount, e.currency), " deposited for ", name(e.account));
    }
    std::string operator()(const CashWithdrawn& e) const {
        return text(money(e.amount, e.currency), " withdrawn from ", name(e.account));
    }
    std::string operator()(const HoldingsIssued& e) const {
        return text(shares(e.security, e.quantity), " issued to ", name(e.account));
    }
    std::string operator()(const OrderAccepted& e) const {
        return text(hash(e.order), " accepted", e.rests ? ", rests" : ", takes",
                    reservation("reserves", e.security, e.reserved_cash, e.reserved_quantity));
    }
    std::string operator()(const OrderRested& e) const {
        return text(hash(e.order), " rests: ", quantity(e.security, e.leaves_quantity), " at ",
                    price(e.security, e.price));
    }
    std::string operator()(const TradeExecuted& e) const {
        const bool buys = e.taker_side == Side::Buy;
        const bool improved = e.released_cash > e.notional;
        return text("trade ", static_cast<std::uint64_t>(e.trade), ": ", name(e.taker_account), ' ',
                    hash(e.taker_order), buys ? " buys " : " sells ", quantity(e.security, e.quantity), " at ",
                    price(e.security, e.price), buys ? " from " : " to ", name(e.maker_account), ' ',
                    hash(e.maker_order), " for ", cash(e.security, e.notional),
                    improved ? text(", frees ", cash(e.security, e.released_cash - e.notional)) : "", "; left ",
                    quantity(e.security, e.taker_leaves_quantity), " and ",
                    quantity(e.security, e.maker_leaves_quantity));
    }
    std::string operator()(const OrderAmended& e) const {
        const char* place = e.priority_kept ? ", keeps its place" : e.rests ? ", goes to the back" : ", takes";
        return text(hash(e.order), " amended to ", quantity(e.security, e.quantity), " at ",
                    price(e.security, e.price), place, ", left ", quantity(e.security, e.leaves_quantity),
                    reservation("reserves", e.security, e.reserved_cash, e.reserved_quantity));
    }
    std::string operator()(const OrderCanceled& e) const {
        return text(hash(e.order), " canceled (", word_of(e.reason), "), left ",
                    quantity(e.security, e.leaves_quantity),
                    reservation("frees", e.security, e.released_cash, e.released_quantity));
    }
    std::string operator()(const OrderExpired& e) const {
        return text(hash(e.order), " expired (", word_of(e.reason), "), left ",
                    quantity(e.security, e.leaves_quantity),
                    reservation("frees", e.security, e.released_cash, e.released_quantity));
    }
    std::string operator()(const CommandRejected& e) const {
        const bool names_order = e.reason == RejectReason::DuplicateClientOrderId ||
                                 e.reason == RejectReason::ClientOrderIdConflict;
        return text("refused: ", code_of(e.reason), names_order ? " " + hash(e.order) : "");
    }
    std::string operator()(const MassCancelCompleted& e) const {
        return text(e.canceled_count, e.canceled_count == 1 ? " order" : " orders", " canceled");
    }

private:
    const CreateSecurity& terms(SecurityId security) const { return state_.securities().at(security).terms; }
    const NaiveEngine& state_;
};

// "10 #1, 5 #2": the queue of a price, first to trade first.
std::string queue_text(const NaiveBook::Queue& queue, SecurityId security, const Teller& teller) {
    std::string line;
    for (const NaiveBook::Order& order : queue)
        line += text(line.empty() ? "" : ", ", teller.quantity(security, order.leaves), ' ', hash(order.id));
    return line;
}

}  // namespace

Int128 parse_units(std::string_view number, int scale) {
    const std::string all(number);
    const bool negative = number.starts_with('-');
    if (negative) number.remove_prefix(1);
    const std::size_t dot = number.find('.');
    std::string digits(number.substr(0, dot));
    std::string decimals(dot == std::string_view::npos ? std::string_view() : number.substr(dot + 1));
    if (decimals.size() > static_cast<std::size_t>(scale)) throw std::runtime_error("too many decimals: " + all);
    decimals.resize(static_cast<std::size_t>(scale), '0');
    digits += decimals;
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
        throw std::runtime_error("no number: " + all);
    Int128 units = 0;
    for (const char digit : digits) units = units * 10 + (digit - '0');
    return negative ? -units : units;
}

std::string format_units(Int128 units, int scale) {
    const bool negative = units < 0;
    std::string digits = decimal(negative ? -units : units);
    const auto decimals = static_cast<std::size_t>(scale);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - decimals, ".");
    return negative ? "-" + digits : digits;
}

std::string tell(const EventBody& event, const NaiveEngine& state) { return std::visit(Teller(state), event); }

std::string draw_book(SecurityId security, const NaiveEngine& state) {
    const Teller teller(state);
    const NaiveBook& book = state.securities().at(security).book;
    std::ostringstream out;
    const auto line = [&](const std::string& bids, Price price, const std::string& listings) {
        out << std::setw(24) << bids << "  " << std::setw(8) << teller.price(security, price)
            << (listings.empty() ? "" : "  ") << listings << '\n';
    };
    const auto& listings = book.levels(Side::Sell);
    for (auto it = listings.rbegin(); it != listings.rend(); ++it)
        line("", it->first, queue_text(it->second, security, teller));
    for (const auto& [price, queue] : book.levels(Side::Buy)) line(queue_text(queue, security, teller), price, "");
    return out.str().empty() ? "empty\n" : out.str();
}

std::string draw_accounts(const NaiveEngine& state) {
    const Teller teller(state);
    std::ostringstream out;
    for (const auto& [account, owner] : state.accounts()) {
        std::string line;
        const auto add = [&](const std::string& what, const std::string& reserved) {
            line += text(line.empty() ? "" : ", ", what, reserved.empty() ? "" : text(" (", reserved, " reserved)"));
        };
        for (const auto& [key, total] : state.all_cash()) {
            if (key.first != account || total.units == 0) continue;
            const Money reserved = state.reserved_cash(account, key.second);
            add(Teller::money(total, key.second), reserved.units == 0 ? "" : Teller::money(reserved, key.second));
        }
        for (const auto& [key, total] : state.all_holdings()) {
            if (key.first != account || total.units == 0) continue;
            const Quantity reserved = state.reserved_holding(account, key.second);
            add(teller.shares(key.second, total), reserved.units == 0 ? "" : teller.quantity(key.second, reserved));
        }
        if (!line.empty()) out << teller.name(account) << ": " << line << '\n';
    }
    return out.str();
}

}  // namespace buttonwood::engine::tests
