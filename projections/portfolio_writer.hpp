// Writes what the fold changed to the tables of `portfolio`: at most one DELETE, UPDATE and COPY per table.
// Thread safety: none.
#pragma once

#include "projections/portfolio_fold.hpp"
#include "projections/table_writer.hpp"

namespace buttonwood::projections {

class PortfolioWriter {
public:
    PortfolioWriter();

    // False: the fold forgot rows, they were too many; what was written is complete all the same.
    [[nodiscard]] std::expected<bool, eventstore::DbError> flush(PortfolioFold& fold,
                                                                 eventstore::Connection& connection);
    void clear();

private:
    void collect_lots(PortfolioLots& lots);
    void collect_activities(PortfolioLedger& ledger);

    TableWriter cash_, holdings_, reservations_, instruments_, lots_, disposals_, activities_;
};

}  // namespace buttonwood::projections
