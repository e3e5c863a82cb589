// Compares what a server answers and streams with what recorded flow must lead to, while it runs.
//
// Three sources are joined: the answers (fills of the taker, place in the log), the `executions` channel (whose order
// was the maker of a trade) and the `book` channel (best levels at each place in the log). A row is judged as soon as
// all three have told what they know about it. Thread safety: one thread at a time.
#pragma once

#include "bench/book_mirror.hpp"
#include "bench/flow_plan.hpp"

#include <unordered_map>
#include <unordered_set>

namespace buttonwood::bench {

struct FlowResult {
    std::string name;
    std::size_t commands = 0;  // rows of the flow
    std::size_t fills = 0;     // that agree
    std::size_t expected_fills = 0;
    bool fills_from_file = false;  // otherwise from the naive book
    std::size_t rows = 0;          // best-level rows that agree
    std::size_t expected_rows = 0;
    bool rows_from_file = false;  // otherwise the naive book's level after each command
    std::size_t dead_ids = 0;     // commands refused because their id is not alive, as expected
    std::size_t unexpected = 0;
    double seconds = 0;                // first command sent to last answer received
    std::vector<std::string> details;  // the first mismatches, in words

    [[nodiscard]] bool ok() const { return unexpected == 0 && fills == expected_fills && rows == expected_rows; }
    // "aapl_0930_0940  14577 commands  928/928 fills  15064/15064 book rows  0 unexpected  31,204 commands/s  OK"
    [[nodiscard]] std::string line() const;
    [[nodiscard]] nlohmann::json to_json() const;
};

class FlowCheck {
public:
    // REQUIRES: set and plan outlive the check.
    FlowCheck(const FlowSet& set, const FlowPlan& plan, int price_scale, std::size_t book_depth);

    void on_answer(std::size_t planned, const nlohmann::json& answer);
    void on_execution(const nlohmann::json& message);
    void on_book(const nlohmann::json& message);
    // Something that has no place of its own: a close, a time-out, a message that is not understood.
    void on_problem(const std::string& what) { report(what); }

    [[nodiscard]] std::size_t answered() const { return answered_; }
    [[nodiscard]] std::uint64_t book_seq() const { return mirror_.seq(); }
    [[nodiscard]] bool knows_all_makers() const { return trades_without_maker_.empty(); }
    [[nodiscard]] std::size_t mismatches() const { return result_.unexpected; }

    // No more messages will come: judges what is left. REQUIRES: called once.
    [[nodiscard]] FlowResult finish(double seconds);

private:
    struct Fill {
        std::string trade;
        std::int64_t quantity{};
        std::int64_t price{};
    };
    struct Answer {
        bool known = false;
        bool accepted = false;
        std::uint64_t event_seq{};
        std::string code;
        std::vector<Fill> fills;
    };

    void judge_rows(bool is_last);
    [[nodiscard]] bool is_judgeable(std::size_t row) const;
    void judge_command(std::size_t planned);
    void judge_fills(const PlannedCommand& command, const Answer& answer);
    void judge_top(std::size_t row, std::uint64_t event_seq);
    [[nodiscard]] TopOfBook top_at(std::uint64_t event_seq);
    [[nodiscard]] std::string where(std::size_t row) const;
    void report(const std::string& what);

    const FlowSet& set_;
    const FlowPlan& plan_;
    int price_scale_;
    BookMirror mirror_;
    FlowResult result_;

    std::vector<Answer> answers_;
    std::size_t answered_ = 0;
    std::unordered_map<std::string, std::string> makers_;  // trade -> client_order_id
    std::unordered_set<std::string> trades_without_maker_;
    std::unordered_set<std::string> trades_seen_;
    std::vector<std::pair<std::uint64_t, TopOfBook>> tops_;  // after each book message, by event_seq
    std::size_t next_top_ = 0;
    std::size_t next_row_ = 0;
    std::size_t next_planned_ = 0;
    std::size_t next_fill_row_ = 0;  // in set_.fills
    std::size_t next_top_row_ = 0;   // in set_.tops
    std::uint64_t row_event_seq_ = 0;
};

}  // namespace buttonwood::bench
