// How workers on other hosts learn that something became durable: PostgreSQL's NOTIFY, as a hint and nothing more. Who
// misses one polls.
//
// Not in the transaction that appends: a NOTIFY makes its commit wait for a lock that all of them share. The writer's
// process says it afterwards, on a session of its own that waits for no disk, at most once in kBetweenNotices.
#pragma once

#include "engine/types.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace buttonwood::projections {

inline constexpr std::chrono::milliseconds kBetweenNotices{20};

// Thread safety: any thread.
class NoticeSender {
public:
    explicit NoticeSender(std::string conninfo);
    ~NoticeSender();

    // Events up to this one are durable. Never blocks; of several in short succession the last is told.
    void durable(engine::EventSeq seq);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class NoticeListener {
public:
    // `durable` is called on a thread of its own: for every notice, and with the end of the log whenever the session
    // is new, because what was said before is lost.
    NoticeListener(std::string conninfo, std::function<void(engine::EventSeq seq)> durable);
    ~NoticeListener();  // joins, within half a second

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::projections
