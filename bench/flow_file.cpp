#include "bench/flow_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace buttonwood::bench {

namespace fs = std::filesystem;

namespace {

// The largest file that is read; beyond it something else than recorded flow was named.
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 30;
constexpr std::string_view kFlowSuffix = ".flow.csv.gz";

// Thrown inside this file only; every public function turns it into its error value.
struct BadInput : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string gunzip(const fs::path& file) {
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(file.c_str(), "rb"), gzclose);
    if (!in) throw BadInput(file.string() + ": cannot be opened");
    std::string content;
    std::array<char, 1 << 16> chunk{};
    for (int n = 0; (n = gzread(in.get(), chunk.data(), chunk.size())) != 0;) {
        int error = 0;
        if (n < 0) throw BadInput(file.string() + ": " + gzerror(in.get(), &error));
        content.append(chunk.data(), static_cast<std::size_t>(n));
        if (content.size() > kMaxFileBytes) throw BadInput(file.string() + ": too large");
    }
    return content;
}

// Walks the lines of a CSV without quoting; fields are found by the names of the header line.
class Csv {
public:
    Csv(std::string_view text, const std::string& file) : rest_(text), file_(file) {
        if (!next()) throw BadInput(file_ + ": empty, not even a header line");
        header_.assign(fields_.begin(), fields_.end());
    }

    // A column's place; SIZE_MAX when an optional one is absent.
    std::size_t column(std::string_view name, bool required = true) const {
        const auto it = std::ranges::find(header_, name);
        if (it != header_.end()) return static_cast<std::size_t>(it - header_.begin());
        if (required) throw BadInput(file_ + ":1: no column '" + std::string(name) + "'");
        return SIZE_MAX;
    }

    bool next() {
        while (!rest_.empty()) {
            const auto end = rest_.find('\n');
            std::string_view line = rest_.substr(0, end);
            rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
            ++line_;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.empty()) continue;
            split(line);
            if (!header_.empty() && fields_.size() != header_.size())
                throw BadInput(file_ + ":" + std::to_string(line_) + ": " + std::to_string(fields_.size()) +
                               " fields, the header has " + std::to_string(header_.size()));
            return true;
        }
        return false;
    }

    std::string_view text(std::size_t column) const { return fields_[column]; }

    std::optional<std::int64_t> optional_integer(std::size_t column) const {
        const std::string_view field = fields_[column];
        if (field.empty()) return std::nullopt;
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
        if (error != std::errc{} || end != field.data() + field.size()) fail(column, "not a 64-bit integer");
        return value;
    }
    std::int64_t integer(std::size_t column) const {
        const auto value = optional_integer(column);
        if (!value) fail(column, "must not be empty");
        return *value;
    }
    std::int64_t positive(std::size_t column) const {
        const std::int64_t value = integer(column);
        if (value <= 0) fail(column, "must be above zero");
        return value;
    }

    [[noreturn]] void fail(std::size_t column, const std::string& what) const {
        throw BadInput(file_ + ":" + std::to_string(line_) + ": column '" + std::string(header_[column]) + "': '" +
                       std::string(fields_[column]) + "' " + what);
    }
    std::size_t line() const { return line_; }

private:
    void split(std::string_view line) {
        fields_.clear();
        for (std::size_t begin = 0;;) {
            const auto comma = line.find(',', begin);
            fields_.push_back(line.substr(begin, comma == std::string_view::npos ? comma : comma - begin));
            if (comma == std::string_view::npos) return;
            begin = comma + 1;
        }
    }

    std::string_view rest_;
    const std::string& file_;
    std::vector<std::string_view> header_;
    std::vector<std::string_view> fields_;
    std::size_t line_ = 0;
};

FlowOp to_op(const Csv& csv, std::size_t column) {
    struct Word {
        std::string_view word;
        FlowOp op;
    };
    static constexpr std::array words{Word{"SEED", FlowOp::Seed},     Word{"NEW", FlowOp::New},
                                      Word{"REDUCE", FlowOp::Reduce}, Word{"REPLACE", FlowOp::Replace},
                                      Word{"CANCEL", FlowOp::Cancel}, Word{"IOC", FlowOp::Ioc},
                                      Word{"LIMIT", FlowOp::Limit}};
    for (const Word& entry : words)
        if (entry.word == csv.text(column)) return entry.op;
    csv.fail(column, "is no operation");
}

std::optional<engine::Side> to_side(const Csv& csv, std::size_t column) {
    const std::string_view field = csv.text(column);
    if (field.empty()) return std::nullopt;
    if (field == "B") return engine::Side::Buy;
    if (field == "S") return engine::Side::Sell;
    csv.fail(column, "is neither B nor S");
}

bool places(FlowOp op) { return op == FlowOp::Seed || op == FlowOp::New || op == FlowOp::Ioc || op == FlowOp::Limit; }

std::vector<FlowCommand> commands_of(std::string_view text, const std::string& file) {
    Csv csv(text, file);
    const auto n = csv.column("n"), op = csv.column("op"), id = csv.column("id"), side = csv.column("side"),
               qty = csv.column("qty"), price = csv.column("price");
    std::vector<FlowCommand> commands;
    while (csv.next()) {
        FlowCommand c;
        c.line = csv.line();
        c.n = csv.integer(n);
        if (!commands.empty() && c.n <= commands.back().n) csv.fail(n, "does not rise");
        c.op = to_op(csv, op);
        c.id = csv.optional_integer(id);
        if (!c.id && c.op != FlowOp::Ioc) csv.fail(id, "must not be empty");
        c.side = to_side(csv, side);
        if (!c.side && places(c.op)) csv.fail(side, "must not be empty");
        c.quantity = c.op == FlowOp::Cancel ? csv.optional_integer(qty).value_or(0) : csv.positive(qty);
        const bool priced = places(c.op) || c.op == FlowOp::Replace;
        c.price = priced ? csv.integer(price) : csv.optional_integer(price).value_or(0);
        commands.push_back(c);
    }
    return commands;
}

std::vector<FlowFill> fills_of(std::string_view text, const std::string& file) {
    Csv csv(text, file);
    const auto n = csv.column("n"), maker = csv.column("maker_id"), qty = csv.column("qty"),
               price = csv.column("price");
    std::vector<FlowFill> fills;
    while (csv.next()) fills.push_back({csv.integer(n), csv.integer(maker), csv.positive(qty), csv.integer(price)});
    return fills;
}

std::vector<TopRow> tops_of(std::string_view text, const std::string& file) {
    Csv csv(text, file);
    const auto n = csv.column("n"), ask = csv.column("ask_price"), ask_qty = csv.column("ask_qty"),
               bid = csv.column("bid_price"), bid_qty = csv.column("bid_qty");
    auto level = [&csv](std::size_t price, std::size_t quantity) -> std::optional<TopLevel> {
        const auto value = csv.optional_integer(price);
        if (!value) return std::nullopt;
        return TopLevel{*value, csv.positive(quantity)};
    };
    std::vector<TopRow> rows;
    while (csv.next()) rows.push_back({csv.integer(n), {level(ask, ask_qty), level(bid, bid_qty)}});
    return rows;
}

template <class F>
auto caught(F&& f) -> std::expected<decltype(f()), std::string> {
    try {
        return f();
    } catch (const BadInput& bad) {
        return std::unexpected(bad.what());
    }
}

}  // namespace

std::expected<std::vector<FlowCommand>, std::string> parse_commands(std::string_view csv, const std::string& file) {
    return caught([&] { return commands_of(csv, file); });
}
std::expected<std::vector<FlowFill>, std::string> parse_fills(std::string_view csv, const std::string& file) {
    return caught([&] { return fills_of(csv, file); });
}
std::expected<std::vector<TopRow>, std::string> parse_tops(std::string_view csv, const std::string& file) {
    return caught([&] { return tops_of(csv, file); });
}

std::expected<FlowSet, std::string> load_flow(const fs::path& flow_file) {
    return caught([&] {
        const std::string path = flow_file.string();
        if (!path.ends_with(kFlowSuffix)) throw BadInput(path + ": the name must end in " + std::string(kFlowSuffix));
        const std::string stem = path.substr(0, path.size() - kFlowSuffix.size());
        FlowSet set;
        set.name = fs::path(stem).filename().string();
        set.commands = commands_of(gunzip(path), path);
        if (const std::string fills = stem + ".fills.csv.gz"; fs::exists(fills))
            set.fills = fills_of(gunzip(fills), fills);
        for (const char* suffix : {".tob.csv.gz", ".bbo.csv.gz"})
            if (const std::string tops = stem + suffix; !set.tops && fs::exists(tops))
                set.tops = tops_of(gunzip(tops), tops);
        return set;
    });
}

}  // namespace buttonwood::bench
