// What came of a command, in words.
#include "tests/engine/transcript_names.hpp"

namespace buttonwood::engine::tests {
namespace {

class Teller : public Namer {
public:
    using Namer::Namer;

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
        return text(symbol(e.security), " is ", word_of(e.state),
                    e.auction == AuctionKind::None ? "" : text(" (", word_of(e.auction), ")"),
                    e.until.us == 0 ? "" : " until " + format_time(e.until),
                    e.cause == StateCause::Operator ? "" : text(" (", word_of(e.cause), ")"));
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
        std::string terms_of;
        if (e.role != GroupRole::None) terms_of += text(" as ", word_of(e.role), " of ", hash(e.group));
        if (e.reduce_only) terms_of += text(" for ", quantity(e.security, e.quantity));
        const bool reprices = e.post_only && state_.order(e.order)->request.price != e.price;
        if (reprices || (e.type == OrderType::Market && e.price.units != 0))
            terms_of += text(" at ", price(e.security, e.price));
        const bool trails = e.type == OrderType::TrailingStop && e.stop_price.units != 0;
        return text(hash(e.order), " accepted", terms_of, e.rests ? ", rests" : e.held ? ", held" : ", takes",
                    trails ? text(" for ", price(e.security, e.stop_price)) : "",
                    reservation("reserves", e.security, e.reserved_cash, e.reserved_quantity));
    }
    std::string operator()(const OrderRested& e) const {
        return text(hash(e.order), " rests: ", quantity(e.security, e.leaves_quantity), " at ",
                    price(e.security, e.price));
    }
    std::string operator()(const TradeExecuted& e) const {
        const bool buys = e.taker_side == Side::Buy;
        const Money paid = e.notional + (buys ? e.taker_fee : e.maker_fee);
        const bool improved = e.released_cash > paid;
        return text(e.auction ? "auction trade " : "trade ", static_cast<std::uint64_t>(e.trade), ": ",
                    name(e.taker_account), ' ',
                    hash(e.taker_order), buys ? " buys " : " sells ", quantity(e.security, e.quantity), " at ",
                    price(e.security, e.price), buys ? " from " : " to ", name(e.maker_account), ' ',
                    hash(e.maker_order), " for ", cash(e.security, e.notional),
                    improved ? text(", frees ", cash(e.security, e.released_cash - paid)) : "", "; left ",
                    quantity(e.security, e.taker_leaves_quantity), " and ",
                    quantity(e.security, e.maker_leaves_quantity), fees(e),
                    e.settles_at.us == 0 ? "" : "; settles " + format_date(e.settles_at));
    }
    std::string operator()(const OrderAmended& e) const {
        const char* place = e.priority_kept ? ", keeps its place"
                            : e.held        ? ", waits behind"
                            : e.rests       ? ", goes to the back"
                                            : ", takes";
        std::string terms_of;
        if (e.price.units != 0) terms_of += text(" at ", price(e.security, e.price));
        if (e.stop_price.units != 0) terms_of += text(" stop ", price(e.security, e.stop_price));
        if (e.display_quantity.units != 0) terms_of += text(" showing ", quantity(e.security, e.display_quantity));
        if (e.expires_at.us != 0) terms_of += text(" until ", format_time(e.expires_at));
        return text(hash(e.order), " amended to ", quantity(e.security, e.quantity), terms_of, place, ", left ",
                    quantity(e.security, e.leaves_quantity),
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
        const bool is_retry = e.reason == RejectReason::DuplicateClientOrderId ||
                              e.reason == RejectReason::ClientOrderIdConflict;
        const bool names_order = is_retry && e.order != OrderId::None;
        return text("refused: ", code_of(e.reason), names_order ? " " + hash(e.order) : "");
    }
    std::string operator()(const MassCancelCompleted& e) const {
        return text(e.canceled_count, e.canceled_count == 1 ? " order" : " orders", " canceled");
    }
    std::string operator()(const OrderActivated& e) const {
        return text(hash(e.order), " goes live (", word_of(e.reason), ")",
                    e.last_price.units == 0 ? "" : text(" at last ", price(e.security, e.last_price)), " for ",
                    quantity(e.security, e.leaves_quantity), e.rests ? ", rests" : e.held ? ", held" : ", takes",
                    reservation("reserves", e.security, e.reserved_cash, e.reserved_quantity));
    }
    std::string operator()(const MatchPrevented& e) const {
        return text(hash(e.taker_order), " does not trade ", quantity(e.security, e.quantity), " at ",
                    price(e.security, e.price), " with ", hash(e.maker_order), " (", word_of(e.mode), ")");
    }
    std::string operator()(const OrderReduced& e) const {
        return text(hash(e.order), " reduced by ", quantity(e.security, e.by), " to ",
                    quantity(e.security, e.quantity), ", left ", quantity(e.security, e.leaves_quantity),
                    reservation("frees", e.security, e.released_cash, e.released_quantity));
    }
    std::string operator()(const OrderRefreshed& e) const {
        return text(hash(e.order), " shows ", quantity(e.security, e.displayed_quantity), " more, left ",
                    quantity(e.security, e.leaves_quantity));
    }
    std::string operator()(const AuctionIndicated& e) const { return text(symbol(e.security), " would ", auction(e)); }
    std::string operator()(const AuctionUncrossed& e) const {
        return text(symbol(e.security), " auction: ", auction(e));
    }
    std::string operator()(const PriceBandsSet& e) const {
        return text(symbol(e.security), " bands: static ", e.static_basis_points, "bp around ",
                    price(e.security, e.reference_price), ", dynamic ", e.dynamic_basis_points, "bp, halt ",
                    format_duration(e.halt_us), ", auction ", format_duration(e.auction_us));
    }
    std::string operator()(const CancelAfterSet& e) const {
        return text(name(e.account), "'s orders ",
                    e.trigger_at.us == 0 ? "stay" : "are canceled at " + format_time(e.trigger_at));
    }
    std::string operator()(const CancelAfterFired& e) const { return text(name(e.account), "'s time is up"); }
    std::string operator()(const WorkDeferred& e) const {
        return text("left for later: ", word_of(e.kind), " in ", symbol(e.security),
                    e.done_count == 0 ? "" : text(", ", e.done_count, " done"), e.continues ? ", continued" : "");
    }
    std::string operator()(const WorkCompleted& e) const {
        return text("done at last: ", word_of(e.kind), " in ", symbol(e.security));
    }
    std::string operator()(const ClockAdvanced&) const { return "the clock goes on"; }
    std::string operator()(const DayEnded& e) const {
        return text("the day ends for ", symbol(e.security), ": ", e.expired_count,
                    e.expired_count == 1 ? " order" : " orders", " expired");
    }

    std::string operator()(const ProfileUpdated& e) const {
        return text(e.name.view(), " is reached at ", e.email.empty() ? "no address" : e.email.view(), ", lives in ",
                    e.jurisdiction.empty() ? "no country" : e.jurisdiction.view());
    }
    std::string operator()(const PreferenceSet& e) const {
        return text(name(e.user), " prefers ", e.key.view(), e.value.empty() ? " as it was" : ": ", e.value.view());
    }
    std::string operator()(const KycStatusChanged& e) const {
        return text(name(e.user), "'s identity: ", word_of(e.status));
    }
    std::string operator()(const AccreditationChanged& e) const {
        return text(name(e.user), "'s accreditation: ", word_of(e.status),
                    e.basis == AccreditationBasis::None ? "" : text(" by ", word_of(e.basis)),
                    e.expires_at.us == 0 ? "" : " until " + format_time(e.expires_at));
    }
    std::string operator()(const ComplianceNoted& e) const {
        return text("noted of ", name(e.user), ": ", e.note.view());
    }
    std::string operator()(const SecurityTermsSet& e) const {
        std::string line = text(symbol(e.security), " is ", word_of(e.asset_class));
        if (!e.issuer.empty()) line += text(" of ", e.issuer.view());
        if (e.exemption != Exemption::None) line += text(" under ", word_of(e.exemption));
        line += e.settlement_days == 0 ? std::string(", settles at once")
                                       : text(", settles after ", static_cast<int>(e.settlement_days),
                                              e.settlement_days == 1 ? " day" : " days");
        if (e.kyc_required) line += ", kyc required";
        if (e.accredited_only) line += ", accredited only";
        if (e.lock_up_until.us != 0) line += ", locked until " + format_time(e.lock_up_until);
        if (e.free_float.units != 0) line += ", float " + quantity(e.security, e.free_float);
        return line;
    }
    std::string operator()(const ValuationRecorded& e) const {
        return text(symbol(e.security), " was worth ", price(e.security, e.price), " at ", format_time(e.valued_at));
    }
    std::string operator()(const SecurityDelisted& e) const { return text(symbol(e.security), " is delisted"); }
    std::string operator()(const FeesSet& e) const {
        return text(symbol(e.security), " costs makers ", e.maker_ppm, " and takers ", e.taker_ppm,
                    " millionths, to ", name(e.account));
    }
    std::string operator()(const SettlementChanged& e) const {
        return text("trade ", static_cast<std::uint64_t>(e.trade), " is ", word_of(e.step),
                    e.cause == StateCause::Operator ? "" : text(" (", word_of(e.cause), ")"));
    }

private:
    // "; fees 0.01 USD and 0.02 USD to keeper": the taker's, then the maker's, as what is left; or nothing.
    std::string fees(const TradeExecuted& e) const {
        if (e.fee_account == AccountId::None) return {};
        return text("; fees ", cash(e.security, e.taker_fee), " and ", cash(e.security, e.maker_fee), " to ",
                    name(e.fee_account));
    }
    // "pair 10 at 10.00, 5 more bid", or nothing.
    template <class E>
    std::string auction(const E& e) const {
        if (e.price.units == 0) return "pair nothing";
        std::string line = text("pair ", quantity(e.security, e.paired_quantity), " at ", price(e.security, e.price));
        if (e.imbalance_quantity.units != 0)
            line += text(", ", quantity(e.security, e.imbalance_quantity),
                         e.imbalance_side == Side::Buy ? " more bid" : " more listed");
        return line;
    }
};

}  // namespace

std::string tell(const EventBody& event, const NaiveEngine& state) { return std::visit(Teller(state), event); }

}  // namespace buttonwood::engine::tests
