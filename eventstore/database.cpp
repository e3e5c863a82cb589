// Connections over asynchronous libpq: every wait is a poll() with a deadline, so that a dead server cannot hold us.
//
// SIGPIPE: libpq writes with MSG_NOSIGNAL, so a closed socket is an error here and never a signal.
#include "eventstore/database_internal.hpp"

#include "engine/assert.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <unordered_map>

namespace buttonwood::eventstore {
namespace {

constexpr Oid kByteaOid = 17;
constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;
constexpr std::size_t kCopyChunkBytes = 64 * 1024;

// The same behaviour on every server: ISO dates in UTC, and notices that a role's settings cannot hide (R2).
constexpr const char* kSessionDefaults =
    "SET client_min_messages = notice; SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'";

// libpq's parameter arrays, pointing into the caller's Params.
struct ParamArrays {
    std::vector<Oid> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;

    explicit ParamArrays(std::span<const Param> params) {
        for (const Param& param : params) {
            types.push_back(param.binary ? kByteaOid : Oid{0});
            values.push_back(param.value ? param.value->data() : nullptr);
            lengths.push_back(param.value ? static_cast<int>(param.value->size()) : 0);
            formats.push_back(param.binary ? kBinaryFormat : kTextFormat);
        }
    }
    [[nodiscard]] int count() const { return static_cast<int>(types.size()); }
};

// libpq's text parameters end at the first NUL: what is stored would not be what was given (R9).
std::expected<void, DbError> refuse_nul(std::span<const Param> params) {
    for (const Param& param : params) {
        if (param.binary || !param.value || param.value->find('\0') == std::string::npos) continue;
        return std::unexpected(DbError{DbErrorKind::Fault, "22021", "", "a text parameter contains a NUL character"});
    }
    return {};
}

}  // namespace

struct Connection::Impl {
    ConnectionPtr owned;
    PGconn* conn = nullptr;  // of `owned`; null once abandoned
    bool warned = false;     // since the statement under way began
    int answer_timeout_ms = 0;
    std::unordered_map<std::string, std::string> statement_names;  // by SQL text

    explicit Impl(ConnectionPtr connection) : owned(std::move(connection)), conn(owned.get()) {
        PQsetNoticeReceiver(
            conn,
            [](void* self, const PGresult* notice) {
                if (is_warning(notice)) static_cast<Impl*>(self)->warned = true;
            },
            this);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void abandon() {
        if (conn == nullptr) return;
        // Shut first: PQfinish would otherwise still send a goodbye.
        ::shutdown(PQsocket(conn), SHUT_RDWR);
        owned.reset();
        conn = nullptr;
    }

    [[nodiscard]] DbError no_answer() {
        abandon();
        return lost("PostgreSQL did not answer in time; the connection was closed");
    }

    // Sends what waits and reads until a result can be taken without blocking. False = the deadline passed.
    [[nodiscard]] bool await_result(Deadline deadline) {
        for (;;) {
            const bool unsent = PQflush(conn) == 1;
            if (!unsent && PQisBusy(conn) == 0) return true;
            const short events = static_cast<short>(unsent ? POLLIN | POLLOUT : POLLIN);
            if (!wait_for(PQsocket(conn), events, deadline)) return false;
            if (PQconsumeInput(conn) == 0) return true;  // broken: PQgetResult reports it
        }
    }

    // Takes all results of the statement under way; gives the first error, else the last result.
    [[nodiscard]] std::expected<ResultPtr, DbError> receive(Deadline deadline) {
        std::optional<DbError> error;
        ResultPtr last;
        for (;;) {
            if (!await_result(deadline)) return std::unexpected(no_answer());
            ResultPtr result(PQgetResult(conn));
            if (result == nullptr) break;
            const ExecStatusType status = PQresultStatus(result.get());
            if (status == PGRES_COPY_IN) return result;
            if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
                abandon();
                return std::unexpected(DbError{DbErrorKind::Fault, "", "", "COPY TO is not supported"});
            }
            const bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
            if (!ok && !error) error = error_of(result.get());
            if (ok) last = std::move(result);
        }
        if (error) return std::unexpected(*std::move(error));
        if (last == nullptr) return std::unexpected(lost(PQerrorMessage(conn)));
        return last;
    }

    // Runs one exchange: `send` starts it, the results follow.
    template <class Send>
    [[nodiscard]] std::expected<Rows, DbError> exchange(Send send) {
        if (conn == nullptr) return std::unexpected(lost(""));
        warned = false;
        const Deadline deadline = deadline_in_ms(answer_timeout_ms);
        if (send() == 0) return std::unexpected(lost(PQerrorMessage(conn)));
        auto result = receive(deadline);
        if (!result) return std::unexpected(std::move(result).error());
        Rows rows;
        rows.impl_->result = *std::move(result);
        rows.impl_->warned = warned;
        return rows;
    }

    [[nodiscard]] std::expected<std::string, DbError> prepare(const std::string& sql, const ParamArrays& params) {
        const auto known = statement_names.find(sql);
        if (known != statement_names.end()) return known->second;
        const std::string name = "s" + std::to_string(statement_names.size());
        auto rows = exchange(
            [&] { return PQsendPrepare(conn, name.c_str(), sql.c_str(), params.count(), params.types.data()); });
        if (!rows) return std::unexpected(std::move(rows).error());
        statement_names.emplace(sql, name);
        return name;
    }

    [[nodiscard]] std::expected<Rows, DbError> run_prepared(const std::string& sql, std::span<const Param> params,
                                                            int result_format) {
        if (auto clean = refuse_nul(params); !clean) return std::unexpected(std::move(clean).error());
        const ParamArrays arrays(params);
        const auto name = prepare(sql, arrays);
        if (!name) return std::unexpected(name.error());
        auto rows = exchange([&] {
            return PQsendQueryPrepared(conn, name->c_str(), arrays.count(), arrays.values.data(), arrays.lengths.data(),
                                       arrays.formats.data(), result_format);
        });
        return reject_copy(std::move(rows));
    }

    // A COPY FROM that did not come through copy_in() would wait for data for ever.
    [[nodiscard]] std::expected<Rows, DbError> reject_copy(std::expected<Rows, DbError> rows) {
        if (!rows || PQresultStatus(rows->impl_->result.get()) != PGRES_COPY_IN) return rows;
        abandon();
        return std::unexpected(DbError{DbErrorKind::Fault, "", "", "COPY FROM STDIN needs copy_in"});
    }

    // Sends all of `data`. False = the deadline passed; a broken connection shows in the result. Each chunk waits until
    // the one before is gone: libpq would keep them all, and move all it keeps with every part that it gets rid of.
    [[nodiscard]] bool send_copy_data(std::string_view data, Deadline deadline) {
        while (!data.empty()) {
            const std::string_view chunk = data.substr(0, kCopyChunkBytes);
            const int taken = PQputCopyData(conn, chunk.data(), static_cast<int>(chunk.size()));
            if (taken < 0) return true;
            if (taken > 0) data.remove_prefix(chunk.size());
            for (int unsent = taken > 0 ? PQflush(conn) : 1; unsent == 1; unsent = PQflush(conn)) {
                if (!wait_for(PQsocket(conn), POLLIN | POLLOUT, deadline)) return false;
                if (PQconsumeInput(conn) == 0) return true;
            }
        }
        int ended = 0;
        while ((ended = PQputCopyEnd(conn, nullptr)) == 0) {
            if (!wait_for(PQsocket(conn), POLLOUT, deadline)) return false;
        }
        return true;
    }
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

std::expected<Connection, DbError> Connection::open(const std::string& conninfo, const std::string& application_name,
                                                    int default_timeout_ms) {
    auto conn = log_in(conninfo, application_name, default_timeout_ms);
    if (!conn) return std::unexpected(std::move(conn).error());
    const int timeout_ms = connect_timeout_ms(conn->get(), default_timeout_ms);
    Connection connection(std::make_unique<Impl>(*std::move(conn)));
    connection.set_answer_timeout_ms(timeout_ms);
    if (auto set = connection.execute(kSessionDefaults); !set) return std::unexpected(std::move(set).error());
    connection.set_answer_timeout_ms(0);
    return connection;
}

std::expected<Rows, DbError> Connection::query(const std::string& sql, std::span<const Param> params) {
    if (auto clean = refuse_nul(params); !clean) return std::unexpected(std::move(clean).error());
    const ParamArrays arrays(params);
    return impl_->reject_copy(impl_->exchange([&] {
        return PQsendQueryParams(impl_->conn, sql.c_str(), arrays.count(), arrays.types.data(), arrays.values.data(),
                                 arrays.lengths.data(), arrays.formats.data(), kTextFormat);
    }));
}

std::expected<Rows, DbError> Connection::prepared(const std::string& sql, std::span<const Param> params) {
    return impl_->run_prepared(sql, params, kTextFormat);
}

std::expected<Rows, DbError> Connection::prepared_binary(const std::string& sql, std::span<const Param> params) {
    return impl_->run_prepared(sql, params, kBinaryFormat);
}

std::expected<void, DbError> Connection::execute(const std::string& sql) {
    auto rows = impl_->reject_copy(impl_->exchange([&] { return PQsendQuery(impl_->conn, sql.c_str()); }));
    if (!rows) return std::unexpected(std::move(rows).error());
    return {};
}

std::expected<std::int64_t, DbError> Connection::copy_in(const std::string& copy_sql, std::string_view data) {
    auto started = impl_->exchange([&] { return PQsendQuery(impl_->conn, copy_sql.c_str()); });
    if (!started) return std::unexpected(std::move(started).error());
    if (PQresultStatus(started->impl_->result.get()) != PGRES_COPY_IN) {
        return std::unexpected(DbError{DbErrorKind::Fault, "", "", "copy_in needs a COPY ... FROM STDIN"});
    }
    const Deadline deadline = deadline_in_ms(impl_->answer_timeout_ms);
    if (!impl_->send_copy_data(data, deadline)) return std::unexpected(impl_->no_answer());
    auto finished = impl_->exchange([] { return 1; });
    if (!finished) return std::unexpected(std::move(finished).error());
    return finished->affected();
}

std::expected<std::optional<std::string>, DbError> Connection::notification(std::chrono::milliseconds timeout) {
    PGconn* conn = impl_->conn;
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    while (conn != nullptr && PQconsumeInput(conn) != 0) {
        std::optional<std::string> newest;
        while (PGnotify* message = PQnotifies(conn)) {
            newest = message->extra;
            PQfreemem(message);
        }
        if (newest || !wait_for(PQsocket(conn), POLLIN, deadline)) return newest;
    }
    return std::unexpected(lost(conn != nullptr ? PQerrorMessage(conn) : ""));
}

bool Connection::healthy() const {
    PGconn* conn = impl_->conn;
    if (conn == nullptr) return false;
    // Whatever an idle server sends is news of its end: read it, so that a closed socket shows before the next use.
    const Deadline already = std::chrono::steady_clock::now();
    while (PQstatus(conn) == CONNECTION_OK && wait_for(PQsocket(conn), POLLIN, already)) {
        if (PQconsumeInput(conn) == 0) return false;
    }
    return PQstatus(conn) == CONNECTION_OK;
}

void Connection::abandon() { impl_->abandon(); }
void Connection::set_answer_timeout_ms(int timeout_ms) { impl_->answer_timeout_ms = timeout_ms; }
int Connection::backend_pid() const { return impl_->conn != nullptr ? PQbackendPID(impl_->conn) : 0; }

std::expected<Transaction, DbError> Transaction::begin(Connection& connection, const char* mode) {
    if (auto begun = connection.execute(mode); !begun) return std::unexpected(std::move(begun).error());
    return Transaction(connection);
}

Transaction::~Transaction() {
    if (connection_ == nullptr || !connection_->healthy()) return;
    if (!connection_->execute("ROLLBACK")) connection_->abandon();
}

std::expected<void, DbError> Transaction::commit() {
    BUTTONWOOD_ASSERT(connection_ != nullptr);
    PGconn* conn = connection_->impl_->conn;
    // The server answers COMMIT of a failed transaction with a quiet ROLLBACK.
    if (conn != nullptr && PQtransactionStatus(conn) == PQTRANS_INERROR) {
        return std::unexpected(
            DbError{DbErrorKind::Fault, "25P02", "", "cannot commit: a statement of the transaction failed"});
    }
    auto committed = connection_->execute("COMMIT");
    if (committed) connection_ = nullptr;
    return committed;
}

}  // namespace buttonwood::eventstore
