// Comparing read models with the log while the server runs: one after the other, on a thread of low priority with a
// connection of its own. Results stay until the server ends. Thread safety: any thread.
#pragma once

#include "engine/types.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::api {

struct Verification {
    enum class State : unsigned char { Queued, Running, Equal, Differs, Failed };
    State state = State::Queued;
    std::int64_t requested_us{};  // wall clock, microseconds since 1970, UTC
    std::int64_t started_us{};    // 0: not yet
    std::int64_t finished_us{};   // 0: not yet
    engine::EventSeq done{};      // events applied to the copy, of total
    engine::EventSeq total{};
    std::vector<std::string> differences;  // some of them, in words
    std::string error;                     // why it failed; else empty

    [[nodiscard]] bool finished() const { return state != State::Queued && state != State::Running; }
};
[[nodiscard]] std::string_view word_of(Verification::State state);

class Verifications {
public:
    explicit Verifications(std::string conninfo);
    ~Verifications();  // gives up the one under way: ends its session in the database

    // False: this one is queued or under way already.
    [[nodiscard]] bool request(const std::string& projection);
    // The newest of this projection.
    [[nodiscard]] std::optional<Verification> newest(std::string_view projection) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::api
