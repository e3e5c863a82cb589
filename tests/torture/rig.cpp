#include "tests/torture/rig.hpp"

#include "eventstore/cluster_files.hpp"
#include "eventstore/database.hpp"
#include "eventstore/migrator.hpp"
#include "tests/support/http_client.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

namespace buttonwood::torture {

using namespace std::chrono_literals;
using eventstore::Connection;
using nlohmann::json;
using test::HttpClient;
using test::ServerProcess;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kTemplate = "torture_template";
constexpr auto kPollInterval = 1ms;
// Acknowledgements that show that service has resumed.
constexpr std::uint64_t kResumed = 20;

template <class T, class E>
T must(std::expected<T, E> outcome, const std::string& doing) {
    if (outcome) {
        if constexpr (std::is_void_v<T>)
            return;
        else
            return *std::move(outcome);
    }
    if constexpr (std::is_same_v<E, eventstore::DbError>)
        throw RigBroken(doing + ": " + outcome.error().message);
    else
        throw RigBroken(doing + ": " + outcome.error());
}

std::filesystem::path socket_of(const std::string& conninfo) {
    constexpr std::string_view kHost = "host='";
    const auto begin = conninfo.find(kHost) + kHost.size();
    return std::filesystem::path(conninfo.substr(begin, conninfo.find('\'', begin) - begin)) / ".s.PGSQL.5432";
}

json must_post(HttpClient& client, const std::string& target, const json& body) {
    const auto result = client.post(target, body);
    if (!result) throw RigBroken(target + ": " + result.error().what);
    if (result->status / 100 != 2) throw RigBroken(target + ": " + result->body);
    return result->json();
}

}  // namespace

Rig::Rig(Options options)
    : options_(std::move(options)),
      random_(options_.seed),
      faults_(options_.scratch / "faults"),
      loaded_(faults_),
      ledger_file_(ledger_path()) {
    if (options_.on_power_cut_disk) disk_ = must(PowerCutDisk::make(options_.scratch), "a disk");
    cluster_ = must(eventstore::PrivateCluster::start({.directory = data_directory(), .sync_new_files = false}),
                    "PostgreSQL");
    if (faults_.writes() == 0) throw RigBroken("the fault shim is not loaded into PostgreSQL");
    Connection session = operator_session();
    must(session.execute(std::string("CREATE DATABASE ") + kTemplate), "create the template");
    Connection migrating = must(Connection::open(cluster_->conninfo(kTemplate), "torture"), "connect");
    must(eventstore::migrate_up(migrating), "migrate");
}

void Rig::set_up_with(Setup setup) {
    options_.setup = std::move(setup);
    cycles_left_ = 0;
}

Rig::~Rig() {
    faults_.disarm();
    clients_.reset();
    server_.process.reset();  // before its proxy: what it has decided still becomes durable
    server_ = {};
    static_cast<void>(cluster_->stop_immediate());
}

Connection Rig::operator_session() {
    std::optional<Connection> session;
    const bool connected = wait_until([&] {
        auto opened = Connection::open(cluster_->conninfo("postgres"), "torture");
        if (opened) session = *std::move(opened);
        return session.has_value();
    });
    if (!connected) throw RigBroken("PostgreSQL does not come back");
    return *std::move(session);
}

void Rig::wait_for_postgres() {
    static_cast<void>(operator_session());
    healed();
}

std::vector<pid_t> Rig::postgres_processes() const {
    return eventstore::processes_in(std::filesystem::canonical(data_directory()));
}

std::filesystem::path Rig::data_directory() const {
    return (disk_ ? disk_->directory() : options_.scratch) / "pg";
}

std::vector<pid_t> Rig::backends_of_type(const std::string& backend_type) {
    Connection session = operator_session();
    const auto rows = must(session.query("SELECT pid FROM pg_stat_activity WHERE backend_type = $1 AND "
                                         "pid <> pg_backend_pid()",
                                         {backend_type}),
                           "pg_stat_activity");
    std::vector<pid_t> pids;
    for (int row = 0; row < rows.size(); ++row) pids.push_back(static_cast<pid_t>(rows.integer(row, 0)));
    return pids;
}

// ---- worlds

std::vector<std::string> Rig::server_arguments(const PgProxy& proxy) const {
    return {"--database-url", "host=127.0.0.1 port=" + std::to_string(proxy.port()) +
                                  " user=buttonwood dbname=" + database_ + " sslmode=disable gssencmode=disable"};
}

std::vector<std::string> Rig::server_command() const {
    std::vector<std::string> command{options_.setup.server, "serve",    "--data-dir",
                                     server_directory_,     "--listen", "127.0.0.1:0"};
    std::ranges::copy(server_arguments(*server_.proxy), std::back_inserter(command));
    return command;
}

Served Rig::start_server() {
    Served served;
    served.proxy = std::make_unique<PgProxy>(socket_of(cluster_->conninfo()));
    server_directory_ = options_.scratch / ("server_" + std::to_string(++servers_));
    served.process = must(ServerProcess::start({.binary = options_.setup.server,
                                                .data_dir = server_directory_,
                                                .arguments = server_arguments(*served.proxy)}),
                          "start the server");
    return served;
}

void Rig::begin_world() {
    database_ = "torture_" + std::to_string(++worlds_);
    cycles_left_ = options_.cycles_per_world;
    Connection session = operator_session();
    must(session.execute("CREATE DATABASE " + database_ + " TEMPLATE " + kTemplate), "create a database");
    if (!options_.setup.sql.empty()) {
        Connection inside = must(Connection::open(cluster_->conninfo(database_), "torture"), "connect");
        must(inside.execute(options_.setup.sql), "prepare the database");
    }
    // What the world stands on was there before.
    if (disk_ && test::run_command({"sync", "-f", disk_->directory()}).exit_code != 0) throw RigBroken("cannot sync");
    ledger_begin_ = std::filesystem::file_size(ledger_path());
    server_ = start_server();
    operator_key_ = server().operator_key();
    register_traders();
    clients_ = std::make_unique<Clients>(traders_, server().url(), ledger_file_);
    auditor_ = std::make_unique<test::JournalAuditor>(cluster_->conninfo(database_));
    auditor_->read_on();
}

void Rig::end_world() {
    clients_.reset();
    auditor_.reset();
    if (!server_.process) return;
    server_.process.reset();
    server_ = {};
    Connection session = operator_session();
    must(session.execute("DROP DATABASE " + database_ + " WITH (FORCE)"), "drop the database");
}

void Rig::register_traders() {
    HttpClient client(server().url(), operator_key_);
    must_post(client, "/v1/admin/securities",
              {{"symbol", "ACME"},
               {"name", "Acme"},
               {"currency", "USD"},
               {"price_scale", 2},
               {"quantity_scale", 0},
               {"tick_size", "0.01"},
               {"lot_size", "1"}});
    traders_.clear();
    for (int i = 1; i <= options_.traders; ++i) {
        const json user =
            must_post(client, "/v1/admin/users", {{"name", "trader " + std::to_string(i)}, {"roles", {"trader"}}});
        traders_.push_back({user.at("account_id"), user.at("key")});
        const std::string& account = traders_.back().account;
        must_post(client, "/v1/admin/deposits",
                  {{"account_id", account}, {"currency", "USD"}, {"amount", "900000000"}});
        must_post(client, "/v1/admin/issues", {{"account_id", account}, {"symbol", "ACME"}, {"quantity", "9000000"}});
    }
}

void Rig::restart_server() {
    must(server().restart(), "restart the server");
    clients_->go_to(server().url());
}

Served Rig::take_over() {
    Served previous = std::exchange(server_, start_server());
    clients_->go_to(server().url());
    return previous;
}

bool Rig::store_is_away() {
    const auto status = HttpClient(server().url(), operator_key_).get("/v1/status");
    return status && status->json().value("pipeline", "") == "store_away";
}

// ---- cycles

Cycle Rig::run(const std::function<void(Rig&)>& strike) {
    if (cycles_left_ == 0) {
        end_world();
        begin_world();
    }
    --cycles_left_;
    cycle_ = {};
    struck_ = false;
    healed_ = silence_begin_ = silence_end_ = std::nullopt;
    ++runs_;
    if (options_.setup.lying_disk)
        faults_.arm({.call = FAULT_SYNC,
                     .error = 0,
                     .pass = 0,
                     .fail = std::numeric_limits<std::int64_t>::max() / 2,
                     .path_part = ""});
    clients_->start(options_.seed * 1'000'003 + static_cast<std::uint64_t>(runs_) * 101, "r" + std::to_string(runs_));
    if (wait_for_acknowledgements(static_cast<std::uint64_t>(pick(20, 100)))) {
        strike(*this);
        faults_.disarm();
        const bool resumed = wait_for_acknowledgements(kResumed);
        proxy().disarm();
        if (!resumed && !server().running()) restart_server();  // the check needs one
    }
    clients_->stop();
    check();
    if (!cycle_.violations.empty()) cycles_left_ = 0;  // what follows would only repeat it
    return std::move(cycle_);
}

void Rig::strike_now() {
    if (std::exchange(struck_, true)) return;
    static_cast<void>(wait_until([this] { return clients_->in_flight() > 0; }, 2s));
    cycle_.in_flight = clients_->in_flight();
}

bool Rig::wait_for_acknowledgements(std::uint64_t more) {
    const std::uint64_t wanted = clients_->acknowledged() + more;
    const auto is_served = [&] { return clients_->acknowledged() >= wanted; };
    if (wait_until([&] { return is_served() || !server().running(); }) && is_served()) return true;
    violation((server().running() ? "P09: no service within a minute" : "the server ended by itself") +
              std::string("; it printed:\n") + server().log_tail());
    return false;
}

bool Rig::wait_until(const std::function<bool()>& condition, std::chrono::seconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(kPollInterval);
    }
    return true;
}

void Rig::pause(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

void Rig::check() {
    for (std::string& line : clients_->settle()) violation(std::move(line));
    const test::JournalAudit& audit = auditor_->read_on();
    for (const std::string& problem : audit.problems) violation("P06: " + problem);
    for (const std::string& broken : audit.invariant_violations) violation("P15: " + broken);
    check_ledger(audit);
    HttpClient client(server().url(), operator_key_);
    const auto state = client.get("/v1/admin/state");
    if (!state || state->status != 200)
        violation("the server does not tell its state: " + (state ? state->body : state.error().what));
    else if (const json now = state->json();
             now.at("state_hash") != audit.state_hash || now.at("event_seq") != audit.last_seq)
        violation("P11: the server is at event " + now.at("event_seq").dump() +
                  " with another state than its log, which "
                  "ends at event " +
                  std::to_string(audit.last_seq));
}

// What was acknowledged is in the log, once and under the same id; what was refused is not; nobody else's is.
void Rig::check_ledger(const test::JournalAudit& audit) {
    std::map<std::string, const Entry*> sent;
    for (const auto& [account, ledger] : clients_->ledgers())
        for (const Entry& entry : ledger) {
            cycle_.acknowledged += entry.outcome == Entry::Outcome::Acknowledged;
            cycle_.refused += entry.outcome == Entry::Outcome::Refused;
            cycle_.unknown += entry.was_unknown;
            cycle_.unknown_executed += entry.found_executed;
            check_times(entry);
            if (entry.is_order())
                sent[account + " " + entry.key] = &entry;
            else if (entry.outcome == Entry::Outcome::Acknowledged && !audit.canceled.contains(entry.key))
                violation("P01: the acknowledged cancel of " + entry.key + " is not in the log");
        }
    for (const auto& [name, times] : audit.accepted) {
        if (times != 1) violation("P07: " + name + " is in the log " + std::to_string(times) + " times");
        if (!sent.contains(name)) violation("P06: " + name + " is in the log, and nobody sent it");
    }
    for (const auto& [name, entry] : sent) {
        const auto logged = audit.order_ids.find(name);
        const bool is_logged = logged != audit.order_ids.end();
        if (entry->outcome == Entry::Outcome::Acknowledged && (!is_logged || logged->second != entry->id))
            violation("P01: " + name + " was acknowledged as " + entry->id + ", in the log it is " +
                      (is_logged ? logged->second : "missing"));
        if (entry->outcome == Entry::Outcome::Refused && is_logged)
            violation("P08: " + name + " was refused with " + std::to_string(entry->status) + " and is in the log");
    }
}

void Rig::cut_power() {
    const auto ledger_end = std::filesystem::file_size(ledger_path());  // first: what is told after the cut counts not
    const auto remains = disk_->cut();
    const std::filesystem::path data = remains->directory() / "pg";
    std::filesystem::remove(data / "postmaster.pid");
    const auto revived = eventstore::PrivateCluster::start({.directory = data, .supervise = false});
    if (!revived) return violation("P03: PostgreSQL does not start after a power cut: " + revived.error());
    check_remains(test::audit_journal((*revived)->conninfo(database_)), ledger_end);
}

// Whatever was acknowledged before the cut is in what remains, which is a log without a flaw.
void Rig::check_remains(const test::JournalAudit& audit, std::uintmax_t ledger_end) {
    for (const std::string& problem : audit.problems) violation("P03: " + problem);
    std::set<std::string> orders;
    for (const auto& [name, id] : audit.order_ids) orders.insert(id);
    std::ifstream ledger(ledger_path());
    ledger.seekg(static_cast<std::streamoff>(ledger_begin_));
    std::uint64_t acknowledged = 0, lost = 0;
    std::string line, example;
    while (static_cast<std::uintmax_t>(ledger.tellg()) < ledger_end && std::getline(ledger, line)) {
        std::istringstream words(line);
        std::string kind, time, key, status, id;
        words >> kind >> time >> key >> status >> id;
        if (kind != "O") continue;
        ++acknowledged;
        const bool is_cancel = key.starts_with("ord_");
        if (is_cancel ? audit.canceled.contains(key) : orders.contains(id)) continue;
        if (lost++ == 0) example = (is_cancel ? "the cancel of " + key : key + ", acknowledged as " + id);
    }
    if (lost > 0)
        violation("P03: of " + std::to_string(acknowledged) + " acknowledged before a power cut, " +
                  std::to_string(lost) + " are lost: " + example);
    if (acknowledged == 0) violation("the power was cut before anything was acknowledged");
}

void Rig::check_times(const Entry& entry) {
    if (entry.outcome != Entry::Outcome::Acknowledged) return;
    if (silence_begin_ && silence_end_ && entry.sent >= *silence_begin_ && entry.answered <= *silence_end_)
        violation("P09: " + entry.key + " was acknowledged while nothing could be durable");
    if (!healed_ || entry.answered < *healed_) return;
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(entry.answered - *healed_);
    cycle_.resumed = std::min(cycle_.resumed.value_or(after), after);
}

}  // namespace buttonwood::torture
