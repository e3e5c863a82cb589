#include "projections/rebuilder.hpp"

#include "projections/build.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace buttonwood::projections {

using eventstore::Connection;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPollInterval = std::chrono::milliseconds(500);
constexpr auto kWhileWaiting = std::chrono::milliseconds(50);
constexpr auto kAfterFailure = std::chrono::seconds(10);
constexpr int kAnswerTimeoutMs = 600'000;

}  // namespace

struct Rebuilder::Impl {
    std::string conninfo;
    std::vector<std::string> names;
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;
    std::optional<Connection> connection;
    std::map<std::string, Clock::time_point> not_before;  // of those that failed
    std::thread thread;

    // False: it is time to end.
    bool rest(Clock::duration time) {
        std::unique_lock lock(mutex);
        return !woken.wait_for(lock, time, [this] { return stopping; });
    }

    void run() {
        do {
            if (!connected()) continue;
            for (const std::string& name : asked_for())
                if (!build(name)) return;
        } while (rest(kPollInterval));
    }

    bool connected() {
        if (connection && connection->healthy()) return true;
        connection.reset();
        auto opened = Connection::open(conninfo, "buttonwood-build");
        if (!opened) return false;
        opened->set_answer_timeout_ms(kAnswerTimeoutMs);
        connection = std::move(*opened);
        return true;
    }

    std::vector<std::string> asked_for() {
        std::vector<std::string> found;
        const auto rows = connection->query("SELECT name FROM projections.builds");
        if (!rows) return found;  // a database from before, or none: the next round sees
        for (const std::string& name : names)
            for (int row = 0; row < rows->size(); ++row)
                if (rows->text(row, 0) == name && not_before[name] <= Clock::now()) found.push_back(name);
        return found;
    }

    // False: it is time to end.
    bool build(const std::string& name) {
        // One that an earlier version of the code began, or that is of tables from before a migration, starts again.
        if (auto same = request_build(*connection, *make(name)); !same) return failed(name);
        auto build = Build::adopt(*connection, make(name));
        if (!build) return failed(name);
        if (!*build) return true;
        for (;;) {
            const auto step = (*build)->step();
            if (!step && step.error().kind != eventstore::DbErrorKind::Conflict) return failed(name);
            if (step && (*step == Build::Step::Swapped || *step == Build::Step::Cancelled)) return true;
            if (!rest(step && *step == Build::Step::Advanced ? Clock::duration::zero() : kWhileWaiting)) return false;
        }
    }

    bool failed(const std::string& name) {
        not_before[name] = Clock::now() + kAfterFailure;
        return true;
    }
};

Rebuilder::Rebuilder(std::string conninfo, std::vector<std::string> names) : impl_(std::make_unique<Impl>()) {
    impl_->conninfo = std::move(conninfo);
    impl_->names = std::move(names);
    impl_->thread = std::thread([this] { impl_->run(); });
}

Rebuilder::~Rebuilder() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    impl_->thread.join();
}

}  // namespace buttonwood::projections
