// The matching engine: a deterministic state machine from commands to events.
//
//     decide(command) ── refuses in a documented order, or ──▶ events, each applied as it is emitted
//     apply(event)    ── the only place where state changes; replay calls the same function
//
// Pure: no clock, I/O, thread, randomness or floating point. Time arrives in the command header and never goes back.
// Every accepted or refused command emits at least one event. The reasons are checked in the order of the enumerators
// of RejectReason, and a refused command emits exactly one event, CommandRejected, which changes nothing.
//
// What it decides, rule by rule: RULES.md.
//
// Conservation: cash per currency changes only by CashDeposited and CashWithdrawn, holdings per security only by
// HoldingsIssued. Bids reserve price x quantity, listings reserve quantity; reserved never exceeds total.
//
// Work per command is bounded: a taker meets at most kMaxFillsPerCommand orders, everything else stops at about
// kMaxEventsPerCommand events and goes on with the clock's commands (wants_clock).
// Thread safety: none; one thread owns an engine.
#pragma once

#include "engine/archive.hpp"
#include "engine/engine_state.hpp"
#include "engine/equilibrium.hpp"
#include "engine/flat_map.hpp"
#include "engine/named_by_events.hpp"
#include "engine/state_hash.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace buttonwood::engine {

class Engine : private EngineState {
public:
    // Decides one command and applies its events, appending them to `out` (which is not cleared).
    // Returns the reason of the refusal, None when accepted.
    // REQUIRES: header.time >= last_time(), header.seq == last_command() + 1.
    RejectReason decide(const CommandHeader& header, const Command& command, std::vector<Event>& out);

    // Applies one event. REQUIRES: event.seq == last_seq() + 1, and that an engine in this state emitted it.
    void apply(const Event& event);

    [[nodiscard]] EventSeq last_seq() const { return last_seq_; }
    [[nodiscard]] CommandSeq last_command() const { return last_command_; }
    [[nodiscard]] Timestamp last_time() const { return last_time_; }

    // Is there work for AdvanceClock: left by earlier commands, or due by now? O(1).
    [[nodiscard]] bool wants_clock(Timestamp now) const;
    // When the next thing falls due (nullopt: nothing is set); work left by earlier commands is due at once.
    [[nodiscard]] std::optional<Timestamp> next_deadline() const;

    [[nodiscard]] StateHash state_hash() const;
    // The same of the present state of what these events name, each once: orders, balances, holdings, securities,
    // counters. Linear in the events; for comparing engines as they go.
    [[nodiscard]] StateHash digest(std::span<const Event> events) const;
    [[nodiscard]] StateHash digest(const NamedByEvents& named) const;  // collected as they came
    // All state as bytes (archive.hpp), and an engine that goes on from them with the same events as this one would.
    // load() trusts no byte; its error says what is wrong with them. REQUIRES: no command is being decided.
    static constexpr int kSavedVersion = 2;  // one more whenever the bytes come to mean something else
    void save(ArchiveWriter& archive) const;
    [[nodiscard]] static std::expected<Engine, std::string> load(ArchiveReader& archive);
    // Every broken rule in words, empty when all hold: book not crossed while open, levels = orders, reservations =
    // open orders, reserved <= total, nothing negative, indexes agree, cash and shares conserved. O(state); for tests.
    [[nodiscard]] std::vector<std::string> check_invariants() const;

    // Reads, for tests and for the time-travel views. Unknown ids give zero or nullopt.
    [[nodiscard]] Balance balance(AccountId account, Currency currency) const;
    [[nodiscard]] Holding holding(AccountId account, SecurityId security) const;
    [[nodiscard]] std::optional<OrderView> order(OrderId id) const;
    [[nodiscard]] std::optional<OrderId> order_by_client_id(AccountId account, const ClientOrderId& id) const;
    [[nodiscard]] SecurityId security_by_symbol(const Symbol& symbol) const;
    [[nodiscard]] const OrderBook* book(SecurityId security) const;
    [[nodiscard]] Money unsettled_cash(AccountId account, Currency currency) const;  // proceeds that are not settled
    [[nodiscard]] std::optional<SettlementStep> settlement(TradeId trade) const;     // nullopt: it waits for none
    [[nodiscard]] Quantity shares_outstanding(SecurityId security) const;
    [[nodiscard]] Price last_price(SecurityId security) const;
    [[nodiscard]] StateInForce state_in_force(SecurityId security) const;
    [[nodiscard]] std::size_t open_order_count() const { return order_index_.size(); }

private:
    // What decide() works with besides the state: the header, where events go, and how many there were before.
    struct Context {
        const CommandHeader& header;
        std::vector<Event>& out;
        std::size_t first{};
    };
    // What decisions pass around: engine_terms.hpp.
    class Request;
    struct Terms;
    struct Taking;
    struct GroupMember;
    struct Activation;
    class TakingWalk;
    enum class Dead : std::uint8_t { No, GoodTill, DayEnd, MassCancel };

    // decide, one overload per command: engine_decide.cpp (users, keys, securities, cash) ...
    RejectReason on(Context&, const RegisterUser&);
    RejectReason on(Context&, const OpenAccount&);
    RejectReason on(Context&, const ChangeUserStatus&);
    RejectReason on(Context&, const CreateApiKey&);
    RejectReason on(Context&, const RevokeApiKey&);
    RejectReason on(Context&, const CreateSecurity&);
    RejectReason on(Context&, const DepositCash&);
    RejectReason on(Context&, const WithdrawCash&);
    RejectReason on(Context&, const IssueHoldings&);
    RejectReason on(Context&, const SetPriceBands&);
    RejectReason on(Context&, const SetCancelAfter&);
    // ... engine_place.cpp, engine_amend.cpp, engine_cancel.cpp (orders) ...
    RejectReason on(Context&, const PlaceOrder&);
    RejectReason on(Context&, const PlaceGroup&);
    RejectReason on(Context&, const AmendOrder&);
    RejectReason on(Context&, const CancelOrder&);
    RejectReason on(Context&, const MassCancel&);
    // ... engine_records.cpp (people and securities), engine_settlement.cpp ...
    RejectReason on(Context&, const UpdateProfile&);
    RejectReason on(Context&, const SetPreference&);
    RejectReason on(Context&, const SetKycStatus&);
    RejectReason on(Context&, const SetAccreditation&);
    RejectReason on(Context&, const AddComplianceNote&);
    RejectReason on(Context&, const SetSecurityTerms&);
    RejectReason on(Context&, const RecordValuation&);
    RejectReason on(Context&, const DelistSecurity&);
    RejectReason on(Context&, const SetFees&);
    RejectReason on(Context&, const ChangeSettlement&);
    // ... engine_auction.cpp (states), engine_clock.cpp.
    RejectReason on(Context&, const ChangeTradingState&);
    RejectReason on(Context&, const AdvanceClock&);
    RejectReason on(Context&, const EndDay&);

    template <class Body, class... Slots> void emit(Context&, const Body& body, Slots... slots);
    template <class Body, class... Fields> Body& next(Context&, const Fields&... fields);
    template <class Body, class... Slots> void enact(Context&, const Body& body, Slots... slots);
    RejectReason reject(Context&, RejectReason reason, AccountId account = {}, SecurityId security = {},
                        OrderId order = {});
    [[nodiscard]] static bool over_budget(const Context& c) { return c.out.size() - c.first >= kMaxEventsPerCommand; }
    [[nodiscard]] bool actor_may(const Context& c, Role role) const {
        const User* user = find(c.header.actor);
        return user ? user->roles.has(role) || user->roles.has(Role::Admin) : acts_itself(c);
    }
    [[nodiscard]] bool actor_owns(const Context& c, AccountId account) const {
        const Account* found = find(account);
        return found && (found->user == c.header.actor || acts_itself(c));
    }
    // The system, not a user.
    static bool acts_itself(const Context& c) { return c.header.actor == UserId::None; }

    // engine_place.cpp
    [[nodiscard]] RejectReason refuse_by_state(const Security&) const;
    [[nodiscard]] RejectReason refuse_in_auction(const PlaceOrder&, const Security&) const;
    [[nodiscard]] static RejectReason refuse_quantity(const Security&, Quantity quantity);
    [[nodiscard]] static RejectReason refuse_price(const Security&, Price price);
    [[nodiscard]] RejectReason refuse_identity(const PlaceOrder&, OrderId& known) const;
    [[nodiscard]] RejectReason refuse_terms(const Context&, const PlaceOrder&, const Security&) const;
    [[nodiscard]] RejectReason refuse_special_terms(const Context&, const PlaceOrder&, const Security&) const;
    [[nodiscard]] static RejectReason refuse_amounts(const PlaceOrder&, const Security&);
    [[nodiscard]] RejectReason refuse_reduction(Request&, const Security&) const;
    [[nodiscard]] static RejectReason refuse_crossing(Request&, const Security&);
    [[nodiscard]] RejectReason refuse_liquidity(const Context&, Request&, const Security&) const;
    [[nodiscard]] RejectReason refuse_means(const Context&, const PlaceOrder&, const Security&) const;
    [[nodiscard]] RejectReason refuse_order(const Context&, Request&, GroupRole role, OrderId& known) const;
    [[nodiscard]] RejectReason refuse_plain(const Context&, const PlaceOrder&, const Security&, OrderId& known) const;
    RejectReason place_plain(Context&, const PlaceOrder&, const Security&);
    [[nodiscard]] static bool forms_group(const PlaceGroup&);
    [[nodiscard]] Terms terms_of(const PlaceOrder&, const Security&) const;
    [[nodiscard]] bool starts_held(const Context&, const PlaceOrder&, const Security&) const;
    void describe(const Context&, const PlaceOrder&, GroupRole role, OrderId group, OrderAccepted& order) const;
    bool accept(Context&, const PlaceOrder&, std::uint64_t fingerprint, GroupRole role, OrderId group);

    // engine_match.cpp
    [[nodiscard]] Terms terms_of(const Order&) const;
    [[nodiscard]] Taking takeable(const Context&, const Security&, const Terms&, Quantity wanted,
                                  bool for_cost = false) const;
    [[nodiscard]] Taking takeable_by_order(const Context&, const Security&, const Terms&, Quantity wanted,
                                           bool for_cost) const;
    // Of a market bid without a limit.
    [[nodiscard]] Money cost_of_taking(const Context&, const Security&, const Terms&, Quantity wanted,
                                       std::uint32_t taker_ppm) const;
    [[nodiscard]] static bool outside_static_band(const Security&, Price price);
    [[nodiscard]] static bool outside_bands(const Context&, const Security&, Price price);
    // Can any order be dead at all?
    [[nodiscard]] bool anything_dead() const {
        return sweeps_ > 0 || (!expiries_.empty() && expiries_.begin()->at <= clock_);
    }
    [[nodiscard]] Dead is_dead(const Order&, Timestamp clock) const;
    [[nodiscard]] static bool covers(const WorkDeferred& work, const Order&);
    void end_dead(Context&, Slot slot, Dead why);
    void match(Context&, Slot taker);
    bool prevent_match(Context&, Slot taker, Slot maker);
    void hit_band(Context&, Slot taker);
    [[gnu::noinline]] void charge(const Security&, const Order& maker, const Order& taker, TradeExecuted&) const;
    void trade(Context&, Slot taker, Slot maker, Price price, Quantity quantity, bool auction);
    void refresh(Context&, Slot slot);
    void reduce(Context&, Slot slot, Quantity by);
    void finish_taker(Context&, Slot taker);
    void rest_or_expire(Context&, Slot slot);

    // engine_records.cpp
    [[nodiscard]] RejectReason refuse_person(const Context&, UserId user, bool itself) const;
    static void derive_restrictions(Security&);
    [[nodiscard]] RejectReason refuse_eligibility(const Context&, AccountId account, const Security&, Side side) const;

    // engine_settlement.cpp
    static Timestamp settlement_time(Timestamp trade, std::uint8_t days);
    [[nodiscard]] RejectReason refuse_return(const Unsettled&) const;
    void change_settlement(Context&, TradeId trade, SettlementStep step, StateCause cause, const Remark& note);
    bool settle_due(Context&);
    void expect_settlement(const TradeExecuted&);
    void take_back(const SettlementChanged&);

    // engine_cancel.cpp
    [[nodiscard]] GroupMember member(const Order&) const;
    void cancel(Context&, Slot slot, CancelReason reason);
    void expire(Context&, Slot slot, ExpireReason reason);
    void end_group(Context&, const GroupMember& ended);
    void cancel_sibling(Context&, const GroupMember& leg);
    [[nodiscard]] RejectReason find_target(const OrderRef&, AccountId, Slot& slot, OrderId& order) const;
    void mass_cancel(Context&, WorkDeferred work);
    bool sweep(Context&, WorkDeferred& work);
    bool sweep(Context&, WorkDeferred& work, const OrderList& list, OrderLinks Order::* links);
    // Of the security, or (None) of any.
    [[nodiscard]] bool uncross_pending(SecurityId security) const;

    // engine_amend.cpp
    struct Amended;
    [[nodiscard]] RejectReason refuse_new_terms(const Context&, const AmendOrder&, const Order&, const Amended&) const;
    [[nodiscard]] RejectReason refuse_change(const AmendOrder&, const Order&, const Amended&) const;
    [[nodiscard]] RejectReason refuse_reserve(const Order&, Money reserved_cash, Quantity reserved_quantity) const;
    template <class Refuse>
    RejectReason amend(Context&, Slot slot, const Amended&, bool crosses, Refuse&& refuse);

    // engine_held.cpp
    // Something of the security changed: what waits beside its book is looked at when the command is done.
    [[gnu::always_inline]] void touch(SecurityId id) {
        if (at(id).held || !closed_entries_.empty()) touch(at(id));
    }
    void touch(Security&);
    void settle(Context&);
    bool settle(Context&, SecurityId security);
    [[nodiscard]] std::optional<Activation> next_activation(const Context&, SecurityId security) const;
    [[nodiscard]] std::optional<Slot> minimum_available(const Context&, const Security&) const;
    void activate(Context&, Slot slot, ActivationReason reason);
    void activate_exits(Context&, const BracketEntry& entry);

    // engine_auction.cpp
    [[nodiscard]] static StateInForce severer(const State& own, const State& market);
    [[nodiscard]] StateInForce in_force(const Security&) const;
    [[nodiscard]] bool is_open(const Security& security) const {
        return security.own.state == TradingState::Open && market_.state == TradingState::Open;
    }
    [[nodiscard]] StateInForce in_force_after(const Security&, SecurityId changed, TradingState next) const;
    [[nodiscard]] bool needs_uncross(const Security&, SecurityId changed, TradingState next) const;
    [[nodiscard]] static bool is_crossed(const Security&);
    void change_state(Context&, const TradingStateChanged& change);
    void enter_state(Context&, const TradingStateChanged& change);
    bool uncross_all(Context&, SecurityId changed, TradingState next);
    bool uncross(Context&, SecurityId security);
    void pair_next(Context&, const Security&);
    bool expire_auction_orders(Context&, SecurityId security);
    [[nodiscard]] Equilibrium equilibrium(const Security&) const;
    void indicate(Context&, SecurityId security);
    bool activate_closing_orders(Context&, SecurityId security);

    // engine_clock.cpp
    bool continue_work(Context&, WorkDeferred work);
    void fire_timers(Context&);
    void next_state_by_clock(Context&, SecurityId security);
    bool end_day(Context&, WorkDeferred& work);
    [[nodiscard]] std::optional<OrderId> first_of_day(SecurityId security, OrderId through) const;

    // apply, one overload per event: engine_apply.cpp, engine_apply_orders.cpp.
    void on(const Event&, const UserRegistered&);
    void on(const Event&, const AccountOpened&);
    void on(const Event&, const UserStatusChanged&);
    void on(const Event&, const ApiKeyCreated&);
    void on(const Event&, const ApiKeyRevoked&);
    void on(const Event&, const SecurityCreated&);
    void on(const Event&, const TradingStateChanged&);
    void on(const Event&, const CashDeposited&);
    void on(const Event&, const CashWithdrawn&);
    void on(const Event&, const HoldingsIssued&);
    void on(const Event&, const OrderAccepted&);
    void on(const Event&, const OrderRested&);
    void on(const Event&, const OrderRested&, Slot slot);
    void on(const Event&, const TradeExecuted&);
    void on(const Event&, const TradeExecuted&, Slot maker, Slot taker);
    void on(const Event&, const OrderAmended&);
    void on(const Event&, const OrderAmended&, Slot slot);
    void on(const Event&, const OrderCanceled&);
    void on(const Event&, const OrderCanceled&, Slot slot);
    void on(const Event&, const OrderExpired&);
    void on(const Event&, const OrderExpired&, Slot slot);
    void on(const Event&, const CommandRejected&) {}
    void on(const Event&, const MassCancelCompleted&) {}
    void on(const Event&, const OrderActivated&);
    void on(const Event&, const MatchPrevented&) {}
    void on(const Event&, const OrderReduced&);
    void on(const Event&, const OrderRefreshed&);
    void on(const Event&, const AuctionIndicated&);
    void on(const Event&, const AuctionUncrossed&);
    void on(const Event&, const PriceBandsSet&);
    void on(const Event&, const CancelAfterSet&);
    void on(const Event&, const CancelAfterFired&);
    void on(const Event&, const WorkDeferred&);
    void on(const Event&, const WorkCompleted&);
    void on(const Event&, const ClockAdvanced&);
    void on(const Event&, const DayEnded&) {}
    void on(const Event&, const ProfileUpdated&);
    void on(const Event&, const PreferenceSet&) {}
    void on(const Event&, const KycStatusChanged&);
    void on(const Event&, const AccreditationChanged&);
    void on(const Event&, const ComplianceNoted&) {}
    void on(const Event&, const SecurityTermsSet&);
    void on(const Event&, const ValuationRecorded&) {}
    void on(const Event&, const SecurityDelisted&);
    void on(const Event&, const FeesSet&);
    void on(const Event&, const SettlementChanged&);

    [[nodiscard]] static bool has_extra(const OrderAccepted&);
    void own_extra(Order& order, const OrderAccepted& e);
    void rest(Slot slot, EventSeq place);
    void left_book(Order& order);
    void leave_book(Order& order);
    void take_from_book(Order& order, Quantity by);
    void pay_fees(const TradeExecuted& trade, const Security&);
    void fill(Slot slot, const TradeExecuted& trade);
    void reserve_anew(Order& order, Money reserved_cash, Quantity reserved_quantity);
    void close(Slot slot, Money released_cash, Quantity released_quantity);
    void erase(Slot slot);
    void note_closed_entry(const Order& entry);
    void forget_entry(OrderId entry);
    void hold(Slot slot, EventSeq place);
    void release_hold(Slot slot);
    void change_held(Slot slot, bool enters);
    void move_marks(Security& security);
    void mark_indication(const Security& security);
    [[nodiscard]] std::optional<Expiry> expiry_of(const Order& order) const;
    void expect_expiry(const Order& order);
    void forget_expiry(const Order& order);
    void link(OrderList& list, OrderLinks Order::* links, Slot slot);
    void unlink(OrderList& list, OrderLinks Order::* links, Slot slot);

    struct Saved;  // engine_save.cpp
    // What follows from a security's terms.
    void complete(Security& security);

    void hash_counters(StateHash& sum) const;
    void hash_user(std::size_t index, StateHash& sum) const;
    void hash_account(std::size_t index, StateHash& sum) const;
    static void hash_key(KeyId id, const ApiKey& key, StateHash& sum);
    void hash_cash(AccountId account, std::size_t currency, const Balance& balance, StateHash& sum) const;
    static void hash_holding(std::uint64_t key, const Holding& holding, StateHash& sum);
    static void hash_fees(SecurityId security, const Fees& fees, StateHash& sum);
    static void hash_unsettled(TradeId id, const Unsettled& trade, StateHash& sum);
    static void hash_security(const Security& security, StateHash& sum);
    void hash_order(Slot slot, StateHash& sum) const;
    void hash_waiting(StateHash& sum) const;
    using Broken = std::vector<std::string>;
    void check_books(Broken& broken) const;
    std::size_t check_level(const Security&, Side side, const OrderBook::Level& level, Broken& broken) const;
    void check_held(Broken& broken) const;
    void check_reservations(Broken& broken) const;
    void check_conservation(Broken& broken) const;
    void check_indexes(Broken& broken) const;
    void check_lists(Broken& broken) const;

    // Dense ids make vectors with index id - 1.
    template <class Id, class Item>
    static const Item* find(const std::vector<Item>& items, Id id) {
        const auto index = static_cast<std::size_t>(id) - 1;  // None: beyond every size
        return index < items.size() ? &items[index] : nullptr;
    }
    [[nodiscard]] const User* find(UserId id) const { return find(users_, id); }
    [[nodiscard]] const Account* find(AccountId id) const { return find(accounts_, id); }
    [[nodiscard]] const Security* find(SecurityId id) const { return find(securities_, id); }
    User& at(UserId id) { return users_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] const User& at(UserId id) const { return users_[static_cast<std::size_t>(id) - 1]; }
    Account& at(AccountId id) { return accounts_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] const Account& at(AccountId id) const { return accounts_[static_cast<std::size_t>(id) - 1]; }
    Security& at(SecurityId id) { return securities_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] const Security& at(SecurityId id) const { return securities_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] Slot slot_of(OrderId id) const { return order_index_.find(id); }
    [[nodiscard]] const Extra& extra(const Order& order) const {
        return order.extra == kNoSlot ? kNoExtra : extras_[order.extra];
    }
    [[nodiscard]] bool is_iceberg(const Order& order) const { return extra(order).display_quantity.units != 0; }
    [[nodiscard]] static bool ends_with_day(TimeInForce t) { return t == TimeInForce::Day || for_auction(t); }
    [[nodiscard]] static bool rests_its_remainder(const Order& order) {
        return !is_market(order.type) && may_rest(order.time_in_force);
    }
    // Its price, or its protection price; 0 = any.
    [[nodiscard]] Price limit_of(const Order& order) const {
        return order.price.units != 0 ? order.price : extra(order).protection_price;
    }
    // What the book shows of it, 0 where it does not rest.
    [[nodiscard]] Quantity tip_of(const Order& order) const {
        return order.handle == OrderBook::kNoHandle ? Quantity{} : at(order.security).book.quantity(order.handle);
    }
    [[nodiscard]] Price trigger_of(Slot slot) const;
    [[nodiscard]] static bool follows_a_mark(const Order& order) {
        return order.type == OrderType::TrailingStop && order.held && !order.pending;
    }
    [[nodiscard]] Price mark_of(Slot slot) const;  // that it follows now; 0 = none
    [[nodiscard]] TrailingStops::Stop trailing_stop(Slot slot) const;
    static constexpr std::size_t side_index(Side side) { return side == Side::Buy ? 0 : 1; }
    static bool level_is_full(const Security&, Side side, Price price, Quantity quantity);
    // Money units per unit of price x quantity.
    static std::int64_t money_factor(const Security& security) { return security.money_factor; }
    [[nodiscard]] static bool fits_in_money(const Security&, Price price, Quantity quantity);
    static Money fee(Money of, std::uint32_t ppm) { return {of.units * ppm / 1'000'000}; }
    // What a bid with this limit and this rate ties up.
    [[nodiscard]] static Money reserve_of(const Security& security, Price limit, Quantity quantity, std::uint32_t ppm) {
        const Money value = value_of(security, limit, quantity);
        return ppm == 0 ? value : value + fee(value, ppm);
    }
    [[nodiscard]] static std::uint32_t higher_rate(const auto& of) { return std::max(of.maker_ppm, of.taker_ppm); }
    // REQUIRES: it fits.
    [[nodiscard]] static Money value_of(const Security& security, Price price, Quantity quantity) {
        return {Int128{price.units} * quantity.units * security.money_factor};
    }
    // Made when it is first asked for.
    Balance& cash(AccountId account, std::size_t currency) {
        Account& owner = at(account);
        if (owner.currency == kNoCurrency) owner.currency = static_cast<std::uint32_t>(currency);
        return owner.currency == currency ? owner.cash : other_cash_[cash_key(account, currency)];
    }
    Balance& cash(AccountId account, const Security& security) { return cash(account, security.currency); }
    [[nodiscard]] Balance balance(AccountId account, std::size_t currency) const {
        const Account& owner = at(account);
        if (owner.currency == currency) return owner.cash;
        const Balance* found = other_cash_.find(cash_key(account, currency));
        return found ? *found : Balance{};
    }
    [[nodiscard]] Balance balance(AccountId account, const Security& security) const {
        return balance(account, security.currency);
    }
    // f(account, index of the currency, balance) for each balance ever used.
    template <class F>
    void for_each_balance(F&& f) const {
        for (std::size_t i = 0; i < accounts_.size(); ++i)
            if (const Account& a = accounts_[i]; a.currency != kNoCurrency)
                f(static_cast<AccountId>(i + 1), std::size_t{a.currency}, a.cash);
        other_cash_.for_each([&](std::uint64_t key, const Balance& balance) {
            f(static_cast<AccountId>(key >> 16), static_cast<std::size_t>(key & 0xFFFF), balance);
        });
    }
    Holding& shares(AccountId account, SecurityId security) { return holdings_[holding_key(account, security)]; }
    static std::uint64_t cash_key(AccountId account, std::size_t currency) {
        return (static_cast<std::uint64_t>(account) << 16) | currency;
    }
    static std::uint64_t holding_key(AccountId account, SecurityId security) {
        return (static_cast<std::uint64_t>(account) << 32) | static_cast<std::uint64_t>(security);
    }
    // Position in currencies_; find_currency gives its size for one never seen, index_of adds it.
    [[nodiscard]] std::size_t find_currency(Currency currency) const;
    std::size_t index_of(Currency currency);

    static const Extra kNoExtra;

    EventSeq last_seq_{};
    CommandSeq last_command_{};
    Timestamp last_time_;
    Timestamp clock_;  // of the newest AdvanceClock
    OrderId last_order_{};
    TradeId last_trade_{};

    std::vector<User> users_;
    std::map<UserId, Profile> profiles_;
    std::vector<Account> accounts_;
    std::vector<Security> securities_;
    State market_;
    Fees market_fees_;
    std::unordered_map<KeyId, ApiKey> keys_;
    std::unordered_map<std::string, SecurityId> symbols_;
    std::vector<Currency> currencies_;
    FlatMap<Balance> other_cash_; // of accounts with several currencies: account << 16 | index of the currency
    FlatMap<Holding> holdings_;   // account << 32 | security
    std::vector<Order> orders_;   // slab; free_slots_ are its holes
    std::vector<Slot> free_slots_;
    std::vector<Extra> extras_;   // the same
    std::vector<Slot> free_extras_;
    OrderIndex order_index_;      // open orders only
    ClientIds client_ids_;
    std::unordered_map<std::string, Money> deposited_;  // per currency, net of withdrawals: conservation

    std::map<TradeId, Unsettled> unsettled_;
    std::set<std::pair<Timestamp, TradeId>> settlements_;  // of unsettled_, those that are pending
    FlatMap<Money> proceeds_;                      // of unsettled_: account << 16 | index of the currency
    std::deque<WorkDeferred> works_;               // oldest first
    std::uint32_t sweeps_{};                       // of works_, those that make orders dead
    std::deque<BracketEntry> closed_entries_;      // whose exits wait to be activated
    std::set<Expiry> expiries_;
    std::set<std::pair<Timestamp, AccountId>> cancel_afters_;
    std::set<std::pair<Timestamp, SecurityId>> state_changes_;  // None = the market
    std::set<SecurityId> unindicated_;             // their book changed in an auction since the last indication
    Timestamp indicated_at_;
    std::vector<SecurityId> uncrossed_;            // AuctionUncrossed, and the state has not changed yet
    std::vector<SecurityId> touched_;              // to be settled; empty between commands
};

}  // namespace buttonwood::engine
