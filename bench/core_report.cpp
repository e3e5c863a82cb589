#include "bench/core_report.hpp"

#include <cstdio>

namespace buttonwood::bench {
namespace {

using nlohmann::json;

std::string hex(std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

json or_null(const std::optional<double>& value) { return value ? json(*value) : json(); }

json percentiles_json(const Percentiles& p) {
    return {{"p50_ns", p.p50}, {"p99_ns", p.p99}, {"p999_ns", p.p999}, {"p9999_ns", p.p9999}, {"worst_ns", p.worst}};
}

json half_load_json(const std::optional<HalfLoad>& half_load) {
    if (!half_load) return nullptr;
    return {{"measured", percentiles_json(half_load->measured)},
            {"machine", percentiles_json(half_load->machine)},
            {"own", percentiles_json(half_load->own)}};
}

json subject_json(const WorkloadResult& workload, const SubjectResult& s) {
    return {{"name", workload.name.name},
           {"subject", s.subject},
           {"ops_per_second", s.ops_per_second},
           {"ratio_to_naive", s.ratio_to_naive},
           {"ratio_to_map_book", s.ratio_to_map_book},
           {"p50_ns", s.latency.p50},
           {"p99_ns", s.latency.p99},
           {"p999_ns", s.latency.p999},
           {"p9999_ns", s.latency.p9999},
           {"worst_ns", s.latency.worst},
           {"half_load", half_load_json(s.half_load)},
           {"instructions_per_op", or_null(s.instructions_per_op)},
           {"cache_misses_per_op", or_null(s.cache_misses_per_op)},
           {"bytes_per_resting_order", s.bytes_per_resting_order},
           {"allocations", s.allocations},
           {"fills", s.fills},
           {"hash", hex(s.hash)},
           {"messages", workload.messages},
           {"resting_orders", workload.resting_orders},
           {"resting_levels", workload.resting_levels},
           {"peak_orders", workload.peak_orders},
           {"peak_levels", workload.peak_levels},
           {"seconds", s.seconds}};
}

std::string number(double value, int decimals) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}
std::string number(const std::optional<double>& value, int decimals) {
    return value ? number(*value, decimals) : "-";
}

}  // namespace

json json_of(const RunInfo& info, const std::vector<WorkloadResult>& results) {
    json regimes = json::array();
    for (const WorkloadResult& workload : results)
        for (const SubjectResult& s : workload.subjects) regimes.push_back(subject_json(workload, s));
    json marks = json::array();
    for (const Mark& m : marks_of(results))
        marks.push_back({{"subject", m.subject},
                         {"mark", m.mark},
                         {"stretch", m.stretch},
                         {"value", m.value},
                         {"unit", m.unit},
                         {"met", m.reaches(m.mark)},
                         {"stretch_met", m.reaches(m.stretch)}});
    return {{"commit", info.commit},
            {"seed", info.seed},
            {"machine", info.machine},
            {"rounds", info.rounds},
            {"timer_own_ns", static_cast<double>(CycleClock::own_ticks()) * CycleClock::ns_per_tick()},
            {"regimes", regimes},
            {"marks", marks}};
}

void print_heading(const RunInfo& info) {
    std::printf("commit %s  seed %llu  median of %zu rounds  %s\n", info.commit.c_str(),
                static_cast<unsigned long long>(info.seed), info.rounds, info.machine.c_str());
    std::printf("ns of single operations, less the %.0f ns that the timer takes; half: own p99.9 at half load\n",
                static_cast<double>(CycleClock::own_ticks()) * CycleClock::ns_per_tick());
}

void print_workload(const WorkloadResult& w) {
    std::printf("\n%.*s: %.*s; %zu messages, %zu orders on %zu levels at the end, at most %zu on %zu\n",
                static_cast<int>(w.name.name.size()), w.name.name.data(), static_cast<int>(w.name.what.size()),
                w.name.what.data(), w.messages, w.resting_orders, w.resting_levels, w.peak_orders, w.peak_levels);
    std::printf("  %-8s %8s %7s %7s %7s %7s %7s %8s %9s %8s %7s %7s %7s %7s  %s\n", "", "M op/s", "ratio", "to map",
                "p50", "p99", "p99.9", "p99.99", "worst", "half", "ins/op", "miss/op", "B/order", "allocs",
                "hash of fills");
    for (const SubjectResult& s : w.subjects) {
        const std::string half = s.half_load ? number(s.half_load->own.p999, 0) : "-";
        std::printf("  %-8s %8.2f %6.2fx %6.2fx %7.0f %7.0f %7.0f %8.0f %9.0f %8s %7s %7s %7.0f %7llu  %s\n",
                    s.subject.c_str(), s.ops_per_second / 1e6, s.ratio_to_naive,
                    s.ratio_to_map_book, s.latency.p50, s.latency.p99,
                    s.latency.p999, s.latency.p9999, s.latency.worst, half.c_str(),
                    number(s.instructions_per_op, 0).c_str(), number(s.cache_misses_per_op, 2).c_str(),
                    s.bytes_per_resting_order, static_cast<unsigned long long>(s.allocations), hex(s.hash).c_str());
    }
    for (const SubjectResult& s : w.subjects)
        if (s.half_load)
            std::printf("  %s at half load, p50 / p99 / p99.9: own %.0f / %.0f / %.0f, measured %.0f / %.0f / %.0f, "
                        "the machine with nothing to do %.0f / %.0f / %.0f\n",
                        s.subject.c_str(), s.half_load->own.p50, s.half_load->own.p99, s.half_load->own.p999,
                        s.half_load->measured.p50, s.half_load->measured.p99, s.half_load->measured.p999,
                        s.half_load->machine.p50, s.half_load->machine.p99, s.half_load->machine.p999);
    std::fflush(stdout);
}

void print_marks(const std::vector<Mark>& marks) {
    if (marks.empty()) return;
    std::printf("\n%-78s %8s %8s %8s\n", "marks", "value", "mark", "stretch");
    for (const Mark& m : marks) {
        const char* verdict = m.reaches(m.stretch) ? "stretch reached" : m.reaches(m.mark) ? "reached" : "NOT reached";
        std::printf("%-78s %6.2f%-2s %6g%-2s %6g%-2s  %s\n", m.subject.c_str(), m.value, m.unit.data(), m.mark,
                    m.unit.data(), m.stretch, m.unit.data(), verdict);
    }
}

}  // namespace buttonwood::bench
