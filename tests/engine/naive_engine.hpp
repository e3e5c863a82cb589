// The oracle of the engine: the same rules as a plain model, told from the contract (commands.hpp, events.hpp,
// reject_reason.hpp) and sharing no code with the engine.
//
// Obviously right rather than fast: every order that ever was is kept, reservations are the sum over open orders each
// time they are asked for, and nothing is maintained incrementally that can be counted. decide() predicts the reason of
// a refusal or the exact events, one by one.
#pragma once

#include "engine/commands.hpp"
#include "engine/events.hpp"
#include "tests/engine/naive_book.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace buttonwood::engine::tests {

class NaiveEngine {
public:
    struct Prediction {
        RejectReason reason{};
        OrderId order{};  // duplicate or conflict: the order that has the client id
        std::vector<EventBody> events;  // empty when refused; fingerprints are left zero
    };
    Prediction decide(UserId actor, const Command& command);

    struct User {
        RegisterUser terms;
        UserStatus status = UserStatus::Active;
    };
    struct ApiKey {
        UserId user{};
        bool revoked{};
    };
    struct Security {
        CreateSecurity terms;
        TradingState state = TradingState::Open;
        Quantity outstanding;
        NaiveBook book;
    };
    struct Order {
        OrderId id{};
        PlaceOrder request;
        Price price;
        Quantity quantity;
        Quantity filled;
        bool is_open{};
        [[nodiscard]] Quantity leaves() const { return quantity - filled; }
    };
    using CashKey = std::pair<AccountId, Currency>;
    using HoldingKey = std::pair<AccountId, SecurityId>;

    [[nodiscard]] Money cash(AccountId account, Currency currency) const;
    [[nodiscard]] Money reserved_cash(AccountId account, Currency currency) const;
    [[nodiscard]] Quantity holding(AccountId account, SecurityId security) const;
    [[nodiscard]] Quantity reserved_holding(AccountId account, SecurityId security) const;

    [[nodiscard]] const std::map<UserId, User>& users() const { return users_; }
    [[nodiscard]] const std::map<AccountId, UserId>& accounts() const { return accounts_; }
    [[nodiscard]] const std::map<SecurityId, Security>& securities() const { return securities_; }
    [[nodiscard]] const std::map<KeyId, ApiKey>& keys() const { return keys_; }
    [[nodiscard]] const std::map<OrderId, Order>& orders() const { return orders_; }
    [[nodiscard]] const std::set<OrderId>& open_orders() const { return open_; }
    [[nodiscard]] const std::map<CashKey, Money>& all_cash() const { return cash_; }
    [[nodiscard]] const std::map<HoldingKey, Quantity>& all_holdings() const { return holdings_; }

private:
    using Reason = RejectReason;
    Reason on(UserId, const RegisterUser&, Prediction&);
    Reason on(UserId, const OpenAccount&, Prediction&);
    Reason on(UserId, const ChangeUserStatus&, Prediction&);
    Reason on(UserId, const CreateApiKey&, Prediction&);
    Reason on(UserId, const RevokeApiKey&, Prediction&);
    Reason on(UserId, const CreateSecurity&, Prediction&);
    Reason on(UserId, const ChangeTradingState&, Prediction&);
    Reason on(UserId, const DepositCash&, Prediction&);
    Reason on(UserId, const WithdrawCash&, Prediction&);
    Reason on(UserId, const IssueHoldings&, Prediction&);
    Reason on(UserId, const PlaceOrder&, Prediction&);
    Reason on(UserId, const AmendOrder&, Prediction&);
    Reason on(UserId, const CancelOrder&, Prediction&);
    Reason on(UserId, const MassCancel&, Prediction&);

    [[nodiscard]] bool may(UserId actor, Role role) const;
    [[nodiscard]] bool owns(UserId actor, AccountId account) const;
    [[nodiscard]] const Order* find_order(const OrderRef& target, AccountId account) const;
    [[nodiscard]] Reason refuse_target(const OrderRef& target, AccountId account) const;
    [[nodiscard]] Reason refuse_market_state(AccountId account, const Security& security) const;
    [[nodiscard]] Reason refuse_quantity(Quantity quantity, const Security& security) const;
    [[nodiscard]] Reason refuse_price(Price price, const Security& security) const;
    [[nodiscard]] static bool overfills_level(const Security& security, Side side, Price price, Quantity quantity);
    [[nodiscard]] Reason refuse_liquidity(const PlaceOrder& c, const Security& security) const;
    [[nodiscard]] Reason refuse_reservation(AccountId account, SecurityId security, Side side, Money cash,
                                            Quantity quantity) const;

    void match(Order& taker, Prediction& out);
    void trade(Order& taker, const NaiveBook::Fill& fill, Prediction& out);
    void cancel(OrderId id, CancelReason reason, Prediction& out);
    void rest(const Order& order);
    void close(OrderId id);
    [[nodiscard]] Money cost_of(SecurityId security, Price price, Quantity quantity) const;

    std::map<UserId, User> users_;
    std::map<AccountId, UserId> accounts_;
    std::map<KeyId, ApiKey> keys_;
    std::map<SecurityId, Security> securities_;
    std::map<CashKey, Money> cash_;
    std::map<HoldingKey, Quantity> holdings_;
    std::map<OrderId, Order> orders_;  // all that were ever accepted
    std::set<OrderId> open_;
    std::map<std::pair<AccountId, ClientOrderId>, OrderId> client_ids_;
    TradeId last_trade_{};
};

}  // namespace buttonwood::engine::tests
