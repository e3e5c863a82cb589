#include "api/verifications.hpp"

#include "api/clock.hpp"
#include "projections/verify.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace buttonwood::api {

using engine::EventSeq;
using eventstore::Connection;

namespace {

constexpr int kNiceness = 10;  // the engine, the journal and the doors come first (nice(2))
constexpr const char* kName = "buttonwood-verify";

}  // namespace

std::string_view word_of(Verification::State state) {
    switch (state) {
        case Verification::State::Queued: return "queued";
        case Verification::State::Running: return "running";
        case Verification::State::Equal: return "equal";
        case Verification::State::Differs: return "differs";
        case Verification::State::Failed: return "failed";
    }
    return "";
}

struct Verifications::Impl {
    const std::string conninfo;
    mutable std::mutex mutex;
    std::condition_variable woken;
    std::deque<std::string> queue;                            // under mutex, as all below
    std::map<std::string, Verification, std::less<>> newest;  // by projection
    int backend_pid = 0;                                      // of the session at work; 0: none
    bool stopping = false;
    std::thread thread;

    explicit Impl(std::string database) : conninfo(std::move(database)), thread([this] { run(); }) {}

    void run() {
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
        while (const auto projection = next()) {
            auto connection = Connection::open(conninfo, kName);
            if (connection && begin(connection->backend_pid())) verify(*connection, *projection);
            if (!connection) finish(*projection, connection.error().message);
        }
    }

    std::optional<std::string> next() {
        std::unique_lock lock(mutex);
        woken.wait(lock, [this] { return stopping || !queue.empty(); });
        if (stopping) return std::nullopt;
        std::string projection = std::move(queue.front());
        queue.pop_front();
        newest[projection].state = Verification::State::Running;
        newest[projection].started_us = wall_clock_us();
        return projection;
    }

    // False: the server ends.
    bool begin(int pid) {
        const std::lock_guard lock(mutex);
        backend_pid = pid;
        return !stopping;
    }

    void verify(Connection& connection, const std::string& projection) {
        const auto differences =
            projections::differences_after_rebuild(connection, projection, [&](EventSeq done, EventSeq total) {
                const std::lock_guard lock(mutex);
                newest[projection].done = done;
                newest[projection].total = total;
            });
        if (!differences) return finish(projection, differences.error().message);
        finish(projection, {}, *differences);
    }

    void finish(const std::string& projection, std::string error, std::vector<std::string> differences = {}) {
        const std::lock_guard lock(mutex);
        Verification& result = newest[projection];
        result.state = !error.empty()         ? Verification::State::Failed
                       : differences.empty() ? Verification::State::Equal
                                             : Verification::State::Differs;
        result.error = std::move(error);
        result.differences = std::move(differences);
        result.finished_us = wall_clock_us();
        backend_pid = 0;
    }

    // A statement that compares large tables would otherwise be waited for.
    void stop() {
        int pid = 0;
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            pid = backend_pid;
        }
        woken.notify_all();
        if (pid != 0)
            if (auto other = Connection::open(conninfo, kName))
                static_cast<void>(other->query("SELECT pg_terminate_backend($1::integer)", {pid}));
        thread.join();
    }
};

Verifications::Verifications(std::string conninfo) : impl_(std::make_unique<Impl>(std::move(conninfo))) {}
Verifications::~Verifications() { impl_->stop(); }

bool Verifications::request(const std::string& projection) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (const auto it = impl_->newest.find(projection); it != impl_->newest.end() && !it->second.finished())
            return false;
        Verification wanted;
        wanted.requested_us = wall_clock_us();
        impl_->newest[projection] = std::move(wanted);
        impl_->queue.push_back(projection);
    }
    impl_->woken.notify_one();
    return true;
}

std::optional<Verification> Verifications::newest(std::string_view projection) const {
    const std::lock_guard lock(impl_->mutex);
    const auto it = impl_->newest.find(projection);
    return it == impl_->newest.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace buttonwood::api
