// The part of the stream that moves the market as a whole: time, trading states, bands, the ends of days.
#include "tests/engine/command_stream.hpp"

#include <limits>

namespace buttonwood::engine::tests {
namespace {

constexpr UserId kOperator{1};
constexpr std::int64_t kSecond = 1'000'000;

}  // namespace

// Most commands follow each other at once; now and then seconds, an hour or days pass.
void CommandStream::pass_time(const NaiveEngine&) {
    const auto roll = dice_.below(1'000);
    time_.us += roll < 900   ? dice_.between(0, 20)
                : roll < 990 ? dice_.between(0, kSecond)
                : roll < 998 ? dice_.between(kSecond, 10 * kSecond)
                : roll < 999 ? 3'600 * kSecond
                             : dice_.between(8, 110) * 3'600 * kSecond;
}

CommandStream::Act CommandStream::session(const NaiveEngine& model) {
    const auto roll = dice_.below(100);
    if (roll < 42) return {dice_.chance(98) ? UserId::None : user(model), AdvanceClock{}};
    if (roll < 75) return change_state(model);
    if (roll < 88) return set_bands(model);
    if (roll < 95) return set_switch(model);
    const SecurityId what = dice_.chance(50) ? SecurityId::None : security(model);
    return {dice_.chance(95) ? kOperator : user(model), EndDay{what}};
}

CommandStream::Act CommandStream::change_state(const NaiveEngine& model) {
    ChangeTradingState c;
    c.security = dice_.chance(25) ? SecurityId::None : security(model);
    c.note = "because";
    const bool of_market = c.security == SecurityId::None;
    const bool known = of_market || model.securities().contains(c.security);
    const TradingState now = !known      ? TradingState::Open
                             : of_market ? model.market().state
                                         : model.securities().at(c.security).own.state;
    // The market spends most of its time trading, and auctions end.
    const bool sessions = profile_ != Profile::Everyday && profile_ != Profile::Extreme;
    if (now != TradingState::Open && dice_.chance(65))
        c.state = TradingState::Open;
    else if (dice_.chance(sessions ? 90 : 40))
        c.state = dice_.pick({TradingState::Halted, TradingState::CancelOnly, TradingState::Closed,
                              TradingState::PreOpen, TradingState::Auction, TradingState::Auction,
                              TradingState::Auction, TradingState::Auction});
    else
        c.state = TradingState::Open;
    if (c.state == TradingState::Auction)
        c.auction = dice_.pick({AuctionKind::Opening, AuctionKind::Closing, AuctionKind::Reopening});
    const bool may_end = c.state == TradingState::Auction || c.state == TradingState::Halted;
    if (may_end && dice_.chance(50)) c.until = {time_.us + dice_.between(1, 3 * kSecond)};
    if (dice_.chance(4)) c.auction = dice_.pick({AuctionKind::None, AuctionKind::Opening});
    if (dice_.chance(4)) c.until = dice_.pick({time_, Timestamp{time_.us + 1}, Timestamp{-1}, Timestamp{}});
    return {dice_.chance(95) ? kOperator : user(model), c};
}

// Bands that bite: prices are within a fifth of the middle.
CommandStream::Act CommandStream::set_bands(const NaiveEngine& model) {
    SetPriceBands c;
    c.security = security(model);
    if (dice_.chance(70)) c.reference_price = price(model, c.security);
    c.static_basis_points = dice_.pick<std::uint32_t>({0, 0, 400, 1'000, 2'000, 10'000});
    c.dynamic_basis_points = dice_.pick<std::uint32_t>({0, 0, 100, 300, 1'000});
    c.halt_us = dice_.pick<std::int64_t>({0, 0, 1, kSecond});
    c.auction_us = dice_.pick<std::int64_t>({0, 0, 1, kSecond});
    switch (dice_.below(40)) {
        case 0: c.static_basis_points = dice_.pick<std::uint32_t>({10'001, ~std::uint32_t{0}}); break;
        case 1: c.dynamic_basis_points = 10'001; break;
        case 2: c.halt_us = dice_.pick<std::int64_t>({-1, kMaxPauseUs, kMaxPauseUs + 1}); break;
        case 3: c.auction_us = dice_.pick<std::int64_t>({-1, kMaxPauseUs, kMaxPauseUs + 1}); break;
        case 4: c.reference_price = {boundary()}; break;
        default: break;
    }
    return {dice_.chance(95) ? kOperator : user(model), c};
}

CommandStream::Act CommandStream::set_switch(const NaiveEngine& model) {
    const AccountId who = account(model);
    const std::int64_t timeout =
        dice_.chance(85) ? dice_.pick<std::int64_t>({0, 1'000, 100'000, kSecond, 5 * kSecond, 20'000 * kSecond})
                         : dice_.pick<std::int64_t>({999, 86'400 * kSecond, 86'400 * kSecond + 1, -1,
                                                     std::numeric_limits<std::int64_t>::max()});
    return {owner_or_other(model, who), SetCancelAfter{who, timeout}};
}

}  // namespace buttonwood::engine::tests
