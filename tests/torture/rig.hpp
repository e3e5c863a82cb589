// The torture rig: a PostgreSQL of its own behind a proxy, the real server in front of it, clients that keep a ledger,
// and a check of everything after each fault.
//
//     clients ──HTTP──▶ buttonwood serve ──TCP──▶ PgProxy ──unix──▶ PostgreSQL (with the fault shim loaded)
//        └ ledger                                                       ▲
//     check: ledger ⇄ journal, read and decided anew by JournalAuditor ─┘
//
// A cycle is: clients trade, a fault strikes while commands are in flight, it heals, service resumes, everything is
// compared. Every few cycles a new world (database, server, traders) begins, so that none grows without bound.
// Thread safety: one thread at a time.
#pragma once

#include "eventstore/database.hpp"
#include "eventstore/private_cluster.hpp"
#include "tests/support/server_process.hpp"
#include "tests/system/journal_audit.hpp"
#include "tests/torture/clients.hpp"
#include "tests/torture/fault_page.hpp"
#include "tests/torture/pg_proxy.hpp"
#include "tests/torture/power_cut.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace buttonwood::torture {

// Thrown when the rig itself cannot go on: a server that cannot be started, a disk of ours that is full.
struct RigBroken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A server with the proxy between it and PostgreSQL.
struct Served {
    std::unique_ptr<PgProxy> proxy;
    std::unique_ptr<test::ServerProcess> process;
};

// What one cycle brought.
struct Cycle {
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;                         // had no certain answer at first
    std::uint64_t unknown_executed = 0;                // of these, were found in the log
    int in_flight = 0;                                 // commands under way when the fault struck
    std::optional<std::chrono::milliseconds> resumed;  // from "PostgreSQL answers again" to the next acknowledgement
    std::vector<std::string> violations;
};

class Rig {
public:
    // How worlds are made.
    struct Setup {
        std::filesystem::path server;  // the binary
        std::string sql = {};          // run in the world's database before its server starts
        bool lying_disk = false;       // answers syncs without doing them, while clients trade
    };
    struct Options {
        Setup setup;
        std::filesystem::path scratch;  // an existing directory that other users may enter
        bool on_power_cut_disk = false;  // PostgreSQL's data lie on one
        std::uint64_t seed = 1;
        int traders = 8;
        int cycles_per_world = 25;
    };
    explicit Rig(Options options);
    ~Rig();

    // From the next cycle on, in a new world.
    void set_up_with(Setup setup);

    // One cycle around `strike`, which injects the fault and heals it.
    Cycle run(const std::function<void(Rig&)>& strike);

    // ---- for strikes

    [[nodiscard]] std::int64_t pick(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    // Notes what is in flight: call right before the fault. Later calls of a cycle count for nothing.
    void strike_now();
    // PostgreSQL answers again: the time to resume counts from here.
    void healed() { healed_ = std::chrono::steady_clock::now(); }
    // Between these two nothing may be acknowledged that was sent in between.
    void begin_silence() { silence_begin_ = std::chrono::steady_clock::now(); }
    void end_silence() { silence_end_ = std::chrono::steady_clock::now(); }
    // What was not as it should be; the strike goes on.
    void violation(std::string what) { cycle_.violations.push_back(std::move(what)); }
    // Waits until so many more commands are acknowledged. False = in vain; that is a violation already.
    bool wait_for_acknowledgements(std::uint64_t more);
    // Polls until it holds. False after the patience.
    [[nodiscard]] static bool wait_until(const std::function<bool()>& condition,
                                         std::chrono::seconds patience = std::chrono::seconds(60));
    static void pause(std::chrono::milliseconds time);

    [[nodiscard]] test::ServerProcess& server() { return *server_.process; }
    // What starts one more server like it, in the same directory, on any port.
    [[nodiscard]] std::vector<std::string> server_command() const;
    void restart_server();
    // The power of PostgreSQL's disk goes, for one who looks at what remains of it; here everything goes on.
    void cut_power();
    // A second server on the same database takes over; returns the one that served until now.
    Served take_over();
    // What the server says of its store: GET /v1/status.
    [[nodiscard]] bool store_is_away();

    [[nodiscard]] eventstore::PrivateCluster& cluster() { return *cluster_; }
    [[nodiscard]] PgProxy& proxy() { return *server_.proxy; }
    [[nodiscard]] FaultPage& faults() { return faults_; }
    // A session of an operator, not through the proxy. Waits for a PostgreSQL that starts.
    [[nodiscard]] eventstore::Connection operator_session();
    // Pids of PostgreSQL's processes: all of them, or those of one backend_type.
    [[nodiscard]] std::vector<pid_t> postgres_processes() const;
    [[nodiscard]] std::vector<pid_t> backends_of_type(const std::string& backend_type);
    // Waits until PostgreSQL answers, then calls healed().
    void wait_for_postgres();

private:
    void begin_world();
    void end_world();
    [[nodiscard]] std::vector<std::string> server_arguments(const PgProxy& proxy) const;
    [[nodiscard]] Served start_server();
    void register_traders();
    void check();
    void check_ledger(const test::JournalAudit& audit);
    void check_remains(const test::JournalAudit& audit, std::uintmax_t ledger_end);
    [[nodiscard]] std::filesystem::path data_directory() const;
    [[nodiscard]] std::filesystem::path ledger_path() const { return options_.scratch / "ledger"; }
    void check_times(const Entry& entry);

    Options options_;
    std::unique_ptr<PowerCutDisk> disk_;  // may be none
    std::mt19937_64 random_;
    FaultPage faults_;
    FaultPage::Loaded loaded_;
    std::unique_ptr<eventstore::PrivateCluster> cluster_;
    LedgerFile ledger_file_;
    std::uintmax_t ledger_begin_ = 0;  // where the ledger of this world begins

    // The world.
    int worlds_ = 0;
    int servers_ = 0;
    int runs_ = 0;
    int cycles_left_ = 0;
    std::string database_;
    std::string operator_key_;
    std::vector<Trader> traders_;
    std::filesystem::path server_directory_;
    Served server_;
    std::unique_ptr<Clients> clients_;
    std::unique_ptr<test::JournalAuditor> auditor_;

    // The cycle.
    Cycle cycle_;
    bool struck_ = false;
    std::optional<Time> healed_;
    std::optional<Time> silence_begin_;
    std::optional<Time> silence_end_;
};

}  // namespace buttonwood::torture
