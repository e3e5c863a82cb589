#include "bench/block_maker.hpp"

namespace buttonwood::bench {

using namespace engine;
using namespace eventstore;

namespace {

constexpr std::int64_t kStartUs = 1'795'000'000'000'000;  // 2026-11-18; only the shape of a time matters here

}  // namespace

std::vector<Command> opening_commands() {
    return {RegisterUser{.name = "load", .roles = RoleSet{}.add(Role::Trader)}, OpenAccount{.user = UserId{1}},
            CreateSecurity{.symbol = "LOAD",
                           .name = "load",
                           .currency = "USD",
                           .price_scale = kStreamPriceScale,
                           .quantity_scale = 0,
                           .tick_size = {1},
                           .lot_size = {1}},
            DepositCash{.account = AccountId{1}, .currency = "USD", .amount = {kMaxMoney.units / 2}},
            IssueHoldings{.account = AccountId{2}, .security = SecurityId{1}, .quantity = {kMaxQuantityUnits / 2}}};
}

PlaceOrder to_command(const StreamOrder& order, std::uint64_t number) {
    const std::string client_order_id = "load-" + std::to_string(number);
    return {.account = AccountId{order.side == Side::Buy ? 1U : 2U},
            .security = SecurityId{1},
            .side = order.side,
            .type = OrderType::Limit,
            .time_in_force = TimeInForce::Gtc,
            .post_only = false,
            .quantity = {order.quantity},
            .price = {order.price},
            .client_order_id = std::string_view(client_order_id)};
}

void BlockPacker::add(const CommandRecord& command, std::span<const Event> events) {
    BlockHeader& header = block_.header;
    if (header.command_count++ == 0) header.first_seq = command.first_seq;
    header.epoch = head_.epoch;
    header.event_count += command.event_count;
    header.last_seq = command.first_seq + command.event_count - 1;
    header.committed_at = command.header.time;
    encode(command, events, block_.payload);
}

Block BlockPacker::finish() {
    block_.hash = seal(head_.hash, block_.header, block_.payload);
    head_.hash = block_.hash;
    return std::exchange(block_, {});
}

Block BlockMaker::opening() {
    for (const Command& command : opening_commands()) add(UserId::None, command);
    return packer_.finish();
}

Block BlockMaker::next(std::size_t commands) {
    for (std::size_t i = 0; i < commands; ++i) add(UserId{1}, to_command(orders_.next(), ++number_));
    return packer_.finish();
}

void BlockMaker::add(UserId actor, const Command& command) {
    CommandRecord record;
    record.header = {.seq = engine_.last_command() + 1,
                     .time = {kStartUs + static_cast<std::int64_t>(engine_.last_command())},
                     .actor = actor,
                     .request_id = {}};
    record.command = command;
    record.first_seq = engine_.last_seq() + 1;
    events_.clear();
    record.outcome = engine_.decide(record.header, command, events_);
    record.event_count = static_cast<std::uint32_t>(events_.size());
    packer_.add(record, events_);
}

}  // namespace buttonwood::bench
