#include "bench/flow_check.hpp"

#include "bench/decimal.hpp"

#include <sstream>

namespace buttonwood::bench {

namespace {

constexpr std::size_t kMaxDetails = 20;

std::string words(const std::optional<TopLevel>& level) {
    return level ? std::to_string(level->quantity) + " @ " + std::to_string(level->price) : "none";
}
std::string words(const TopOfBook& top) { return "bid " + words(top.bid) + ", ask " + words(top.ask); }

std::string words(const std::vector<FlowFill>& fills) {
    std::string text = "[";
    for (const FlowFill& fill : fills)
        text += (text.size() > 1 ? ", " : "") + std::to_string(fill.quantity) + " @ " + std::to_string(fill.price) +
                " with " + std::to_string(fill.maker_id);
    return text + "]";
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

std::uint64_t rate(const FlowResult& r) {
    return r.seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(r.commands) / r.seconds) : 0;
}

}  // namespace

std::string FlowResult::line() const {
    std::ostringstream out;
    out << name << "  " << commands << " commands  " << fills << '/' << expected_fills << " fills"
        << (fills_from_file ? "" : " (naive book)") << "  " << rows << '/' << expected_rows << " book rows"
        << (rows_from_file ? "" : " (naive book)");
    if (dead_ids != 0) out << "  " << dead_ids << " dead ids refused";
    out << "  " << unexpected << " unexpected  " << grouped(rate(*this)) << " commands/s  " << (ok() ? "OK" : "FAILED");
    return out.str();
}

nlohmann::json FlowResult::to_json() const {
    return {{"name", name},
            {"ok", ok()},
            {"commands", commands},
            {"fills", fills},
            {"expected_fills", expected_fills},
            {"fills_from_file", fills_from_file},
            {"book_rows", rows},
            {"expected_book_rows", expected_rows},
            {"book_rows_from_file", rows_from_file},
            {"dead_ids_refused", dead_ids},
            {"unexpected", unexpected},
            {"seconds", seconds},
            {"commands_per_second", rate(*this)},
            {"details", details}};
}

FlowCheck::FlowCheck(const FlowSet& set, const FlowPlan& plan, int price_scale, std::size_t book_depth)
    : set_(set),
      plan_(plan),
      price_scale_(price_scale),
      mirror_(book_depth, price_scale, 0),
      answers_(plan.commands.size()) {
    result_.name = set.name;
    result_.commands = set.commands.size();
    result_.fills_from_file = set.fills.has_value();
    result_.rows_from_file = set.tops.has_value();
    result_.expected_rows = set.tops ? set.tops->size() : set.commands.size();
    if (set.fills) {
        result_.expected_fills = set.fills->size();
    } else {
        for (const auto& command : plan.commands) result_.expected_fills += command.fills.size();
    }
}

void FlowCheck::on_answer(std::size_t planned, const nlohmann::json& message) {
    Answer& answer = answers_.at(planned);
    if (answer.known) return report("a second answer: " + message.dump());
    answer.known = true;
    ++answered_;
    answer.accepted = message.at("success");
    if (answer.accepted) {
        const auto& order = message.at("result");
        answer.event_seq = order.at("event_seq");
        for (const auto& fill : order.at("fills")) {
            const auto price = to_units(fill.at("price").get<std::string>(), price_scale_);
            const auto quantity = to_units(fill.at("quantity").get<std::string>(), 0);
            const std::string trade = fill.at("id");
            if (!makers_.contains(trade)) trades_without_maker_.insert(trade);
            answer.fills.push_back({trade, static_cast<std::int64_t>(quantity.value_or(-1)),
                                    static_cast<std::int64_t>(price.value_or(-1))});
        }
    } else {
        answer.code = message.at("error").value("code", "");
    }
    judge_rows(false);
}

void FlowCheck::on_execution(const nlohmann::json& message) {
    if (message.at("type") != "update") return;
    for (const auto& execution : message.at("data")) {
        if (execution.at("exec_type") != "trade" || execution.at("liquidity") != "maker") continue;
        const std::string trade = execution.at("trade_id");
        if (!makers_.emplace(trade, execution.at("client_order_id")).second) report("two makers of trade " + trade);
        trades_without_maker_.erase(trade);
    }
    judge_rows(false);
}

void FlowCheck::on_book(const nlohmann::json& message) {
    if (const auto applied = mirror_.apply(message); !applied) report(applied.error());
    tops_.emplace_back(mirror_.event_seq(), mirror_.top());
    judge_rows(false);
}

void FlowCheck::judge_rows(bool is_last) {
    while (next_row_ < set_.commands.size() && (is_last || is_judgeable(next_row_))) {
        const std::size_t row = next_row_++;
        for (; next_planned_ < plan_.commands.size() && plan_.commands[next_planned_].row == row; ++next_planned_) {
            const Answer& answer = answers_[next_planned_];
            if (answer.known && answer.accepted) row_event_seq_ = answer.event_seq;
            judge_command(next_planned_);
        }
        judge_top(row, row_event_seq_);
    }
}

bool FlowCheck::is_judgeable(std::size_t row) const {
    std::uint64_t event_seq = row_event_seq_;
    for (std::size_t i = next_planned_; i < plan_.commands.size() && plan_.commands[i].row == row; ++i) {
        const Answer& answer = answers_[i];
        if (!answer.known) return false;
        for (const Fill& fill : answer.fills)
            if (!makers_.contains(fill.trade)) return false;
        if (answer.accepted) event_seq = answer.event_seq;
    }
    return mirror_.event_seq() > event_seq;
}

void FlowCheck::judge_command(std::size_t planned) {
    const PlannedCommand& command = plan_.commands[planned];
    const Answer& answer = answers_[planned];
    if (!answer.known) return report(where(command.row) + "no answer");
    if (answer.accepted != command.is_accepted) {
        report(where(command.row) + command.client_order_id +
               (answer.accepted ? " accepted, although the id is not alive" : " refused: " + answer.code));
    } else if (!answer.accepted) {
        static const std::unordered_set<std::string> dead{"order_not_found", "order_not_open", "order_already_filled"};
        if (dead.contains(answer.code))
            ++result_.dead_ids;
        else
            report(where(command.row) + command.client_order_id + " refused for another reason: " + answer.code);
    }
    judge_fills(command, answer);
}

void FlowCheck::judge_fills(const PlannedCommand& command, const Answer& answer) {
    const std::int64_t n = set_.commands[command.row].n;
    std::vector<FlowFill> actual;
    for (const Fill& fill : answer.fills) {
        if (!trades_seen_.insert(fill.trade).second) report(where(command.row) + "trade " + fill.trade + " again");
        const auto maker = makers_.find(fill.trade);
        const auto id = maker == makers_.end() ? plan_.ids.end() : plan_.ids.find(maker->second);
        if (id == plan_.ids.end()) report(where(command.row) + "unknown maker of trade " + fill.trade);
        actual.push_back({n, id == plan_.ids.end() ? 0 : id->second, fill.quantity, fill.price});
    }
    if (actual != command.fills)
        report(where(command.row) + "fills " + words(actual) + ", the naive book has " + words(command.fills));
    if (!set_.fills) {
        if (actual == command.fills) result_.fills += actual.size();
        return;
    }
    // A row of two commands (cancel, then add) has its fills in the second.
    const auto next = static_cast<std::size_t>(&command - plan_.commands.data()) + 1;
    if (next < plan_.commands.size() && plan_.commands[next].row == command.row) return;
    std::vector<FlowFill> expected;
    while (next_fill_row_ < set_.fills->size() && (*set_.fills)[next_fill_row_].n == n)
        expected.push_back((*set_.fills)[next_fill_row_++]);
    if (actual == expected)
        result_.fills += actual.size();
    else
        report(where(command.row) + "fills " + words(actual) + ", the file has " + words(expected));
}

void FlowCheck::judge_top(std::size_t row, std::uint64_t event_seq) {
    const std::int64_t n = set_.commands[row].n;
    const TopOfBook actual = top_at(event_seq);
    const bool as_naive = actual == plan_.tops[row];
    if (!as_naive) report(where(row) + words(actual) + "; the naive book has " + words(plan_.tops[row]));
    if (!set_.tops) {
        if (as_naive) ++result_.rows;
        return;
    }
    for (; next_top_row_ < set_.tops->size() && (*set_.tops)[next_top_row_].n <= n; ++next_top_row_) {
        const TopRow& expected = (*set_.tops)[next_top_row_];
        if (expected.n == n && expected.top == actual)
            ++result_.rows;
        else
            report(where(row) + words(actual) + "; the file has for n=" + std::to_string(expected.n) + " " +
                   words(expected.top));
    }
}

TopOfBook FlowCheck::top_at(std::uint64_t event_seq) {
    while (next_top_ + 1 < tops_.size() && tops_[next_top_ + 1].first <= event_seq) ++next_top_;
    return tops_.empty() || tops_[next_top_].first > event_seq ? TopOfBook{} : tops_[next_top_].second;
}

FlowResult FlowCheck::finish(double seconds) {
    judge_rows(true);
    result_.seconds = seconds;
    for (const auto& [trade, maker] : makers_)
        if (!trades_seen_.contains(trade)) report("trade " + trade + " belongs to no answer");
    return std::move(result_);
}

std::string FlowCheck::where(std::size_t row) const {
    const FlowCommand& c = set_.commands[row];
    return "n=" + std::to_string(c.n) + " (line " + std::to_string(c.line) + "): ";
}

void FlowCheck::report(const std::string& what) {
    ++result_.unexpected;
    if (result_.details.size() < kMaxDetails) result_.details.push_back(what);
}

}  // namespace buttonwood::bench
