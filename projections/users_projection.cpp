// users -> identity.users and what is known of them (people.hpp), identity.accounts, identity.api_keys. Never the hash
// of a secret.
#include "projections/factories.hpp"
#include "projections/people.hpp"
#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"

namespace buttonwood::projections {
namespace {

using namespace engine;
using eventstore::Connection;

struct AccountRow {
    UserId user{};  // user, opened_*: only of a row that is new in this batch
    Timestamp opened_at;
    EventSeq opened_seq{};
    Timestamp cancel_after;  // 0 = off
};
struct KeyRow {
    UserId user{};  // user, roles, created_*: only of a row that is new in this batch
    RoleSet roles;
    Timestamp created_at;
    EventSeq created_seq{};
    std::optional<Timestamp> revoked_at;
    EventSeq updated_seq{};
};

std::string hex_of(KeyId key) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4) out += digits[(static_cast<std::uint64_t>(key) >> shift) & 15];
    return out;
}

class UsersProjection final : public Projection {
public:
    std::string_view name() const override { return "users"; }
    // Rows that refer to users before the users: the order in which they can be deleted.
    std::string_view schema() const override { return "identity"; }
    std::vector<std::string_view> tables() const override {
        return {"user_status_changes", "compliance_notes", "preferences", "api_keys", "accounts", "users"};
    }

    Result apply(const eventstore::Records& batch, Connection& connection) override {
        if (auto loaded = people_.load(batch, connection); !loaded) return loaded;
        auto event = batch.events.begin();
        for (const eventstore::CommandRecord& command : batch.commands)
            for (const auto end = event + command.event_count; event != end; ++event) {
                if (auto done = people_.apply(*event, command.header.actor); !done) return done;
                std::visit([&](const auto& body) { on(*event, body); }, event->body);
            }
        if (auto written = people_.flush(connection); !written) return written;
        accounts_.flush([this](bool stored, AccountId id, const AccountRow& row) {
            account_writer_.put(stored, id, row.user, row.opened_at, row.opened_seq, unless_zero(row.cancel_after));
        });
        keys_.flush([this](bool stored, KeyId id, const KeyRow& row) {
            key_writer_.put(stored, hex_of(id), row.user, row.roles, row.created_at, row.revoked_at,
                            row.created_seq, row.updated_seq);
        });
        accounts_.clear();
        keys_.clear();
        for (TableWriter* writer : {&account_writer_, &key_writer_})
            if (auto written = writer->flush(connection); !written) return written;
        return {};
    }

    void reset() override {
        people_.clear();
        accounts_.clear();
        keys_.clear();
        account_writer_.clear();
        key_writer_.clear();
    }

private:
    template <class Other>
    void on(const Event&, const Other&) {}

    void on(const Event& event, const AccountOpened& e) {
        accounts_.create(
            e.account, {.user = e.user, .opened_at = event.time, .opened_seq = event.seq, .cancel_after = {}});
    }
    void on(const Event&, const CancelAfterSet& e) { switch_account(e.account, e.trigger_at); }
    void on(const Event&, const CancelAfterFired& e) { switch_account(e.account, {}); }
    void on(const Event& event, const ApiKeyCreated& e) {
        keys_.create(e.key, {.user = e.user,
                             .roles = e.roles,
                             .created_at = event.time,
                             .created_seq = event.seq,
                             .revoked_at = {},
                             .updated_seq = event.seq});
    }
    // What changes is carried whole by the event: a row that is not new need not be read to be changed.
    void on(const Event& event, const ApiKeyRevoked& e) {
        if (!keys_.knows(e.key)) keys_.load(e.key, {});
        KeyRow& row = *keys_.change(e.key);
        row.revoked_at = event.time;
        row.updated_seq = event.seq;
    }

    void switch_account(AccountId account, Timestamp cancel_after) {
        if (!accounts_.knows(account)) accounts_.load(account, {});
        accounts_.change(account)->cancel_after = cancel_after;
    }

    People people_;
    RowCache<AccountId, AccountRow> accounts_;
    RowCache<KeyId, KeyRow> keys_;
    TableWriter account_writer_{"accounts",
                                {{"account_id", "bigint", ColumnUse::Key},
                                 {"user_id", "bigint", ColumnUse::Fixed},
                                 {"opened_at", "timestamptz", ColumnUse::Fixed},
                                 {"opened_seq", "bigint", ColumnUse::Fixed},
                                 {"cancel_after_at", "timestamptz"}}};
    TableWriter key_writer_{"api_keys",
                            {{"key_id", "text", ColumnUse::Key},
                             {"user_id", "bigint", ColumnUse::Fixed},
                             {"roles", "text[]", ColumnUse::Fixed},
                             {"created_at", "timestamptz", ColumnUse::Fixed},
                             {"revoked_at", "timestamptz"},
                             {"created_seq", "bigint", ColumnUse::Fixed},
                             {"updated_seq", "bigint"}}};
};

}  // namespace

std::unique_ptr<Projection> make_users() { return std::make_unique<UsersProjection>(); }

}  // namespace buttonwood::projections
