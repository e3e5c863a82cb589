#include "projections/people.hpp"

namespace buttonwood::projections {

using namespace engine;
using eventstore::Connection;
using eventstore::Rows;

struct People::Change {
    const Event& event;
    UserId actor{};
};

namespace {

// The user whose row the event changes; None for all other events.
UserId changed_by(const EventBody& body) {
    if (const auto* e = std::get_if<ProfileUpdated>(&body)) return e->user;
    if (const auto* e = std::get_if<UserStatusChanged>(&body)) return e->user;
    if (const auto* e = std::get_if<KycStatusChanged>(&body)) return e->user;
    if (const auto* e = std::get_if<AccreditationChanged>(&body)) return e->user;
    return UserId::None;
}

Timestamp time_at(const Rows& rows, int row, int column) { return {rows.integer(row, column)}; }

UserRow row_from(const Rows& rows, int i) {
    UserRow row;
    row.name = rows.text(i, 1);
    row.status = from_word<UserStatus>(rows.text(i, 2)).value_or(UserStatus::Active);
    row.status_note = rows.text(i, 3);
    row.email = rows.text(i, 4);
    row.jurisdiction = rows.text(i, 5);
    row.kyc = from_word<KycStatus>(rows.text(i, 6)).value_or(KycStatus::None);
    row.kyc_since = time_at(rows, i, 7);
    row.kyc_seq = static_cast<EventSeq>(rows.integer(i, 8));
    row.kyc_note = rows.text(i, 9);
    row.accreditation = from_word<AccreditationStatus>(rows.text(i, 10)).value_or(AccreditationStatus::None);
    row.basis = from_word<AccreditationBasis>(rows.text(i, 11)).value_or(AccreditationBasis::None);
    row.evidence = rows.text(i, 12);
    row.verified_at = time_at(rows, i, 13);
    row.expires_at = time_at(rows, i, 14);
    return row;
}

}  // namespace

Result People::load(const eventstore::Records& batch, Connection& connection) {
    if (auto loaded = load_users(batch, connection); !loaded) return loaded;
    return load_preferences(batch, connection);
}

Result People::load_users(const eventstore::Records& batch, Connection& connection) {
    std::vector<UserId> wanted;
    for (const Event& event : batch.events)
        if (const UserId user = changed_by(event.body); user != UserId::None) wanted.push_back(user);
    if (wanted.empty()) return {};
    auto rows = connection.prepared(
        "SELECT user_id, name, status, status_reason, email, jurisdiction, kyc_status, "
        "(extract(epoch FROM kyc_since) * 1000000)::bigint, kyc_seq, kyc_note, "
        "accreditation_status, accreditation_basis, accreditation_evidence, "
        "(extract(epoch FROM accreditation_verified_at) * 1000000)::bigint, "
        "(extract(epoch FROM accreditation_expires_at) * 1000000)::bigint "
        "FROM users WHERE user_id = ANY($1::bigint[])",
        {array_of(wanted)});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        users_.load(static_cast<UserId>(rows->integer(i, 0)), row_from(*rows, i));
    return {};
}

// An event carries all of a preference: only that there is one must be known.
Result People::load_preferences(const eventstore::Records& batch, Connection& connection) {
    std::vector<UserId> users;
    std::vector<PreferenceKey> keys;
    for (const Event& event : batch.events)
        if (const auto* e = std::get_if<PreferenceSet>(&event.body)) {
            users.push_back(e->user);
            keys.push_back(e->key);
        }
    if (users.empty()) return {};
    auto rows = connection.prepared(
        "SELECT p.user_id, p.key FROM preferences p "
        "WHERE (p.user_id, p.key) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))",
        {array_of(users), array_of(keys, &PreferenceKey::view)});
    if (!rows) return std::unexpected(rows.error());
    for (int i = 0; i < rows->size(); ++i)
        preferences_.load({static_cast<UserId>(rows->integer(i, 0)), rows->text(i, 1)}, {});
    return {};
}

Result People::apply(const Event& event, UserId actor) {
    return std::visit([&](const auto& body) { return on({event, actor}, body); }, event.body);
}

template <class F>
Result People::change_user(const Change& change, UserId user, F&& f) {
    UserRow* row = users_.change(user);
    if (!row)
        return fault("event " + std::to_string(change.event.seq) + " names user " +
                     std::to_string(static_cast<std::uint32_t>(user)) + ", which does not exist");
    f(*row);
    row->updated_at = change.event.time;
    row->updated_seq = change.event.seq;
    return {};
}

Result People::on(const Change& change, const UserRegistered& e) {
    UserRow& row = users_.create(e.user, {});
    row.name = stored_text(e.name.view());
    row.roles = e.roles;
    row.created_at = row.updated_at = change.event.time;
    row.created_seq = row.updated_seq = change.event.seq;
    return {};
}

Result People::on(const Change& change, const ProfileUpdated& e) {
    return change_user(change, e.user, [&e](UserRow& row) {
        row.name = stored_text(e.name.view());
        row.email = stored_text(e.email.view());
        row.jurisdiction = e.jurisdiction.view();
    });
}

Result People::on(const Change& change, const UserStatusChanged& e) {
    return change_user(change, e.user, [&](UserRow& row) {
        status_writer_.insert(change.event.seq, e.user, "account", row.status, e.status,
                              unless_empty(e.note), unless_zero(change.actor), change.event.time);
        row.status = e.status;
        row.status_note = stored_text(e.note.view());
    });
}

Result People::on(const Change& change, const KycStatusChanged& e) {
    return change_user(change, e.user, [&](UserRow& row) {
        status_writer_.insert(change.event.seq, e.user, "kyc", row.kyc, e.status, unless_empty(e.note),
                              unless_zero(change.actor), change.event.time);
        row.kyc = e.status;
        row.kyc_since = change.event.time;
        row.kyc_seq = change.event.seq;
        row.kyc_note = stored_text(e.note.view());
    });
}

Result People::on(const Change& change, const AccreditationChanged& e) {
    return change_user(change, e.user, [&](UserRow& row) {
        status_writer_.insert(change.event.seq, e.user, "accreditation", row.accreditation, e.status,
                              unless_empty(e.evidence), unless_zero(change.actor), change.event.time);
        row.accreditation = e.status;
        row.basis = e.basis;
        row.evidence = stored_text(e.evidence.view());
        row.verified_at = e.status == AccreditationStatus::Verified ? change.event.time : Timestamp{};
        row.expires_at = e.expires_at;
    });
}

Result People::on(const Change& change, const ComplianceNoted& e) {
    note_writer_.insert(change.event.seq, e.user, e.note, unless_zero(change.actor), change.event.time);
    return {};
}

// To remove what is not there changes nothing.
Result People::on(const Change& change, const PreferenceSet& e) {
    const PreferenceName name{e.user, e.key};
    if (!e.value.empty())
        preferences_.change_or_create(name) = {e.value, change.event.time, change.event.seq};
    else if (preferences_.find(name))
        preferences_.erase(name);
    return {};
}

void People::put(bool stored, UserId id, const UserRow& row) {
    user_writer_.put(stored, id, row.name, row.roles, row.status, unless_empty(row.status_note),
                     row.created_at, row.updated_at, row.created_seq, row.updated_seq, unless_empty(row.email),
                     unless_empty(row.jurisdiction), row.kyc, unless_zero(row.kyc_since), unless_zero(row.kyc_seq),
                     unless_empty(row.kyc_note), row.accreditation, unless_zero(row.basis),
                     unless_empty(row.evidence), unless_zero(row.verified_at), unless_zero(row.expires_at));
}

Result People::flush(Connection& connection) {
    users_.flush([this](bool stored, UserId id, const UserRow& row) { put(stored, id, row); });
    preferences_.flush(
        [this](bool stored, const PreferenceName& name, const PreferenceRow& row) {
            preference_writer_.put(stored, name.user, name.key, row.value, row.updated_at, row.updated_seq);
        },
        [this](const PreferenceName& name) { preference_writer_.erase(name.user, name.key); },
        [](const PreferenceName&, const PreferenceRow&) { return false; });
    users_.clear();
    preferences_.clear();
    for (TableWriter* writer : {&user_writer_, &preference_writer_, &note_writer_, &status_writer_})
        if (auto written = writer->flush(connection); !written) return written;
    return {};
}

void People::clear() {
    users_.clear();
    preferences_.clear();
    for (TableWriter* writer : {&user_writer_, &preference_writer_, &note_writer_, &status_writer_}) writer->clear();
}

}  // namespace buttonwood::projections
