// Linked into weak_server only, in place of make_pg_journal (the linker's --wrap): a journal that lies about appends.
#include "eventstore/pg_journal.hpp"
#include "tests/torture/weakness.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

namespace buttonwood::eventstore {

// The linker's names for the function that callers reach and for the real one behind it.
std::unique_ptr<Journal> real_make_pg_journal(PgJournalOptions options) asm(
    "__real__ZN10buttonwood10eventstore15make_pg_journalENS0_16PgJournalOptionsE");
std::unique_ptr<Journal> weak_make_pg_journal(PgJournalOptions options) asm(
    "__wrap__ZN10buttonwood10eventstore15make_pg_journalENS0_16PgJournalOptionsE");

namespace {

class WeakJournal final : public Journal {
public:
    WeakJournal(std::unique_ptr<Journal> real, std::string weakness)
        : real_(std::move(real)), weakness_(std::move(weakness)) {}

    std::expected<Head, StoreError> fence() override { return real_->fence(); }
    std::expected<void, StoreError> append(const Block& block) override {
        auto outcome = real_->append(block);
        if (outcome || (weakness_ == torture::kAcknowledgeInDoubt && outcome.error() != StoreError::InDoubt))
            return outcome;
        return {};
    }
    std::expected<void, StoreError> read(engine::EventSeq after, const Sink& sink) override {
        return real_->read(after, sink);
    }

private:
    std::unique_ptr<Journal> real_;
    std::string weakness_;
};

}  // namespace

std::unique_ptr<Journal> weak_make_pg_journal(PgJournalOptions options) {
    const char* weakness = std::getenv(torture::kWeaknessEnvironment);
    return std::make_unique<WeakJournal>(real_make_pg_journal(std::move(options)), weakness == nullptr ? "" : weakness);
}

}  // namespace buttonwood::eventstore
