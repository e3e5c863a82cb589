#include "tests/system/journal_audit.hpp"

#include "engine/engine.hpp"
#include "eventstore/codec.hpp"
#include "eventstore/pg_journal.hpp"

namespace buttonwood::test {

namespace {

using namespace eventstore;

class Auditor {
public:
    // False ends the reading: what follows a broken block says nothing.
    bool take(const Block& block) {
        ++audit.blocks;
        if (block.header.first_seq != engine_.last_seq() + 1) return refuse(block, "does not follow its predecessor");
        if (seal(previous_, block.header, block.payload) != block.hash) return refuse(block, "breaks the hash chain");
        previous_ = block.hash;
        const auto records = decode(block.payload, block.header.first_seq);
        if (!records) return refuse(block, "cannot be decoded: " + records.error().what);
        std::string decided;
        for (const CommandRecord& command : records->commands) decide(command, decided);
        if (decided != block.payload) return refuse(block, "holds other records than its commands lead to");
        if (engine_.last_seq() != block.header.last_seq) return refuse(block, "has another last event");
        return true;
    }

    void finish() {
        audit.state_hash = engine_.state_hash().hex();
        audit.last_seq = engine_.last_seq();
        audit.invariant_violations = engine_.check_invariants();
    }

    JournalAudit audit;

private:
    bool refuse(const Block& block, const std::string& what) {
        audit.problems.push_back("the block of event " + std::to_string(block.header.first_seq) + " " + what);
        return false;
    }

    void decide(const CommandRecord& stored, std::string& payload) {
        CommandRecord record = stored;
        events_.clear();
        record.first_seq = engine_.last_seq() + 1;
        record.outcome = engine_.decide(stored.header, stored.command, events_);
        record.event_count = static_cast<std::uint32_t>(events_.size());
        encode(record, events_, payload);
        for (const engine::Event& event : events_)
            if (const auto* order = std::get_if<engine::OrderAccepted>(&event.body))
                ++audit.accepted["acc_" + std::to_string(static_cast<std::uint32_t>(order->account)) + " " +
                                 std::string(order->client_order_id.view())];
    }

    engine::Engine engine_;
    Hash previous_{};
    std::vector<engine::Event> events_;
};

}  // namespace

JournalAudit audit_journal(const std::string& conninfo) {
    Auditor auditor;
    const auto journal = make_pg_journal({.conninfo = conninfo, .application_name = "buttonwood-audit"});
    const auto read = journal->read(0, [&](const Block& block) { return auditor.take(block); });
    if (!read) auditor.audit.problems.push_back("cannot read the journal: " + std::string(name_of(read.error())));
    auditor.finish();
    return std::move(auditor.audit);
}

}  // namespace buttonwood::test
