// People and terms of securities: a log written by hand, event by event, and the rows that it must give.
#include "tests/projections/database.hpp"
#include "tests/support/test_cluster.hpp"

#include "engine/engine.hpp"
#include "eventstore/embedded_sql.hpp"

#include <algorithm>
#include <ranges>

namespace buttonwood::projections::test {
namespace {

using namespace engine;
using eventstore::Connection;

constexpr Timestamp kStart{1'798'761'000'000'000};  // 2026-12-31T23:50:00Z
constexpr std::int64_t kMinute = 60'000'000;
constexpr auto kOfficer = static_cast<UserId>(1);
constexpr auto kAda = static_cast<UserId>(2);
constexpr auto kBob = static_cast<UserId>(3);
constexpr auto kAcme = static_cast<SecurityId>(1);
constexpr auto kBeta = static_cast<SecurityId>(2);
constexpr auto kHouse = static_cast<AccountId>(1);
constexpr auto kAdasAccount = static_cast<AccountId>(2);
constexpr auto kBobsAccount = static_cast<AccountId>(3);

// A log in which every command is accepted, one a minute.
class Log {
public:
    Log& decide(const Command& command, UserId actor = UserId::None) {
        const CommandHeader header{engine_.last_command() + 1,
                                   {kStart.us + static_cast<std::int64_t>(engine_.last_command()) * kMinute},
                                   actor, {}};
        const std::size_t before = records_.events.size();
        const EventSeq first_seq = engine_.last_seq() + 1;
        const RejectReason outcome = engine_.decide(header, command, records_.events);
        INFO("command " << header.seq);
        REQUIRE(outcome == RejectReason::None);
        records_.commands.push_back(
            {header, command, outcome, first_seq, static_cast<std::uint32_t>(records_.events.size() - before)});
        return *this;
    }
    [[nodiscard]] const eventstore::Records& records() const { return records_; }

private:
    Engine engine_;
    eventstore::Records records_;
};

// The users: events 1 to 6, a registration and an account each.
Log with_users() {
    Log log;
    log.decide(RegisterUser{"Officer", RoleSet{}.add(Role::Compliance).add(Role::Operator)})
        .decide(RegisterUser{"Ada Lovelace", RoleSet{}.add(Role::Trader)})
        .decide(RegisterUser{"Bob", RoleSet{}.add(Role::Trader)});
    return log;
}

// Events 7 to 20, one a minute from 23:53 on.
Log people_log() {
    Log log = with_users();
    log.decide(UpdateProfile{kAda, {}, Name("ada@example.com"), Country("GB")}, kAda)
        .decide(SetKycStatus{kAda, KycStatus::Pending, "passport"}, kOfficer)
        .decide(SetKycStatus{kAda, KycStatus::Verified, {}}, kOfficer)
        .decide(SetAccreditation{kAda, AccreditationStatus::Verified, AccreditationBasis::Income, "tax return",
                                 {kStart.us + 60 * kMinute}}, kOfficer)
        .decide(AddComplianceNote{kAda, "called \"back\""}, kOfficer)
        .decide(SetPreference{kAda, "theme", "dark"}, kAda)
        .decide(SetPreference{kAda, "theme", "light"}, kAda)
        .decide(SetPreference{kAda, "sounds", "on"}, kAda)
        .decide(SetPreference{kAda, "sounds", {}}, kAda)
        .decide(SetPreference{kAda, "sounds", {}}, kAda)
        .decide(ChangeUserStatus{kBob, UserStatus::Suspended, "asked"})
        .decide(ChangeUserStatus{kBob, UserStatus::Active, {}}, kOfficer)
        .decide(SetAccreditation{kAda, AccreditationStatus::Revoked, AccreditationBasis::None, {}, {}}, kOfficer)
        .decide(UpdateProfile{kAda, Name("Ada King"), {}, {}}, kAda);
    return log;
}

// Events 7 to 19, one a minute from 23:53 on.
Log securities_log() {
    Log log = with_users();
    log.decide(CreateSecurity{"ACME", "Acme Works", "USD", 2, 0, {1}, {1}})
        .decide(CreateSecurity{"BETA.X", "Beta", "USD", 2, 0, {1}, {1}})
        .decide(SetFees{SecurityId::None, 100, 250, kHouse}, kOfficer)
        .decide(SetFees{kAcme, 0, 300, kBobsAccount}, kOfficer)
        .decide(SetSecurityTerms{kAcme, "Acme Holding", AssetClass::PrivateEquity, Exemption::RegD506c, true, true,
                                 {kStart.us + 60 * kMinute}, 2, {700}, "anvils"}, kOfficer)
        .decide(RecordValuation{kAcme, {1'250}, kStart, "409A"}, kOfficer)
        .decide(RecordValuation{kAcme, {1'100}, {kStart.us - kMinute}, {}}, kOfficer)
        .decide(IssueHoldings{kAdasAccount, kAcme, {750}})
        .decide(IssueHoldings{kBobsAccount, kAcme, {250}})
        .decide(DelistSecurity{kBeta, "merged"}, kOfficer)
        .decide(SetFees{SecurityId::None, 50, 200, kHouse}, kOfficer);
    return log;
}

// The whole log as one batch, in the tables of the projections that the views here read.
Connection filled(const eventstore::Records& records) {
    Connection db = connect(::buttonwood::test::fresh_database());
    must(db.execute("SET TIME ZONE 'UTC'"));
    for (const std::string_view name : {"users", "securities", "portfolio"}) apply(*make(name), records, db);
    return db;
}

// The rows of a query, columns joined by |, "-" for null.
std::vector<std::string> lines(Connection& db, const std::string& query) {
    const auto rows = must(db.query(query));
    std::vector<std::string> all;
    for (int row = 0; row < rows.size(); ++row) all.emplace_back(rows.text(row, 0));
    return all;
}
std::string joined(const std::string& columns) { return "array_to_string(ARRAY[" + columns + "]::text[], '|', '-')"; }

using Lines = std::vector<std::string>;

TEST_CASE("a user's row shows its profile and where compliance stands", "[postgres]") {
    Connection db = filled(people_log().records());
    const std::string columns =
        joined("name, email, jurisdiction, status, status_reason, kyc_status, to_char(kyc_since, 'HH24:MI'), "
               "kyc_seq::text, kyc_note, accreditation_status, accreditation_basis, accreditation_evidence, "
               "accreditation_verified_at::text, accreditation_expires_at::text, updated_seq::text");
    CHECK(lines(db, "SELECT " + columns + " FROM identity.users ORDER BY user_id") ==
          Lines{"Officer|-|-|active|-|none|-|-|-|none|-|-|-|-|1",
                "Ada King|ada@example.com|GB|active|-|verified|23:55|9|-|revoked|-|-|-|-|20",
                "Bob|-|-|active|-|none|-|-|-|none|-|-|-|-|18"});
}

TEST_CASE("an accreditation counts until it expires", "[postgres]") {
    Log log = with_users();
    log.decide(SetAccreditation{kAda, AccreditationStatus::Verified, AccreditationBasis::Entity, "deed", {}}, kOfficer);
    Connection db = filled(log.records());
    CHECK(lines(db, "SELECT " + joined("accreditation_basis, accreditation_evidence, "
                                       "accreditation_verified_at::text, accreditation_expires_at::text, "
                                       "is_accredited::text") + " FROM api.user_compliance WHERE user_id = 2") ==
          Lines{"entity|deed|2026-12-31 23:53:00+00|-|true"});
    must(db.execute("UPDATE identity.users SET accreditation_expires_at = now() WHERE user_id = 2"));
    CHECK(value(db, "SELECT is_accredited FROM api.user_compliance WHERE user_id = 2") == "f");
}

TEST_CASE("every change of a status is kept with who made it", "[postgres]") {
    Connection db = filled(people_log().records());
    CHECK(lines(db, "SELECT " + joined("event_seq::text, user_id::text, what, from_status, to_status, note, "
                                       "actor::text, to_char(changed_at, 'HH24:MI')") +
                        " FROM api.user_status_changes ORDER BY event_seq") ==
          Lines{"8|2|kyc|none|pending|passport|1|23:54", "9|2|kyc|pending|verified|-|1|23:55",
                "10|2|accreditation|none|verified|tax return|1|23:56",
                "17|3|account|active|suspended|asked|-|00:03", "18|3|account|suspended|active|-|1|00:04",
                "19|2|accreditation|verified|revoked|-|1|00:05"});
    CHECK(lines(db, "SELECT " + joined("event_seq::text, user_id::text, note, author::text, noted_at::text") +
                        " FROM api.compliance_notes") ==
          Lines{"11|2|called \"back\"|1|2026-12-31 23:57:00+00"});
}

TEST_CASE("a preference is what it was last set to, and gone when it was removed", "[postgres]") {
    Connection db = filled(people_log().records());
    CHECK(lines(db, "SELECT " + joined("user_id::text, key, value, updated_seq::text") + " FROM api.preferences") ==
          Lines{"2|theme|light|13"});
}

TEST_CASE("a security shows its terms, its newest valuation and the fees in force", "[postgres]") {
    Connection db = filled(securities_log().records());
    CHECK(lines(db, "SELECT " + joined("symbol, issuer, asset_class, exemption, accredited_only::text, "
                                       "kyc_required::text, lock_up_until::text, settlement_days::text, "
                                       "free_float_units::text, description") +
                        " FROM api.securities ORDER BY security_id") ==
          Lines{"ACME|Acme Holding|private_equity|reg_d_506c|true|true|2027-01-01 00:50:00+00|2|700|anvils",
                "BETA.X|-|equity|none|false|false|-|0|-|-"});
    CHECK(lines(db, "SELECT " + joined("valuation_price_units::text, valued_at::text, maker_ppm::text, "
                                       "taker_ppm::text, fee_account_id::text, has_own_fees::text, "
                                       "to_char(delisted_at, 'HH24:MI'), delisted_reason") +
                        " FROM api.securities ORDER BY security_id") ==
          Lines{"1250|2026-12-31 23:50:00+00|0|300|3|true|-|-", "-|-|50|200|1|false|00:02|merged"});
    CHECK(lines(db, "SELECT " + joined("event_seq::text, symbol, price_units::text, valued_at::text, method, "
                                       "to_char(recorded_at, 'HH24:MI')") +
                        " FROM api.valuations ORDER BY event_seq") ==
          Lines{"12|ACME|1250|2026-12-31 23:50:00+00|409A|23:58", "13|ACME|1100|2026-12-31 23:49:00+00|-|23:59"});
}

TEST_CASE("fees are none before any are set", "[postgres]") {
    Log log;
    log.decide(CreateSecurity{"ACME", "Acme Works", "USD", 2, 0, {1}, {1}});
    Connection db = filled(log.records());
    CHECK(lines(db, "SELECT " + joined("maker_ppm::text, taker_ppm::text, fee_account_id::text, has_own_fees::text") +
                        " FROM api.securities") == Lines{"0|0|-|false"});
}

TEST_CASE("who owns a security adds up to all of it", "[postgres]") {
    Connection db = filled(securities_log().records());
    CHECK(lines(db, "SELECT " + joined("symbol, account_id::text, quantity_units::text, share_of_outstanding::text") +
                        " FROM api.ownership ORDER BY account_id") ==
          Lines{"ACME|2|750|0.75000000", "ACME|3|250|0.25000000"});
}

TEST_CASE("people and terms are the same for any cut of the log", "[postgres]") {
    for (const Log& log : {people_log(), securities_log()}) {
        const eventstore::Records& records = log.records();
        Connection at_once = filled(records);
        for (std::size_t cut = 1; cut <= 2; ++cut) {
            Connection in_pieces = connect(::buttonwood::test::fresh_database());
            for (const std::string_view name : {"users", "securities"}) {
                const auto projection = make(name);
                for (std::size_t at = 0; at < records.commands.size(); at += cut) {
                    apply(*projection, slice(records, at, std::min(at + cut, records.commands.size())), in_pieces);
                    if (cut == 1) projection->reset();
                }
                for (const std::string_view table : projection->tables()) {
                    CAPTURE(table, cut);
                    CHECK(rows_of(in_pieces, qualified(*projection, table)) ==
                          rows_of(at_once, qualified(*projection, table)));
                }
            }
        }
    }
}

TEST_CASE("a note of bytes that are no text is the same after it was loaded", "[postgres]") {
    Log log = with_users();
    log.decide(ChangeUserStatus{kBob, UserStatus::Suspended, Note(std::string(200, '\xFF'))})
        .decide(UpdateProfile{kBob, Name("Robert"), {}, {}}, kBob)
        .decide(CreateSecurity{"ACME", "Acme Works", "USD", 2, 0, {1}, {1}})
        .decide(ChangeTradingState{kAcme, TradingState::Halted, Note(std::string(200, '\xFF')), {}, {}})
        .decide(IssueHoldings{kAdasAccount, kAcme, {1}});
    Connection db = connect(::buttonwood::test::fresh_database());
    for (const std::string_view name : {"users", "securities"}) {
        const auto projection = make(name);
        for (std::size_t at = 0; at < log.records().commands.size(); ++at) {
            apply(*projection, slice(log.records(), at, at + 1), db);
            projection->reset();
        }
    }
    CHECK(value(db, "SELECT length(status_reason) FROM identity.users WHERE name = 'Robert'") == "200");
    CHECK(value(db, "SELECT length(state_reason) FROM reference.securities") == "200");
}

TEST_CASE("people and securities are found by how their words begin", "[postgres]") {
    Connection people = filled(people_log().records());
    const auto users = [&people](const std::string& typed) {
        return lines(people, "SELECT name FROM api.users WHERE search @@ api.search_query('" + typed +
                                 "') ORDER BY user_id");
    };
    CHECK(users("kin ad") == Lines{"Ada King"});
    CHECK(users("ADA@example.com") == Lines{"Ada King"});
    CHECK(users("exam") == Lines{"Ada King"});
    CHECK(users("lovelace").empty());
    CHECK(users("ada bob").empty());
    CHECK(users("b'':* | \\") == Lines{"Bob"});
    CHECK(users("  ").empty());

    Connection securities = filled(securities_log().records());
    const auto symbols = [&securities](const std::string& typed) {
        return lines(securities, "SELECT symbol FROM api.securities WHERE search @@ api.search_query('" + typed + "')");
    };
    CHECK(symbols("acm") == Lines{"ACME"});
    CHECK(symbols("beta.x") == Lines{"BETA.X"});
    CHECK(symbols("bet") == Lines{"BETA.X"});
    CHECK(symbols("hold") == Lines{"ACME"});
    CHECK(symbols("anvils").empty());
}

TEST_CASE("what is asked of people and securities uses their indexes", "[postgres]") {
    Connection db = filled(people_log().records());
    must(db.execute("SET enable_seqscan = off; SET enable_sort = off"));
    const auto uses = [&db](const std::string& query, const std::string& index) {
        std::string plan;
        for (const std::string& line : lines(db, "EXPLAIN " + query)) plan += line + "\n";
        INFO(plan);
        CHECK(plan.find(index + " ") != std::string::npos);
        CHECK(plan.find("Sort") == std::string::npos);
    };
    uses("SELECT user_id FROM api.users WHERE search @@ api.search_query('ada')", "users_search");
    uses("SELECT * FROM api.securities WHERE search @@ api.search_query('acm')", "securities_search");
    uses("SELECT * FROM api.compliance_notes WHERE user_id = 2 ORDER BY event_seq DESC LIMIT 10",
         "compliance_notes_user");
    uses("SELECT * FROM api.user_status_changes WHERE user_id = 2 ORDER BY event_seq DESC LIMIT 10",
         "user_status_changes_user");
    uses("SELECT * FROM api.valuations WHERE security_id = 1 AND valued_at <= now() "
         "ORDER BY valued_at DESC, event_seq DESC LIMIT 1", "valuations_security");
    uses("SELECT * FROM api.preferences WHERE user_id = 2 ORDER BY key", "preferences_pkey");
}

TEST_CASE("every table and column of people and securities says what it is", "[postgres]") {
    Connection db = connect(::buttonwood::test::fresh_database());
    CHECK(lines(db, "SELECT c.oid::regclass || '.' || a.attname FROM pg_class c "
                    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
                    "WHERE c.relnamespace IN ('identity'::regnamespace, 'reference'::regnamespace) "
                    "AND c.relkind = 'r' AND (col_description(c.oid, a.attnum) IS NULL "
                    "OR obj_description(c.oid, 'pg_class') IS NULL) ORDER BY 1").empty());
}

// Rows of before migration 033, migrated, against those of a rebuild.
TEST_CASE("securities of an older database need no rebuild, users are filled anew", "[postgres]") {
    Log log = with_users();
    log.decide(CreateSecurity{"ACME", "Acme Works", "USD", 2, 0, {1}, {1}})
        .decide(IssueHoldings{kAdasAccount, kAcme, {750}})
        .decide(ChangeTradingState{SecurityId::None, TradingState::Halted, "storm", {}, {}})
        .decide(ChangeUserStatus{kBob, UserStatus::Suspended, "asked"});
    Connection rebuilt = filled(log.records());
    Connection db = filled(log.records());
    must(db.execute("UPDATE projections.status SET checkpoint = " + std::to_string(log.records().events.size())));
    constexpr int kPeople = 33;
    const auto migrations = eventstore::embedded_migrations();
    for (const auto& migration : migrations | std::views::reverse)
        if (migration.version >= kPeople) must(db.execute(std::string(migration.down)));
    for (const auto& migration : migrations)
        if (migration.version >= kPeople) must(db.execute(std::string(migration.up)));

    CHECK(lines(db, "SELECT name FROM projections.status WHERE checkpoint = 0") == Lines{"users"});
    apply(*make("users"), log.records(), db);
    for (const std::string_view name : {"users", "securities"}) {
        const auto projection = make(name);
        for (const std::string_view table : projection->tables()) {
            CAPTURE(table);
            CHECK(rows_of(db, qualified(*projection, table)) == rows_of(rebuilt, qualified(*projection, table)));
        }
    }
    CHECK(value(db, "SELECT to_status FROM api.user_status_changes") == "suspended");
}

}  // namespace
}  // namespace buttonwood::projections::test
