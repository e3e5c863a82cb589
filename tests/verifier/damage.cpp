#include "tests/verifier/damage.hpp"

#include <algorithm>

namespace buttonwood::test {
namespace {

using engine::EventSeq;
using eventstore::Block;

class Vandal {
public:
    Vandal(const std::vector<Block>& log, std::mt19937_64& random) : log_(log), random_(random) {}

    Damage flip_number(const std::string& column, const std::string& type, std::uint64_t bits) {
        const std::string mask = "(1::bigint << " + std::to_string(below(bits)) + ")";
        return of_block("a bit of " + column + " flipped",
                        update(column + " = (" + column + "::bigint # " + mask + ")::" + type));
    }
    Damage flip_first_seq() {
        const EventSeq flipped = victim().first_seq ^ (EventSeq{1} << below(20));
        Damage damage = of_block("a bit of first_seq flipped", update("first_seq = " + std::to_string(flipped)));
        damage.lowest = std::min(damage.lowest, flipped);
        return damage;
    }
    Damage move_time() {
        const std::string change = std::to_string((below(2) == 0 ? 1 : -1) * (std::int64_t{1} << below(40)));
        return of_block("committed_at changed",
                        update("committed_at = committed_at + " + change + " * interval '1 microsecond'"));
    }
    Damage flip_byte_of(const std::string& column, std::size_t bytes) {
        const std::string bit = std::to_string(below(8 * bytes));
        return of_block("a bit of " + column + " flipped", update(column + " = set_bit(" + column + ", " + bit +
                                                                  ", 1 - get_bit(" + column + ", " + bit + "))"));
    }
    Damage flip_payload() { return flip_byte_of("payload", log_[at_].payload.size()); }
    Damage cut_payload() {
        return of_block("payload cut", update("payload = substring(payload FROM 1 FOR " +
                                              std::to_string(below(log_[at_].payload.size())) + ")"));
    }
    Damage remove() {
        return of_block("block deleted", "DELETE FROM eventstore.journal WHERE " + where(victim().first_seq));
    }
    Damage cut_tail() {
        return {"tail deleted",
                "DELETE FROM eventstore.journal WHERE first_seq >= " + std::to_string(victim().first_seq),
                victim().first_seq, victim().first_seq};
    }
    Damage swap_contents() {
        const std::size_t other = (at_ + 1 + below(log_.size() - 1)) % log_.size();
        const auto& a = log_[std::min(at_, other)].header;
        const auto& b = log_[std::max(at_, other)].header;
        return {"contents of two blocks swapped",
                "UPDATE eventstore.journal j SET payload = o.payload, hash = o.hash FROM eventstore.journal o "
                "WHERE j.first_seq + o.first_seq = " + std::to_string(a.first_seq + b.first_seq) +
                " AND j.first_seq IN (" + std::to_string(a.first_seq) + ", " + std::to_string(b.first_seq) + ")",
                a.first_seq, a.last_seq};
    }
    Damage duplicate() {
        return of_block("block duplicated", "INSERT INTO eventstore.journal SELECT * FROM eventstore.journal WHERE " +
                                                where(victim().first_seq));
    }
    // A copy of some block, squeezed in.
    Damage insert() {
        const EventSeq place = victim().first_seq + below(victim().event_count) + 1;
        const Block& model = log_[below(log_.size())];
        Damage damage{"block inserted",
                      "INSERT INTO eventstore.journal SELECT " + std::to_string(place) + ", " +
                          std::to_string(place + model.header.event_count - 1) +
                          ", epoch, committed_at, event_count, command_count, format_version, payload, hash "
                          "FROM eventstore.journal WHERE " + where(model.header.first_seq),
                      std::min(place, victim().last_seq + 1), place};
        return damage;
    }
    Damage renumber() {
        return {"blocks renumbered",
                "UPDATE eventstore.journal SET first_seq = first_seq + 1, last_seq = last_seq + 1 WHERE first_seq >= " +
                    std::to_string(victim().first_seq),
                victim().first_seq, victim().first_seq};
    }
    Damage move_head() {
        const EventSeq last = log_.back().header.last_seq;
        const EventSeq moved = last ^ (EventSeq{1} << below(30));
        return {"a bit of the head's last_seq flipped",
                "UPDATE eventstore.head SET last_seq = " + std::to_string(moved),
                std::min(last, moved) + 1, std::min(last, moved) + 1};
    }
    Damage flip_head() {
        const EventSeq last = log_.back().header.last_seq;
        const std::string bit = std::to_string(below(256));
        return {"a bit of the head's hash flipped",
                "UPDATE eventstore.head SET hash = set_bit(hash, " + bit + ", 1 - get_bit(hash, " + bit + "))", last,
                last};
    }

private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }
    [[nodiscard]] const eventstore::BlockHeader& victim() const { return log_[at_].header; }
    static std::string where(EventSeq first_seq) { return "first_seq = " + std::to_string(first_seq); }
    std::string update(const std::string& change) {
        return "UPDATE eventstore.journal SET " + change + " WHERE " + where(victim().first_seq);
    }
    Damage of_block(std::string name, std::string sql) {
        return {std::move(name), std::move(sql), victim().first_seq, victim().last_seq};
    }

    const std::vector<Block>& log_;
    std::mt19937_64& random_;
    std::size_t at_ = random_() % log_.size();
};

}  // namespace

Damage random_damage(const std::vector<Block>& log, int kind, std::mt19937_64& random) {
    Vandal vandal(log, random);
    switch (kind % kDamageKinds) {
        case 0: return vandal.flip_payload();
        case 1: return vandal.flip_first_seq();
        case 2: return vandal.flip_number("last_seq", "bigint", 40);
        case 3: return vandal.flip_number("epoch", "integer", 30);
        case 4: return vandal.flip_number("event_count", "integer", 30);
        case 5: return vandal.flip_number("command_count", "integer", 30);
        case 6: return vandal.flip_number("format_version", "smallint", 14);
        case 7: return vandal.move_time();
        case 8: return vandal.flip_byte_of("hash", 32);
        case 9: return vandal.cut_payload();
        case 10: return vandal.remove();
        case 11: return vandal.swap_contents();
        case 12: return vandal.duplicate();
        case 13: return vandal.insert();
        case 14: return vandal.renumber();
        case 15: return random() % 2 == 0 ? vandal.move_head() : vandal.flip_head();
        default: return vandal.cut_tail();
    }
}

}  // namespace buttonwood::test
