#include "projections/projection.hpp"

#include "projections/factories.hpp"

namespace buttonwood::projections {

std::string qualified(const Projection& projection, std::string_view table) {
    return std::string(projection.schema()) + '.' + std::string(table);
}

Result enter_schema(const Projection& projection, eventstore::Connection& connection) {
    return enter_schema(projection.schema(), connection);
}

Result enter_schema(std::string_view schema, eventstore::Connection& connection) {
    return connection.execute("SET LOCAL search_path = " + std::string(schema));
}

std::vector<std::unique_ptr<Projection>> make_all() {
    std::vector<std::unique_ptr<Projection>> all;
    all.push_back(make_events());
    all.push_back(make_commands());
    all.push_back(make_users());
    all.push_back(make_securities());
    all.push_back(make_orders(engine::Side::Sell));
    all.push_back(make_orders(engine::Side::Buy));
    all.push_back(make_trades());
    all.push_back(make_portfolio());
    all.push_back(make_market_data());
    return all;
}

std::unique_ptr<Projection> make(std::string_view name) {
    for (auto& projection : make_all())
        if (projection->name() == name) return std::move(projection);
    return nullptr;
}

}  // namespace buttonwood::projections
