#include "bench/flow_plan.hpp"

#include <cctype>

namespace buttonwood::bench {

namespace {

using engine::Side;
constexpr std::size_t kMaxPrefix = 32;

// What of a file's name may stand in a client_order_id.
std::string prefix_of(const std::string& name) {
    std::string prefix;
    for (const char c : name.substr(0, kMaxPrefix))
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-') prefix.push_back(c);
    return prefix + ":";
}

class Planner {
public:
    explicit Planner(const FlowSet& set) : set_(set), prefix_(prefix_of(set.name)) {}

    std::expected<FlowPlan, std::string> run() {
        for (std::size_t row = 0; row < set_.commands.size(); ++row) {
            const FlowCommand& c = set_.commands[row];
            if (const std::string problem = refuse(c); !problem.empty())
                return std::unexpected(set_.name + ": line " + std::to_string(c.line) + ": " + problem);
            plan(row, c);
        }
        return std::move(plan_);
    }

private:
    std::string refuse(const FlowCommand& c) const {
        const bool prices = c.op != FlowOp::Cancel && c.op != FlowOp::Reduce;
        if (prices && c.price <= 0) return "the price is not above zero";
        const bool rests = c.op == FlowOp::Seed || c.op == FlowOp::New || c.op == FlowOp::Limit;
        if (rests && book_.find(*c.id)) return "id " + std::to_string(*c.id) + " is placed while it is alive";
        return {};
    }

    void plan(std::size_t row, const FlowCommand& c) {
        // The order before the command: amends need its filled quantity.
        std::optional<NaiveFlowBook::Order> before;
        if (c.id)
            if (const auto* order = book_.find(*c.id)) before = *order;
        FlowOutcome outcome = book_.apply(c);
        switch (c.op) {
            case FlowOp::Seed:
            case FlowOp::New:
            case FlowOp::Limit:
                add({row, PlannedAction::Add, *c.side, next_id(*c.id), c.price, c.quantity, true, {}});
                break;
            case FlowOp::Ioc:
                add({row, PlannedAction::AddIoc, *c.side, prefix_ + "n" + std::to_string(c.n), c.price, c.quantity,
                     true, {}});
                break;
            case FlowOp::Cancel: add(cancel(row, c, before)); break;
            case FlowOp::Reduce: add(reduce(row, c, before)); break;
            case FlowOp::Replace: replace(row, c, before); break;
        }
        plan_.commands.back().fills = std::move(outcome.fills);
        plan_.tops.push_back(outcome.top);
    }

    using Before = std::optional<NaiveFlowBook::Order>;

    PlannedCommand cancel(std::size_t row, const FlowCommand& c, const Before& before) {
        return {row, PlannedAction::Cancel, side_of(c, before), current_id(*c.id), {}, 0, before.has_value(), {}};
    }

    PlannedCommand reduce(std::size_t row, const FlowCommand& c, const Before& before) {
        if (!before || c.quantity >= before->leaves) return cancel(row, c, before);
        const std::int64_t total = before->filled + before->leaves - c.quantity;
        return amend(row, c, *before, {}, total);
    }

    void replace(std::size_t row, const FlowCommand& c, const Before& before) {
        if (!before) return add(cancel(row, c, before));
        const std::int64_t total = before->filled + c.quantity;
        if (c.price != before->price || c.quantity > before->leaves) {
            count(before->side, c.price, c.quantity);
            return add(amend(row, c, *before, c.price, total));
        }
        // The server would keep its place in the queue; the flow says it goes to the back.
        add(cancel(row, c, before));
        add({row, PlannedAction::Add, before->side, next_id(*c.id), c.price, c.quantity, true, {}});
    }

    PlannedCommand amend(std::size_t row, const FlowCommand& c, const NaiveFlowBook::Order& before,
                         std::optional<std::int64_t> price, std::int64_t total) {
        if (price == before.price) price.reset();
        return {row, PlannedAction::Amend, before.side, current_id(*c.id), price, total, true, {}};
    }

    // What it may take at most, as if nothing were ever given back.
    void count(Side side, std::int64_t price, std::int64_t quantity) {
        if (side == Side::Buy)
            plan_.buy_value += engine::Int128{price} * quantity;
        else
            plan_.sell_quantity += quantity;
    }

    void add(PlannedCommand command) {
        if (command.action == PlannedAction::Add || command.action == PlannedAction::AddIoc)
            count(command.side, *command.price, command.quantity);
        sides_.insert_or_assign(command.client_order_id, command.side);
        plan_.commands.push_back(std::move(command));
    }

    // The side picks the account in which a dead id is looked for; one never seen is looked for among the bids.
    Side side_of(const FlowCommand& c, const Before& before) const {
        if (before) return before->side;
        const auto it = sides_.find(current_id(*c.id));
        return it == sides_.end() ? c.side.value_or(Side::Buy) : it->second;
    }

    std::string current_id(std::int64_t id) const {
        const auto it = generations_.find(id);
        const int generation = it == generations_.end() ? 1 : it->second;
        return prefix_ + std::to_string(id) + (generation > 1 ? "/" + std::to_string(generation) : "");
    }
    std::string next_id(std::int64_t id) {
        ++generations_[id];
        std::string client_order_id = current_id(id);
        plan_.ids.emplace(client_order_id, id);
        return client_order_id;
    }

    const FlowSet& set_;
    std::string prefix_;
    NaiveFlowBook book_;
    FlowPlan plan_;
    std::unordered_map<std::int64_t, int> generations_;
    std::unordered_map<std::string, Side> sides_;
};

}  // namespace

std::expected<FlowPlan, std::string> make_plan(const FlowSet& set) { return Planner(set).run(); }

}  // namespace buttonwood::bench
