// The part of the stream that gathers a crowd: more orders of one kind than one command can finish, then what sets them
// off, then everyday commands while the clock goes on with the work.
#include "tests/engine/command_stream.hpp"

namespace buttonwood::engine::tests {
namespace {

constexpr UserId kOperator{1};
constexpr UserId kOwner{3};
constexpr AccountId kAccount{3};
constexpr AccountId kOther{5};
constexpr SecurityId kAcme{1};
constexpr std::uint64_t kCrowd = 1'160;  // seven of eight are one account's
constexpr std::uint64_t kAftermath = 90;
constexpr std::uint64_t kSettling = 40;  // then days may pass, and what was traded settles
constexpr std::int64_t kDay = 86'400'000'000;

enum Kind { Resting, Days, Triggers, Closing, Auction, Icebergs, kKinds };

}  // namespace

CommandStream::Act CommandStream::crowd(const NaiveEngine& model) {
    if (crowd_left_ == 0) {
        crowd_left_ = kCrowd + kAftermath;
        crowd_kind_ = static_cast<int>(next_crowd_++ % kKinds);
        if (crowd_kind_ == Auction)
            return {kOperator, ChangeTradingState{kAcme, TradingState::Auction, {}, AuctionKind::Opening, {}}};
    }
    --crowd_left_;
    if (crowd_left_ == 0) return {kOperator, ChangeTradingState{SecurityId::None, TradingState::Open, {}}};
    if (crowd_left_ == kAftermath) return crowd_event(model);
    if (crowd_left_ == kSettling && dice_.chance(30)) {
        time_.us += 4 * kDay;
        return {UserId::None, AdvanceClock{}};
    }
    if (crowd_left_ > kAftermath)
        return dice_.chance(99) ? Act{crowd_left_ % 8 == 0 ? UserId::None : kOwner, crowd_order()} : trading(model);
    // The work goes on between other people's commands.
    if (dice_.chance(8)) return {UserId::None, AdvanceClock{}};
    return dice_.chance(80) ? trading(model) : session(model);
}

Command CommandStream::crowd_order() {
    PlaceOrder order;
    order.account = crowd_left_ % 8 == 0 ? kOther : kAccount;
    order.security = kAcme;
    order.side = dice_.chance(50) ? Side::Buy : Side::Sell;
    order.type = OrderType::Limit;
    order.quantity = {dice_.between(1, 3)};
    order.time_in_force = resting_time();
    if (order.time_in_force == TimeInForce::Gtd) order.expires_at = {time_.us + 4'000'000'000};
    // Apart from each other, so that nothing trades before it should.
    order.price = {order.side == Side::Buy ? dice_.between(20, 38) : dice_.between(62, 80)};
    switch (crowd_kind_) {
        case Triggers:
            order.side = Side::Buy;
            order.type = dice_.pick({OrderType::Stop, OrderType::StopLimit});
            order.stop_price = {dice_.between(61, 63)};
            order.price = order.type == OrderType::StopLimit ? Price{dice_.between(20, 90)} : Price{};
            break;
        case Days: order.time_in_force = TimeInForce::Day, order.expires_at = {}; break;
        case Closing: order.time_in_force = TimeInForce::Cls, order.expires_at = {}; break;
        case Auction:
            order.price = {dice_.between(45, 55)};
            order.quantity = {1};
            break;
        case Icebergs:
            if (dice_.chance(1)) order.quantity = {12'000}, order.display_quantity = {1};
            break;
        default: break;
    }
    return order;
}

// What sets the crowd off.
CommandStream::Act CommandStream::crowd_event(const NaiveEngine& model) {
    const auto roll = dice_.below(100);
    PlaceOrder taker;
    taker.account = AccountId{6};
    taker.security = kAcme;
    taker.side = crowd_kind_ == Triggers ? Side::Buy : dice_.pick({Side::Buy, Side::Sell});
    taker.type = OrderType::Limit;
    taker.time_in_force = TimeInForce::Gtc;
    taker.quantity = {crowd_kind_ == Icebergs ? 11'000 : 200};
    taker.price = {taker.side == Side::Buy ? 80 : 20};
    if (crowd_kind_ == Icebergs) return {UserId::None, taker};
    if (crowd_kind_ == Closing && roll < 85)
        return {kOperator, ChangeTradingState{roll < 42 ? kAcme : SecurityId::None, TradingState::Auction, {},
                                              AuctionKind::Closing, {}}};
    if (crowd_kind_ == Auction && roll < 90)
        return {kOperator, ChangeTradingState{kAcme, TradingState::Open, {}}};
    if (crowd_kind_ == Triggers && roll < 90) {
        // One listing to trade with, then the trade that reaches all triggers.
        PlaceOrder maker = taker;
        maker.side = Side::Sell;
        maker.price = taker.price = {64};
        maker.quantity = taker.quantity = {1};
        planned_.push_back({UserId::None, maker});
        taker.account = AccountId{7};
        planned_.push_back({UserId::None, taker});
        return {UserId::None, AdvanceClock{}};
    }
    if (crowd_kind_ == Days && roll < 80) return {kOperator, EndDay{roll < 40 ? kAcme : SecurityId::None}};
    if (roll < 25) return {kOwner, MassCancel{kAccount, SecurityId::None, std::nullopt, {}}};
    if (roll < 50) return {kOperator, MassCancel{AccountId::None, kAcme, std::nullopt, "because"}};
    if (roll < 90) {
        planned_.push_back({kOwner, SetCancelAfter{kAccount, 1'000}});
        time_.us += 10'000;
        return {kOwner, SetCancelAfter{kAccount, 1'000}};
    }
    return trading(model);
}

}  // namespace buttonwood::engine::tests
