// A condition variable for one waiter, who may linger before it sleeps.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

namespace buttonwood::eventstore {

// Wakes one thread. Its waiter can stay awake for a moment before it goes to sleep, letting others run meanwhile:
// waking a processor that sleeps costs more than a thread's share of a commit (bench/README.md, store_bench).
//
// Thread safety: ring() from any thread; the waits from one thread, with the mutex held that guards what it waits for.
class Bell {
public:
    using Lock = std::unique_lock<std::mutex>;

    explicit Bell(std::chrono::microseconds linger) : linger_(linger) {}

    void ring() {
        rings_.fetch_add(1, std::memory_order_release);
        wakes_.notify_one();
    }

    // Until the bell rings or the deadline, and sometimes shorter: the caller looks again, with the mutex held all the
    // time from its look to this call, and comes back.
    void wait_until(Lock& lock, std::chrono::steady_clock::time_point deadline) {
        if (std::exchange(lingered_, !lingered_) || linger_ == linger_.zero())
            wakes_.wait_until(lock, deadline);
        else
            linger(lock, deadline);
    }

    // True = ready() holds, false = the deadline came first.
    template <typename Ready>
    bool wait_until(Lock& lock, std::chrono::steady_clock::time_point deadline, Ready ready) {
        if (ready()) return true;
        linger(lock, deadline);
        return wakes_.wait_until(lock, deadline, ready);
    }

private:
    void linger(Lock& lock, std::chrono::steady_clock::time_point deadline) {
        if (linger_ == linger_.zero()) return;
        const std::uint32_t before = rings_.load(std::memory_order_acquire);
        lock.unlock();
        const auto until = std::min(deadline, std::chrono::steady_clock::now() + linger_);
        while (rings_.load(std::memory_order_acquire) == before && std::chrono::steady_clock::now() < until)
            std::this_thread::yield();
        lock.lock();
    }

    const std::chrono::microseconds linger_;
    bool lingered_{};  // in the last wait_until: then this one sleeps
    std::condition_variable wakes_;
    std::atomic<std::uint32_t> rings_{};
};

}  // namespace buttonwood::eventstore
