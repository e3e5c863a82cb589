// check_invariants(): whether the state can be what it is.
#include "engine/book_check.hpp"
#include "engine/engine.hpp"

namespace buttonwood::engine {
namespace {

template <class... Parts> std::string words(const Parts&... parts) {
    std::string text;
    const auto append = [&text](const auto& part) {
        if constexpr (std::is_convertible_v<decltype(part), std::string_view>) text += part;
        else text += std::to_string(static_cast<std::uint64_t>(part));
    };
    (append(parts), ...);
    return text;
}

}  // namespace

std::vector<std::string> Engine::check_invariants() const {
    std::vector<std::string> broken;
    check_books(broken);
    check_held(broken);
    check_reservations(broken);
    check_conservation(broken);
    check_indexes(broken);
    return broken;
}

void Engine::check_books(Broken& broken) const {
    for (const Security& s : securities_) {
        const std::vector<std::string> in_book = engine::check_invariants(s.book);
        for (const std::string& rule : in_book) broken.push_back(words(s.terms.symbol.view(), ": ", rule));
        if (!in_book.empty()) continue;  // it cannot be walked
        if (in_force(s).state == TradingState::Open && is_crossed(s))
            broken.push_back(words(s.terms.symbol.view(), ": book is crossed"));
        for (const Side side : {Side::Buy, Side::Sell}) {
            Int128 shown = 0;
            s.book.for_each_level(side, [&](const OrderBook::Level& level) {
                shown += level.quantity.units;
                check_level(s, side, level.price, broken);
                return true;
            });
            if (shown != s.shown[side_index(side)])
                broken.push_back(words(s.terms.symbol.view(), ": what the book shows is miscounted"));
        }
    }
}

// The orders of a level against what the book has of them.
void Engine::check_level(const Security& s, Side side, Price price, Broken& broken) const {
    EventSeq previous = 0;
    s.book.for_each_order_at(side, price, [&](OrderBook::Handle h) {
        const Order& o = orders_[s.book.tag(h)];
        const Quantity tip = s.book.quantity(h);
        if (o.handle != h || o.security != s.terms.security || o.side != side || o.price != price || o.held ||
            tip > displayed(o.leaves, extra(o).display_quantity) || (!is_iceberg(o) && tip != o.leaves))
            broken.push_back(words("order ", o.id, ": book and order disagree"));
        if (o.place <= previous) broken.push_back(words("order ", o.id, ": stands before an older one"));
        previous = o.place;
    });
}

// Held orders wait for something, and nothing due was left undone.
void Engine::check_held(Broken& broken) const {
    std::vector<std::uint32_t> icebergs(securities_.size());
    std::vector<std::uint32_t> auction_orders(securities_.size());
    order_index_.for_each([&](OrderId id, Slot slot) {
        const Order& o = orders_[slot];
        const std::size_t s = static_cast<std::size_t>(o.security) - 1;
        if (o.held == (o.handle != OrderBook::kNoHandle))
            broken.push_back(words("order ", id, ": neither rests nor waits, or both"));
        if (o.pending && !o.held) broken.push_back(words("order ", id, ": an exit lives before its entry is done"));
        if (!o.held && is_iceberg(o)) ++icebergs[s];
        if (!o.held && for_auction(o.time_in_force)) ++auction_orders[s];
        if (const auto expiry = expiry_of(o); expiry && !expiries_.contains(*expiry))
            broken.push_back(words("order ", id, ": its end is not expected"));
    });
    for (std::size_t i = 0; i < securities_.size(); ++i) {
        const Security& s = securities_[i];
        if (s.iceberg_count != icebergs[i] || s.auction_orders != auction_orders[i])
            broken.push_back(words(s.terms.symbol.view(), ": icebergs or auction orders miscounted"));
        const bool settled = works_.empty() && in_force(s).state == TradingState::Open && s.held;
        if (settled && s.last.units != 0 && s.held->triggered(s.last))
            broken.push_back(words(s.terms.symbol.view(), ": a trigger was reached and nothing happened"));
    }
}

void Engine::check_reservations(Broken& broken) const {
    FlatMap<Money> cash_sum;
    FlatMap<Quantity> share_sum;
    order_index_.for_each([&](OrderId id, Slot slot) {
        const Order& o = orders_[slot];
        const Security& s = at(o.security);
        const bool waits_for_sibling = o.held && (o.pending || o.role == GroupRole::OcoSecond ||
                                                  o.role == GroupRole::StopExit);
        const bool reserves_cash = o.side == Side::Buy && !waits_for_sibling && limit_of(o).units != 0;
        const Money cash_expected = reserves_cash ? reserve_of(s, limit_of(o), o.leaves, higher_rate(o)) : Money{};
        const Quantity shares_expected = o.side == Side::Sell && !waits_for_sibling ? o.leaves : Quantity{};
        if (o.reserved_cash != cash_expected || o.reserved_quantity != shares_expected)
            broken.push_back(words("order ", id, ": its reservation differs from what is open"));
        cash_sum[cash_key(o.account, s.currency)] += o.reserved_cash;
        share_sum[holding_key(o.account, o.security)] += o.reserved_quantity;
    });
    for_each_balance([&](AccountId account, std::size_t currency, const Balance& balance) {
        if (balance.reserved != cash_sum[cash_key(account, currency)])
            broken.push_back(words("account ", account, ": reserved cash differs"));
        if (balance.reserved < Money{} || balance.reserved > balance.total)
            broken.push_back(words("account ", account, ": reserves more cash than it has"));
    });
    holdings_.for_each([&](std::uint64_t key, const Holding& held) {
        if (held.reserved != share_sum[key]) broken.push_back(words("account ", key >> 32, ": reserved shares differ"));
        if (held.reserved < Quantity{} || held.reserved > held.total)
            broken.push_back(words("account ", key >> 32, ": reserves more shares than it has"));
    });
}

void Engine::check_conservation(Broken& broken) const {
    std::vector<Money> cash_sum(currencies_.size());
    for_each_balance([&](AccountId, std::size_t currency, const Balance& balance) {
        cash_sum[currency] += balance.total;
    });
    for (std::size_t i = 0; i < currencies_.size(); ++i) {
        const auto it = deposited_.find(std::string(currencies_[i].view()));
        if (cash_sum[i] != (it == deposited_.end() ? Money{} : it->second))
            broken.push_back(words(currencies_[i].view(), ": cash is not conserved"));
    }
    std::vector<Quantity> share_sum(securities_.size());
    holdings_.for_each([&](std::uint64_t key, const Holding& held) {
        share_sum[(key & 0xFFFF'FFFF) - 1] += held.total;
    });
    for (std::size_t i = 0; i < securities_.size(); ++i)
        if (share_sum[i] != securities_[i].outstanding)
            broken.push_back(words(securities_[i].terms.symbol.view(), ": shares are not conserved"));
}

void Engine::check_indexes(Broken& broken) const {
    std::size_t in_books = 0;
    std::size_t held = 0;
    for (const Security& s : securities_) in_books += s.book.order_count();
    std::size_t expected_ends = 0;
    order_index_.for_each([&](OrderId id, Slot slot) {
        const Order& o = orders_[slot];
        if (o.id != id || o.leaves.units <= 0 || o.leaves > o.quantity)
            broken.push_back(words("order ", id, ": the index is wrong"));
        if (o.held) ++held;
        if (expiry_of(o)) ++expected_ends;
    });
    if (in_books + held != order_index_.size() || orders_.size() != order_index_.size() + free_slots_.size() ||
        expected_ends != expiries_.size())
        broken.push_back("order indexes disagree");
    check_lists(broken);
}

void Engine::check_lists(Broken& broken) const {
    std::vector<std::uint32_t> open_of_user(users_.size());
    const auto walk = [&](const OrderList& list, OrderLinks Order::* links, auto&& belongs) {
        std::size_t count = 0;
        OrderId previous{};
        for (Slot slot = list.first; slot != kNoSlot; slot = (orders_[slot].*links).next, ++count) {
            const Order& o = orders_[slot];
            if (slot_of(o.id) != slot || o.id <= previous || !belongs(o))
                broken.push_back(words("order ", o.id, ": a list that holds it is wrong"));
            previous = o.id;
        }
        return count;
    };
    std::size_t of_accounts = 0;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        const std::size_t count = walk(accounts_[i].orders, &Order::of_account, [i](const Order& o) {
            return static_cast<std::size_t>(o.account) == i + 1;
        });
        of_accounts += count;
        open_of_user[static_cast<std::size_t>(accounts_[i].user) - 1] += static_cast<std::uint32_t>(count);
    }
    std::size_t of_securities = 0;
    for (const Security& s : securities_)
        of_securities += walk(s.orders, &Order::of_security, [&s](const Order& o) {
            return o.security == s.terms.security;
        });
    if (of_accounts != order_index_.size() || of_securities != order_index_.size())
        broken.push_back("lists of orders disagree");
    for (std::size_t i = 0; i < users_.size(); ++i)
        if (users_[i].open_orders != open_of_user[i])
            broken.push_back(words("user ", i + 1, ": open orders miscounted"));
}

}  // namespace buttonwood::engine
