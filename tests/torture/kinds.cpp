#include "tests/torture/kinds.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>

namespace buttonwood::torture {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr int kFencedExit = 3;  // README.md, exit codes
constexpr auto kFencedPatience = 30s;
constexpr auto kSettingsPatience = 30s;  // they are looked at every 10 s
constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max() / 2;

milliseconds pick_ms(Rig& rig, std::int64_t low, std::int64_t high) { return milliseconds(rig.pick(low, high)); }

// ---- the server

void kill_server(Rig& rig) {
    rig.strike_now();
    rig.server().kill9();
    Rig::pause(pick_ms(rig, 0, 50));
    rig.restart_server();
}

// Its successors are killed again while they replay, then one is left alone.
void kill_recovering_server(Rig& rig) {
    rig.strike_now();
    rig.server().kill9();
    for (std::int64_t deaths = rig.pick(1, 4); deaths > 0; --deaths) {
        std::vector<std::string> command{"timeout", "-s", "KILL",
                                         "0." + std::to_string(rig.pick(100, 350)).substr(0, 3)};
        std::ranges::copy(rig.server_command(), std::back_inserter(command));
        static_cast<void>(test::run_command(command));
    }
    rig.restart_server();
}

void terminate_server(Rig& rig) {
    rig.strike_now();
    if (const int code = rig.server().terminate(); code != 0)
        rig.violation("P28: SIGTERM ended the server with code " + std::to_string(code));
    rig.restart_server();
}

// One that was taken over stops as soon as it learns, and says so.
void expect_fenced(Rig& rig, test::ServerProcess& old_server) {
    if (!Rig::wait_until([&] { return !old_server.running(); }, kFencedPatience))
        return rig.violation("P21: a fenced server goes on");
    if (const int code = old_server.terminate(); code != kFencedExit)
        rig.violation("P21: a fenced server ended with code " + std::to_string(code) + ":\n" + old_server.log_tail());
}

// The old server sleeps while another takes its log over, and wakes up in the middle of what it was doing.
void pause_and_take_over(Rig& rig) {
    rig.strike_now();
    const pid_t old_pid = rig.server().pid();
    ::kill(old_pid, SIGSTOP);
    const Served old_server = rig.take_over();
    Rig::pause(pick_ms(rig, 0, 300));
    ::kill(old_pid, SIGCONT);
    expect_fenced(rig, *old_server.process);
}

// The same with one that is cut off from PostgreSQL, but not from its clients.
void cut_off_and_take_over(Rig& rig) {
    rig.strike_now();
    rig.proxy().swallow(true);
    const Served old_server = rig.take_over();
    Rig::pause(pick_ms(rig, 0, 300));
    old_server.proxy->swallow(false);
    expect_fenced(rig, *old_server.process);
}

// The same with one that nothing is wrong with.
void take_over_from_running(Rig& rig) {
    rig.strike_now();
    const Served old_server = rig.take_over();
    expect_fenced(rig, *old_server.process);
}

void jump_clock(Rig& rig) {
    const std::uint64_t reads = rig.faults().clock_reads();
    rig.strike_now();
    const auto jump = [&rig](std::chrono::seconds offset) {
        rig.faults().shift_clock(offset);
        static_cast<void>(rig.wait_for_acknowledgements(10));
    };
    jump(-1h);
    if (rig.pick(0, 2) == 0) {  // a server that starts in the past of its log
        rig.server().kill9();
        rig.restart_server();
    }
    jump(std::chrono::seconds(rig.pick(-5'000, 5'000)));
    jump(-1s);
    jump(0s);
    if (rig.faults().clock_reads() == reads) rig.violation("the fault shim is not loaded into the server");
}

// ---- PostgreSQL

void stop_postgres(Rig& rig) {
    rig.strike_now();
    if (!rig.cluster().stop_immediate()) throw RigBroken("PostgreSQL does not stop");
    rig.begin_silence();
    Rig::pause(pick_ms(rig, 0, 400));
    rig.end_silence();
    if (const auto started = rig.cluster().start_again(); !started) throw RigBroken(started.error());
    rig.healed();
}

// The postmaster alone, or every process at once; the server's supervisor is not involved, the rig's cluster has one.
void kill_postgres(Rig& rig) {
    rig.strike_now();
    if (rig.pick(0, 1) == 0) {
        ::kill(rig.cluster().postmaster_pid(), SIGKILL);
    } else {
        for (const pid_t pid : rig.postgres_processes()) ::kill(pid, SIGKILL);
    }
    rig.wait_for_postgres();
}

void kill_both(Rig& rig) {
    rig.strike_now();
    for (const pid_t pid : rig.postgres_processes()) ::kill(pid, SIGKILL);
    rig.server().kill9();
    rig.wait_for_postgres();
    rig.restart_server();
}

// One of its children: the postmaster then restarts all of them.
void kill_postgres_child(Rig& rig) {
    static constexpr const char* kTypes[] = {"client backend", "walwriter", "checkpointer", "background writer"};
    const auto pids = rig.backends_of_type(kTypes[rig.pick(0, std::ssize(kTypes) - 1)]);
    rig.strike_now();
    if (!pids.empty()) ::kill(pids[static_cast<std::size_t>(rig.pick(0, std::ssize(pids) - 1))], SIGKILL);
    Rig::pause(20ms);
    rig.wait_for_postgres();
}

// The session of the writer, again and again, politely.
void terminate_writer(Rig& rig) {
    auto session = rig.operator_session();
    for (std::int64_t times = rig.pick(1, 8); times > 0; --times) {
        rig.strike_now();
        static_cast<void>(
            session.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
                          "'buttonwood-engine %'"));
        Rig::pause(pick_ms(rig, 0, 20));
    }
    rig.healed();
}

// Stopped, not dead: connections stay open and nobody answers.
void freeze_postgres(Rig& rig) {
    rig.strike_now();
    for (const pid_t pid : rig.postgres_processes()) ::kill(pid, SIGSTOP);
    rig.begin_silence();
    Rig::pause(pick_ms(rig, 50, 1'000));
    rig.end_silence();
    for (const pid_t pid : rig.postgres_processes()) ::kill(pid, SIGCONT);
    rig.healed();
}

// A setting under which commits can be lost: the server notices by itself and acknowledges nothing until it is undone.
void weaken_settings(Rig& rig) {
    auto session = rig.operator_session();
    const auto set = [&session](const std::string& change) {
        if (!session.execute("ALTER SYSTEM " + change) || !session.execute("SELECT pg_reload_conf()"))
            throw RigBroken("cannot change PostgreSQL's settings");
    };
    rig.strike_now();
    set("SET fsync = off");
    const bool noticed = Rig::wait_until([&rig] { return rig.store_is_away(); }, kSettingsPatience);
    rig.begin_silence();
    if (!noticed) rig.violation("R5: the server goes on with fsync=off");
    Rig::pause(pick_ms(rig, 50, 500));
    rig.end_silence();
    set("RESET fsync");
    rig.healed();
}

// ---- the network between them

void cut_append(Rig& rig) {
    const int before = rig.proxy().cuts();
    const Cut cut = kCuts[static_cast<std::size_t>(rig.pick(0, std::ssize(kCuts) - 1))];
    rig.strike_now();
    rig.proxy().arm(Target::Append, cut, static_cast<int>(rig.pick(0, 5)));
    if (!Rig::wait_until([&] { return rig.proxy().cuts() > before; }))
        rig.violation("the proxy saw no append to cut " + std::string(name_of(cut)));
    // Trouble in the middle of getting out of trouble.
    if (rig.pick(0, 2) == 0)
        rig.proxy().arm(Target::Fence, kCuts[static_cast<std::size_t>(rig.pick(0, std::ssize(kCuts) - 1))]);
    rig.healed();
}

void swallow_packets(Rig& rig) {
    rig.strike_now();
    rig.proxy().swallow(true);
    Rig::pause(pick_ms(rig, 50, 800));
    rig.proxy().swallow(false);
    rig.healed();
}

// ---- the disk

// While all calls fail nothing can become durable.
void fail_disk(Rig& rig, const DiskFault& fault, bool silences) {
    const std::uint64_t failed = rig.faults().failed();
    rig.strike_now();
    rig.faults().arm(fault);
    const bool hit = Rig::wait_until([&] { return rig.faults().failed() > failed; }, 20s);
    if (silences) rig.begin_silence();
    if (hit && fault.fail == kForEver) Rig::pause(pick_ms(rig, 100, 500));
    if (silences) rig.end_silence();
    rig.faults().disarm();
    if (!hit) rig.violation("the fault shim saw no call to fail");
    rig.wait_for_postgres();
}

void fail_one_sync(Rig& rig) {
    fail_disk(rig, {.call = FAULT_SYNC, .error = EIO, .pass = rig.pick(0, 20), .fail = 1, .path_part = ""}, false);
}

void fail_all_syncs(Rig& rig) {
    fail_disk(rig, {.call = FAULT_SYNC, .error = EIO, .pass = rig.pick(0, 20), .fail = kForEver, .path_part = ""},
              true);
}

void fill_log_disk(Rig& rig) {
    fail_disk(rig,
              {.call = FAULT_WRITE, .error = ENOSPC, .pass = rig.pick(0, 20), .fail = kForEver, .path_part = "pg_wal"},
              true);
}

void fill_data_disk(Rig& rig) {
    fail_disk(rig, {.call = FAULT_WRITE, .error = ENOSPC, .pass = 0, .fail = kForEver, .path_part = "/base/"}, false);
}

// Everything goes on; somebody looks at what a power cut at this instant would have left.
void cut_power(Rig& rig) {
    rig.strike_now();
    rig.cut_power();
    rig.healed();
}

constexpr Kind kKinds[] = {
    {"server-kill", "P01 P05 P06 P07", kill_server},
    {"server-kill-in-recovery", "P01 P07 P11", kill_recovering_server},
    {"server-stop", "P01 P28", terminate_server},
    {"server-pause-take-over", "P21 P01 P07", pause_and_take_over},
    {"server-cut-off-take-over", "P21 P01 P07", cut_off_and_take_over},
    {"server-take-over", "P21 P01 P07", take_over_from_running},
    {"clock-jump", "P14", jump_clock},
    {"postgres-stop", "P02 P09", stop_postgres},
    {"postgres-kill", "P02", kill_postgres},
    {"postgres-child-kill", "P02", kill_postgres_child},
    {"postgres-freeze", "P09", freeze_postgres},
    {"writer-terminate", "P02 P05 P07", terminate_writer},
    {"both-kill", "P01 P02", kill_both},
    {"commit-cut", "P02 P05 P07", cut_append},
    {"network-swallow", "P09", swallow_packets},
    {"sync-error-once", "P04", fail_one_sync},
    {"sync-error", "P04", fail_all_syncs},
    {"disk-full-log", "P10", fill_log_disk},
    {"disk-full-data", "P10", fill_data_disk},
    {"settings-unsafe", "R5", weaken_settings, false},
    {"power-cut", "P03 P05 P06", cut_power, false, true},
};

}  // namespace

std::span<const Kind> all_kinds() { return kKinds; }

const Kind* kind_named(std::string_view name) {
    const auto* const found = std::ranges::find(kKinds, name, &Kind::name);
    return found == std::end(kKinds) ? nullptr : found;
}

}  // namespace buttonwood::torture
