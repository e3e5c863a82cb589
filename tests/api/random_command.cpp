#include "tests/api/random_command.hpp"

#include "tests/api/market.hpp"

namespace buttonwood::test {
namespace {

using namespace engine;

class Source {
public:
    Source(std::mt19937_64& random, OrderId newest, Timestamp now) : random_(random), newest_(newest), now_(now) {}

    Command command() {
        switch (pick(0, 39)) {
            case 0: case 1: case 2: case 3: return CancelOrder{account(), target(), {}};
            case 4: case 5: case 6: case 7: case 8: return amend();
            case 9: case 10: return group();
            case 11: case 12: return AdvanceClock{};
            case 13: return state();
            case 14: return rare();
            default: return order(account(), side());
        }
    }

private:
    std::int64_t pick(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool one_in(int n) { return pick(1, n) == 1; }
    AccountId account() { return static_cast<AccountId>(pick(1, 2)); }
    Side side() { return one_in(2) ? Side::Buy : Side::Sell; }
    Price price() { return {pick(85, 115)}; }
    Quantity quantity() { return {pick(1, 30)}; }
    // Mostly young orders: they are open.
    OrderRef target() {
        const auto newest = static_cast<std::int64_t>(newest_);
        return {static_cast<OrderId>(std::max<std::int64_t>(1, newest - pick(-1, one_in(3) ? newest + 1 : 40))), {}};
    }

    PlaceOrder order(AccountId owner, Side of) {
        static constexpr TimeInForce kResting[] = {TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Gtd};
        static constexpr TimeInForce kOther[] = {TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::Opg,
                                                 TimeInForce::Cls};
        PlaceOrder o = limit(owner, of, price().units, quantity().units);
        o.self_trade_prevention = static_cast<SelfTradePrevention>(pick(0, 4));
        if (one_in(3)) o.type = static_cast<OrderType>(pick(1, 7));
        o.time_in_force = o.type == OrderType::Market || (o.type == OrderType::Limit && one_in(5)) ? kOther[pick(0, 3)]
                                                                                                 : kResting[pick(0, 2)];
        if (o.time_in_force == TimeInForce::Gtd) o.expires_at = {now_.us + pick(1, 60'000)};
        if (is_market(o.type)) {
            o.price = {};
            if (one_in(2)) o.protection_price = price();
        }
        if (o.type == OrderType::TrailingStop) {
            if (one_in(2)) o.trail_amount = {pick(1, 8)};
            else o.trail_basis_points = static_cast<std::uint32_t>(pick(1, 900));
        } else if (has_trigger(o.type)) {
            o.stop_price = price();
        }
        if (o.type == OrderType::Limit) options(o);
        o.reduce_only = of == Side::Sell && one_in(12);
        return o;
    }
    void options(PlaceOrder& o) {
        switch (pick(0, 11)) {
            case 0: case 1: case 2: o.display_quantity = {pick(1, 6)}; break;
            case 3: o.min_quantity = {pick(1, o.quantity.units)}; break;
            case 4: o.all_or_none = true; break;
            case 5: o.post_only = true; o.post_only_reprice = one_in(2); break;
            default: break;
        }
    }

    AmendOrder amend() {
        AmendOrder a{account(), target(), {}, {}, {}, {}, {}};
        if (one_in(2)) a.quantity = quantity();
        if (one_in(3)) a.price = price();
        if (one_in(8)) a.stop_price = price();
        if (one_in(6)) a.display_quantity = Quantity{pick(1, 6)};
        if (one_in(10)) a.expires_at = Timestamp{now_.us + pick(1, 60'000)};
        return a;
    }

    PlaceGroup group() {
        const AccountId owner = account();
        const Side of = side();
        PlaceGroup g{GroupKind::Oco, {limit(owner, of, price().units, quantity().units)}};
        PlaceOrder stop = g.legs[0];
        stop.type = one_in(2) ? OrderType::Stop : OrderType::TrailingStop;
        stop.price = {};
        (stop.type == OrderType::Stop ? stop.stop_price : stop.trail_amount) =
            stop.type == OrderType::Stop ? price() : Price{pick(1, 8)};
        if (one_in(2)) {
            g.legs.push_back(stop);
            return g;
        }
        g.kind = GroupKind::Bracket;
        stop.side = opposite(of);
        g.legs.push_back(limit(owner, opposite(of), price().units, g.legs[0].quantity.units));
        g.legs.push_back(stop);
        return g;
    }

    ChangeTradingState state() {
        ChangeTradingState s{one_in(3) ? SecurityId::None : kAcme, TradingState::Open, "test", AuctionKind::None, {}};
        if (!one_in(3)) return s;  // mostly back to work
        s.state = static_cast<TradingState>(pick(1, 6));
        if (s.state == TradingState::Auction) s.auction = static_cast<AuctionKind>(pick(1, 3));
        if ((s.state == TradingState::Auction || s.state == TradingState::Halted) && one_in(2))
            s.until = {now_.us + pick(2'000, 50'000)};
        return s;
    }

    Command rare() {
        switch (pick(0, 4)) {
            case 0: return MassCancel{one_in(2) ? account() : AccountId::None, SecurityId::None, std::nullopt, "test"};
            case 1: return EndDay{kAcme};
            case 2: return SetCancelAfter{account(), one_in(2) ? 0 : pick(1, 50) * 1'000};
            case 3:
                return SetPriceBands{kAcme, {100}, one_in(2) ? 2'000U : 0U, one_in(2) ? 700U : 0U,
                                     one_in(3) ? 5'000 : 0, one_in(2) ? 5'000 : 0};
            default: return MassCancel{account(), kAcme, side(), {}};
        }
    }

    std::mt19937_64& random_;
    OrderId newest_;
    Timestamp now_;
};

}  // namespace

engine::Command random_command(std::mt19937_64& random, engine::OrderId newest, engine::Timestamp now) {
    return Source(random, newest, now).command();
}

}  // namespace buttonwood::test
