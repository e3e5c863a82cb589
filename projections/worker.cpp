#include "projections/worker.hpp"

#include "projections/durable_notice.hpp"
#include "projections/projection_worker.hpp"
#include "projections/rebuilder.hpp"

#include <algorithm>

namespace buttonwood::projections {

class Workers::Impl {
public:
    Impl(const std::string& conninfo, const std::vector<std::string>& names, const WorkersOptions& options) {
        std::vector<std::string> started;
        for (auto& projection : make_all()) {
            if (!names.empty() && std::ranges::find(names, projection->name()) == names.end()) continue;
            started.emplace_back(projection->name());
            workers_.push_back(
                std::make_unique<ProjectionWorker>(conninfo, std::move(projection), recent_, options.poll));
        }
        rebuilder_ = std::make_unique<Rebuilder>(conninfo, std::move(started));
        if (options.listen)
            listener_ = std::make_unique<NoticeListener>(conninfo, [this](engine::EventSeq seq) { wake(seq); });
    }

    void wake(engine::EventSeq durable_seq) {
        for (const auto& worker : workers_) worker->wake(durable_seq);
    }

    void offer(Batch batch) {
        const engine::EventSeq durable_seq = batch->header.last_seq;
        const auto slowest =
            std::ranges::min_element(workers_, {}, [](const auto& worker) { return worker->checkpoint(); });
        recent_.add(std::move(batch), (*slowest)->checkpoint());
        wake(durable_seq);
    }

    [[nodiscard]] engine::EventSeq checkpoint(std::string_view projection) const {
        for (const auto& worker : workers_)
            if (worker->name() == projection) return worker->checkpoint();
        return 0;
    }

private:
    RecentBatches recent_;
    std::vector<std::unique_ptr<ProjectionWorker>> workers_;
    std::unique_ptr<Rebuilder> rebuilder_;
    std::unique_ptr<NoticeListener> listener_;  // ends first: it wakes the workers
};

std::unique_ptr<Workers> Workers::start(std::string conninfo, const std::vector<std::string>& names,
                                        const WorkersOptions& options) {
    return std::unique_ptr<Workers>(new Workers(std::make_unique<Impl>(conninfo, names, options)));
}

Workers::Workers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Workers::~Workers() = default;

void Workers::wake(engine::EventSeq durable_seq) { impl_->wake(durable_seq); }
void Workers::offer(std::shared_ptr<const eventstore::DurableBatch> batch) { impl_->offer(std::move(batch)); }
engine::EventSeq Workers::checkpoint(std::string_view projection) const { return impl_->checkpoint(projection); }

}  // namespace buttonwood::projections
