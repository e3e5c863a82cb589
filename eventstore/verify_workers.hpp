// Examines the pieces of a log on several threads and hands them out in the order of the log.
//
// At most kPiecesAhead pieces per worker are loaded and not taken yet. Thread safety: take() from one thread.
#pragma once

#include "eventstore/verify_source.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace buttonwood::eventstore {

struct ExaminedPiece {
    Hash previous{};                     // the hash that its first block was checked against
    std::vector<ExaminedBlock> blocks;
    std::string trouble;                 // LogPiece::trouble
};

class VerifyWorkers {
public:
    // REQUIRES: source outlives this; workers > 0.
    VerifyWorkers(LogSource& source, std::string conninfo, int workers);
    ~VerifyWorkers();  // stops what is under way

    // Waits for the next piece; nullopt at the end. The error is one line; nothing comes after it.
    [[nodiscard]] std::expected<std::optional<ExaminedPiece>, std::string> take();

private:
    static constexpr std::size_t kPiecesAhead = 2;

    void work();
    [[nodiscard]] std::expected<void, std::string> work_on(Connection& connection);
    // The next piece and its number; nullopt when there is none, or everything stops.
    [[nodiscard]] std::expected<std::optional<std::pair<std::size_t, LogPiece>>, std::string> plan();

    LogSource& source_;
    const std::string conninfo_;
    const std::size_t limit_;
    std::mutex plan_mutex_;  // of source_; taken before mutex_
    std::mutex mutex_;       // of everything below
    std::condition_variable changed_;
    std::map<std::size_t, ExaminedPiece> ready_;
    std::size_t planned_{};
    std::size_t taken_{};
    bool planned_all_ = false;
    bool stopping_ = false;
    std::string error_;
    std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace buttonwood::eventstore
