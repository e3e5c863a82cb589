// What the core benchmark says: the marks it was run against, the JSON, the table.
#pragma once

#include "bench/core_run.hpp"
#include "bench/run_info.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace buttonwood::bench {

struct Mark {
    std::string subject;        // what is measured, in words
    double mark{};
    double stretch{};
    double value{};
    bool at_most = false;       // a bound from above; otherwise from below
    std::string_view unit = "x";

    [[nodiscard]] bool reaches(double goal) const { return at_most ? value <= goal : value >= goal; }
};

// The marks of the core, as far as the workloads that were run tell them.
[[nodiscard]] std::vector<Mark> marks_of(const std::vector<WorkloadResult>& results);

[[nodiscard]] nlohmann::json json_of(const RunInfo& info, const std::vector<WorkloadResult>& results);
void print_heading(const RunInfo& info);
void print_workload(const WorkloadResult& result);
void print_marks(const std::vector<Mark>& marks);

}  // namespace buttonwood::bench
