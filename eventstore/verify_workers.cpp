#include "eventstore/verify_workers.hpp"

#include <utility>

namespace buttonwood::eventstore {
namespace {

ExaminedPiece examine(LogPiece piece) {
    ExaminedPiece out{piece.previous.value_or(Hash{}), {}, std::move(piece.trouble)};
    out.blocks.reserve(piece.blocks.size());
    Hash previous = out.previous;
    for (Block& block : piece.blocks) {
        const Hash own = block.hash;
        out.blocks.push_back(examine(previous, std::move(block)));
        previous = own;
    }
    return out;
}

}  // namespace

VerifyWorkers::VerifyWorkers(LogSource& source, std::string conninfo, int workers)
    : source_(source), conninfo_(std::move(conninfo)), limit_(kPiecesAhead * static_cast<std::size_t>(workers)) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

VerifyWorkers::~VerifyWorkers() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
}

std::expected<std::optional<ExaminedPiece>, std::string> VerifyWorkers::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
        return ready_.contains(taken_) || !error_.empty() || (planned_all_ && taken_ == planned_);
    });
    if (!ready_.contains(taken_)) {
        if (!error_.empty()) return std::unexpected(error_);
        return std::nullopt;
    }
    auto piece = std::move(ready_.extract(taken_++).mapped());
    lock.unlock();
    changed_.notify_all();
    return piece;
}

void VerifyWorkers::work() {
    auto connection = Connection::open(conninfo_, "buttonwood-verify");
    auto done = connection ? work_on(*connection)
                           : std::expected<void, std::string>(std::unexpected(connection.error().message));
    if (done) return;
    const std::lock_guard lock(mutex_);
    if (error_.empty()) error_ = std::move(done).error();
    stopping_ = true;
    changed_.notify_all();
}

std::expected<void, std::string> VerifyWorkers::work_on(Connection& connection) {
    for (;;) {
        auto planned = plan();
        if (!planned) return std::unexpected(planned.error());
        if (!*planned) return {};
        auto& [number, piece] = **planned;
        if (auto loaded = load(connection, piece); !loaded) return std::unexpected(loaded.error().message);
        ExaminedPiece examined = examine(std::move(piece));
        const std::lock_guard lock(mutex_);
        ready_.emplace(number, std::move(examined));
        changed_.notify_all();
    }
}

std::expected<std::optional<std::pair<std::size_t, LogPiece>>, std::string> VerifyWorkers::plan() {
    const std::lock_guard planning(plan_mutex_);
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || planned_all_ || planned_ < taken_ + limit_; });
        if (stopping_ || planned_all_) return std::nullopt;
    }
    auto piece = source_.next();
    if (!piece) return std::unexpected(piece.error());
    const std::lock_guard lock(mutex_);
    if (!*piece) {
        planned_all_ = true;
        changed_.notify_all();
        return std::nullopt;
    }
    return std::pair{planned_++, std::move(**piece)};
}

}  // namespace buttonwood::eventstore
