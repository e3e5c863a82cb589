// PostgreSQL behind a small wall: connections, rows and one error type. libpq stays inside database.cpp.
//
// Only parameters, never text pasted into SQL. Thread safety: a Connection belongs to one thread at a time.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace buttonwood::eventstore {

enum class DbErrorKind : std::uint8_t {
    Unavailable,  // no connection, or the server is starting, stopping or out of resources: retry on a new connection
    Conflict,     // serialization failure, deadlock, lock or statement timeout: retry the transaction
    Constraint,   // class 23: the data contradicts a rule of the schema
    Fault,        // anything else: our mistake or a damaged database
};

struct DbError {
    DbErrorKind kind{};
    std::string sqlstate;    // five characters, or empty when there was no server to give one
    std::string constraint;  // the violated constraint, or empty
    std::string message;     // one line
};

// What an SQLSTATE asks the caller to do; "" (no server answered) is Unavailable.
[[nodiscard]] DbErrorKind kind_of_sqlstate(std::string_view sqlstate);

// A query's rows. Owns the result; views into it live as long as it does.
class Rows {
public:
    Rows();
    Rows(Rows&&) noexcept;
    Rows& operator=(Rows&&) noexcept;
    ~Rows();
    [[nodiscard]] int size() const;
    [[nodiscard]] int columns() const;
    [[nodiscard]] std::string_view name(int column) const;
    [[nodiscard]] bool is_null(int row, int column) const;
    [[nodiscard]] std::string_view text(int row, int column) const;  // "" for NULL
    [[nodiscard]] std::int64_t integer(int row, int column) const;   // 0 for NULL; REQUIRES an integer column
    [[nodiscard]] std::string bytes(int row, int column) const;      // a bytea column, decoded
    [[nodiscard]] std::int64_t affected() const;                     // of INSERT, UPDATE, DELETE, COPY
    [[nodiscard]] bool warned() const;                               // a WARNING came with it (R2)

private:
    friend class Connection;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// A parameter of a query: NULL, text in PostgreSQL's input syntax, or raw bytes for bytea.
struct Param {
    std::optional<std::string> value;
    bool binary = false;

    Param(std::nullopt_t) {}                                             // NOLINT(google-explicit-constructor)
    Param(std::string text) : value(std::move(text)) {}                  // NOLINT(google-explicit-constructor)
    Param(std::string_view text) : value(std::string(text)) {}           // NOLINT(google-explicit-constructor)
    Param(const char* text) : value(text) {}                             // NOLINT(google-explicit-constructor)
    Param(std::integral auto number) : value(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
    static Param bytea(std::string bytes) {
        Param p{std::move(bytes)};
        p.binary = true;
        return p;
    }
};

class Connection {
public:
    static constexpr int kConnectTimeoutMs = 10'000;
    // conninfo as libpq takes it (URL or key=value); its connect_timeout goes before ours.
    // Errors: Unavailable, Fault (wrong database, refused login).
    [[nodiscard]] static std::expected<Connection, DbError> open(const std::string& conninfo,
                                                                 const std::string& application_name,
                                                                 int connect_timeout_ms = kConnectTimeoutMs);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    // One statement with parameters $1, $2, ...
    [[nodiscard]] std::expected<Rows, DbError> query(const std::string& sql, std::span<const Param> params = {});
    [[nodiscard]] std::expected<Rows, DbError> query(const std::string& sql, std::initializer_list<Param> params) {
        return query(sql, std::span<const Param>(params.begin(), params.size()));
    }
    // The same, parsed once per connection and reused by its text.
    [[nodiscard]] std::expected<Rows, DbError> prepared(const std::string& sql, std::span<const Param> params);
    [[nodiscard]] std::expected<Rows, DbError> prepared(const std::string& sql, std::initializer_list<Param> params) {
        return prepared(sql, std::span<const Param>(params.begin(), params.size()));
    }
    // prepared(), with the results in PostgreSQL's binary format: half the bytes for a bytea. Of such rows integer()
    // and bytes() work as ever, for integer and bytea columns; text() gives the raw bytes.
    [[nodiscard]] std::expected<Rows, DbError> prepared_binary(const std::string& sql, std::span<const Param> params);
    // Several statements without parameters: migrations, BEGIN, COMMIT.
    [[nodiscard]] std::expected<void, DbError> execute(const std::string& sql);
    // COPY ... FROM STDIN with text-format data. Returns the number of rows.
    [[nodiscard]] std::expected<std::int64_t, DbError> copy_in(const std::string& copy_sql, std::string_view data);

    // The newest message of a channel that this session LISTENs to; nullopt when none came in time. Waits for one
    // outside of any transaction.
    [[nodiscard]] std::expected<std::optional<std::string>, DbError> notification(std::chrono::milliseconds timeout);

    // False once the server or the network closed it: throw it away.
    [[nodiscard]] bool healthy() const;
    // Gives up on whatever is under way by closing the socket (R4): never sends a cancel.
    void abandon();
    // A query that gets no answer for this long counts as lost; 0 = wait for ever. Default 0.
    void set_answer_timeout_ms(int timeout_ms);
    // The backend's process id, for tests that kill it.
    [[nodiscard]] int backend_pid() const;

private:
    friend class Transaction;
    struct Impl;
    explicit Connection(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

// BEGIN ... COMMIT in a scope: rolls back unless commit() was called and succeeded.
class Transaction {
public:
    [[nodiscard]] static std::expected<Transaction, DbError> begin(Connection& connection, const char* mode = "BEGIN");
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] Connection& connection() { return *connection_; }
    [[nodiscard]] std::expected<void, DbError> commit();

private:
    explicit Transaction(Connection& connection) : connection_(&connection) {}
    Connection* connection_;
};

// For COPY ... FROM STDIN (text format): appends one field, escaped; tab and newline are the caller's.
void append_copy_field(std::string& out, std::string_view text);

}  // namespace buttonwood::eventstore
