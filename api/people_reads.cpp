#include "api/people_reads.hpp"

#include "api/read_rows.hpp"

namespace buttonwood::api {

using eventstore::Connection;
using eventstore::Param;
using eventstore::Rows;

namespace {

struct History {
    Rows changes, notes;
};
OrDbError<History> history_of(Connection& connection, engine::UserId user) {
    auto changes = connection.prepared(
        "SELECT event_seq, what, from_status, to_status, note, actor, " + rfc3339("changed_at") + " AS changed"
        " FROM api.user_status_changes WHERE user_id = $1::bigint ORDER BY event_seq DESC LIMIT $2",
        {Param(std::to_underlying(user)), Param(kMaxHistoryShown)});
    if (!changes) return std::unexpected(changes.error());
    auto notes = connection.prepared("SELECT event_seq, note, author, " + rfc3339("noted_at") + " AS noted"
                                     " FROM api.compliance_notes WHERE user_id = $1::bigint"
                                     " ORDER BY event_seq DESC LIMIT $2",
                                     {Param(std::to_underlying(user)), Param(kMaxHistoryShown)});
    if (!notes) return std::unexpected(notes.error());
    return History{std::move(*changes), std::move(*notes)};
}

void write_history(JsonWriter& w, const History& history) {
    w.array("status_changes", [&] {
        for (int i = 0; i < history.changes.size(); ++i) {
            const Row row(history.changes, i);
            w.object([&] {
                w.member("what", row.text("what"));
                w.member("from", row.text("from_status"));
                w.member("to", row.text("to_status"));
                w.member("note", row.optional("note"));
                w.member("actor", row.id_or_none<engine::UserId>("actor"));
                w.member("time", row.text("changed"));
                w.member("event_seq", row.integer("event_seq"));
            });
        }
    });
    w.array("notes", [&] {
        for (int i = 0; i < history.notes.size(); ++i) {
            const Row row(history.notes, i);
            w.object([&] {
                w.member("note", row.text("note"));
                w.member("author", row.id_or_none<engine::UserId>("author"));
                w.member("time", row.text("noted"));
                w.member("event_seq", row.integer("event_seq"));
            });
        }
    });
}

void write_compliance(JsonWriter& w, const Row& row, bool everything) {
    w.object("kyc", [&] {
        w.member("status", row.text("kyc_status"));
        w.member("since", row.optional("kyc_changed"));
        if (everything) w.member("note", row.optional("kyc_note"));
    });
    w.object("accreditation", [&] {
        w.member("status", row.text("accreditation_status"));
        w.member("basis", row.optional("accreditation_basis"));
        if (everything) w.member("evidence", row.optional("accreditation_evidence"));
        w.member("verified_at", row.optional("verified"));
        w.member("expires_at", row.optional("expires"));
        w.member("is_accredited", row.flag("is_accredited"));
    });
}

}  // namespace

OrDbError<ReadAnswer> read_user(Connection& connection, engine::UserId user, UserDetail detail) {
    const auto seq = checkpoint(connection, kUserSources);
    if (!seq) return std::unexpected(seq.error());
    const auto rows = connection.prepared(
        "SELECT u.user_id, u.name, array_to_json(u.roles)::text AS roles, u.status, u.status_reason, u.email,"
        " u.jurisdiction, array_to_json(ARRAY(SELECT 'acc_' || a FROM unnest(u.account_ids) a))::text AS accounts,"
        " c.kyc_status, c.kyc_note, c.accreditation_status, c.accreditation_basis, c.accreditation_evidence,"
        " c.is_accredited, " + rfc3339("u.created_at") + " AS created, " + rfc3339("c.kyc_since") +
            " AS kyc_changed, " + rfc3339("c.accreditation_verified_at") + " AS verified, " +
            rfc3339("c.accreditation_expires_at") + " AS expires"
        " FROM api.users u JOIN api.user_compliance c USING (user_id) WHERE u.user_id = $1::bigint",
        {Param(std::to_underlying(user))});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return ReadAnswer{"", *seq, false};
    const bool everything = detail == UserDetail::Everything;
    auto history = everything ? history_of(connection, user) : OrDbError<History>(History{});
    if (!history) return std::unexpected(history.error());
    const Row row(*rows, 0);
    JsonWriter w;
    w.object([&] {
        w.member("user_id", row.id<engine::UserId>("user_id"));
        w.member("name", row.text("name"));
        w.raw_member("roles", row.text("roles"));
        w.member("status", row.text("status"));
        if (everything) w.member("status_reason", row.optional("status_reason"));
        w.member("email", row.optional("email"));
        w.member("jurisdiction", row.optional("jurisdiction"));
        w.raw_member("accounts", row.text("accounts"));
        w.member("created_at", row.text("created"));
        write_compliance(w, row, everything);
        if (everything) write_history(w, *history);
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

OrDbError<ReadAnswer> read_security_terms(Connection& connection, const std::string& symbol) {
    const auto seq = checkpoint(connection, kTermsSources);
    if (!seq) return std::unexpected(seq.error());
    const auto rows = connection.prepared(
        "SELECT symbol, issuer, asset_class, exemption, accredited_only, kyc_required, settlement_days,"
        " free_float_units, description, delisted_reason, valuation_price_units, maker_ppm, taker_ppm, has_own_fees,"
        " price_scale, quantity_scale, " + rfc3339("lock_up_until") + " AS lock_up, " + rfc3339("valued_at") +
            " AS valued, " + rfc3339("delisted_at") + " AS delisted FROM api.securities WHERE symbol = $1",
        {Param(symbol)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->size() == 0) return ReadAnswer{"", *seq, false};
    const Row row(*rows, 0);
    JsonWriter w;
    w.object([&] {
        for (const char* name : {"symbol", "issuer", "asset_class", "exemption", "description"})
            w.member(name, row.optional(name));
        w.member("accredited_only", row.flag("accredited_only"));
        w.member("kyc_required", row.flag("kyc_required"));
        w.member("lock_up_until", row.optional("lock_up"));
        w.member("settlement_days", row.integer("settlement_days"));
        w.member("free_float", row.quantity_or_none("free_float_units"));
        w.object("fees", [&] {
            w.member("maker_ppm", row.integer("maker_ppm"));
            w.member("taker_ppm", row.integer("taker_ppm"));
            w.member("own", row.flag("has_own_fees"));
        });
        w.member("valuation_price", row.price_or_none("valuation_price_units"));
        w.member("valued_at", row.optional("valued"));
        w.member("delisted_at", row.optional("delisted"));
        w.member("delisted_reason", row.optional("delisted_reason"));
        w.member("event_seq", *seq);
    });
    return ReadAnswer{w.take(), *seq, true};
}

}  // namespace buttonwood::api
