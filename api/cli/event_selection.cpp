#include "api/cli/event_selection.hpp"

#include "api/cli/cli.hpp"
#include "api/ids.hpp"
#include "api/rfc3339.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

namespace buttonwood::api::cli {

using engine::EventSeq;

void add_filters(CLI::App& command, Selection& selection) {
    command.add_option("--type", selection.types, "type of event, such as TradeExecuted; may be given again");
    command.add_option("--stream", selection.stream, "stream, such as order/12 or security/1; or a type of stream");
    command.add_option("--actor", selection.actor, "who sent the command: usr_3, or system");
    command.add_option("--account", selection.account, "account that the event names, such as acc_3");
    command.add_option("--order", selection.order, "order that the event names, as maker or taker too: ord_12");
    command.add_option("--text", selection.text, "part of a value in the payload, in any case");
}

void add_range(CLI::App& command, Selection& selection) {
    command.add_option("--from", selection.from, "first event_seq");
    command.add_option("--to", selection.to, "last event_seq");
    command.add_option("--since", selection.since, "not before this time, such as 2026-11-20T17:25:49Z");
    command.add_option("--until", selection.until, "before this time");
}

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::expected<EventFilter, std::string> filter_of(const Selection& selection) {
    EventFilter filter;
    filter.types = selection.types;
    filter.text = selection.text;
    if (!selection.stream.empty()) {
        auto stream = parse_stream(selection.stream);
        if (!stream)
            return std::unexpected("--stream takes a type and a number, such as order/12; got " + selection.stream);
        filter.streams.push_back(std::move(*stream));
    }
    if (!selection.actor.empty()) {
        const auto id = parse_id<engine::UserId>(selection.actor);
        if (!id && selection.actor != "system")
            return std::unexpected("--actor takes a user's id, such as usr_3, or system; got " + selection.actor);
        filter.actor = id ? static_cast<std::uint64_t>(*id) : 0;
    }
    if (!selection.account.empty()) {
        if (!parse_id<engine::AccountId>(selection.account))
            return std::unexpected("--account takes an id such as acc_3; got " + selection.account);
        filter.accounts.push_back(selection.account);
    }
    if (!selection.order.empty()) {
        if (!parse_id<engine::OrderId>(selection.order))
            return std::unexpected("--order takes an id such as ord_12; got " + selection.order);
        filter.order = selection.order;
    }
    return filter;
}

LogResult<EventRange> range_of(EventLog& log, const Selection& selection) {
    auto last = log.last_seq();
    if (!last) return std::unexpected(last.error());
    EventSeq first = std::max<EventSeq>(selection.from, 1);
    EventSeq end = selection.to == 0 ? *last + 1 : std::min(selection.to, *last) + 1;
    const auto bound = [&](const std::string& text, const char* option, auto&& apply) -> LogResult<void> {
        if (text.empty()) return {};
        const auto time = parse_rfc3339(text);
        if (!time)
            return std::unexpected(EventLogError{
                EventLogError::Kind::BadQuestion,
                std::string(option) + " takes a time such as 2026-11-20T17:25:49Z; got " + text});
        const auto seq = log.first_since(*time);
        if (!seq) return std::unexpected(seq.error());
        apply(*seq);
        return {};
    };
    if (auto done = bound(selection.since, "--since", [&](EventSeq seq) { first = std::max(first, seq); }); !done)
        return std::unexpected(done.error());
    if (auto done = bound(selection.until, "--until", [&](EventSeq seq) { end = std::min(end, seq); }); !done)
        return std::unexpected(done.error());
    if (const auto order = parse_id<engine::OrderId>(selection.order)) {
        const auto seq = log.first_of_order(static_cast<std::uint64_t>(*order));
        if (!seq) return std::unexpected(seq.error());
        first = std::max(first, *seq);
    }
    return EventRange{first - 1, std::max(end, first) - 1};
}

}  // namespace buttonwood::api::cli
