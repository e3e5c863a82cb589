#include "tests/projections/settling_market.hpp"

namespace buttonwood::projections::test {

using namespace engine;

SettlingMarket::SettlingMarket(std::uint64_t seed, std::int64_t mean_wait) : random_(seed), mean_wait_(mean_wait) {
    set_up();
}

void SettlingMarket::run(int commands) {
    for (int i = 0; i < commands; ++i) {
        now_.us += static_cast<std::int64_t>(below(static_cast<std::uint64_t>(2 * mean_wait_)));
        while (engine_.wants_clock(now_)) record(AdvanceClock{});
        one_command();
    }
}

void SettlingMarket::set_up() {
    for (std::uint32_t i = 0; i < kAccounts; ++i) record(RegisterUser{"Trader", RoleSet{}.add(Role::Trader)});
    record(CreateSecurity{"ACME", "Acme", "USD", 2, 0, {1}, {1}});
    record(CreateSecurity{"BETA", "Beta", "EUR", 2, 2, {1}, {1}});
    record(CreateSecurity{"GAMMA", "Gamma", "USD", 1, 4, {1}, {1}});
    record(SetFees{SecurityId::None, 1'000, 2'500, static_cast<AccountId>(1)});
    record(SetFees{static_cast<SecurityId>(2), 0, 333, static_cast<AccountId>(1)});
    for (const std::uint32_t security : {1U, 3U}) {
        SetSecurityTerms terms;
        terms.security = static_cast<SecurityId>(security);
        terms.settlement_days = static_cast<std::uint8_t>(security);
        record(terms);
    }
    for (std::uint32_t a = 2; a <= kAccounts; ++a) {
        const auto account = static_cast<AccountId>(a);
        for (const char* currency : {"USD", "EUR"}) record(DepositCash{account, currency, {pow10_128(8) * 1'000'000}});
        for (std::uint32_t security = 1; security <= kSecurities; ++security)
            record(IssueHoldings{account, static_cast<SecurityId>(security), {30}});
    }
}

void SettlingMarket::one_command() {
    const auto account = static_cast<AccountId>(1 + below(kAccounts));
    switch (below(20)) {
        case 0: return record(DepositCash{account, "USD", {static_cast<Int128>(1 + below(10'000'000'000))}});
        case 1: return record(WithdrawCash{account, "USD", {static_cast<Int128>(1 + below(10'000'000'000))}});
        case 2:
            return record(IssueHoldings{account, static_cast<SecurityId>(1 + below(kSecurities)), {
                                            static_cast<std::int64_t>(1 + below(5))}});
        case 3:
        case 4: return settlement();
        case 5:
        case 6:
            if (!orders_.empty()) record(CancelOrder{AccountId::None, {orders_[below(orders_.size())], {}}, {}});
            return;
        default: return order();
    }
}

void SettlingMarket::order() {
    PlaceOrder place;
    place.account = static_cast<AccountId>(2 + below(kAccounts - 1));
    place.security = static_cast<SecurityId>(1 + below(kSecurities));
    place.side = below(2) == 0 ? Side::Buy : Side::Sell;
    place.type = OrderType::Limit;
    place.time_in_force = TimeInForce::Gtc;
    place.quantity = {static_cast<std::int64_t>(1 + below(40))};
    place.price = {static_cast<std::int64_t>(1'001 + below(40))};
    record(place);
}

// Of one of the newer trades that are not settled.
void SettlingMarket::settlement() {
    if (unsettled_.empty()) return;
    const std::size_t newest = std::min<std::size_t>(unsettled_.size(), 80);
    const TradeId trade = unsettled_[unsettled_.size() - 1 - below(newest)];
    constexpr SettlementStep kSteps[]{SettlementStep::Failed, SettlementStep::Failed, SettlementStep::Pending,
                                      SettlementStep::Settled, SettlementStep::Canceled, SettlementStep::Canceled};
    record(ChangeSettlement{trade, kSteps[below(std::size(kSteps))], {}});
}

void SettlingMarket::record(Command command) {
    const CommandHeader header{engine_.last_command() + 1, now_, UserId::None, {}};
    const EventSeq first_seq = engine_.last_seq() + 1;
    const std::size_t before = log_.events.size();
    const RejectReason outcome = engine_.decide(header, command, log_.events);
    for (std::size_t i = before; i < log_.events.size(); ++i) {
        if (const auto* accepted = std::get_if<OrderAccepted>(&log_.events[i].body))
            orders_.push_back(accepted->order);
        if (const auto* trade = std::get_if<TradeExecuted>(&log_.events[i].body); trade && trade->settles_at.us != 0)
            unsettled_.push_back(trade->trade);
    }
    log_.commands.push_back(
        {header, std::move(command), outcome, first_seq, static_cast<std::uint32_t>(log_.events.size() - before)});
}

}  // namespace buttonwood::projections::test
