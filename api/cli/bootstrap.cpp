#include "api/cli/bootstrap.hpp"

#include "api/identity.hpp"
#include "api/ids.hpp"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace buttonwood::api::cli {
namespace {

namespace fs = std::filesystem;
using engine::Role;
using engine::RoleSet;
using Json = nlohmann::ordered_json;

// Thrown inside this file only: seeding is a script, and its first failure ends it.
struct Failed {
    std::string message;
};

void write_secret(const fs::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    const bool written = file >= 0 && ::fchmod(file, S_IRUSR | S_IWUSR) == 0 &&
                         ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!written) throw Failed{"cannot write " + path.string() + "; check the permissions of --data-dir"};
}

// A key that others can read is theirs too.
void refuse_open_secrets(const fs::path& data_dir) {
    for (const char* name : {"operator.key", "personas.json"}) {
        const fs::path path = data_dir / name;
        struct stat found {};
        if (::stat(path.c_str(), &found) == 0 && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
            throw Failed{path.string() + " can be read by others: chmod 600 it, and replace its keys if it was"};
    }
}

// Commands, one after the other, each durable before the next.
class Script {
public:
    Script(boost::asio::io_context& io, Gateway& gateway) : io_(io), gateway_(gateway) {}

    // Returns the command's first event of type E.
    template <class E> E run(engine::Command command, engine::UserId actor = engine::UserId::None) {
        std::optional<E> event;
        std::optional<std::string> trouble;
        bool done = false;
        gateway_.submit(actor, "bootstrap", std::move(command), [&](const Outcome& outcome) {
            done = true;
            if (outcome.kind != Outcome::Kind::Durable) trouble = "the event store did not answer";
            else if (const E* found = outcome.find<E>()) event = *found;
            else trouble = std::string(engine::text_of(outcome.refused()));
        });
        while (!done) io_.run_one();
        io_.restart();
        if (trouble) throw Failed{"cannot seed the market: " + *trouble};
        return *event;
    }

private:
    boost::asio::io_context& io_;
    Gateway& gateway_;
};

struct Person {
    engine::UserId user{};
    engine::AccountId account{};
    std::string key;
};

Person add_person(Script& script, std::string_view name, RoleSet roles, const NewKey& key) {
    const auto user = script.run<engine::UserRegistered>(engine::RegisterUser{name, roles}).user;
    script.run<engine::ApiKeyCreated>(engine::CreateApiKey{user, key.id, key.secret_hash, roles});
    return {user, engine::AccountId::None, key.text};
}

void seed_operator(Script& script, const fs::path& data_dir) {
    const NewKey key = make_key();
    write_secret(data_dir / "operator.key", key.text + "\n");  // first: a key that is lost opens nothing
    add_person(script, "Olga Operator", RoleSet{}.add(Role::Operator), key);
}

struct SeedSecurity {
    const char* symbol;
    const char* name;
    std::uint8_t price_scale, quantity_scale;
    std::int64_t tick, lot, middle, step, quantity;  // units
};
constexpr SeedSecurity kMarket[] = {
    {"ACME", "Acme Robotics, common stock", 2, 0, 1, 1, 2'550, 5, 120},
    {"NOVA", "Nova Biologics, series B preferred", 4, 0, 25, 1, 1'482'500, 1'250, 60},
    {"LUMEN", "Lumen Energy Fund, units", 2, 4, 1, 100, 10'180, 3, 2'500'000},
};

// A quote of ten levels a side and a few trades, so that every view has something to show.
void seed_security(Script& script, const SeedSecurity& s, const Person& maker, const Person& trader) {
    const auto id = script.run<engine::SecurityCreated>(engine::CreateSecurity{s.symbol, s.name, "USD", s.price_scale,
                                                                               s.quantity_scale, {s.tick}, {s.lot}})
                        .security;
    script.run<engine::HoldingsIssued>(engine::IssueHoldings{maker.account, id, {s.quantity * 1'000}});
    script.run<engine::HoldingsIssued>(engine::IssueHoldings{trader.account, id, {s.quantity * 100}});
    const auto place = [&](const Person& who, engine::Side side, std::int64_t price, std::int64_t quantity,
                           engine::TimeInForce tif) {
        engine::PlaceOrder order;
        order.account = who.account;
        order.security = id;
        order.side = side;
        order.type = engine::OrderType::Limit;
        order.time_in_force = tif;
        order.price = {price};
        order.quantity = {quantity};
        script.run<engine::OrderAccepted>(order, who.user);
    };
    for (std::int64_t level = 1; level <= 10; ++level) {
        place(maker, engine::Side::Buy, s.middle - level * s.step, s.quantity * level, engine::TimeInForce::Gtc);
        place(maker, engine::Side::Sell, s.middle + level * s.step, s.quantity * level, engine::TimeInForce::Gtc);
    }
    place(trader, engine::Side::Buy, s.middle + s.step, s.quantity / 4, engine::TimeInForce::Ioc);
    place(trader, engine::Side::Sell, s.middle - s.step, s.quantity / 5, engine::TimeInForce::Ioc);
    place(trader, engine::Side::Buy, s.middle + s.step, s.quantity / 2, engine::TimeInForce::Ioc);
}

std::string first_line(const fs::path& path) {
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    return line;
}

void seed_demo(Script& script, const fs::path& data_dir, const LiveView& view) {
    const NewKey maker_key = make_key();
    const NewKey trader_key = make_key();
    const auto persona = [](const char* role, const char* name, const std::string& key) {
        return Json{{"role", role}, {"name", name}, {"key", key}};
    };
    const Json personas = {persona("market maker", "Mia Maker", maker_key.text),
                           persona("trader", "Theo Trader", trader_key.text),
                           persona("operator", "Olga Operator", first_line(data_dir / "operator.key"))};
    write_secret(data_dir / "personas.json", personas.dump(2) + "\n");

    const RoleSet trades = RoleSet{}.add(Role::Trader).add(Role::MarketData);
    Person maker = add_person(script, "Mia Maker", trades, maker_key);
    Person trader = add_person(script, "Theo Trader", trades, trader_key);
    maker.account = view.user(maker.user)->accounts.front();
    trader.account = view.user(trader.user)->accounts.front();
    const auto dollars = [](std::int64_t amount) {
        return engine::Money{amount * engine::pow10_128(engine::kMoneyScale)};
    };
    script.run<engine::CashDeposited>(engine::DepositCash{maker.account, "USD", dollars(50'000'000)});
    script.run<engine::CashDeposited>(engine::DepositCash{trader.account, "USD", dollars(1'000'000)});
    for (const SeedSecurity& security : kMarket) seed_security(script, security, maker, trader);
}

// personas.json is written first, the trades of the last security come last.
bool half_seeded(const LiveView& view, const fs::path& data_dir) {
    const LiveSecurity* last = view.security(std::end(kMarket)[-1].symbol);
    return fs::exists(data_dir / "personas.json") && !(last && last->trade_seq >= 3);
}

}  // namespace

std::expected<void, std::string> bootstrap(const ServeOptions& options, boost::asio::io_context& io, Gateway& gateway,
                                           const LiveView& view) {
    try {
        const fs::path data_dir(options.data_dir);
        fs::create_directories(data_dir);
        refuse_open_secrets(data_dir);
        Script script(io, gateway);
        if (view.users().empty()) seed_operator(script, data_dir);
        if (options.demo && half_seeded(view, data_dir))
            return std::unexpected("the demo market in " + data_dir.string() +
                                   " is incomplete, its first start was interrupted: remove the directory and "
                                   "start again");
        if (options.demo && view.securities().empty()) seed_demo(script, data_dir, view);
    } catch (const Failed& e) {
        return std::unexpected(e.message);
    } catch (const std::exception& e) {
        return std::unexpected(std::string("cannot prepare ") + options.data_dir + ": " + e.what());
    }
    return {};
}

void print_personas(const std::string& data_dir, const std::string& url) {
    std::ifstream file(fs::path(data_dir) / "personas.json");
    const Json personas = Json::parse(file, nullptr, false);
    if (!personas.is_array() || personas.size() != 3) {
        std::printf("\n  The page:  %s/\n\n", url.c_str());
        return;
    }
    const auto key = [&](std::size_t i) { return personas[i]["key"].get<std::string>(); };
    std::printf("\n  The page:  %s/#key=%s\n\n", url.c_str(), key(1).c_str());
    for (const Json& p : personas)
        std::printf("  %-13s %-14s %s\n", p["role"].get<std::string>().c_str(), p["name"].get<std::string>().c_str(),
                    p["key"].get<std::string>().c_str());
    fmt::print(
        "\n  Look at the book, buy from it, see what you have, halt the market:\n\n"
        "  curl -s '{0}/v1/markets/ACME/book?depth=5'\n"
        "  curl -s {0}/v1/orders -H 'Authorization: Bearer {1}' -H 'Content-Type: application/json' "
        "-d '{{\"symbol\":\"ACME\",\"side\":\"buy\",\"quantity\":\"10\",\"price\":\"25.55\"}}'\n"
        "  curl -s {0}/v1/portfolio -H 'Authorization: Bearer {1}'\n"
        "  curl -s {0}/v1/admin/securities/ACME/state -H 'Authorization: Bearer {2}' "
        "-H 'Content-Type: application/json' -d '{{\"state\":\"halted\",\"reason\":\"trying it out\"}}'\n\n"
        "  Ctrl-C stops everything; the next start continues here.\n\n",
        url, key(1), key(2));
    std::fflush(stdout);
}

}  // namespace buttonwood::api::cli
