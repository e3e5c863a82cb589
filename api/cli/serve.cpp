#include "api/cli/bootstrap.hpp"
#include "api/cli/cli.hpp"
#include "api/cli/database_access.hpp"
#include "api/cli/event_selection.hpp"
#include "api/clock.hpp"
#include "api/event_reads.hpp"
#include "api/http/routes.hpp"
#include "api/json_writer.hpp"
#include "api/live/live_snapshot.hpp"
#include "api/past_answers.hpp"
#include "api/projection_control.hpp"
#include "api/server.hpp"
#include "api/ws/hub.hpp"
#include "eventstore/journal_compression.hpp"
#include "eventstore/follower.hpp"
#include "eventstore/migrator.hpp"
#include "eventstore/pg_journal.hpp"
#include "projections/durable_notice.hpp"
#include "projections/log_retention.hpp"

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace buttonwood::api::cli {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// The message as a JSON string: "%*" of the pattern below.
class JsonMessage : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        JsonWriter w;
        w.element(std::string_view(message.payload.data(), message.payload.size()));
        out.append(w.text().data(), w.text().data() + w.text().size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<JsonMessage>();
    }
};

void start_logging(const std::string& format) {
    auto logger = spdlog::stderr_color_mt("buttonwood");
    if (format == "json") {
        auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
        formatter->add_flag<JsonMessage>('*').set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","msg":%*})");
        logger->set_formatter(std::move(formatter));
    } else {
        logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    }
    spdlog::set_default_logger(std::move(logger));
}

struct Address {
    std::string host;
    std::uint16_t port{};
};
std::expected<Address, std::string> parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    Address address;
    if (colon == std::string::npos) return std::unexpected("--listen needs address:port, such as 127.0.0.1:8080");
    address.host = text.substr(0, colon);
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    const char* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + colon + 1, end, address.port);
    boost::system::error_code bad_host;
    asio::ip::make_address(address.host, bad_host);
    if (error != std::errc{} || last != end || bad_host)
        return std::unexpected("--listen needs address:port, such as 127.0.0.1:8080; got " + text);
    return address;
}

std::expected<void, std::string> migrate(const std::string& conninfo) {
    auto connection = eventstore::Connection::open(conninfo, "buttonwood-migrate");
    if (!connection)
        return std::unexpected("cannot reach the database: " + connection.error().message + "; check --database-url");
    const auto applied = eventstore::migrate_up(*connection, [](const eventstore::MigrationState& m) {
        spdlog::info("applied migration {:03} {}", m.version, m.name);
    });
    if (!applied) return std::unexpected("cannot migrate the database: " + applied.error().message);
    return {};
}

// The policies of the store that this server was started with. A number is asked for where it is not "all".
std::expected<void, std::string> set_policies(const std::string& conninfo, const ServeOptions& options) {
    auto connection = eventstore::Connection::open(conninfo, "buttonwood-serve");
    if (!connection) return std::unexpected("cannot reach the database: " + connection.error().message);
    const auto method = *eventstore::journal_compression(options.journal_compression);
    if (auto set = eventstore::set_journal_compression(*connection, method); !set)
        return std::unexpected("cannot set --journal-compression: " + set.error().message);
    if (options.events_keep.empty()) return {};
    std::optional<std::uint64_t> newest;
    if (options.events_keep != "all") {
        newest = number_of(options.events_keep);
        if (!newest) return std::unexpected("--events-keep takes a number of events, or all");
    }
    if (auto set = projections::keep_events(*connection, newest); !set)
        return std::unexpected("cannot set --events-keep: " + set.error().message);
    return {};
}

// The running server: everything that lives as long as it accepts. Members are destroyed in reverse order; shut_down()
// ends what refers to what.
class Server {
public:
    explicit Server(const ServeOptions& options) : options_(options) {}
    ~Server() { shut_down(); }
    Server(const Server&) = delete;

    int run() {
        const auto address = parse_listen(options_.listen);
        if (!address) return fail(kUsage, address.error());
        auto access = options_.database_url.empty() ? start_database(options_.data_dir)
                                                    : open_database(options_.database_url, options_.data_dir);
        if (!access) return fail(kCannotStart, access.error());
        database_ = std::move(*access);
        if (auto migrated = migrate(database_.conninfo); !migrated) return fail(kCannotStart, migrated.error());
        if (auto set = set_policies(database_.conninfo, options_); !set) return fail(kCannotStart, set.error());
        if (const int code = start_pipeline(); code != kOk) return code;
        start_services();
        if (auto ready = bootstrap(options_, *io_, *gateway_, view_); !ready)
            return fail(exit_code_ == kOk ? static_cast<int>(kCannotStart) : exit_code_, ready.error());
        try {
            listener_ = std::make_unique<Listener>(*services_, router_, address->host, address->port);
        } catch (const boost::system::system_error& e) {
            return fail(kCannotStart, "cannot listen on " + options_.listen + ": " + e.code().message() +
                                          "; choose another --listen");
        }
        listener_->start();
        announce();
        wait_for_signal();
        io_->run();
        return exit_code_;
    }

private:
    int start_pipeline() {
        gateway_ = std::make_unique<Gateway>(*io_, view_);
        workers_ = projections::Workers::start(database_.conninfo);
        notices_ = std::make_unique<projections::NoticeSender>(database_.conninfo);
        log_keeper_ = std::make_unique<projections::LogKeeper>(
            database_.conninfo, 60s, [](const std::string& line) { spdlog::info("{}", line); });
        eventstore::PgJournalOptions journal;
        journal.conninfo = database_.conninfo;
        journal.on_trouble = [](std::string_view reason) { spdlog::warn("event store: {}", reason); };
        eventstore::Pipeline::Callbacks callbacks;
        callbacks.restore = [this] { return restore(); };
        callbacks.released = [this](std::shared_ptr<const eventstore::DurableBatch> batch) {
            workers_->offer(batch);
            notices_->durable(batch->header.last_seq);
            if (eventstore::Follower* follower = following_) follower->offer(batch);
            gateway_->released(std::move(batch));
        };
        callbacks.stopped = [this](eventstore::StoreError error) {
            asio::post(*io_, [this, error] {
                spdlog::critical("the event store stopped this server: {}", eventstore::name_of(error));
                exit_code_ = error == eventstore::StoreError::Fenced ? kFenced : kCorrupt;
                gateway_->abandon_all();  // none of them will be released by this server
                drain();
            });
        };
        callbacks.wall_clock_us = wall_clock_us;
        callbacks.alarm = [](const std::string& line) { spdlog::error("event store: {}", line); };
        callbacks.replay_progress = [](engine::EventSeq done, engine::EventSeq total) {
            spdlog::info("replaying: {} of {} events", done, total);
        };
        auto pipeline =
            eventstore::Pipeline::start(eventstore::make_pg_journal(std::move(journal)), std::move(callbacks),
                                        {.linger = std::chrono::microseconds(options_.linger_us)});
        if (!pipeline)
            return fail(pipeline.error() == eventstore::StoreError::Corrupt ? kCorrupt : kCannotStart,
                        "cannot open the event store: " + std::string(eventstore::name_of(pipeline.error())));
        pipeline_ = std::move(*pipeline);
        gateway_->open(*pipeline_);
        spdlog::info("replayed to event {}, epoch {}", view_.event_seq(), pipeline_->status().epoch);
        start_follower();
        return kOk;
    }

    // The newest valid snapshot, for the pipeline's engine and for view_; nullopt: the whole log is replayed.
    std::optional<eventstore::RestoredState> restore() {
        LiveSnapshot live(view_);
        eventstore::SnapshotPart* const parts[] = {&live};
        auto connection = eventstore::Connection::open(database_.conninfo, "buttonwood-restore");
        if (!connection) {
            spdlog::error("snapshots cannot be read: {}", connection.error().message);
            return std::nullopt;
        }
        auto newest = eventstore::newest_valid(
            *connection, std::numeric_limits<engine::EventSeq>::max(), parts,
            [](const std::string& why) { spdlog::error("skipped: {}; trying the one before it", why); });
        if (!newest) spdlog::error("snapshots cannot be read: {}", newest.error().message);
        if (!newest || !*newest) {
            spdlog::info("starting from the first event of the log: there is no snapshot to start from");
            return std::nullopt;
        }
        eventstore::LoadedSnapshot& loaded = **newest;
        spdlog::info("starting from snapshot {} at event {}, taken at {}", loaded.info.id, loaded.info.event_seq,
                     loaded.info.created_at);
        return eventstore::RestoredState{std::move(loaded.engine), loaded.position};
    }

    void start_follower() {
        if (!options_.follower) return;
        eventstore::FollowerOptions options;
        options.conninfo = database_.conninfo;
        options.build = kVersion;
        options.policy = {options_.snapshot_every_events, std::chrono::seconds(options_.snapshot_every_s),
                          options_.snapshot_keep};
        options.parts = make_snapshot_parts();
        options.alarm = [](const std::string& text) { spdlog::critical("{}", text); };
        options.note = [](const std::string& text) { spdlog::info("{}", text); };
        follower_ = eventstore::Follower::start(std::move(options));
        following_ = follower_.get();
    }

    void start_services() {
        reads_ = std::make_unique<Reads>(*io_, database_.conninfo,
                                         [this](std::string_view name) { return workers_->checkpoint(name); });
        past_ = std::make_unique<PastReads>(*io_, database_.conninfo, options_.past_events);
        projection_control_ = std::make_unique<ProjectionControl>(*io_, database_.conninfo);
        events_ = std::make_unique<EventReads>(*io_, database_.conninfo);
        services_.reset(new Services{*io_, view_, *gateway_, *reads_, *past_, hub_, *pipeline_, *workers_,
                                     *projection_control_, *events_, options_.bench, 0, false});
        gateway_->listen([this](const LiveView&, const Changes& changes) { hub_.on_changes(changes); });
        http::add_public_routes(router_, *services_);
        http::add_trading_routes(router_, *services_);
        http::add_account_routes(router_, *services_);
        http::add_admin_routes(router_, *services_);
        http::add_control_routes(router_, *services_);
        http::add_batch_routes(router_, *services_);
        http::add_portfolio_routes(router_, *services_);
        http::add_people_routes(router_, *services_);
        http::add_projection_routes(router_, *services_);
        http::add_event_routes(router_, *services_);
        http::add_page_routes(router_);
    }

    void announce() {
        spdlog::info("listening on {}", listener_->url());
        if (options_.demo) print_personas(options_.data_dir, listener_->url());
        if (options_.ready_file.empty()) return;
        const std::string unfinished = options_.ready_file + ".new";  // renamed, so that a reader never sees half of it
        std::ofstream(unfinished) << listener_->url() << '\n';
        std::filesystem::rename(unfinished, options_.ready_file);
    }

    void wait_for_signal() {
        signals_.async_wait([this](boost::system::error_code error, int number) {
            if (error) return;
            spdlog::info("signal {}: stopping; a second one ends it at once", number);
            signals_.clear();
            drain();
        });
    }

    // Takes no more commands, answers those under way, says good-bye, stops the loop: at most three seconds.
    void drain() {
        if (services_->draining) return;
        services_->draining = true;
        if (listener_) listener_->stop();  // a fence may come while the first start still seeds
        gateway_->close();
        const auto deadline = std::chrono::steady_clock::now() + 3s;
        drain_timer_ = std::make_unique<asio::steady_timer>(*io_);
        finish_when_idle(deadline);
    }

    void finish_when_idle(std::chrono::steady_clock::time_point deadline) {
        const bool idle = gateway_->waiting() == 0;
        if (!idle && std::chrono::steady_clock::now() < deadline) {
            drain_timer_->expires_after(10ms);
            drain_timer_->async_wait([this, deadline](boost::system::error_code) { finish_when_idle(deadline); });
            return;
        }
        gateway_->abandon_all();
        hub_.go_away();
        drain_timer_->expires_after(100ms);  // for the last answers and close frames to leave
        drain_timer_->async_wait([this](boost::system::error_code) { io_->stop(); });
    }

    void shut_down() {
        pipeline_.reset();  // makes durable what was decided; after it nothing posts to the loop
        follower_.reset();
        past_.reset();
        events_.reset();
        projection_control_.reset();
        reads_.reset();
        if (io_ && !io_->stopped()) io_->stop();
        listener_.reset();
        drain_timer_.reset();
        signals_.clear();
        if (gateway_) gateway_->abandon_all();
        log_keeper_.reset();
        notices_.reset();
        workers_.reset();
    }

    ServeOptions options_;
    DatabaseAccess database_;  // stopped last
    LiveView view_;
    ws::Hub hub_{view_};
    std::unique_ptr<projections::Workers> workers_;
    std::unique_ptr<projections::NoticeSender> notices_;  // for workers on other hosts
    std::unique_ptr<projections::LogKeeper> log_keeper_;
    std::unique_ptr<eventstore::Follower> follower_;
    std::atomic<eventstore::Follower*> following_{nullptr};  // from when it is there: what it misses it reads
    std::unique_ptr<Services> services_;
    http::Router router_;
    // The loop owns the sessions' coroutines, which refer to everything above; what holds timers of the loop is below.
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>(1);
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<Reads> reads_;
    std::unique_ptr<PastReads> past_;
    std::unique_ptr<ProjectionControl> projection_control_;
    std::unique_ptr<EventReads> events_;
    std::unique_ptr<eventstore::Pipeline> pipeline_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<asio::steady_timer> drain_timer_;
    asio::signal_set signals_{*io_, SIGINT, SIGTERM};
    int exit_code_ = kOk;
};

}  // namespace

int serve(const ServeOptions& options) {
    start_logging(options.log_format);
    std::signal(SIGPIPE, SIG_IGN);
    Server server(options);
    return server.run();
}

}  // namespace buttonwood::api::cli
