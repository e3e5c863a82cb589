#include "projections/verify_log.hpp"

#include "projections/log_comparer.hpp"

namespace buttonwood::projections {

std::expected<eventstore::VerifyReport, std::string> verify_log(eventstore::VerifyOptions options) {
    auto comparer = LogComparer::start(options.conninfo);
    if (!comparer) return std::unexpected(comparer.error());
    options.also = [&comparer](const LogComparer::Examined& block) { return (*comparer)->add(block); };
    auto report = eventstore::verify(options);
    if (!report) return report;
    auto finding = (*comparer)->finish();
    if (!finding) return std::unexpected(finding.error());
    if (*finding && (!report->finding || (*finding)->event_seq < report->finding->event_seq))
        report->finding = *finding;
    return report;
}

}  // namespace buttonwood::projections
