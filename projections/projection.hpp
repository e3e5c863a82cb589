// A projection folds the journal into a read model: a name, a version, tables, and apply(batch, transaction).
//
// Rules every projection keeps: set-wise statements only, never a row at a time; no clock, no randomness (a rebuilt
// table is the one built live, to the byte); correct for any cut of the log into batches; reads no other projection.
#pragma once

#include "eventstore/codec.hpp"
#include "eventstore/database.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace buttonwood::projections {

using Result = std::expected<void, eventstore::DbError>;

class Projection {
public:
    virtual ~Projection() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    // Of the tables that this code builds: another number than the tables' own makes the workers build them again.
    [[nodiscard]] virtual int version() const { return 2; }
    // The schema of its tables. Its statements name them without it: the search_path decides which copy they mean.
    [[nodiscard]] virtual std::string_view schema() const = 0;
    // The tables it owns; nobody else writes them. A rebuild empties and refills them.
    [[nodiscard]] virtual std::vector<std::string_view> tables() const = 0;
    // Applies whole commands with all their events, in log order, inside the caller's transaction, whose search_path is
    // the schema of the copy to change.
    [[nodiscard]] virtual Result apply(const eventstore::Records& batch, eventstore::Connection& connection) = 0;
    // Forgets whatever it remembers between batches: its transaction was rolled back or its tables were emptied.
    virtual void reset() {}
};

// "schema.table" of one of its tables.
[[nodiscard]] std::string qualified(const Projection& projection, std::string_view table);
// For the rest of the transaction its statements mean the tables of its schema, or of the named one.
[[nodiscard]] Result enter_schema(const Projection& projection, eventstore::Connection& connection);
[[nodiscard]] Result enter_schema(std::string_view schema, eventstore::Connection& connection);

// All projections of this binary, in the order `projections status` lists them:
// events commands users securities listings bids trades portfolio market_data
[[nodiscard]] std::vector<std::unique_ptr<Projection>> make_all();
[[nodiscard]] std::unique_ptr<Projection> make(std::string_view name);  // nullptr for an unknown name

}  // namespace buttonwood::projections
