#include "projections/portfolio_lots.hpp"

#include "projections/fault.hpp"

#include <algorithm>

namespace buttonwood::projections {

using namespace engine;

Money cost_of_part(Money amount, Quantity part, Quantity whole) {
    // amount = whole x quotient + rest, so the share is part x quotient + part x rest / whole: each product fits.
    const Int128 quotient = amount.units / whole.units;
    const Int128 rest = amount.units % whole.units;
    return {quotient * part.units + rest * part.units / whole.units};
}

void PortfolioLots::acquire(const Event& event, const HoldingKey& key, const Exchange& bought) {
    Lots& lots = touch(key).lots;
    const auto [lot, fresh] = lots.try_emplace(event.seq, Lot{event.time, bought.trade, bought.quantity,
                                                              bought.quantity, bought.amount, bought.amount, {}});
    if (fresh) change(key, lot);
}

PortfolioLots::Outcome PortfolioLots::sell(const Event& event, const HoldingKey& key, const Exchange& sold) {
    const std::size_t first = disposals_.size();
    auto realized = take_oldest(event, key, sold);
    for (std::size_t i = first; i < disposals_.size(); ++i) sales_[sold.trade].push_back(i);
    return realized;
}

PortfolioLots::Outcome PortfolioLots::give_back(const Event& event, const HoldingKey& buyer, const Exchange& returned) {
    const auto sale = sales_.find(returned.trade);
    if (sale == sales_.end())
        return fault("event " + std::to_string(event.seq) + " cancels a trade that sold nothing");
    Lots& lots = touch(buyer).lots;
    const auto bought = lots.find(disposals_[sale->second.front()].event_seq);
    Exchange left = returned;
    Money realized;
    if (bought != lots.end() && bought->second.remaining.units > 0) realized = take(event, buyer, bought, left);
    if (left.quantity.units == 0) return realized;
    const auto rest = take_oldest(event, buyer, left);
    if (!rest) return rest;
    return realized + *rest;
}

PortfolioLots::Outcome PortfolioLots::take_back(const Event& event, const HoldingKey& seller,
                                                const Exchange& returned) {
    const auto sale = sales_.find(returned.trade);
    if (sale == sales_.end())
        return fault("event " + std::to_string(event.seq) + " cancels a trade that sold nothing");
    Book& book = touch(seller);
    Money realized;
    for (const std::size_t i : sale->second) {
        LotDisposal& disposal = disposals_[i];
        const auto lot = book.lots.find(disposal.acquired_seq);
        if (lot == book.lots.end())
            return fault("event " + std::to_string(event.seq) + " cancels a trade of a lot that is not there");
        Lot& back = change(seller, lot);
        back.remaining += disposal.quantity;
        back.remaining_cost += disposal.cost;
        book.first_open = std::min(book.first_open, disposal.acquired_seq);
        realized += disposal.cost - disposal.proceeds;
        disposal.undone_seq = event.seq;
        disposal.changed = true;
    }
    sales_.erase(sale);
    return realized;
}

PortfolioLots::Outcome PortfolioLots::take_oldest(const Event& event, const HoldingKey& key, Exchange left) {
    Book& book = touch(key);
    Money realized;
    auto lot = book.lots.lower_bound(book.first_open);
    for (; lot != book.lots.end() && left.quantity.units > 0; ++lot) {
        if (lot->second.remaining.units == 0) continue;
        realized += take(event, key, lot, left);
        book.first_open = lot->first;
    }
    if (left.quantity.units > 0)
        return fault("event " + std::to_string(event.seq) + " takes more than the lots of the account hold");
    return realized;
}

Money PortfolioLots::take(const Event& event, const HoldingKey& key, Lots::iterator at, Exchange& left) {
    Lot& lot = change(key, at);
    const Quantity taken = std::min(lot.remaining, left.quantity);
    const Money cost = cost_of_part(lot.remaining_cost, taken, lot.remaining);
    const Money proceeds = cost_of_part(left.amount, taken, left.quantity);
    lot.remaining -= taken;
    lot.remaining_cost -= cost;
    lot.closed_at = event.time;
    left.quantity -= taken;
    left.amount -= proceeds;
    disposals_.push_back(
        {left.trade, event.seq, key, at->first, event.time, taken, cost, proceeds, {}, false, true});
    return proceeds - cost;
}

Lot& PortfolioLots::change(const HoldingKey& key, Lots::iterator at) {
    if (!at->second.changed) {
        at->second.changed = true;
        changed_.emplace_back(key, at->first);
    }
    return at->second;
}

bool PortfolioLots::covers(const HoldingKey& key, Quantity quantity) const {
    const auto book = books_.find(key);
    if (book == books_.end()) return false;
    if (book->second.known_through == kAll) return true;
    for (const auto& [seq, lot] : book->second.lots) {
        if (seq > book->second.known_through || quantity.units <= 0) break;
        quantity -= lot.remaining;
    }
    return quantity.units <= 0;
}

EventSeq PortfolioLots::known_through(const HoldingKey& key) const {
    const auto book = books_.find(key);
    return book == books_.end() ? 0 : book->second.known_through;
}

void PortfolioLots::load(const HoldingKey& key, EventSeq acquired_seq, const Lot& row) {
    Book& book = touch(key);
    const auto [lot, fresh] = book.lots.try_emplace(acquired_seq, row);
    if (!fresh) return;
    lot->second.stored = true;
    book.first_open = std::min(book.first_open, acquired_seq);
}

void PortfolioLots::load(const LotDisposal& row) {
    disposals_.push_back(row);
    disposals_.back().stored = true;
    sales_[row.trade].push_back(disposals_.size() - 1);
}

PortfolioLots::Book& PortfolioLots::touch(const HoldingKey& key) {
    Book& book = books_[key];
    if (!book.touched) touched_.push_back(key);
    book.touched = true;
    return book;
}

// What is kept of a holding: the oldest of its open lots, without a gap.
void PortfolioLots::forget() {
    for (const HoldingKey& key : touched_) {
        auto& [lots, known_through, first_open, kept, touched] = books_[key];
        std::erase_if(lots, [&](const auto& entry) {
            return entry.second.remaining.units == 0 || entry.first > known_through;
        });
        if (lots.size() > kMaxKnownOfHolding) {
            const auto last = std::next(lots.begin(), kMaxKnownOfHolding - 1);
            known_through = last->first;
            lots.erase(std::next(last), lots.end());
        }
        first_open = lots.empty() ? 0 : lots.begin()->first;
        known_ += lots.size() + (kept == 0 ? 1 : 0) - kept;
        kept = lots.size();
        touched = false;
    }
    touched_.clear();
    changed_.clear();
    disposals_.clear();
    sales_.clear();
    if (known_ > kMaxKnown) clear();
}

void PortfolioLots::clear() {
    books_.clear();
    known_ = 0;
    touched_.clear();
    changed_.clear();
    disposals_.clear();
    sales_.clear();
}

}  // namespace buttonwood::projections
