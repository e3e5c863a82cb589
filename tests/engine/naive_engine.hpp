// The oracle of the engine: engine/RULES.md told once more as a plain model that shares no code with the engine.
//
// Obviously right rather than fast: every order that ever was is kept in one list, books are that list sorted when
// somebody asks, reservations are summed over the open orders each time, and nothing is maintained incrementally that
// can be counted. decide() predicts the reason of a refusal or the exact events, one by one.
#pragma once

#include "engine/commands.hpp"
#include "engine/events.hpp"
#include "tests/engine/naive_records.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace buttonwood::engine::tests {

class NaiveEngine : public NaiveRecords {
public:
    struct Prediction {
        RejectReason reason{};
        OrderId order{};  // duplicate or conflict: the order that has the client id
        std::vector<EventBody> events;  // empty when refused; fingerprints are left zero
    };
    Prediction decide(UserId actor, Timestamp time, const Command& command);

    using CashKey = std::pair<AccountId, Currency>;
    using HoldingKey = std::pair<AccountId, SecurityId>;

    [[nodiscard]] Money cash(AccountId account, Currency currency) const;
    [[nodiscard]] Money reserved_cash(AccountId account, Currency currency) const;
    [[nodiscard]] Quantity holding(AccountId account, SecurityId security) const;
    [[nodiscard]] Quantity reserved_holding(AccountId account, SecurityId security) const;
    // What one open order ties up.
    [[nodiscard]] Money reserved_cash(const Order& order) const;
    [[nodiscard]] Quantity reserved_quantity(const Order& order) const;

    // The proceeds of the account's trades that are not settled yet: here, but not to be withdrawn.
    [[nodiscard]] Money unsettled_cash(AccountId account, Currency currency) const;

    [[nodiscard]] const std::map<UserId, User>& users() const { return users_; }
    [[nodiscard]] const std::map<AccountId, UserId>& accounts() const { return accounts_; }
    [[nodiscard]] const std::map<SecurityId, Security>& securities() const { return securities_; }
    [[nodiscard]] const std::map<KeyId, ApiKey>& keys() const { return keys_; }
    [[nodiscard]] const std::deque<Order>& orders() const { return orders_; }  // #1 first; all that were ever accepted
    [[nodiscard]] const std::deque<Trade>& trades() const { return trades_; }  // trade 1 first
    [[nodiscard]] const Order* order(OrderId id) const;
    [[nodiscard]] const std::set<OrderId>& open_orders() const { return open_; }
    [[nodiscard]] const std::map<CashKey, Money>& all_cash() const { return cash_; }
    [[nodiscard]] const std::map<HoldingKey, Quantity>& all_holdings() const { return holdings_; }
    // The orders that rest on one side, first to trade first.
    [[nodiscard]] std::vector<const Order*> book(SecurityId security, Side side) const;
    [[nodiscard]] State in_force(SecurityId security) const { return in_force(securities_.at(security).own, market_); }
    [[nodiscard]] const State& market() const { return market_; }
    [[nodiscard]] std::size_t deferred_works() const { return works_.size(); }
    [[nodiscard]] bool is_open_now(SecurityId security) const {
        return in_force(security).state == TradingState::Open;
    }

private:
    using Reason = RejectReason;
    // What became of a checked order: how it will be accepted.
    struct Plan {
        Price price;
        Quantity quantity;
        Quantity minimum;
        bool held{};
        bool rests{};
    };
    struct Takeable {
        Int128 units{};
        Int128 cost{};
    };
    struct Cross {
        Price price;
        Int128 paired{};
        Int128 imbalance{};
        Side side = Side::Buy;
    };
    // What is left of a long command; terms is the event that announced it.
    struct Work {
        WorkDeferred terms;
        Note note;                    // of an uncross done at once
        SecurityId uncrossed{};       // the securities up to here are done
        SecurityId uncrossing{};      // this one is being done: so much is left to pair, at that price
        Quantity left;
        Price price;
        Timestamp clock;              // of its AuctionUncrossed: what falls due later still pairs
    };
    using End = std::variant<CancelReason, ExpireReason>;

    // naive_engine.cpp: users, securities, cash, holdings.
    Reason on(UserId, const RegisterUser&, Prediction&);
    Reason on(UserId, const OpenAccount&, Prediction&);
    Reason on(UserId, const ChangeUserStatus&, Prediction&);
    Reason on(UserId, const CreateApiKey&, Prediction&);
    Reason on(UserId, const RevokeApiKey&, Prediction&);
    Reason on(UserId, const CreateSecurity&, Prediction&);
    Reason on(UserId, const DepositCash&, Prediction&);
    Reason on(UserId, const WithdrawCash&, Prediction&);
    Reason on(UserId, const IssueHoldings&, Prediction&);
    Reason on(UserId, const SetPriceBands&, Prediction&);
    Reason on(UserId, const SetCancelAfter&, Prediction&);
    [[nodiscard]] bool may(UserId actor, Role role) const;
    [[nodiscard]] bool owns(UserId actor, AccountId account) const;
    void emit(EventBody event);
    void touch(SecurityId security);

    // naive_compliance.cpp: people, the terms of securities, and who may trade what.
    Reason on(UserId, const UpdateProfile&, Prediction&);
    Reason on(UserId, const SetPreference&, Prediction&);
    Reason on(UserId, const SetKycStatus&, Prediction&);
    Reason on(UserId, const SetAccreditation&, Prediction&);
    Reason on(UserId, const AddComplianceNote&, Prediction&);
    Reason on(UserId, const SetSecurityTerms&, Prediction&);
    Reason on(UserId, const RecordValuation&, Prediction&);
    Reason on(UserId, const DelistSecurity&, Prediction&);
    [[nodiscard]] Reason refuse_trader(AccountId account, SecurityId security, Side side) const;
    [[nodiscard]] Reason refuse_person(UserId actor, UserId user, bool allowed) const;

    // naive_settlement.cpp: fees, and trades that settle later.
    Reason on(UserId, const SetFees&, Prediction&);
    Reason on(UserId, const ChangeSettlement&, Prediction&);
    [[nodiscard]] const SetFees* fees_in_force(SecurityId security) const;
    [[nodiscard]] Rates rates_in_force(SecurityId security) const;
    [[nodiscard]] Money cost_of_taking(const PlaceOrder& bid, Rates rates, Quantity wanted) const;
    [[nodiscard]] Money reserve_of(SecurityId security, Rates rates, Price limit, Quantity quantity) const;
    [[nodiscard]] Money free_cash(AccountId account, Currency currency) const;
    [[nodiscard]] Timestamp settlement_time(SecurityId security) const;
    [[nodiscard]] Reason refuse_cancellation(const Trade& trade) const;
    void move(const Trade& trade, bool back);
    void change_step(Trade& trade, SettlementStep step, StateCause cause, const Remark& note);
    void settle_due();

    // naive_place.cpp, naive_terms.cpp: what is refused, and what an order becomes.
    Reason on(UserId, const PlaceOrder&, Prediction&);
    Reason on(UserId, const PlaceGroup&, Prediction&);
    [[nodiscard]] Reason refuse(UserId actor, const PlaceOrder& c, bool is_exit, Plan& plan, Prediction& out) const;
    [[nodiscard]] Reason refuse_state(const PlaceOrder& c) const;
    [[nodiscard]] bool auction_takes(const PlaceOrder& c) const;
    [[nodiscard]] bool awaits_uncross(SecurityId security) const;
    [[nodiscard]] Reason refuse_terms(const PlaceOrder& c) const;
    [[nodiscard]] Reason refuse_numbers(const PlaceOrder& c, const Plan& plan) const;
    [[nodiscard]] Reason refuse_liquidity(const PlaceOrder& c, Plan& plan) const;
    [[nodiscard]] Reason refuse_means(const PlaceOrder& c, const Plan& plan) const;
    [[nodiscard]] Reason refuse_quantity(Quantity quantity, SecurityId security) const;
    [[nodiscard]] Reason refuse_price(Price price, SecurityId security) const;
    [[nodiscard]] bool is_price(Price price, SecurityId security) const;
    [[nodiscard]] static bool has_group_shape(const PlaceGroup& c);
    void settle_stage(const PlaceOrder& c, Plan& plan) const;
    Order& accept(const PlaceOrder& c, const Plan& plan, GroupRole role, OrderId group);

    // naive_amend.cpp
    Reason on(UserId, const AmendOrder&, Prediction&);
    [[nodiscard]] Reason refuse_amend(const AmendOrder& c, const Order& order) const;
    [[nodiscard]] Reason refuse_amended(const AmendOrder& c, const Order& old, const Order& amended) const;
    [[nodiscard]] const Order* find_order(const OrderRef& target, AccountId account) const;
    [[nodiscard]] Reason refuse_target(const OrderRef& target, AccountId account) const;

    // naive_match.cpp: taking, and what would be taken.
    [[nodiscard]] Takeable takeable(const PlaceOrder& who, std::optional<Price> limit, Quantity wanted,
                                    bool behind_own = false) const;
    [[nodiscard]] bool crosses(SecurityId security, Side side, std::optional<Price> limit) const;
    [[nodiscard]] bool has_room(SecurityId security, Side side, Price price, Quantity quantity) const;
    void book_changed(SecurityId security);
    [[nodiscard]] bool outside_static(SecurityId security, Price price) const;
    [[nodiscard]] bool outside_bands(SecurityId security, Price price) const;
    [[nodiscard]] const Order* front(SecurityId security, Side side) const;
    [[nodiscard]] UserId user_of(const PlaceOrder& order) const { return accounts_.at(order.account); }
    void take(Order& taker);
    void rest_or_expire(Order& taker, ExpireReason otherwise);
    void stop_at_band(Order& taker);
    void prevent(Order& maker, Order& taker);
    void reduce(Order& order, Quantity by);
    void trade(Order& maker, Order& taker, Price price, Quantity quantity, bool auction);
    void move_marks(SecurityId security, Price price);
    void refresh(Order& order);
    [[nodiscard]] static Money fee_of(Money notional, std::uint32_t ppm);
    [[nodiscard]] Money cost_of(SecurityId security, Price price, Quantity quantity) const;
    [[nodiscard]] Reason refuse_reservation(AccountId account, SecurityId security, Side side, Money cash,
                                            Quantity quantity) const;

    // naive_ends.cpp: how orders end, one or many.
    Reason on(UserId, const CancelOrder&, Prediction&);
    Reason on(UserId, const MassCancel&, Prediction&);
    Reason on(UserId, const EndDay&, Prediction&);
    [[nodiscard]] std::optional<End> dead(const Order& order) const { return dead(order, clock_); }
    [[nodiscard]] std::optional<End> dead(const Order& order, Timestamp clock) const;
    [[nodiscard]] bool covers(const Work& work, const Order& order) const;
    void end(Order& order, End why);
    void cancel(Order& order, CancelReason reason) { end(order, reason); }
    void expire(Order& order, ExpireReason reason) { end(order, reason); }
    void end_partner(const Order& order);
    void after_end(const Order& order);
    [[nodiscard]] Order* partner(const Order& order);
    void run(Work work, bool continues);
    bool end_covered(Work& work);
    void complete(const Work& work, bool continues);

    // naive_held.cpp: held orders go live.
    void settle();
    bool settle(SecurityId security);
    [[nodiscard]] Order* next_exits(SecurityId security);
    [[nodiscard]] Order* next_triggered(SecurityId security);
    [[nodiscard]] Order* next_with_minimum(SecurityId security);
    void activate(Order& order, ActivationReason reason);
    void activate_exits(Order& take_profit);
    void go_live(Order& order, Quantity total, ActivationReason reason);

    // naive_clock.cpp: trading states and the clock.
    Reason on(UserId, const ChangeTradingState&, Prediction&);
    Reason on(UserId, const AdvanceClock&, Prediction&);
    void change_state(const ChangeTradingState& c, StateCause cause);
    void set_state(const TradingStateChanged& event);
    void indicate_new_auction(SecurityId security, const State& before);
    bool continue_work();
    void step_states();
    void next_state(SecurityId security);
    void fire_switches();
    void expire_due();
    [[nodiscard]] static State in_force(const State& own, const State& market);

    // naive_auction.cpp
    [[nodiscard]] Cross cross(SecurityId security) const;
    [[nodiscard]] bool must_uncross(SecurityId security, SecurityId scope, TradingState next) const;
    [[nodiscard]] SecurityId next_to_uncross(const Work& work) const;
    bool uncross(Work& work);
    bool pair_off(Work& work);
    bool activate_closing_orders(const Work& work);
    void indicate(SecurityId security);
    void indicate_due();

    [[nodiscard]] bool is_spent() const { return out_->events.size() >= kMaxEventsPerCommand; }
    Order& at(OrderId id) { return orders_[static_cast<std::size_t>(id) - 1]; }
    [[nodiscard]] const Order& at(OrderId id) const { return orders_[static_cast<std::size_t>(id) - 1]; }
    // Open orders for which `which` holds, oldest first.
    template <class Which>
    std::vector<Order*> open_where(Which&& which) {
        std::vector<Order*> found;
        for (const OrderId id : open_)
            if (which(at(id))) found.push_back(&at(id));
        return found;
    }

    std::map<UserId, User> users_;
    std::map<AccountId, UserId> accounts_;
    std::map<KeyId, ApiKey> keys_;
    std::map<SecurityId, Security> securities_;
    std::optional<SetFees> market_fees_;
    std::map<CashKey, Money> cash_;
    std::map<HoldingKey, Quantity> holdings_;
    std::deque<Order> orders_;
    std::set<OrderId> open_;
    std::deque<Trade> trades_;
    std::map<std::pair<AccountId, ClientOrderId>, OrderId> client_ids_;
    std::map<AccountId, Timestamp> switches_;
    std::deque<Work> works_;
    std::vector<OrderId> closed_entries_;  // of brackets whose exits wait to be activated
    State market_;
    Timestamp clock_;
    Timestamp newest_indication_;
    std::uint64_t events_{};

    // Of the command being decided.
    Prediction* out_{};
    Timestamp now_;
    std::map<SecurityId, Price> last_before_;
    std::vector<SecurityId> touched_;
};

}  // namespace buttonwood::engine::tests
