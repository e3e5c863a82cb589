// Who the users are, a part of projection `users`: identity.users, .preferences, .compliance_notes,
// .user_status_changes.
//
// Users change seldom: a batch loads the rows that it changes in one SELECT per table, and they are forgotten with it.
// Thread safety: none; one projection owns it.
#pragma once

#include "projections/row_cache.hpp"
#include "projections/table_writer.hpp"

#include "engine/events.hpp"
#include "eventstore/codec.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::projections {

// Texts are as the table has them: what is not UTF-8 is longer there than in the event.
struct UserRow {
    std::string name;
    engine::RoleSet roles;  // roles, created_*: only of a row that is new in this batch
    engine::Timestamp created_at;
    engine::EventSeq created_seq{};
    engine::UserStatus status = engine::UserStatus::Active;
    std::string status_note;
    std::string email;
    std::string jurisdiction;
    engine::KycStatus kyc{};
    engine::Timestamp kyc_since;  // 0: it never changed
    engine::EventSeq kyc_seq{};
    std::string kyc_note;
    engine::AccreditationStatus accreditation{};
    engine::AccreditationBasis basis{};
    std::string evidence;
    engine::Timestamp verified_at;  // 0: it is not verified
    engine::Timestamp expires_at;   // 0: never
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};
};

struct PreferenceName {
    engine::UserId user{};
    engine::PreferenceKey key;
    friend bool operator==(const PreferenceName&, const PreferenceName&) = default;
};
struct PreferenceNameHash {
    std::size_t operator()(const PreferenceName& name) const {
        return std::hash<std::string_view>{}(name.key.view()) * 31 + static_cast<std::size_t>(name.user);
    }
};
struct PreferenceRow {
    engine::PreferenceValue value;
    engine::Timestamp updated_at;
    engine::EventSeq updated_seq{};
};

class People {
public:
    // What the batch's events change, before the first of them.
    [[nodiscard]] Result load(const eventstore::Records& batch, eventstore::Connection& connection);
    // REQUIRES: load() of its batch. Events that are not about users change nothing.
    [[nodiscard]] Result apply(const engine::Event& event, engine::UserId actor);
    // Writes what the batch changed, and forgets it.
    [[nodiscard]] Result flush(eventstore::Connection& connection);
    void clear();

private:
    struct Change;  // an event, and who caused it
    template <class Other>
    Result on(const Change&, const Other&) {
        return {};
    }
    Result on(const Change& change, const engine::UserRegistered& e);
    Result on(const Change& change, const engine::ProfileUpdated& e);
    Result on(const Change& change, const engine::UserStatusChanged& e);
    Result on(const Change& change, const engine::KycStatusChanged& e);
    Result on(const Change& change, const engine::AccreditationChanged& e);
    Result on(const Change& change, const engine::ComplianceNoted& e);
    Result on(const Change& change, const engine::PreferenceSet& e);
    // F: void(UserRow&). Fails where no earlier event registered the user.
    template <class F>
    Result change_user(const Change& change, engine::UserId user, F&& f);
    [[nodiscard]] Result load_users(const eventstore::Records& batch, eventstore::Connection& connection);
    [[nodiscard]] Result load_preferences(const eventstore::Records& batch, eventstore::Connection& connection);
    void put(bool stored, engine::UserId id, const UserRow& row);

    RowCache<engine::UserId, UserRow> users_;
    RowCache<PreferenceName, PreferenceRow, PreferenceNameHash> preferences_;
    TableWriter user_writer_{"users",
                             {{"user_id", "bigint", ColumnUse::Key},
                              {"name", "text"},
                              {"roles", "text[]", ColumnUse::Fixed},
                              {"status", "text"},
                              {"status_reason", "text"},
                              {"created_at", "timestamptz", ColumnUse::Fixed},
                              {"updated_at", "timestamptz"},
                              {"created_seq", "bigint", ColumnUse::Fixed},
                              {"updated_seq", "bigint"},
                              {"email", "text"},
                              {"jurisdiction", "text"},
                              {"kyc_status", "text"},
                              {"kyc_since", "timestamptz"},
                              {"kyc_seq", "bigint"},
                              {"kyc_note", "text"},
                              {"accreditation_status", "text"},
                              {"accreditation_basis", "text"},
                              {"accreditation_evidence", "text"},
                              {"accreditation_verified_at", "timestamptz"},
                              {"accreditation_expires_at", "timestamptz"}}};
    TableWriter preference_writer_{"preferences",
                                   {{"user_id", "bigint", ColumnUse::Key},
                                    {"key", "text", ColumnUse::Key},
                                    {"value", "text"},
                                    {"updated_at", "timestamptz"},
                                    {"updated_seq", "bigint"}}};
    TableWriter note_writer_{"compliance_notes",
                             {{"event_seq", "bigint", ColumnUse::Key},
                              {"user_id", "bigint", ColumnUse::Fixed},
                              {"note", "text", ColumnUse::Fixed},
                              {"author", "bigint", ColumnUse::Fixed},
                              {"noted_at", "timestamptz", ColumnUse::Fixed}}};
    TableWriter status_writer_{"user_status_changes",
                               {{"event_seq", "bigint", ColumnUse::Key},
                                {"user_id", "bigint", ColumnUse::Fixed},
                                {"what", "text", ColumnUse::Fixed},
                                {"from_status", "text", ColumnUse::Fixed},
                                {"to_status", "text", ColumnUse::Fixed},
                                {"note", "text", ColumnUse::Fixed},
                                {"actor", "bigint", ColumnUse::Fixed},
                                {"changed_at", "timestamptz", ColumnUse::Fixed}}};
};

}  // namespace buttonwood::projections
