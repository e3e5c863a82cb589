// What accounts acquired, lot by lot, and which lots their sales took from: first in, first out. Pure.
//
// A purchase or an issue makes a lot; its age is the event. A sale takes from the oldest lots first. The part of a
// lot's cost that goes with a part of its shares is cost_of_part(); what the rounding leaves goes with the last share.
// The proceeds of a sale are shared out among the lots that it took from in the same way, the last gets the rest.
//
// A canceled trade puts everything back: the seller's lots get what the sale took, at the cost that went with it, and
// the profit of that sale is taken back; the buyer gives back the lot of that trade. What the buyer has disposed of it
// meanwhile comes out of its oldest lots instead, and what it is paid back above their cost is its profit.
//
// Only a part of a holding's lots is in memory: all that are open up to known_through(), and those of this batch.
// Whoever calls loads enough of them first: covers(). Thread safety: none.
#pragma once

#include "projections/portfolio_rows.hpp"

#include "eventstore/database.hpp"

#include <limits>
#include <map>
#include <unordered_map>
#include <vector>

namespace buttonwood::projections {

struct Lot {
    engine::Timestamp acquired_at;
    engine::TradeId trade{};  // None: issued
    engine::Quantity quantity;
    engine::Quantity remaining;
    engine::Money cost;
    engine::Money remaining_cost;
    engine::Timestamp closed_at;  // meaningful where nothing remains
    bool stored{};                // in the table
    bool changed{};
};

// From one lot, by a sale or by the buyer of a canceled trade.
struct LotDisposal {
    engine::TradeId trade{};
    engine::EventSeq event_seq{};
    HoldingKey holding;
    engine::EventSeq acquired_seq{};
    engine::Timestamp disposed_at;
    engine::Quantity quantity;
    engine::Money cost;
    engine::Money proceeds;
    engine::EventSeq undone_seq{};  // 0: it stands
    bool stored{};
    bool changed{};
};

// Shares that change hands for cash, fees included: what the buyer pays, or what the seller gets.
struct Exchange {
    engine::TradeId trade{};
    engine::Quantity quantity;
    engine::Money amount;
};

class PortfolioLots {
public:
    static constexpr engine::EventSeq kAll = std::numeric_limits<engine::EventSeq>::max();
    static constexpr std::size_t kMaxKnownOfHolding = 256;  // between batches
    static constexpr std::size_t kMaxKnown = 500'000;  // of all holdings; beyond, it forgets all and is loaded anew

    // The profit realised, or why it cannot be.
    using Outcome = std::expected<engine::Money, eventstore::DbError>;

    // trade None: issued.
    void acquire(const engine::Event&, const HoldingKey&, const Exchange&);
    [[nodiscard]] Outcome sell(const engine::Event&, const HoldingKey&, const Exchange&);
    // The two sides of a canceled trade, the buyer first.
    // REQUIRES: its disposals and the lots that they name are loaded, or of this batch.
    [[nodiscard]] Outcome give_back(const engine::Event&, const HoldingKey& buyer, const Exchange&);
    [[nodiscard]] Outcome take_back(const engine::Event&, const HoldingKey& seller, const Exchange&);

    // Do the lots known suffice to dispose of so much?
    [[nodiscard]] bool covers(const HoldingKey&, engine::Quantity) const;
    [[nodiscard]] engine::EventSeq known_through(const HoldingKey&) const;
    // A lot as it is in the table; one that is known already stays as it is.
    void load(const HoldingKey&, engine::EventSeq acquired_seq, const Lot&);
    void loaded_through(const HoldingKey& key, engine::EventSeq seq) { touch(key).known_through = seq; }
    void load(const LotDisposal&);

    // Hands over what changed, and forgets what is not worth keeping.
    // PutLot: (stored, HoldingKey, acquired_seq, Lot); PutDisposal: (stored, LotDisposal).
    template <class PutLot, class PutDisposal>
    void flush(PutLot&& put_lot, PutDisposal&& put_disposal);
    void clear();

private:
    struct Book {
        std::map<engine::EventSeq, Lot> lots;
        engine::EventSeq known_through{};  // no open lot up to here is missing
        engine::EventSeq first_open{};     // no open lot is before it
        std::size_t kept{};                // of these lots, after the last batch
        bool touched{};                    // in this batch
    };
    using Lots = std::map<engine::EventSeq, Lot>;

    Book& touch(const HoldingKey&);
    Lot& change(const HoldingKey&, Lots::iterator);
    // Takes up to `left` from a lot; returns the profit.
    engine::Money take(const engine::Event&, const HoldingKey&, Lots::iterator, Exchange& left);
    Outcome take_oldest(const engine::Event&, const HoldingKey&, Exchange left);
    void forget();

    std::unordered_map<HoldingKey, Book, HoldingKeyHash> books_;
    std::size_t known_{};  // lots and books kept
    std::vector<HoldingKey> touched_;
    std::vector<std::pair<HoldingKey, engine::EventSeq>> changed_;
    std::vector<LotDisposal> disposals_;                                   // of this batch, or loaded for it
    std::unordered_map<engine::TradeId, std::vector<std::size_t>> sales_;  // in disposals_, unless undone
};

template <class PutLot, class PutDisposal>
void PortfolioLots::flush(PutLot&& put_lot, PutDisposal&& put_disposal) {
    for (const auto& [key, seq] : changed_) {
        Lot& lot = books_[key].lots.at(seq);
        put_lot(lot.stored, key, seq, std::as_const(lot));
        lot.stored = true;
        lot.changed = false;
    }
    for (const LotDisposal& disposal : disposals_)
        if (disposal.changed) put_disposal(disposal.stored, disposal);
    forget();
}

}  // namespace buttonwood::projections
