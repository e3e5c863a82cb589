#include "bench/core_report.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

namespace buttonwood::bench {
namespace {

using Results = std::vector<WorkloadResult>;
using Select = std::function<bool(const WorkloadResult&)>;
using Value = std::function<std::optional<double>(const WorkloadResult&)>;

const WorkloadResult* find(const Results& results, std::string_view name) {
    const auto it = std::ranges::find(results, name, [](const WorkloadResult& r) { return r.name.name; });
    return it == results.end() ? nullptr : &*it;
}

Value ratio_of(std::string subject) {
    return [subject = std::move(subject)](const WorkloadResult& r) -> std::optional<double> {
        const SubjectResult* s = r.find(subject);
        return s ? std::optional(s->ratio_to_naive) : std::nullopt;
    };
}

std::optional<double> half_load_p999_us(const WorkloadResult& r) {
    const SubjectResult* s = r.find("engine");
    return s && s->half_load ? std::optional(s->half_load->own.p999 / 1000) : std::nullopt;
}

Select is_kind(WorkloadKind kind) {
    return [kind](const WorkloadResult& r) { return r.name.kind == kind; };
}
Select is_named(std::string_view name) {
    return [name](const WorkloadResult& r) { return r.name.name == name; };
}
bool is_hard(const WorkloadResult& r) {
    return r.name.kind == WorkloadKind::Hard || r.name.name == "sparse_10k";
}

// The worst of the selected workloads, named in the subject when there are several.
void add_worst(std::vector<Mark>& marks, const Results& results, Mark mark, const Select& select, const Value& value) {
    const WorkloadResult* worst = nullptr;
    std::size_t count = 0;
    for (const WorkloadResult& r : results) {
        const auto v = select(r) ? value(r) : std::nullopt;
        if (!v) continue;
        ++count;
        if (worst && (mark.at_most ? *v <= mark.value : *v >= mark.value)) continue;
        worst = &r;
        mark.value = *v;
    }
    if (!worst) return;
    if (count > 1) mark.subject += " (" + std::string(worst->name.name) + ")";
    marks.push_back(mark);
}

// Operations per second over many symbols against those over one.
void add_symbols(std::vector<Mark>& marks, const Results& results, std::string_view many, std::string_view one) {
    for (const char* subject : {"book", "engine"}) {
        const WorkloadResult* m = find(results, many);
        const WorkloadResult* o = find(results, one);
        if (!m || !o || !m->find(subject) || !o->find(subject)) continue;
        Mark mark{std::string(subject) + ", " + std::string(many) + " against " + std::string(one), 0.5, 0.7};
        mark.value = m->find(subject)->ops_per_second / o->find(subject)->ops_per_second;
        marks.push_back(mark);
    }
}

}  // namespace

std::vector<Mark> marks_of(const Results& results) {
    std::vector<Mark> marks;
    const Value book = ratio_of("book");
    const Value engine = ratio_of("engine");
    add_worst(marks, results, {"book against naive, worst of the regimes", 3, 5}, is_kind(WorkloadKind::Regime), book);
    for (const std::string_view name : {"mixed_10k", "mixed_100k", "sparse_10k", "mixed_1000_symbols"})
        add_worst(marks, results, {"book against naive, " + std::string(name), 3, 5}, is_named(name), book);
    add_worst(marks, results, {"book against naive, worst of sparse, huge and adversarial", 1, 2}, is_hard, book);
    add_worst(marks, results, {"engine against naive, worst of the regimes", 1.5, 3}, is_kind(WorkloadKind::Regime),
              engine);
    Mark latency{"engine at half load, own p99.9, worst of the regimes", 2, 1};
    latency.at_most = true;
    latency.unit = "us";
    add_worst(marks, results, latency, is_kind(WorkloadKind::Regime), half_load_p999_us);
    add_symbols(marks, results, "normal_1000_symbols", "normal");
    add_symbols(marks, results, "mixed_1000_symbols", "mixed_100k");
    return marks;
}

}  // namespace buttonwood::bench
