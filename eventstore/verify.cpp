#include "eventstore/verify.hpp"

#include "eventstore/verify_redecide.hpp"
#include "eventstore/verify_state.hpp"
#include "eventstore/verify_workers.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using engine::EventSeq;

class Verification {
public:
    Verification(const VerifyOptions& options, LogSource& source, std::optional<VerifyState> before)
        : options_(options),
          source_(source),
          succession_(before ? before->at : source.start()),
          anchors_(options.anchors) {
        std::ranges::sort(anchors_, {}, &Anchor::seq);
        // What lies before the part that is looked at can be compared with its last hash only.
        while (next_anchor_ < anchors_.size() && anchors_[next_anchor_].seq < at().last_seq) ++next_anchor_;
        if (options.redecide && at().last_seq == 0) redecider_.emplace();
        if (options.redecide && before && before->engine) redecider_.emplace(std::move(*before->engine));
        if (before && (source.start().head.last_seq != at().last_seq || source.start().head.hash != at().hash))
            report_.finding = {at().last_seq, "the log no longer goes through event " + std::to_string(at().last_seq) +
                                                  " with hash " + to_hex(at().hash) +
                                                  ", where the last verification ended: history was rewritten or cut"};
        report_.first_seq = at().last_seq + 1;
        report_.left_out = source.left_out();
    }

    std::expected<VerifyReport, std::string> run() {
        if (!report_.finding) report_.finding = check_anchors();
        const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
        VerifyWorkers workers(source_, options_.conninfo, options_.jobs > 0 ? options_.jobs
                                                                            : static_cast<int>(processors));
        while (!report_.finding) {
            auto piece = workers.take();
            if (!piece) return std::unexpected(piece.error());
            if (!*piece) break;
            take(std::move(**piece));
            if (options_.progress) options_.progress(at().last_seq, goal());
        }
        if (!report_.finding) report_.finding = check_end();
        report_.at = succession_.at();
        if (redecider_) report_.state_hash = redecider_->engine().state_hash();
        if (!options_.state_file.empty() && !report_.finding) {
            const auto saved = save_verify_state(options_.state_file, report_.at,
                                                 redecider_ ? &redecider_->engine() : nullptr);
            if (!saved) return std::unexpected(saved.error());
        }
        return std::move(report_);
    }

private:
    [[nodiscard]] const Head& at() const { return succession_.at().head; }
    [[nodiscard]] bool to_the_end() const { return options_.to >= source_.end().newest.first_seq; }
    [[nodiscard]] EventSeq goal() const { return std::min(options_.to, source_.end().newest.last_seq); }

    void take(ExaminedPiece piece) {
        if (!piece.blocks.empty() && piece.previous != at().hash && !piece.blocks.front().bad_seal)
            piece.blocks.front().bad_seal = {piece.blocks.front().block.header.first_seq,
                                             "the hash before " + std::to_string(at().last_seq + 1) +
                                                 " is not the one that was verified"};
        for (ExaminedBlock& examined : piece.blocks) {
            report_.finding = take(std::make_shared<const ExaminedBlock>(std::move(examined)));
            if (report_.finding) return;
        }
        if (!piece.trouble.empty()) report_.finding = {at().last_seq + 1, std::move(piece.trouble)};
    }

    std::optional<Finding> take(const std::shared_ptr<const ExaminedBlock>& examined) {
        if (auto bad = succession_.follow(*examined)) return bad;
        if (auto bad = check_anchors()) return bad;
        if (redecider_)
            if (auto bad = redecider_->decide(*examined)) return bad;
        if (options_.also)
            if (auto bad = options_.also(examined)) return bad;
        ++report_.blocks;
        report_.commands += examined->records.commands.size();
        report_.events += examined->records.events.size();
        report_.payload_bytes += examined->block.payload.size();
        return std::nullopt;
    }

    // Those that the log has reached.
    std::optional<Finding> check_anchors() {
        for (; next_anchor_ < anchors_.size() && anchors_[next_anchor_].seq <= at().last_seq; ++next_anchor_) {
            const Anchor& anchor = anchors_[next_anchor_];
            if (anchor.seq != at().last_seq)
                return Finding{anchor.seq, "no block ends with event " + std::to_string(anchor.seq) +
                                               ", as one did when its hash was kept: history was rewritten"};
            if (anchor.hash != at().hash)
                return Finding{anchor.seq, "the block that ends with event " + std::to_string(anchor.seq) +
                                               " has hash " + to_hex(at().hash) + ", not the one that was kept: " +
                                               "history was rewritten"};
        }
        return std::nullopt;
    }

    std::optional<Finding> check_end() {
        if (!to_the_end()) return std::nullopt;
        const Head& head = source_.end().head;
        const EventSeq last = at().last_seq;
        const auto ends_with = [](EventSeq seq) { return " ends with event " + std::to_string(seq); };
        if (head.last_seq > last)
            return Finding{last + 1, "the journal" + ends_with(last) + ", its head" + ends_with(head.last_seq) + ": " +
                                         "the end is missing"};
        if (head.last_seq < last)
            return Finding{head.last_seq + 1,
                           "the head" + ends_with(head.last_seq) + ", the journal" + ends_with(last)};
        if (head.hash != at().hash) return Finding{last, "the head has another hash than the newest block"};
        if (head.epoch < at().epoch) return Finding{last, "the newest block is of a later epoch than the head"};
        if (next_anchor_ < anchors_.size())
            return Finding{last + 1, "the log" + ends_with(last) + ", a hash was kept of event " +
                                         std::to_string(anchors_[next_anchor_].seq) + ": the end is missing"};
        return std::nullopt;
    }

    const VerifyOptions& options_;
    LogSource& source_;
    Succession succession_;
    std::vector<Anchor> anchors_;
    std::size_t next_anchor_ = 0;
    std::optional<Redecider> redecider_;
    VerifyReport report_;
};

}  // namespace

std::expected<VerifyReport, std::string> verify(const VerifyOptions& options) {
    std::optional<VerifyState> before;
    if (!options.state_file.empty()) {
        auto loaded = load_verify_state(options.state_file);
        if (!loaded) return std::unexpected(loaded.error());
        before = std::move(*loaded);
    }
    auto source = LogSource::open({.conninfo = options.conninfo,
                                   .archives = options.archives,
                                   .from = before ? before->at.head.last_seq + 1 : options.from,
                                   .to = options.to,
                                   .piece_blocks = options.piece_blocks});
    if (!source) return std::unexpected(source.error());
    return Verification(options, **source, std::move(before)).run();
}

}  // namespace buttonwood::eventstore
