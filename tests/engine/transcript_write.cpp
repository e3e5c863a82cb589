// Commands as lines of the golden cases, for the failures of the property tests.
#include "tests/engine/transcript_names.hpp"

#include <stdexcept>

namespace buttonwood::engine::tests {
namespace {

// Writes what parse_command reads; what has no words (a user that nobody is) becomes something else of that kind.
class Writer : public Namer {
public:
    using Namer::Namer;

    std::string actor(UserId user) const {
        if (user == UserId::None) return "system";
        return state_.users().contains(user) ? name(user) : "nobody";
    }
    std::string operator()(const PlaceOrder& c) const { return text("for ", account_id(c.account), ' ', order(c)); }
    std::string operator()(const PlaceGroup& c) const {
        std::string line = text("for ", account_id(c.legs.empty() ? AccountId::None : c.legs[0].account), " places ",
                                word_of(c.kind));
        for (std::size_t i = 0; i < c.legs.size(); ++i)
            line += text(i == 0 ? " for " : " ; for ", account_id(c.legs[i].account), ' ', order(c.legs[i]));
        return line;
    }
    std::string operator()(const AmendOrder& c) const {
        const NaiveEngine::Order* meant = state_.order(c.target.order);
        for (const NaiveEngine::Order& other : state_.orders())
            if (c.target.order == OrderId::None && other.request.account == c.account &&
                other.request.client_order_id == c.target.client_order_id)
                meant = &other;
        const SecurityId security = meant ? meant->request.security : SecurityId::None;
        std::string line = text("for ", account_id(c.account), " amends ", target(c.target));
        if (c.quantity) line += " to " + amount(security, *c.quantity);
        if (c.price) line += " at " + cost(security, *c.price);
        if (c.stop_price) line += " stop " + cost(security, *c.stop_price);
        if (c.display_quantity) line += " showing " + amount(security, *c.display_quantity);
        if (c.expires_at) line += " until " + format_time(*c.expires_at);
        return line;
    }
    std::string operator()(const CancelOrder& c) const {
        if (c.account == AccountId::None) return text("cancels ", target(c.target), " on behalf");
        return text("for ", account_id(c.account), " cancels ", target(c.target));
    }
    std::string operator()(const MassCancel& c) const {
        std::string line = c.account == AccountId::None ? "" : text("for ", account_id(c.account), ' ');
        line += "cancels all";
        if (c.security != SecurityId::None) line += " in " + known(c.security);
        if (c.side) line += *c.side == Side::Buy ? " bids" : " listings";
        return c.account == AccountId::None ? line + " of everybody" : line;
    }
    std::string operator()(const SetCancelAfter& c) const {
        return text("for ", account_id(c.account), " cancels after ", format_duration(c.timeout_us));
    }
    std::string operator()(const ChangeTradingState& c) const {
        return text("sets ", c.security == SecurityId::None ? "market" : known(c.security), ' ', word_of(c.state),
                    c.auction == AuctionKind::None ? "" : text(' ', word_of(c.auction)),
                    c.until.us == 0 ? "" : " until " + format_time(c.until));
    }
    std::string operator()(const SetPriceBands& c) const {
        return text("bands ", known(c.security), " around ", cost(c.security, c.reference_price), " static ",
                    c.static_basis_points, " dynamic ", c.dynamic_basis_points, " halt ", format_duration(c.halt_us),
                    " auction ", format_duration(c.auction_us));
    }
    std::string operator()(const AdvanceClock&) const { return "advances the clock"; }
    std::string operator()(const EndDay& c) const {
        return c.security == SecurityId::None ? "ends the day" : "ends the day of " + known(c.security);
    }
    std::string operator()(const DepositCash& c) const {
        return text("deposits ", format_units(c.amount.units, kMoneyScale), ' ', quoted(c.currency.view()), " for ",
                    account_id(c.account));
    }
    std::string operator()(const WithdrawCash& c) const {
        return text("withdraws ", format_units(c.amount.units, kMoneyScale), ' ', quoted(c.currency.view()), " from ",
                    account_id(c.account));
    }
    std::string operator()(const IssueHoldings& c) const {
        return text("issues ", amount(c.security, c.quantity), ' ', known(c.security), " to ", account_id(c.account));
    }
    std::string operator()(const SetFees& c) const {
        return text("charges ", c.security == SecurityId::None ? "market" : known(c.security), " maker ", c.maker_ppm,
                    " taker ", c.taker_ppm, " to ", account_id(c.account));
    }
    std::string operator()(const SetSecurityTerms& c) const {
        std::string line = text("sets terms of ", known(c.security), " settles ", static_cast<int>(c.settlement_days),
                                " class ", word_of(c.asset_class), " exemption ", word_of(c.exemption), " issuer ",
                                quoted(c.issuer.view()), " locked_until us:", c.lock_up_until.us, " float ",
                                amount(c.security, c.free_float));
        if (c.kyc_required) line += " kyc_required";
        if (c.accredited_only) line += " accredited_only";
        return line;
    }
    std::string operator()(const ChangeSettlement& c) const {
        return text("marks trade ", static_cast<std::uint64_t>(c.trade), ' ', word_of(c.step));
    }
    std::string operator()(const SetKycStatus& c) const {
        return text("finds ", actor(c.user), "'s identity ", word_of(c.status));
    }
    std::string operator()(const SetAccreditation& c) const {
        return text("finds ", actor(c.user), "'s accreditation ", word_of(c.status), " by ", word_of(c.basis),
                    c.expires_at.us == 0 ? "" : text(" until us:", c.expires_at.us));
    }
    std::string operator()(const UpdateProfile& c) const {
        std::string line = text("changes ", actor(c.user), "'s profile");
        if (c.name) line += text(" name ", quoted(c.name->view()));
        if (c.email) line += text(" email ", quoted(c.email->view()));
        if (c.jurisdiction) line += text(" country ", quoted(c.jurisdiction->view()));
        return line;
    }
    std::string operator()(const SetPreference& c) const {
        return text("prefers ", one_word(c.key.view()), ' ', one_word(c.value.view()), " for ", actor(c.user));
    }
    std::string operator()(const AddComplianceNote& c) const {
        return text("notes of ", actor(c.user), ' ', one_word(c.note.view()));
    }
    std::string operator()(const RecordValuation& c) const {
        return text("values ", known(c.security), " at ", cost(c.security, c.price), " since us:", c.valued_at.us,
                    " by ", one_word(c.method.view()));
    }
    std::string operator()(const DelistSecurity& c) const { return text("delists ", known(c.security)); }
    template <class C>
    std::string operator()(const C&) const {
        throw std::runtime_error("no words for this command: " + std::string(C::kName));
    }

private:
    static std::string quoted(std::string_view word) { return word.empty() ? "\"\"" : std::string(word); }
    // A line is words: blanks and control characters have none.
    static std::string one_word(std::string_view value) {
        std::string word(value);
        for (char& c : word)
            if (c <= ' ') c = '_';
        return quoted(word);
    }
    static std::string target(const OrderRef& ref) {
        const bool by_client = ref.order == OrderId::None && !ref.client_order_id.empty();
        return by_client ? std::string(ref.client_order_id.view()) : hash(ref.order);
    }
    std::string known(SecurityId security) const {
        return state_.securities().contains(security) ? symbol(security) : "NONE";
    }
    std::string cost(SecurityId security, Price p) const {
        return state_.securities().contains(security) ? price(security, p) : format_units(p.units, 0);
    }
    std::string amount(SecurityId security, Quantity q) const {
        return state_.securities().contains(security) ? quantity(security, q) : format_units(q.units, 0);
    }
    std::string order(const PlaceOrder& c) const {
        const bool market = is_market(c.type);
        std::string line = text(c.side == Side::Buy ? "buys " : "sells ", amount(c.security, c.quantity), ' ',
                                known(c.security), " at ", market ? "market" : cost(c.security, c.price));
        const auto add = [&](const char* word, const std::string& value) { line += text(' ', word, ' ', value); };
        if (c.trail_amount.units != 0) add("trailing", cost(c.security, c.trail_amount));
        if (c.trail_basis_points != 0) add("trailing", std::to_string(c.trail_basis_points) + "bp");
        if (c.stop_price.units != 0) add("stop", cost(c.security, c.stop_price));
        add("typed", std::string(word_of(c.type)));
        if (market && c.price.units != 0) add("priced", cost(c.security, c.price));
        if (c.protection_price.units != 0) add("protected", cost(c.security, c.protection_price));
        line += text(' ', word_of(c.time_in_force));
        if (c.expires_at.us != 0) add("until", format_time(c.expires_at));
        if (c.display_quantity.units != 0) add("showing", amount(c.security, c.display_quantity));
        if (c.min_quantity.units != 0) add("at_least", amount(c.security, c.min_quantity));
        if (c.self_trade_prevention != SelfTradePrevention::None)
            add("stp", std::string(word_of(c.self_trade_prevention)));
        if (c.post_only) line += " post_only";
        if (c.post_only_reprice) line += " reprice";
        if (c.reduce_only) line += " reduce_only";
        if (c.all_or_none) line += " all_or_none";
        if (!c.client_order_id.empty()) add("as", std::string(c.client_order_id.view()));
        return line;
    }
};

}  // namespace

std::string write_command(const Line& line, const NaiveEngine& state) {
    const Writer writer(state);
    return writer.actor(line.actor) + ' ' + std::visit(writer, line.command);
}

}  // namespace buttonwood::engine::tests
