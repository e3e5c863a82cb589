#include "tests/system/journal_audit.hpp"

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/pg_journal.hpp"

#include <span>

namespace buttonwood::test {

using namespace eventstore;

struct JournalAuditor::Impl {
    std::string conninfo;
    JournalAudit audit;
    engine::Engine engine;
    Hash previous{};
    engine::Timestamp last_time;
    std::vector<engine::Event> events;
    std::vector<engine::Event> undigested;  // since the last digest

    // False ends the reading: what follows a broken block says nothing.
    bool take(const Block& block) {
        const BlockHeader& header = block.header;
        ++audit.blocks;
        if (header.first_seq != engine.last_seq() + 1) return refuse(block, "does not follow its predecessor");
        if (header.epoch < audit.epoch) return refuse(block, "is of an older epoch than its predecessor");
        if (seal(previous, header, block.payload) != block.hash) return refuse(block, "breaks the hash chain");
        previous = block.hash;
        audit.epoch = header.epoch;
        const auto stored = decode(block.payload, header.first_seq);
        if (!stored) return refuse(block, "cannot be decoded: " + stored.error().what);
        Records decided;
        std::span<const StateDigest> digests = stored->digests;
        for (const CommandRecord& command : stored->commands) {
            if (command.header.time < last_time) return refuse(block, "holds a time before that of an earlier command");
            last_time = command.header.time;
            decide(command, decided);
            if (digests.empty() || digests.front().last_seq != engine.last_seq()) continue;
            decided.digests.push_back(digest_from(digests.front().first_seq));
            digests = digests.subspan(1);
        }
        std::string payload;
        encode(decided, payload);
        if (payload != block.payload) return refuse(block, "holds other records than its commands lead to");
        if (engine.last_seq() != header.last_seq) return refuse(block, "has another last event");
        return true;
    }

    bool refuse(const Block& block, const std::string& what) {
        audit.problems.push_back("the block of event " + std::to_string(block.header.first_seq) + " " + what);
        return false;
    }

    void decide(const CommandRecord& stored, Records& decided) {
        events.clear();
        CommandRecord& record = decided.commands.emplace_back(stored);
        record.first_seq = engine.last_seq() + 1;
        record.outcome = engine.decide(stored.header, stored.command, events);
        record.event_count = static_cast<std::uint32_t>(events.size());
        decided.events.insert(decided.events.end(), events.begin(), events.end());
        undigested.insert(undigested.end(), events.begin(), events.end());
        ++audit.commands;
        audit.commands_of_many_events += events.size() > 1;
        for (const engine::Event& event : events) note(event);
    }

    // A writer's digests begin where it began, or after its last one.
    StateDigest digest_from(engine::EventSeq first_seq) {
        std::erase_if(undigested, [first_seq](const engine::Event& event) { return event.seq < first_seq; });
        const StateDigest digest{first_seq, engine.last_seq(), engine.digest(undigested)};
        undigested.clear();
        return digest;
    }

    static std::string name_of_order(engine::OrderId order) {
        return "ord_" + std::to_string(static_cast<std::uint64_t>(order));
    }

    void note(const engine::Event& event) {
        if (const auto* order = std::get_if<engine::OrderAccepted>(&event.body)) {
            const std::string key = "acc_" + std::to_string(static_cast<std::uint32_t>(order->account)) + " " +
                                    std::string(order->client_order_id.view());
            ++audit.accepted[key];
            audit.order_ids[key] = name_of_order(order->order);
        }
        if (const auto* canceled = std::get_if<engine::OrderCanceled>(&event.body))
            audit.canceled.insert(name_of_order(canceled->order));
    }
};

JournalAuditor::JournalAuditor(std::string conninfo) : impl_(std::make_unique<Impl>()) {
    impl_->conninfo = std::move(conninfo);
}
JournalAuditor::~JournalAuditor() = default;

const JournalAudit& JournalAuditor::read_on() {
    JournalAudit& audit = impl_->audit;
    audit.accepted.clear();
    audit.order_ids.clear();
    audit.canceled.clear();
    audit.commands = audit.commands_of_many_events = 0;
    const auto journal = make_pg_journal({.conninfo = impl_->conninfo, .application_name = "buttonwood-audit"});
    const auto read =
        journal->read(impl_->engine.last_seq(), [this](const Block& block) { return impl_->take(block); });
    if (!read) audit.problems.push_back("cannot read the journal: " + std::string(name_of(read.error())));
    audit.state_hash = impl_->engine.state_hash().hex();
    audit.last_seq = impl_->engine.last_seq();
    audit.invariant_violations = impl_->engine.check_invariants();
    return audit;
}

JournalAudit audit_journal(const std::string& conninfo) { return JournalAuditor(conninfo).read_on(); }

}  // namespace buttonwood::test
