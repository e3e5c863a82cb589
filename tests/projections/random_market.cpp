#include "tests/projections/random_market.hpp"

namespace buttonwood::projections::test {

using namespace engine;

namespace {

// Ten minutes before a year, a month and a day end.
constexpr Timestamp kStart{1'798'761'000'000'000};  // 2026-12-31T23:50:00Z

constexpr std::uint32_t kFundedAccounts = 6;

constexpr RoleSet roles(Role role) { return {static_cast<std::uint8_t>(role)}; }

}  // namespace

RandomMarket::RandomMarket(std::uint64_t seed) : random_(seed), now_(kStart) { set_up(); }

void RandomMarket::run(int commands) {
    for (int i = 0; i < commands; ++i) one_command();
}

void RandomMarket::crowd() {
    constexpr auto kSecurity = static_cast<SecurityId>(1);
    // Whatever happened before, this market takes their orders.
    while (engine_.wants_clock(now_)) record(AdvanceClock{}, UserId::None);
    for (std::uint32_t user = 1; user <= users_; ++user)
        record(ChangeUserStatus{static_cast<UserId>(user), UserStatus::Active, {}}, UserId::None);
    for (const SecurityId security : {SecurityId::None, kSecurity}) {
        record(ChangeTradingState{security, TradingState::Open, {}, {}, {}}, UserId::None);
        while (engine_.wants_clock(now_)) record(AdvanceClock{}, UserId::None);
    }
    record(SetPriceBands{kSecurity, {}, 0, 0, 0, 0}, UserId::None);
    for (std::size_t n = 0; n <= kMaxEventsPerCommand; ++n) {
        PlaceOrder order;
        order.account = static_cast<AccountId>(1 + n % kFundedAccounts);
        order.security = kSecurity;
        order.side = Side::Buy;
        order.type = OrderType::Limit;
        order.time_in_force = n % 2 == 0 ? TimeInForce::Gtc : TimeInForce::Day;
        order.quantity = {100};
        order.price = {1 + static_cast<std::int64_t>(n % 7)};
        record(order, UserId::None);
    }
    record(MassCancel{AccountId::None, SecurityId::None, std::nullopt, "the crowd leaves"}, UserId::None);
    while (engine_.wants_clock(now_)) record(AdvanceClock{}, UserId::None);
}

void RandomMarket::decide(Command command, UserId actor) {
    const std::uint64_t most_us = one_in(500) ? 86'400'000'000 : one_in(200) ? 3'600'000'000 : 4'000'000;
    now_.us += static_cast<std::int64_t>(below(most_us));
    if (engine_.wants_clock(now_) && !one_in(4)) record(AdvanceClock{}, UserId::None);
    record(std::move(command), actor);
}

void RandomMarket::record(Command command, UserId actor) {
    const CommandHeader header{engine_.last_command() + 1, now_, actor,
                               one_in(3) ? RequestId("req \"1\"\\\t2") : RequestId()};
    const EventSeq first_seq = engine_.last_seq() + 1;
    const std::size_t before = log_.events.size();
    const RejectReason outcome = engine_.decide(header, command, log_.events);
    for (std::size_t i = before; i < log_.events.size(); ++i) {
        const EventBody& body = log_.events[i].body;
        if (std::holds_alternative<UserRegistered>(body)) ++users_;
        if (std::holds_alternative<AccountOpened>(body)) ++accounts_;
        if (std::holds_alternative<SecurityCreated>(body)) ++securities_;
        if (std::holds_alternative<TradeExecuted>(body)) ++trades_;
        if (const auto* accepted = std::get_if<OrderAccepted>(&body)) {
            ++orders_;
            targets_.push_back(accepted->order);
        }
    }
    log_.commands.push_back(
        {header, std::move(command), outcome, first_seq, static_cast<std::uint32_t>(log_.events.size() - before)});
}

void RandomMarket::set_up() {
    for (int i = 0; i < 5; ++i)
        decide(RegisterUser{Name("Trader {\"" + std::to_string(i) + "\\\"}"), roles(Role::Trader)});
    decide(OpenAccount{static_cast<UserId>(1)});
    decide(CreateSecurity{"ACME", "Acme, Inc.", "USD", 2, 0, {1}, {1}});
    decide(CreateSecurity{"BETA.X", "Beta é", "EUR", 0, 8, {5}, {100}});
    decide(CreateSecurity{"GAMMA", "Gamma", "USD", 4, 4, {1}, {10}});
    for (std::uint32_t account = 1; account <= accounts_; ++account) {
        for (const char* currency : {"USD", "EUR"})
            decide(DepositCash{static_cast<AccountId>(account), currency, {pow10_128(8) * 100'000'000}});
        decide(WithdrawCash{static_cast<AccountId>(account), "USD", {pow10_128(8)}});
        for (std::uint32_t security = 1; security <= securities_; ++security)
            decide(IssueHoldings{static_cast<AccountId>(account), static_cast<SecurityId>(security), {10'000'000}});
    }
    SetSecurityTerms settles_later;
    settles_later.security = static_cast<SecurityId>(1);
    settles_later.settlement_days = 1;
    decide(settles_later);
    decide(CreateApiKey{static_cast<UserId>(1), static_cast<KeyId>(++keys_), {}, roles(Role::Trader)});
    decide(RevokeApiKey{static_cast<KeyId>(keys_)});
    decide(SetPreference{static_cast<UserId>(1), "locale", "de"});
    decide(AddComplianceNote{static_cast<UserId>(1), "a note"});
    decide(SetKycStatus{static_cast<UserId>(1), KycStatus::Pending, {}});
    decide(RecordValuation{static_cast<SecurityId>(1), {1'000}, now_, {}});
    decide(CreateSecurity{"OLD", "Old and gone", "USD", 2, 0, {1}, {1}});
    decide(DelistSecurity{static_cast<SecurityId>(securities_), "merged"});
    decide(SetFees{SecurityId::None, 500, 1'500, static_cast<AccountId>(1)});
}

void RandomMarket::one_command() {
    const auto kind = below(100);
    if (kind < 52) return decide(random_order());
    if (kind < 60) return decide(random_group());
    if (kind < 74) return decide(random_cancel(random_target()));
    if (kind < 89) return decide(random_amend(random_target()));
    if (kind < 90)
        return decide(MassCancel{random_account(), one_in(2) ? SecurityId::None : random_security(),
                                 one_in(2) ? std::optional(Side::Buy) : std::nullopt,
                                 {}});
    if (kind < 93) return look_after_people();
    if (kind < 96) return look_after_terms();
    one_in(2) ? administer() : govern();
}

// What compliance knows of users, and they of themselves.
void RandomMarket::look_after_people() {
    const auto user = static_cast<UserId>(1 + below(users_));
    switch (below(5)) {
        case 0: {
            UpdateProfile update{user, {}, {}, {}};
            if (one_in(2)) update.name = Name("Renamed " + std::to_string(below(100)));
            if (one_in(2)) update.email = one_in(4) ? Name() : Name("u" + std::to_string(below(9)) + "@example.org");
            if (one_in(2)) update.jurisdiction = one_in(3) ? Country() : Country(one_in(2) ? "DE" : "US");
            return decide(update);
        }
        case 1:
            return decide(SetPreference{user, PreferenceKey("theme." + std::to_string(below(3))),
                                        one_in(4) ? PreferenceValue() : PreferenceValue("dark \"blue\"")});
        case 2: return decide(SetKycStatus{user, static_cast<KycStatus>(below(5)), "papers"});
        case 3: return decide(random_accreditation(user));
        default: return decide(AddComplianceNote{user, Note("n\xC3\xB6te \xFF")});
    }
}

SetAccreditation RandomMarket::random_accreditation(UserId user) {
    SetAccreditation accreditation{user, static_cast<AccreditationStatus>(below(5)), {}, "evidence", {}};
    if (accreditation.status == AccreditationStatus::Verified) {
        accreditation.basis = static_cast<AccreditationBasis>(1 + below(5));
        if (one_in(2)) accreditation.expires_at = soon();
    }
    return accreditation;
}

// What a security is, what trading costs, and what becomes of trades.
void RandomMarket::look_after_terms() {
    switch (below(4)) {
        case 0: {
            SetSecurityTerms terms = random_terms();
            decide(terms);
            for (auto n = below(25); n > 0; --n) one_command();
            terms.accredited_only = terms.kyc_required = false;
            terms.lock_up_until = {};
            return decide(terms);
        }
        case 1: return decide(RecordValuation{random_security(), random_price(), now_, "appraisal"});
        case 2:
            return decide(SetFees{one_in(2) ? SecurityId::None : random_security(),
                                  static_cast<std::uint32_t>(below(2'000)), static_cast<std::uint32_t>(below(5'000)),
                                  random_account()});
        default: return decide(random_settlement());
    }
}

SetSecurityTerms RandomMarket::random_terms() {
    SetSecurityTerms terms;
    terms.security = random_security();
    terms.issuer = one_in(2) ? Name() : Name("Issuer " + std::to_string(below(9)));
    terms.asset_class = static_cast<AssetClass>(1 + below(9));
    terms.exemption = static_cast<Exemption>(below(7));
    terms.accredited_only = one_in(4);
    terms.kyc_required = one_in(4);
    if (one_in(4)) terms.lock_up_until = soon();
    terms.settlement_days = static_cast<std::uint8_t>(below(3));
    terms.free_float = random_quantity(1'000);
    return terms;
}

// What operators do to the market, and traders to themselves.
void RandomMarket::govern() {
    const SecurityId security = one_in(3) ? SecurityId::None : random_security();
    switch (below(8)) {
        case 0:
            return decide(random_bands());
        case 1:
            return decide(EndDay{security});
        case 2:
            return decide(SetCancelAfter{random_account(),
                                         one_in(4) ? 0 : 1'000 + static_cast<std::int64_t>(below(60'000'000))});
        case 3:
        case 4:
            for (auto n = below(25); n > 0; --n) decide(random_settlement(), static_cast<UserId>(below(2)));
            return;
        default: {
            decide(random_state(security));
            for (auto n = below(25); n > 0; --n) decide(random_order());
            return decide(ChangeTradingState{security, TradingState::Open, {}, {}, {}});
        }
    }
}

ChangeSettlement RandomMarket::random_settlement() {
    const std::uint64_t back = below(one_in(2) ? std::min<std::uint64_t>(trades_ + 1, 20) : trades_ + 1);
    return {static_cast<TradeId>(trades_ - back), static_cast<SettlementStep>(1 + below(4)), one_in(2) ? "late" : ""};
}

ChangeTradingState RandomMarket::random_state(SecurityId security) {
    ChangeTradingState change;
    change.security = security;
    switch (below(8)) {
        case 0: change.state = TradingState::PreOpen; break;
        case 1: change.state = TradingState::Halted; break;
        case 2: change.state = TradingState::Closed; break;
        default:
            change.state = TradingState::Auction;
            change.auction = static_cast<AuctionKind>(1 + below(3));
    }
    const bool may_end = change.state == TradingState::Auction || change.state == TradingState::Halted;
    if (may_end && one_in(2)) change.until = soon();
    return change;
}

SetPriceBands RandomMarket::random_bands() {
    SetPriceBands bands;
    bands.security = random_security();
    if (!one_in(3)) bands.reference_price = random_price();
    bands.static_basis_points = one_in(3) ? 0 : 200 + static_cast<std::uint32_t>(below(600));
    bands.dynamic_basis_points = one_in(3) ? 0 : 100 + static_cast<std::uint32_t>(below(400));
    if (one_in(2)) bands.halt_us = static_cast<std::int64_t>(below(20'000'000));
    if (one_in(2)) bands.auction_us = static_cast<std::int64_t>(below(20'000'000));
    return bands;
}

void RandomMarket::administer() {
    const auto user = static_cast<UserId>(1 + below(users_));
    const SecurityId security = random_security();
    const auto meanwhile = [this] {
        for (auto n = below(6); n > 0; --n) one_command();
    };
    switch (below(9)) {
        case 0:
            return decide(DepositCash{random_account(), "USD", {static_cast<Int128>(below(1'000'000'000'000))}});
        case 1:
            return decide(WithdrawCash{random_account(), "USD", {static_cast<Int128>(1 + below(10'000'000'000))}});
        case 2:
            return decide(
                IssueHoldings{random_account(), random_security(), {static_cast<std::int64_t>(1 + below(5'000))}});
        case 3:
            decide(ChangeTradingState{security, one_in(2) ? TradingState::Halted : TradingState::CancelOnly,
                                      Note(std::string_view("n\0ws \xFF", 6)),
                                      {},
                                      {}});
            meanwhile();
            return decide(ChangeTradingState{security, TradingState::Open, {}, {}, {}});
        case 4:
            decide(ChangeUserStatus{user, UserStatus::Suspended, Note(std::string_view("cut \xE2\x82"))});
            meanwhile();
            return decide(ChangeUserStatus{user, UserStatus::Active, {}});
        case 5:
            return decide(CreateApiKey{user, static_cast<KeyId>(++keys_), {}, roles(Role::Trader)});
        case 6:
            return decide(RevokeApiKey{static_cast<KeyId>(1 + below(keys_ + 1))});
        case 7:
            return decide(RegisterUser{"Latecomer", roles(Role::Trader)});
        default:
            return decide(OpenAccount{user});
    }
}

PlaceOrder RandomMarket::random_order() {
    PlaceOrder order;
    order.account = random_account();
    order.security = random_security();
    order.side = one_in(2) ? Side::Buy : Side::Sell;
    order.type = one_in(8) ? OrderType::Market : OrderType::Limit;
    order.time_in_force = order.type == OrderType::Market || one_in(6)
                              ? (one_in(3) ? TimeInForce::Fok : TimeInForce::Ioc)
                              : TimeInForce::Gtc;
    order.post_only = order.time_in_force == TimeInForce::Gtc && one_in(10);
    order.quantity = random_quantity(50);
    if (order.type == OrderType::Limit) order.price = random_price();
    if (one_in(2)) order.client_order_id = ClientOrderId("id:" + std::to_string(++client_ids_));
    order.self_trade_prevention = static_cast<SelfTradePrevention>(below(5));
    if (one_in(5)) add_trigger(order);
    if (one_in(2)) add_terms(order);
    return order;
}

// One of the types that wait for a price.
void RandomMarket::add_trigger(PlaceOrder& order) {
    order.type = static_cast<OrderType>(3 + below(5));
    order.time_in_force = TimeInForce::Gtc;
    order.post_only = false;
    order.price = is_market(order.type) ? Price{} : random_price();
    if (order.type != OrderType::TrailingStop) {
        order.stop_price = random_price();
    } else if (one_in(2)) {
        order.trail_amount = {5 * static_cast<std::int64_t>(1 + below(4))};
    } else {
        order.trail_basis_points = 1 + static_cast<std::uint32_t>(below(300));
    }
}

// Now and then terms that do not fit together: they are refused.
void RandomMarket::add_terms(PlaceOrder& order) {
    if (order.time_in_force == TimeInForce::Gtc && one_in(2)) {
        order.time_in_force = one_in(2) ? TimeInForce::Day : TimeInForce::Gtd;
        if (order.time_in_force == TimeInForce::Gtd) order.expires_at = soon();
    }
    if (one_in(6)) order.time_in_force = one_in(2) ? TimeInForce::Opg : TimeInForce::Cls;
    if (is_market(order.type) && one_in(2)) order.protection_price = random_price();
    switch (below(6)) {
        case 0: order.display_quantity = random_quantity(10); break;
        case 1: order.min_quantity = random_quantity(10); break;
        case 2: order.all_or_none = true; break;
        case 3: order.reduce_only = order.side == Side::Sell; break;
        case 4: order.post_only = order.post_only_reprice = order.type == OrderType::Limit; break;
        default: break;
    }
}

PlaceGroup RandomMarket::random_oco() {
    PlaceOrder limit = random_order();
    limit.type = OrderType::Limit;
    limit.time_in_force = TimeInForce::Gtc;
    limit.price = random_price();
    limit.stop_price = limit.trail_amount = limit.protection_price = {};
    limit.trail_basis_points = 0;
    limit.expires_at = {};
    limit.reduce_only = limit.all_or_none = limit.post_only = limit.post_only_reprice = false;
    limit.min_quantity = {};
    PlaceOrder stop = limit;
    stop.type = OrderType::Stop;
    stop.price = stop.stop_price = {};
    stop.stop_price = random_price();
    stop.display_quantity = {};
    stop.client_order_id = {};
    return {GroupKind::Oco, {limit, stop}};
}

PlaceGroup RandomMarket::random_bracket() {
    PlaceGroup group = random_oco();
    group.kind = GroupKind::Bracket;
    PlaceOrder take_profit = group.legs[0];
    take_profit.side = group.legs[1].side = opposite(take_profit.side);
    take_profit.client_order_id = {};
    take_profit.price = random_price();
    group.legs.insert(group.legs.begin() + 1, take_profit);
    return group;
}

AmendOrder RandomMarket::random_amend(OrderId target) {
    AmendOrder amend;
    amend.target.order = target;
    const auto order = engine_.order(target);
    amend.account = order ? order->account : random_account();
    const bool has_price = !order || !is_market(order->type);
    if (has_price && one_in(2)) amend.price = random_price();
    if (!amend.price || one_in(2)) amend.quantity = random_quantity(60);
    if (order && order->held && one_in(2)) amend.stop_price = random_price();
    if (one_in(12)) amend.display_quantity = random_quantity(8);
    if (one_in(12)) amend.expires_at = soon();
    return amend;
}

CancelOrder RandomMarket::random_cancel(OrderId target) {
    const auto order = engine_.order(target);
    if (!order || one_in(8)) return {random_account(), {target, {}}, {}};
    if (one_in(4)) return {AccountId::None, {target, {}}, "on behalf"};
    return {order->account, {target, {}}, {}};
}

// Mostly an open one.
OrderId RandomMarket::random_target() {
    while (!targets_.empty()) {
        OrderId& target = targets_[below(targets_.size())];
        if (engine_.order(target) || one_in(10)) return target;
        target = targets_.back();
        targets_.pop_back();
    }
    return static_cast<OrderId>(1);
}

// Mostly one that was there and funded from the start.
AccountId RandomMarket::random_account() {
    return static_cast<AccountId>(1 + below(one_in(10) ? accounts_ : kFundedAccounts));
}

}  // namespace buttonwood::projections::test
