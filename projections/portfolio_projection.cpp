// portfolio -> portfolio.cash, .holdings, .reservations, .instruments, .lots, .lot_disposals, .activities, .open_hour,
// .history_1h, .history_1d.
#include "projections/factories.hpp"
#include "projections/portfolio_history.hpp"
#include "projections/portfolio_loader.hpp"
#include "projections/portfolio_writer.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

class PortfolioProjection final : public Projection {
public:
    std::string_view name() const override { return "portfolio"; }
    std::string_view schema() const override { return "portfolio"; }
    std::vector<std::string_view> tables() const override {
        return {"cash",       "holdings",  "reservations", "instruments", "lots", "lot_disposals",
                "activities", "open_hour", "history_1h",   "history_1d"};
    }

    // In pieces of one hour each: what ends with an hour is written before the next one begins.
    Result apply(const eventstore::Records& batch, Connection& connection) override {
        for (std::span<const Event> rest = batch.events; !rest.empty();) {
            const std::span<const Event> events = PortfolioHistory::one_hour(rest);
            if (auto done = apply_hour(events, connection); !done) return done;
            rest = rest.subspan(events.size());
        }
        return {};
    }

    void reset() override {
        fold_.clear();
        loader_.reset();
        writer_.clear();
        history_.reset();
    }

private:
    Result apply_hour(std::span<const Event> events, Connection& connection) {
        if (auto entered = history_.enter_hour(events, connection); !entered) return entered;
        if (auto loaded = loader_.load(events, connection); !loaded) return loaded;
        for (const Event& event : events)
            if (auto done = fold_.apply(event); !done) return done;
        history_.touch(fold_.ledger.activities());
        const auto kept = writer_.flush(fold_, connection);
        if (!kept) return std::unexpected(kept.error());
        if (!*kept) loader_.reset();
        return {};
    }

    PortfolioFold fold_;
    PortfolioLoader loader_{fold_};
    PortfolioWriter writer_;
    PortfolioHistory history_;
};

}  // namespace

std::unique_ptr<Projection> make_portfolio() { return std::make_unique<PortfolioProjection>(); }

}  // namespace buttonwood::projections
