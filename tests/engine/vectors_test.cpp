// Other people's test vectors of ../shared/data, where it exists, through the whole engine.
#include "tests/engine/market.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

namespace buttonwood::engine::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(BUTTONWOOD_SOURCE_DIR) / ".." / "shared" / "data";

bool absent(const fs::path& file) {
    if (fs::exists(file)) return false;
    std::cout << "skipped: " << file.filename().string() << " is absent\n";
    return true;
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::ifstream in(file);
    REQUIRE(in.good());
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> fields_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> fields;
    for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
    return fields;
}

// A market of one security in whole units, whose traders come into being when they are first named.
class Arena {
public:
    Arena() { market_.add_security("ACME", 0, 0); }

    Market::Outcome place(const std::string& trader, const std::string& id, Side side, std::int64_t price,
                          std::int64_t quantity) {
        const AccountId account = account_of(trader);
        const auto outcome = market_.must(price == 0 ? tests::market(account, side, quantity)
                                                     : limit(account, side, quantity, price));
        const OrderId order = outcome.order();
        orders_[{trader, id}] = order;
        names_[order] = {trader, id};
        return outcome;
    }
    Market::Outcome cancel(const std::string& trader, const std::string& id) {
        return market_.must(tests::cancel(account_of(trader), orders_.at({trader, id})));
    }
    // The trader and the id under which an order was placed.
    using Key = std::pair<std::string, std::string>;
    [[nodiscard]] const Key& name(OrderId order) const { return names_.at(order); }
    [[nodiscard]] const OrderBook& book() const { return *market_.engine().book(SecurityId{1}); }

private:
    AccountId account_of(const std::string& trader) {
        const auto known = accounts_.find(trader);
        if (known != accounts_.end()) return known->second;
        return accounts_[trader] = market_.add_trader(trader, dollars(1'000'000'000));
    }

    Market market_;
    std::map<std::string, AccountId> accounts_;
    std::map<Key, OrderId> orders_;
    std::map<OrderId, Key> names_;
};

std::string with_commas(std::int64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
        text.push_back(digits[i]);
    }
    return text;
}

// One text per resting order, best first.
template <class Format>
std::vector<std::string> side_of(const OrderBook& book, Side side, Format&& format) {
    std::vector<std::string> rows;
    book.for_each_level(side, [&](const OrderBook::Level& level) {
        book.for_each_order_at(side, level.price, [&](OrderBook::Handle h) {
            std::ostringstream row;
            format(row, level.price.units, book.quantity(h).units);
            rows.push_back(row.str());
        });
        return true;
    });
    return rows;
}

// The exercise's drawing: orders of both sides in rows, quantity and price of bids left, price and quantity right.
std::vector<std::string> exercise_book(const OrderBook& book) {
    const auto bids = side_of(book, Side::Buy, [](std::ostream& out, std::int64_t price, std::int64_t quantity) {
        out << std::setw(11) << with_commas(quantity) << ' ' << std::setw(6) << price;
    });
    const auto listings = side_of(book, Side::Sell, [](std::ostream& out, std::int64_t price, std::int64_t quantity) {
        out << std::setw(6) << price << ' ' << std::setw(11) << with_commas(quantity);
    });
    const std::string nothing(18, ' ');
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < std::max(bids.size(), listings.size()); ++i)
        rows.push_back((i < bids.size() ? bids[i] : nothing) + " | " + (i < listings.size() ? listings[i] : nothing));
    return rows;
}

std::vector<std::string> play_exercise(const fs::path& file) {
    Arena arena;
    std::vector<std::string> out;
    for (const std::string& line : lines_of(file)) {
        const auto f = fields_of(line);
        const Side side = f.at(1) == "B" ? Side::Buy : Side::Sell;
        const auto outcome = arena.place("everybody", f.at(0), side, std::stoll(f.at(2)), std::stoll(f.at(3)));
        for (const TradeExecuted& trade : outcome.all<TradeExecuted>())
            out.push_back("trade " + f[0] + "," + arena.name(trade.maker_order).second + "," +
                          std::to_string(trade.price.units) + "," + std::to_string(trade.quantity.units));
    }
    const auto book = exercise_book(arena.book());
    out.insert(out.end(), book.begin(), book.end());
    return out;
}

// Scenarios of a feed handler: acknowledgements, trades and changes of the best prices, a line each.
class Scenario {
public:
    void play(const std::string& line) {
        const auto f = fields_of(line);
        const std::string before[] = {best(Side::Buy), best(Side::Sell)};
        if (f.at(0) == "N") {
            const Side side = f.at(5) == "B" ? Side::Buy : Side::Sell;
            lines_.push_back("A, " + f.at(1) + ", " + f.at(6));
            const auto outcome = arena_.place(f[1], f[6], side, std::stoll(f.at(3)), std::stoll(f.at(4)));
            for (const TradeExecuted& trade : outcome.all<TradeExecuted>()) add(trade);
        } else {
            lines_.push_back("C, " + f.at(1) + ", " + f.at(2));
            arena_.cancel(f[1], f[2]);
        }
        if (best(Side::Buy) != before[0]) lines_.push_back(best(Side::Buy));
        if (best(Side::Sell) != before[1]) lines_.push_back(best(Side::Sell));
    }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

private:
    void add(const TradeExecuted& trade) {
        const bool buys = trade.taker_side == Side::Buy;
        const Arena::Key& buyer = arena_.name(buys ? trade.taker_order : trade.maker_order);
        const Arena::Key& seller = arena_.name(buys ? trade.maker_order : trade.taker_order);
        lines_.push_back("T, " + buyer.first + ", " + buyer.second + ", " + seller.first + ", " + seller.second + ", " +
                         std::to_string(trade.price.units) + ", " + std::to_string(trade.quantity.units));
    }
    [[nodiscard]] std::string best(Side side) const {
        const auto level = arena_.book().best(side);
        const std::string name = side == Side::Buy ? "B, B, " : "B, S, ";
        if (!level) return name + "-, -";
        return name + std::to_string(level->price.units) + ", " + std::to_string(level->quantity.units);
    }

    Arena arena_;
    std::vector<std::string> lines_;
};

// One side of an execution as the contest writes it: trader, 0 = bid, price, size.
using Leg = std::tuple<std::string, int, std::int64_t, std::int64_t>;
using Execution = std::pair<Leg, Leg>;  // the smaller leg first: the file has them in either order

Execution execution(const Leg& a, const Leg& b) { return {std::min(a, b), std::max(a, b)}; }

std::vector<Execution> expected_executions(const nlohmann::json& test) {
    std::vector<Execution> found;
    const auto legs = test.at("execs").get<std::vector<Leg>>();
    for (std::size_t i = 0; i + 1 < legs.size(); i += 2) found.push_back(execution(legs[i], legs[i + 1]));
    return found;
}

std::vector<Execution> play_contest(const nlohmann::json& test) {
    Arena arena;
    std::vector<Execution> executions;
    std::map<int, std::string> owners;
    const auto place_all = [&](const nlohmann::json& orders) {
        for (const auto& [trader, side, price, size] : orders.get<std::vector<Leg>>()) {
            const int id = static_cast<int>(owners.size()) + 1;
            owners[id] = trader;
            const auto outcome =
                arena.place(trader, std::to_string(id), side == 0 ? Side::Buy : Side::Sell, price, size);
            for (const TradeExecuted& trade : outcome.all<TradeExecuted>()) {
                const Leg taker{trader, side, trade.price.units, trade.quantity.units};
                const Leg maker{arena.name(trade.maker_order).first, 1 - side, trade.price.units,
                                trade.quantity.units};
                executions.push_back(execution(taker, maker));
            }
        }
    };
    place_all(test.at("orders"));
    for (const int id : test.at("cancels").get<std::vector<int>>()) arena.cancel(owners.at(id), std::to_string(id));
    place_all(test.at("orders2"));
    return executions;
}

// The iceberg exercise: one order a line; after each the book as it shows itself, then the trades.
class IcebergExercise {
public:
    explicit IcebergExercise(Market& market)
        : market_(market), trader_(market.add_trader("everybody", dollars(1'000'000'000))) {}

    std::vector<nlohmann::json> play(const nlohmann::json& line) {
        const nlohmann::json& terms = line.at("order");
        const Side side = terms.at("direction") == "Buy" ? Side::Buy : Side::Sell;
        PlaceOrder order = limit(trader_, side, terms.at("quantity"), terms.at("price"));
        if (line.at("type") == "Iceberg") order = iceberg(order, terms.at("peak"));
        const auto outcome = market_.must(order);
        ids_[outcome.order()] = terms.at("id");
        std::vector<nlohmann::json> told = {{{"buyOrders", shown(Side::Buy)}, {"sellOrders", shown(Side::Sell)}}};
        for (const TradeExecuted& trade : outcome.all<TradeExecuted>()) {
            const bool buys = trade.taker_side == Side::Buy;
            told.push_back({{"buyOrderId", ids_.at(buys ? trade.taker_order : trade.maker_order)},
                            {"sellOrderId", ids_.at(buys ? trade.maker_order : trade.taker_order)},
                            {"price", trade.price.units},
                            {"quantity", trade.quantity.units}});
        }
        return told;
    }

private:
    // First to trade first. The exercise has one order a price, which tells whose it is.
    [[nodiscard]] nlohmann::json shown(Side side) const {
        nlohmann::json rows = nlohmann::json::array();
        market_.engine().book(SecurityId{1})->for_each_level(side, [&](const OrderBook::Level& level) {
            for (const auto& [order, id] : ids_) {
                const auto view = market_.engine().order(order);
                if (view && view->side == side && view->price == level.price)
                    rows.push_back({{"id", id}, {"price", level.price.units}, {"quantity", level.quantity.units}});
            }
            return true;
        });
        return rows;
    }

    Market& market_;
    AccountId trader_{};
    std::map<OrderId, int> ids_;
};

}  // namespace

TEST_CASE("The iceberg exercise gives its books and its trades", "[replay]") {
    const fs::path input = kData / "vectors" / "iceberg_1.in.jsonl";
    if (absent(input)) return;
    Market market;
    market.add_security("ACME", 0, 0);
    IcebergExercise exercise(market);
    std::vector<nlohmann::json> told;
    for (const std::string& line : lines_of(input))
        for (const nlohmann::json& row : exercise.play(nlohmann::json::parse(line))) told.push_back(row);
    std::vector<nlohmann::json> expected;
    for (const std::string& line : lines_of(kData / "vectors" / "iceberg_1.out.jsonl"))
        expected.push_back(nlohmann::json::parse(line));
    CHECK(told == expected);
}

TEST_CASE("The exchange exercise's inputs give its trades and its book, to the letter", "[replay]") {
    for (const char* name : {"clob_test1", "clob_test2"}) {
        const fs::path input = kData / "vectors" / (std::string(name) + ".txt");
        if (absent(input)) continue;
        CHECK(play_exercise(input) == lines_of(kData / "vectors" / (std::string(name) + ".expected.txt")));
    }
}

TEST_CASE("The odd scenarios of the feed handler give its acknowledgements, trades and best prices", "[replay]") {
    const fs::path input = kData / "kraken" / "orderbook_input.csv";
    if (absent(input)) return;
    std::vector<std::string> expected;
    for (std::string line : lines_of(kData / "kraken" / "orderbook_output_odd_scenarios.csv")) {
        while (line.ends_with(' ') || line.ends_with('\r')) line.pop_back();
        if (!line.empty() && !line.starts_with('#')) expected.push_back(line);
    }
    std::vector<std::string> told;
    auto scenario = std::make_unique<Scenario>();
    int number = 1;
    for (std::string line : lines_of(input)) {
        while (line.ends_with('\r')) line.pop_back();
        if (line != "F") {
            scenario->play(line);
            continue;
        }
        if (number++ % 2 == 1) told.insert(told.end(), scenario->lines().begin(), scenario->lines().end());
        scenario = std::make_unique<Scenario>();
    }
    CHECK(number == 17);
    CHECK(told == expected);
}

TEST_CASE("The contest's fourteen tests give its executions", "[replay]") {
    const fs::path file = kData / "quantcup" / "test_vectors.json";
    if (absent(file)) return;
    std::ifstream in(file);
    const auto tests = nlohmann::json::parse(in).at("tests");
    CHECK(tests.size() == 14);
    for (const auto& test : tests) {
        INFO("test " << test.at("n"));
        CHECK(play_contest(test) == expected_executions(test));
    }
}

}  // namespace buttonwood::engine::tests
