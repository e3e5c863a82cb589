#include "eventstore/snapshot_take.hpp"

#include "eventstore/follower_copy.hpp"
#include "eventstore/pg_journal_reader.hpp"

#include <limits>
#include <utility>

namespace buttonwood::eventstore {
namespace {

std::unexpected<TakeFailure> unavailable(const DbError& error) {
    return std::unexpected(TakeFailure{TakeFailure::Kind::Unavailable, error.message});
}

}  // namespace

std::expected<TakenSnapshot, TakeFailure> take_snapshot(
    Connection& connection, SnapshotParts parts, const std::string& build,
    const std::function<void(engine::EventSeq done, engine::EventSeq total)>& progress,
    const std::function<void(const std::string&)>& skipped) {
    const auto end = connection.query("SELECT last_seq FROM eventstore.head");
    if (!end) return unavailable(end.error());
    const auto total = static_cast<engine::EventSeq>(end->integer(0, 0));
    if (total == 0) return std::unexpected(TakeFailure{TakeFailure::Kind::Empty, "the log has no events"});

    auto newest = newest_valid(connection, std::numeric_limits<engine::EventSeq>::max(), parts, skipped);
    if (!newest) return unavailable(newest.error());
    TakenSnapshot taken;
    FollowerCopy copy(parts);
    if (*newest) {
        taken.from_seq = (*newest)->info.event_seq;
        if (taken.from_seq >= total) {
            taken.info = std::move((*newest)->info);
            taken.is_new = false;
            return taken;
        }
        copy = FollowerCopy(std::move((*newest)->engine), (*newest)->position, parts);
    }
    std::optional<Finding> parted;
    const auto sink = [&](const Block& block) {
        parted = copy.follow(block);
        if (progress && !parted) progress(copy.event_seq(), total);
        return !parted && copy.event_seq() < total;
    };
    const auto read = read_blocks(connection, copy.event_seq(), sink);
    if (!read) return unavailable(read.error().cause);
    if (!parted && copy.event_seq() < total)
        parted = Finding{copy.event_seq() + 1, "the log ends before its head says"};
    if (parted)
        return std::unexpected(TakeFailure{TakeFailure::Kind::Corrupt,
                                           "event " + std::to_string(parted->event_seq) + ": " + parted->what});
    auto written = write_snapshot(connection, copy.engine(), copy.at().head.hash, parts, build);
    if (!written) return unavailable(written.error());
    taken.info = *std::move(written);
    return taken;
}

}  // namespace buttonwood::eventstore
