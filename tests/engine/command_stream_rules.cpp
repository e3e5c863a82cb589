// The part of the stream that sets what trading costs and who may: fees, terms of securities, people, settlement.
#include "tests/engine/command_stream.hpp"

#include <algorithm>
#include <utility>

namespace buttonwood::engine::tests {
namespace {

constexpr UserId kOperator{1};
constexpr UserId kAdmin{2};
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::uint32_t kMarkets = 3;  // the securities that everybody trades

// Security 4 and on: made by administration, traded by few.
bool is_minor(SecurityId security) { return static_cast<std::uint32_t>(security) > kMarkets; }

}  // namespace

// Fees, terms and people before the first order, in every other stream.
void CommandStream::add_rules() {
    planned_.push_back({kOperator, RegisterUser{"officer", RoleSet{}.add(Role::Compliance)}});
    const UserId officer{9};
    if (dice_.chance(50)) planned_.push_back({kOperator, SetFees{SecurityId::None, 200, 300, AccountId{1}}});
    if (dice_.chance(50)) planned_.push_back({kOperator, SetFees{SecurityId{2}, 7, 99'999, AccountId{4}}});
    for (std::uint32_t id = 3; id <= 6; ++id) {
        const auto who = static_cast<UserId>(id);
        planned_.push_back({officer, SetKycStatus{who, KycStatus::Verified, "passport"}});
        if (id == 3) continue;
        planned_.push_back({officer, SetAccreditation{who, AccreditationStatus::Verified, AccreditationBasis::Income,
                                                      "tax return", {}}});
    }
    for (std::uint32_t id = 1; id <= kMarkets; ++id) {
        SetSecurityTerms terms;
        terms.security = static_cast<SecurityId>(id);
        terms.settlement_days = dice_.pick<std::uint8_t>({0, 0, 1, 2, 10});
        if (terms.settlement_days != 0) planned_.push_back({kOperator, terms});
    }
}

CommandStream::Act CommandStream::rules(const NaiveEngine& model) {
    if (const auto trade = std::exchange(squeezed_, std::nullopt))
        if (model.trades()[static_cast<std::size_t>(*trade) - 1].is_unsettled()) return squeeze(model, *trade);
    const auto roll = dice_.below(100);
    if (roll < 4) return spend_all(model);
    if (roll < 22) return set_fees(model);
    if (roll < 44) return set_terms(model);
    if (roll < 68) return change_settlement(model);
    if (roll < 90) return identify(model);
    return delist(model);
}

CommandStream::Act CommandStream::set_fees(const NaiveEngine& model) {
    SetFees c;
    if (!dice_.chance(40)) c.security = security(model);
    const auto rate = [&] { return dice_.pick<std::uint32_t>({0, 0, 0, 1, 3, 137, 500, 2'500, 10'000}); };
    c.maker_ppm = rate();
    c.taker_ppm = rate();
    if (dice_.chance(profile_ == Profile::Extreme ? 30 : 5))
        (dice_.chance(50) ? c.maker_ppm : c.taker_ppm) =
            dice_.pick<std::uint32_t>({kMaxFeePpm, kMaxFeePpm, kMaxFeePpm - 1, kMaxFeePpm + 1, ~std::uint32_t{0}});
    // Somebody who does not trade, two who do, anybody.
    c.account = dice_.chance(90) ? static_cast<AccountId>(dice_.pick<std::uint32_t>({1, 1, 3, 4})) : account(model);
    return {dice_.chance(95) ? kOperator : user(model), c};
}

// One term changed; restrictions are lifted more often than they are made, so that the market goes on.
CommandStream::Act CommandStream::set_terms(const NaiveEngine& model) {
    const SecurityId id = security(model);
    const auto found = model.securities().find(id);
    SetSecurityTerms c = found == model.securities().end() ? SetSecurityTerms{} : found->second.rules;
    c.security = id;
    if (dice_.chance(60)) c.kyc_required = c.accredited_only = false, c.lock_up_until = {};
    switch (dice_.below(8)) {
        case 0: c.kyc_required = true; break;
        case 1: c.accredited_only = true; break;
        case 2:
            c.lock_up_until = {time_.us + dice_.between(0, 2 * kSecond)};
            plan_order(model, account(model), id, Side::Sell, c.lock_up_until);
            break;
        case 3:
        case 4: c.settlement_days = dice_.pick<std::uint8_t>({0, 0, 1, 2, 3, 5, kMaxSettlementDays}); break;
        case 5: c.free_float = {dice_.pick<std::int64_t>({0, 1, 1'000, kMaxQuantityUnits})}; break;
        case 6:
            c.asset_class = dice_.pick({AssetClass::Equity, AssetClass::Fund, AssetClass::RealEstate});
            c.exemption = dice_.pick({Exemption::None, Exemption::RegS, Exemption::Rule144a});
            break;
        default: c.issuer = dice_.pick({"Acme", "Rose", ""}); break;
    }
    switch (dice_.below(profile_ == Profile::Usual ? 100 : 50)) {
        case 0: c.settlement_days = dice_.pick<std::uint8_t>({kMaxSettlementDays + 1, 255}); break;
        case 1: c.free_float = {boundary()}; break;
        case 2: c.lock_up_until = {dice_.pick<std::int64_t>({-1, kLatestTime.us + 1, 1, time_.us})}; break;
        case 49: c.description = dice_.pick({"line\nbreak", "tab\t", "fine"}); break;
        default: break;
    }
    return {dice_.chance(95) ? kOperator : user(model), c};
}

// Mostly a trade that waits, often the newest: what it moved is still there then.
CommandStream::Act CommandStream::change_settlement(const NaiveEngine& model) {
    std::vector<TradeId> waiting;
    for (const NaiveEngine::Trade& trade : model.trades())
        if (trade.is_unsettled()) waiting.push_back(trade.id);
    if (!waiting.empty() && dice_.chance(20)) return squeeze(model, dice_.any_of(waiting));
    ChangeSettlement c;
    if (!waiting.empty() && dice_.chance(92))
        c.trade = dice_.chance(50) ? waiting.back() : dice_.any_of(waiting);
    else
        c.trade = static_cast<TradeId>(dice_.below(model.trades().size() + 2));
    c.step = dice_.pick({SettlementStep::Settled, SettlementStep::Failed, SettlementStep::Failed,
                         SettlementStep::Canceled, SettlementStep::Canceled, SettlementStep::Pending});
    if (profile_ != Profile::Usual) c.note = "because";
    return {dice_.chance(95) ? kOperator : user(model), c};
}

// A market bid for what the first listing shows, by an account with just what that costs and its fee, or a unit less.
CommandStream::Act CommandStream::spend_all(const NaiveEngine& model) {
    const SecurityId id = security(model);
    const auto found = model.securities().find(id);
    const AccountId who = account(model);
    if (found == model.securities().end() || !found->second.fees || model.book(id, Side::Sell).empty())
        return set_fees(model);
    const NaiveEngine::Order& maker = *model.book(id, Side::Sell).front();
    const CreateSecurity& terms = found->second.terms;
    const Int128 notional = Int128{maker.price.units} * maker.tip.units *
                            pow10_128(kMoneyScale - terms.price_scale - terms.quantity_scale);
    const Money needed{notional + notional * found->second.fees->taker_ppm / 1'000'000};
    const Money left = needed - Money{dice_.chance(50) ? 1 : 0};
    PlaceOrder bid;
    bid.account = who;
    bid.security = id;
    bid.side = Side::Buy;
    bid.type = OrderType::Market;
    bid.time_in_force = TimeInForce::Ioc;
    bid.quantity = maker.tip;
    planned_.push_back({UserId::None, bid});
    const Money free = model.cash(who, terms.currency) - model.reserved_cash(who, terms.currency);
    if (free < left) return {kOperator, DepositCash{who, terms.currency, left - free}};
    return {kOperator, WithdrawCash{who, terms.currency, free - left}};
}

// An order at that very time, or a microsecond before.
void CommandStream::plan_order(const NaiveEngine& model, AccountId account, SecurityId security, Side side,
                               Timestamp near) {
    PlaceOrder order;
    order.account = account;
    order.security = security;
    order.side = side;
    order.type = OrderType::Limit;
    order.time_in_force = TimeInForce::Gtc;
    order.price = price(model, security);
    order.quantity = quantity(model, security);
    planned_.push_back({UserId::None, order, Timestamp{near.us - dice_.between(0, 1)}});
}

// Leaves the seller or the account of the fees with just what a cancellation takes back, or a unit less, and cancels.
// What cannot be withdrawn is tied up by a bid first; then this goes on with the next command.
CommandStream::Act CommandStream::squeeze(const NaiveEngine& model, TradeId id) {
    const NaiveEngine::Trade& trade = model.trades()[static_cast<std::size_t>(id) - 1];
    const bool has_fees = trade.fee_account != AccountId::None;
    const AccountId who = has_fees && dice_.chance(50) ? trade.fee_account : trade.seller;
    Money needed = who == trade.seller ? trade.proceeds() : Money{};
    if (who == trade.fee_account) needed += trade.fees();
    const CreateSecurity& terms = model.securities().at(trade.security).terms;
    const Money free = model.cash(who, terms.currency) - model.reserved_cash(who, terms.currency);
    const Money left = needed - Money{dice_.chance(50) ? 1 : 0};
    planned_.push_back({kOperator, ChangeSettlement{id, SettlementStep::Canceled, {}}});
    if (free < left) return {kOperator, DepositCash{who, terms.currency, left - free}};
    if (left >= model.unsettled_cash(who, terms.currency))
        return {kOperator, WithdrawCash{who, terms.currency, free - left}};
    planned_.pop_back();
    squeezed_ = id;
    PlaceOrder bid;
    bid.account = who;
    bid.security = trade.security;
    bid.side = Side::Buy;
    bid.type = OrderType::Limit;
    bid.time_in_force = TimeInForce::Gtd;
    bid.expires_at = {time_.us + kSecond};
    bid.price = terms.tick_size;
    const Int128 lot = Int128{terms.tick_size.units} * terms.lot_size.units *
                       pow10_128(kMoneyScale - terms.price_scale - terms.quantity_scale);
    const Int128 lots = std::min<Int128>((free - left).units / lot + 1, kMaxQuantityUnits / terms.lot_size.units);
    bid.quantity = {static_cast<std::int64_t>(lots) * terms.lot_size.units};
    return {UserId::None, bid};
}

// Who somebody is, and what compliance found out about it.
CommandStream::Act CommandStream::identify(const NaiveEngine& model) {
    const bool usual = profile_ == Profile::Usual;
    const UserId trader = static_cast<UserId>(usual ? dice_.between(2, 4) : dice_.between(3, 7));
    const UserId who = dice_.chance(70) ? trader : user(model);
    const UserId officer = dice_.pick({UserId::None, kAdmin, UserId{9}});
    const UserId actor = usual ? UserId::None : dice_.chance(92) ? officer : user(model);
    const UserId itself = dice_.chance(80) ? who : user(model);
    switch (dice_.below(8)) {
        case 0:
        case 1:
            return {actor, SetKycStatus{who, dice_.pick({KycStatus::Verified, KycStatus::Verified, KycStatus::Pending,
                                                         KycStatus::Expired, KycStatus::None}), {}}};
        case 2:
        case 3:
        case 4: {
            SetAccreditation c{who, AccreditationStatus::Verified, AccreditationBasis::Income, {}, {}};
            if (dice_.chance(25)) c.status = dice_.pick({AccreditationStatus::Revoked, AccreditationStatus::Pending});
            if (dice_.chance(20)) c.basis = dice_.pick({AccreditationBasis::None, AccreditationBasis::Entity});
            if (dice_.chance(60))
                c.expires_at = dice_.chance(85) ? later() : dice_.pick({time_, Timestamp{-1}, kLatestTime});
            for (const auto& [id, security] : model.securities())
                if (security.rules.accredited_only && c.expires_at > time_ && c.expires_at.us < time_.us + 5 * kSecond)
                    plan_order(model, static_cast<AccountId>(who), id, Side::Buy, c.expires_at);
            return {actor, c};
        }
        case 5: {
            UpdateProfile c{who, {}, {}, {}};
            if (!usual && dice_.chance(40)) c.name = Name(dice_.pick({"Trader", "trader", "", "a\nb"}));
            if (dice_.chance(60)) c.email = Name(dice_.pick({"a@b.example", "c@d.example", "@", "", "nobody"}));
            if (dice_.chance(40)) c.jurisdiction = Country(dice_.pick({"US", "DE", "", "us", "U", "U1"}));
            return {itself, c};
        }
        case 6:
            return {itself, SetPreference{who, dice_.pick({"theme", "a.b_c.9", "", "Theme", "a b"}),
                                          dice_.pick({"dark", "", "dark", "tab\t"})}};
        default: return {actor, AddComplianceNote{who, dice_.pick({"called", "wrote", "", "bell\a"})}};
    }
}

// Valuations, and the end of securities: of those that few trade, seldom of one that everybody does.
CommandStream::Act CommandStream::delist(const NaiveEngine& model) {
    const UserId actor = dice_.chance(95) ? kOperator : user(model);
    const SecurityId any = security(model);
    const auto newest = static_cast<SecurityId>(model.securities().size());
    if (dice_.chance(45)) {
        const Timestamp at = dice_.chance(80) ? Timestamp{time_.us - dice_.between(0, 3)}
                                              : Timestamp{dice_.pick<std::int64_t>({0, 1, -1, time_.us + 1})};
        return {actor, RecordValuation{any, price(model, any), at, dice_.pick({"appraisal", "", "line\n"})}};
    }
    if (dice_.chance(6)) {
        const auto who = static_cast<SecurityId>(dice_.between(1, profile_ == Profile::Usual ? 2 : kMarkets));
        planned_.push_back({kOperator, DelistSecurity{who, {}}});
        return {kOperator, MassCancel{AccountId::None, who, std::nullopt, {}}};
    }
    const bool is_busy = std::any_of(model.open_orders().begin(), model.open_orders().end(), [&](OrderId order) {
        return model.order(order)->request.security == any;
    });
    const bool may_be_any = is_busy || is_minor(any) || !model.securities().contains(any);
    return {actor, DelistSecurity{may_be_any ? any : is_minor(newest) ? newest : SecurityId::None, {}}};
}

}  // namespace buttonwood::engine::tests
