// Rows, and what the server's answers mean.
#include "eventstore/database_internal.hpp"

#include "engine/assert.hpp"

#include <algorithm>
#include <charconv>

namespace buttonwood::eventstore {
namespace {

constexpr int kBinaryFormat = 1;

std::string_view field(const PGresult* result, int code) {
    const char* value = PQresultErrorField(result, code);
    return value != nullptr ? value : "";
}

// One line: line breaks become spaces.
std::string one_line(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return line;
}

bool is_sqlstate(std::string_view text) {
    return text.size() == 5 && std::all_of(text.begin(), text.end(),
                                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::int64_t big_endian(const char* bytes, int length) {
    BUTTONWOOD_ASSERT(length == 2 || length == 4 || length == 8);
    std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
    for (int i = 0; i < length; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
    return static_cast<std::int64_t>(value);
}

}  // namespace

DbErrorKind kind_of_sqlstate(std::string_view sqlstate) {
    const std::string_view cls = sqlstate.substr(0, 2);
    if (sqlstate == "57014" || sqlstate == "55P03" || sqlstate == "55006" || cls == "40") return DbErrorKind::Conflict;
    if (cls == "23") return DbErrorKind::Constraint;
    // 57P04 (database dropped) will not come back by itself; 25006, a read-only server, may be promoted again.
    if (sqlstate == "57P04") return DbErrorKind::Fault;
    if (cls.empty() || cls == "08" || cls == "53" || cls == "57" || cls == "58" || sqlstate == "25006" ||
        sqlstate == "25P03") {
        return DbErrorKind::Unavailable;
    }
    return DbErrorKind::Fault;
}

DbError error_of(const PGresult* result) {
    const std::string_view sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) return lost(PQresultErrorMessage(result));
    std::string message(field(result, PG_DIAG_MESSAGE_PRIMARY));
    if (const auto detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) {
        message.append(" (").append(detail).append(")");
    }
    return {kind_of_sqlstate(sqlstate), std::string(sqlstate), std::string(field(result, PG_DIAG_CONSTRAINT_NAME)),
            one_line(message)};
}

DbError lost(std::string_view message) {
    // libpq's advice after the first line ("This probably means the server terminated abnormally") adds nothing.
    const std::string line = one_line(message.substr(0, message.find('\n')));
    return {DbErrorKind::Unavailable, "", "", line.empty() ? "the connection to PostgreSQL is closed" : line};
}

DbError refused_login(std::string_view message) {
    constexpr std::string_view kSeparator = ":  ";  // between severity and code, in every language of the server
    for (auto at = message.find(kSeparator); at != std::string_view::npos; at = message.find(kSeparator, at + 1)) {
        const std::string_view code = message.substr(at + kSeparator.size(), 5);
        const std::size_t text = at + kSeparator.size() + 5;
        if (!is_sqlstate(code) || message.substr(text, 2) != ": ") continue;
        const std::string_view reason = message.substr(text + 2);
        return {kind_of_sqlstate(code), std::string(code), "", one_line(reason.substr(0, reason.find('\n')))};
    }
    return lost(message);
}

bool is_warning(const PGresult* notice) {
    return field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING" ||
           field(notice, PG_DIAG_SQLSTATE).substr(0, 2) == "01";
}

Rows::Rows() : impl_(std::make_unique<Impl>()) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

int Rows::size() const { return PQntuples(impl_->result.get()); }
int Rows::columns() const { return PQnfields(impl_->result.get()); }
bool Rows::warned() const { return impl_->warned; }

std::string_view Rows::name(int column) const {
    const char* name = PQfname(impl_->result.get(), column);
    return name != nullptr ? name : "";
}

bool Rows::is_null(int row, int column) const {
    BUTTONWOOD_ASSERT(row >= 0 && row < size() && column >= 0 && column < columns());
    return PQgetisnull(impl_->result.get(), row, column) != 0;
}

std::string_view Rows::text(int row, int column) const {
    BUTTONWOOD_ASSERT(row >= 0 && row < size() && column >= 0 && column < columns());
    const PGresult* result = impl_->result.get();
    return {PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
    const std::string_view value = text(row, column);
    if (is_null(row, column)) return 0;
    if (PQfformat(impl_->result.get(), column) == kBinaryFormat) {
        return big_endian(value.data(), static_cast<int>(value.size()));
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    BUTTONWOOD_ASSERT(error == std::errc{} && end == value.data() + value.size());
    return number;
}

std::string Rows::bytes(int row, int column) const {
    const std::string_view value = text(row, column);
    if (PQfformat(impl_->result.get(), column) == kBinaryFormat) return std::string(value);
    if (value.empty()) return {};
    std::size_t size = 0;
    // PQunescapeBytea takes an unsigned NUL-terminated string; a libpq value is one.
    const std::unique_ptr<unsigned char, decltype(&PQfreemem)> raw(
        PQunescapeBytea(reinterpret_cast<const unsigned char*>(value.data()), &size), &PQfreemem);
    BUTTONWOOD_ASSERT(raw != nullptr);
    return {reinterpret_cast<const char*>(raw.get()), size};
}

std::int64_t Rows::affected() const {
    const std::string_view count = impl_->result != nullptr ? PQcmdTuples(impl_->result.get()) : "";
    std::int64_t number = 0;
    std::from_chars(count.data(), count.data() + count.size(), number);
    return number;
}

void append_copy_field(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '\\':
                out += "\\\\";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            default:
                out += c;
        }
    }
}

}  // namespace buttonwood::eventstore
