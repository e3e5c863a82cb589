#include "projections/durable_notice.hpp"

#include "eventstore/database.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace buttonwood::projections {

using engine::EventSeq;
using eventstore::Connection;
using namespace std::chrono_literals;

namespace {

constexpr auto kReconnectPause = 500ms;
constexpr auto kListenSlice = 250ms;  // between two looks at whether it is time to end
constexpr int kAnswerTimeoutMs = 10'000;
// Nothing is lost with a notice, so its commit waits for no disk.
constexpr const char* kSendSession = "SET synchronous_commit = off";
constexpr const char* kNotify = "SELECT pg_notify('buttonwood_durable', $1)";
constexpr const char* kListen = "LISTEN buttonwood_durable";

std::optional<Connection> connect(const std::string& conninfo, const char* name, const char* session) {
    auto opened = Connection::open(conninfo, name);
    if (!opened) return std::nullopt;
    opened->set_answer_timeout_ms(kAnswerTimeoutMs);
    if (!opened->execute(session)) return std::nullopt;
    return std::move(*opened);
}

std::optional<EventSeq> number_in(const std::string& text) {
    EventSeq seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return seq;
}

}  // namespace

struct NoticeSender::Impl {
    const std::string conninfo;
    std::mutex mutex;
    std::condition_variable woken;
    EventSeq durable_seq = 0;  // under mutex
    bool stopping = false;     // under mutex
    std::thread thread;

    explicit Impl(std::string database) : conninfo(std::move(database)), thread([this] { run(); }) {}

    // The next number to tell; nullopt: it is time to end.
    std::optional<EventSeq> next(EventSeq told) {
        std::unique_lock lock(mutex);
        woken.wait(lock, [&] { return stopping || durable_seq > told; });
        return stopping ? std::nullopt : std::optional(durable_seq);
    }

    void rest(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        woken.wait_for(lock, time, [this] { return stopping; });
    }

    void run() {
        std::optional<Connection> connection;
        EventSeq told = 0;
        while (const auto seq = next(told)) {
            if (!connection) connection = connect(conninfo, "buttonwood-notice", kSendSession);
            if (connection && !connection->prepared(kNotify, {*seq})) connection.reset();
            if (connection) told = *seq;
            rest(connection ? kBetweenNotices : kReconnectPause);
        }
    }
};

NoticeSender::NoticeSender(std::string conninfo) : impl_(std::make_unique<Impl>(std::move(conninfo))) {}

NoticeSender::~NoticeSender() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    impl_->thread.join();
}

void NoticeSender::durable(EventSeq seq) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->durable_seq = std::max(impl_->durable_seq, seq);
    }
    impl_->woken.notify_one();
}

struct NoticeListener::Impl {
    const std::string conninfo;
    const std::function<void(EventSeq)> durable;
    std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;  // under mutex
    std::thread thread;

    Impl(std::string database, std::function<void(EventSeq)> told)
        : conninfo(std::move(database)), durable(std::move(told)), thread([this] { run(); }) {}

    bool ended(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        return woken.wait_for(lock, time, [this] { return stopping; });
    }

    void run() {
        while (!ended(0ms)) {
            auto connection = connect(conninfo, "buttonwood-notice", kListen);
            if (!connection || !tell_end_of_log(*connection)) {
                if (ended(kReconnectPause)) return;
                continue;
            }
            while (!ended(0ms)) {
                const auto message = connection->notification(kListenSlice);
                if (!message) break;
                if (*message)
                    if (const auto seq = number_in(**message)) durable(*seq);
            }
        }
    }

    bool tell_end_of_log(Connection& connection) {
        const auto rows = connection.query("SELECT last_seq FROM eventstore.head");
        if (!rows) return false;
        if (rows->size() == 1) durable(static_cast<EventSeq>(rows->integer(0, 0)));
        return true;
    }
};

NoticeListener::NoticeListener(std::string conninfo, std::function<void(EventSeq seq)> durable)
    : impl_(std::make_unique<Impl>(std::move(conninfo), std::move(durable))) {}

NoticeListener::~NoticeListener() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    impl_->thread.join();
}

}  // namespace buttonwood::projections
