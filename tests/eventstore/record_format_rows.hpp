// The record format as rows for the tables of schema record_format, made from the records' own field lists and the
// codec's rules: what psql must know to read every version that the codec reads.
#pragma once

#include "engine/names.hpp"
#include "eventstore/codec_fields.hpp"
#include "eventstore/record_json.hpp"

#include <set>
#include <string>
#include <vector>

namespace buttonwood::eventstore::format_rows {

// Rows as the VALUES of an INSERT: "('OrderRested', 1, 5, NULL)".
struct Tables {
    std::vector<std::string> types;     // kind, type, name
    std::vector<std::string> versions;  // record, version, field_count, nested_version
    std::vector<std::string> fields;    // record, position, name, format, size, argument, optional, default_json
    std::vector<std::string> words;     // vocabulary, value, word
};

inline std::string literal(std::string_view text) { return "'" + std::string(text) + "'"; }
inline std::string or_null(std::string_view text) { return text.empty() ? "NULL" : literal(text); }

// A vocabulary is the closed set of words of one enumeration.
constexpr std::string_view vocabulary_of(engine::Side) { return "side"; }
constexpr std::string_view vocabulary_of(engine::OrderType) { return "order_type"; }
constexpr std::string_view vocabulary_of(engine::TimeInForce) { return "time_in_force"; }
constexpr std::string_view vocabulary_of(engine::TradingState) { return "trading_state"; }
constexpr std::string_view vocabulary_of(engine::AuctionKind) { return "auction_kind"; }
constexpr std::string_view vocabulary_of(engine::StateCause) { return "state_cause"; }
constexpr std::string_view vocabulary_of(engine::SelfTradePrevention) { return "self_trade_prevention"; }
constexpr std::string_view vocabulary_of(engine::GroupKind) { return "group_kind"; }
constexpr std::string_view vocabulary_of(engine::GroupRole) { return "group_role"; }
constexpr std::string_view vocabulary_of(engine::ActivationReason) { return "activation_reason"; }
constexpr std::string_view vocabulary_of(engine::WorkKind) { return "work_kind"; }
constexpr std::string_view vocabulary_of(engine::UserStatus) { return "user_status"; }
constexpr std::string_view vocabulary_of(engine::CancelReason) { return "cancel_reason"; }
constexpr std::string_view vocabulary_of(engine::ExpireReason) { return "expire_reason"; }
constexpr std::string_view vocabulary_of(engine::KycStatus) { return "kyc_status"; }
constexpr std::string_view vocabulary_of(engine::AccreditationStatus) { return "accreditation_status"; }
constexpr std::string_view vocabulary_of(engine::AccreditationBasis) { return "accreditation_basis"; }
constexpr std::string_view vocabulary_of(engine::AssetClass) { return "asset_class"; }
constexpr std::string_view vocabulary_of(engine::Exemption) { return "exemption"; }
constexpr std::string_view vocabulary_of(engine::SettlementStep) { return "settlement_step"; }
constexpr std::string_view vocabulary_of(engine::Role) { return "role"; }
constexpr std::string_view vocabulary_of(engine::RejectReason) { return "reject_reason"; }

constexpr std::string_view prefix_of(engine::UserId) { return "usr"; }
constexpr std::string_view prefix_of(engine::AccountId) { return "acc"; }
constexpr std::string_view prefix_of(engine::SecurityId) { return "sec"; }
constexpr std::string_view prefix_of(engine::OrderId) { return "ord"; }
constexpr std::string_view prefix_of(engine::TradeId) { return "trd"; }

class Describer {
public:
    Tables tables;

    template <class Variant>
    void add_types(int kind) {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (add_type<std::variant_alternative_t<I, Variant>>(kind, I), ...);
        }
        (std::make_index_sequence<std::variant_size_v<Variant>>{});
    }
    // Of a command's outcome, which is no record's field.
    void add_reject_reasons() { add_words(engine::RejectReason{}); }

private:
    struct Form {
        std::string_view format;
        std::size_t size{};  // in bytes, at most that many where it varies; of a list: elements
        std::string argument;
        bool optional{};
    };

    template <codec::Record R>
    void add_type(int kind, std::size_t type) {
        tables.types.push_back('(' + std::to_string(kind) + ", " + std::to_string(type) + ", " + literal(R::kName) +
                               ')');
        add_record<R>();
    }

    template <codec::Record R>
    void add_record() {
        if (!seen_.insert(std::string(R::kName)).second) return;
        std::size_t position = 0;
        R record{};
        bool nests = false;
        R::visit(record, [&](std::string_view name, const auto& value) {
            const Form form = form_of(value);
            nests = nests || form.format == "record" || form.format == "list";
            const bool grown = position >= codec::kFieldsOfVersion<R>.front();
            tables.fields.push_back('(' + literal(R::kName) + ", " + std::to_string(++position) + ", " + literal(name) +
                                    ", " + literal(form.format) + ", " + std::to_string(form.size) + ", " +
                                    or_null(form.argument) + ", " + (form.optional ? "true" : "false") + ", " +
                                    (grown ? literal(field_json(record, name)) : "NULL") + ')');
        });
        std::size_t version = 0;
        for (const std::size_t count : codec::kFieldsOfVersion<R>) {
            const std::size_t nested = std::is_same_v<R, engine::PlaceGroup> ? codec::kLegVersions[version] : 1;
            tables.versions.push_back('(' + literal(R::kName) + ", " + std::to_string(++version) + ", " +
                                      std::to_string(count) + ", " + (nests ? std::to_string(nested) : "NULL") + ')');
        }
    }

    // What record_json writes for this field of a record that nobody filled.
    template <codec::Record R>
    static std::string field_json(const R& record, std::string_view name) {
        std::string json;
        if constexpr (std::is_constructible_v<engine::EventBody, R>) json = to_json(engine::EventBody(record));
        else if constexpr (std::is_constructible_v<engine::Command, R>) json = to_json(engine::Command(record));
        const std::string key = quoted_key(name);
        const std::size_t at = json.find(key);
        if (at == std::string::npos) return "missing";
        const std::size_t begin = at + key.size();
        return json.substr(begin, json.find_first_of(",}", begin) - begin);
    }
    static std::string quoted_key(std::string_view name) { return '"' + std::string(name) + "\":"; }

    template <class E>
    void add_words(E) {
        const std::string vocabulary(vocabulary_of(E{}));
        if (!seen_.insert("vocabulary " + vocabulary).second) return;
        const auto add = [&](auto value, std::string_view word) {
            tables.words.push_back('(' + literal(vocabulary) + ", " + std::to_string(static_cast<unsigned>(value)) +
                                   ", " + literal(word) + ')');
        };
        if constexpr (std::is_same_v<E, engine::RejectReason>) {
#define X(name, number, code, text) add(engine::RejectReason::name, code);
            BUTTONWOOD_REJECT_REASONS(X)
#undef X
        } else {
            for (const auto& [value, word] : words_of(E{})) add(value, word);
        }
    }

    Form form_of(bool) { return {"boolean", 1, {}}; }
    Form form_of(std::uint8_t) { return {"unsigned", 1, {}}; }
    Form form_of(std::uint32_t) { return {"unsigned", 4, {}}; }
    Form form_of(std::int64_t) { return {"signed", 8, {}}; }
    Form form_of(std::uint64_t) { return {"hex", 8, {}}; }
    Form form_of(engine::KeyId) { return {"key", 8, {}}; }
    template <class E>
        requires std::is_enum_v<E>
    Form form_of(E value) {
        if constexpr (requires { vocabulary_of(value); }) {
            static_assert(sizeof(E) == 1);
            add_words(value);
            return {"word", 1, std::string(vocabulary_of(value))};
        } else {
            return {"id", sizeof(E), std::string(prefix_of(value))};
        }
    }
    template <class Tag> Form form_of(engine::Amount<Tag>) { return {"units", 8, {}}; }
    Form form_of(engine::Money) { return {"money", 16, {}}; }
    Form form_of(engine::Timestamp) { return {"time", 8, {}}; }
    Form form_of(engine::RoleSet) {
        add_words(engine::Role{});
        return {"set", 1, std::string(vocabulary_of(engine::Role{}))};
    }
    Form form_of(const engine::Sha256& value) { return {"secret", value.size(), {}}; }
    template <std::size_t N> Form form_of(const engine::FixedString<N>&) { return {"text", N, {}}; }
    template <class T> Form form_of(const std::optional<T>&) {
        Form form = form_of(T{});
        form.optional = true;
        return form;
    }
    template <codec::Record R> Form form_of(const std::vector<R>&) {
        add_record<R>();
        return {"list", engine::kMaxGroupLegs, std::string(R::kName)};
    }
    template <codec::Record R> Form form_of(const R&) {
        add_record<R>();
        return {"record", codec::MaxSize<R>::value, std::string(R::kName)};
    }

    std::set<std::string> seen_;
};

inline Tables describe() {
    Describer describer;
    describer.add_reject_reasons();
    describer.add_types<engine::Command>(1);
    describer.add_types<engine::EventBody>(2);
    return std::move(describer.tables);
}

// "INSERT INTO schema.table VALUES ...;"
inline std::string insert_sql(std::string_view table, const std::vector<std::string>& rows) {
    std::string sql = "INSERT INTO " + std::string(table) + " VALUES\n";
    for (const std::string& row : rows) sql += "    " + row + (&row == &rows.back() ? ";\n" : ",\n");
    return sql;
}

}  // namespace buttonwood::eventstore::format_rows
