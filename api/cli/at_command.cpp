// buttonwood at: the market as it was after an event or at an instant.
#include "api/cli/past_access.hpp"
#include "api/cli/progress_bar.hpp"
#include "api/ids.hpp"
#include "api/past_answers.hpp"
#include "api/render.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace buttonwood::api::cli {
namespace {

using eventstore::PastState;
using Json = nlohmann::ordered_json;

struct AtArguments {
    DatabaseOptions database;
    std::string when;
    std::string what;
    std::string name;
    std::size_t depth = 10;
};

using Shown = std::expected<std::string, Failure>;  // JSON

Failure not_found(const AtArguments& arguments, const PastState& state) {
    return {kCannotStart, "there was no " + arguments.what + " " + arguments.name + " after event " +
                              std::to_string(state.event_seq())};
}

// Whoever may open the database may see every account's orders.
Shown order_of(const AtArguments& arguments, const PastState& state, eventstore::Connection& connection) {
    std::vector<engine::AccountId> everybody;
    for (const LiveUser& user : live_view(state).users())
        everybody.insert(everybody.end(), user.accounts.begin(), user.accounts.end());
    const auto id = parse_id<engine::OrderId>(arguments.name);
    if (!id) return std::unexpected(Failure{kUsage, "an order is named by its id, such as ord_12"});
    auto order = past_order_json(state, connection, everybody, *id, "");
    if (order) return *std::move(order);
    switch (order.error()) {
        case NoOrder::Unknown: break;
        case NoOrder::ReadsBehind: return std::unexpected(Failure{kCannotStart, "the read models are behind; retry"});
        case NoOrder::ReadsAway: return std::unexpected(Failure{kCannotStart, "the read models cannot be read"});
    }
    return std::unexpected(not_found(arguments, state));
}

Shown shown(const AtArguments& arguments, const PastState& state, eventstore::Connection& connection) {
    const LiveView& view = live_view(state);
    if (arguments.what == "hash") return R"({"state_hash":")" + state.engine().state_hash().hex() + "\"}";
    if (arguments.what == "order") return order_of(arguments, state, connection);
    if (arguments.what == "account") {
        const auto id = parse_id<engine::AccountId>(arguments.name);
        if (!id) return std::unexpected(Failure{kUsage, "an account is named by its id, such as acc_2"});
        if (!view.account(*id)) return std::unexpected(not_found(arguments, state));
        return portfolio_json(state, {*id});
    }
    const LiveSecurity* security = view.security(arguments.name);
    if (!security) return std::unexpected(not_found(arguments, state));
    return arguments.what == "book" ? book_json(*security, arguments.depth, state.event_seq())
                                    : security_json(*security, state.event_seq());
}

std::string text_of(const Json& value) {
    if (value.is_null()) return "-";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string cell(const Json& levels, std::size_t row, std::size_t column) {
    return row < levels.size() ? text_of(levels[row][column]) : "";
}

void print_book(const Json& book) {
    const Json& bids = book.at("bids");
    const Json& asks = book.at("asks");
    std::printf("%7s %16s %14s | %-14s %-16s %s\n", "orders", "quantity", "bid", "ask", "quantity", "orders");
    for (std::size_t row = 0; row < std::max(bids.size(), asks.size()); ++row)
        std::printf("%7s %16s %14s | %-14s %-16s %s\n", cell(bids, row, 2).c_str(), cell(bids, row, 1).c_str(),
                    cell(bids, row, 0).c_str(), cell(asks, row, 0).c_str(), cell(asks, row, 1).c_str(),
                    cell(asks, row, 2).c_str());
}

void print_account(const Json& account) {
    std::printf("%-20s %28s %28s %28s\n", "", "total", "available", "held");
    const auto line = [](const std::string& what, const Json& row, const char* total, const char* available) {
        std::printf("%-20s %28s %28s %28s\n", what.c_str(), text_of(row.at(total)).c_str(),
                    text_of(row.at(available)).c_str(), text_of(row.at("held")).c_str());
    };
    for (const Json& row : account.at("cash")) line(text_of(row.at("currency")), row, "total", "available");
    for (const Json& row : account.at("data")) line(text_of(row.at("symbol")), row, "quantity", "sellable");
}

void print_members(const Json& object) {
    for (const auto& [name, value] : object.items())
        if (!name.starts_with("as_of")) std::printf("%-24s %s\n", name.c_str(), text_of(value).c_str());
}

void print(const AtArguments& arguments, const std::string& text) {
    if (arguments.database.json) {
        std::printf("%s\n", text.c_str());
        return;
    }
    const Json json = Json::parse(text);
    std::printf("%s%s%s after event %s, %s\n", arguments.what.c_str(), arguments.name.empty() ? "" : " ",
                arguments.name.c_str(), text_of(json.at("as_of_seq")).c_str(), text_of(json.at("as_of")).c_str());
    if (arguments.what == "book") return print_book(json);
    if (arguments.what == "account") return print_account(json);
    print_members(json);
}

int at(const AtArguments& arguments) {
    if (arguments.name.empty() != (arguments.what == "hash"))
        return fail(kUsage, arguments.what == "hash" ? "hash is not followed by a name"
                                                     : arguments.what + " needs a name; see buttonwood at --help");
    auto access = open_past(arguments.database);
    if (!access) return fail(access.error().code, access.error().message);
    const auto seq = event_named(access->connection, arguments.when);
    if (!seq) return fail(seq.error().code, seq.error().message);
    const auto state = [&] {
        ProgressBar bar("replaying", "events", !arguments.database.json);
        eventstore::PastOptions options{.make_parts = make_snapshot_parts};
        engine::EventSeq base = 0;
        options.began = [&base](engine::EventSeq began) { base = began; };
        options.skipped = [](const std::string& why) {
            std::fprintf(stderr, "buttonwood: skipped: %s\n", why.c_str());
        };
        options.replay.progress = [&](engine::EventSeq done, engine::EventSeq to) {
            bar.update(done - base, to - base);
        };
        return eventstore::state_after(access->connection, *seq, options);
    }();
    if (!state) {
        const Failure failure = failure_of(state.error());
        return fail(failure.code, failure.message);
    }
    const Shown answer = shown(arguments, *state, access->connection);
    if (!answer) return fail(answer.error().code, answer.error().message);
    print(arguments, marked(*answer, state->event_seq(), state->time()));
    return kOk;
}

}  // namespace

void add_at_command(CLI::App& app, int& code) {
    const auto arguments = std::make_shared<AtArguments>();
    CLI::App* command = app.add_subcommand(
        "at", "The market as it was after an event or at an instant. Examples: buttonwood at 5512340 book ACME; "
              "buttonwood at 2026-11-20T17:25:49Z account acc_2; buttonwood at end hash");
    add_database_options(*command, arguments->database);
    command->add_option("WHEN", arguments->when, "an event_seq, a time, or end")->required();
    command->add_option("WHAT", arguments->what, "book order account security hash")
        ->required()
        ->check(CLI::IsMember({"book", "order", "account", "security", "hash"}));
    command->add_option("NAME", arguments->name, "symbol, ord_..., acc_...; none for hash");
    command->add_option("--depth", arguments->depth, "levels of a book per side")
        ->check(CLI::Range(1, 5'000))
        ->capture_default_str();
    command->callback([arguments, &code] { code = at(*arguments); });
}

}  // namespace buttonwood::api::cli
