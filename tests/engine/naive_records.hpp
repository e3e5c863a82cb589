// What the naive engine knows: people, securities, orders and trades, as plain records.
#pragma once

#include "engine/commands.hpp"
#include "engine/types.hpp"

#include <optional>

namespace buttonwood::engine::tests {

// The base of NaiveEngine, which gives them their names: NaiveEngine::Order.
struct NaiveRecords {
    struct User {
        RegisterUser terms;
        UserStatus status = UserStatus::Active;
        Name email{};
        Country jurisdiction{};
        KycStatus kyc{};
        SetAccreditation accreditation{};
    };
    struct ApiKey {
        UserId user{};
        bool revoked{};
    };
    // A trading state with its auction's kind and the time of the clock's next step.
    struct State {
        TradingState state = TradingState::Open;
        AuctionKind auction{};
        Timestamp until;
        [[nodiscard]] bool gathers() const { return state == TradingState::Auction || state == TradingState::PreOpen; }
        [[nodiscard]] bool is_closing_auction() const {
            return state == TradingState::Auction && auction == AuctionKind::Closing;
        }
    };
    // What trading costs, in millionths of the notional.
    struct Rates {
        std::uint32_t maker_ppm{};
        std::uint32_t taker_ppm{};
        [[nodiscard]] std::uint32_t higher() const { return maker_ppm > taker_ppm ? maker_ppm : taker_ppm; }
    };
    struct Security {
        CreateSecurity terms;
        SetSecurityTerms rules{};      // who may trade it, and when its trades settle
        std::optional<SetFees> fees{};  // its own
        bool is_delisted{};
        State own;
        Quantity outstanding;
        Price last;
        SetPriceBands bands;        // reference_price follows the auctions
        bool indication_is_stale{};  // its book changed under an auction since it was indicated
    };
    enum class Stage { Taking, Resting, Held, Over };
    struct Order {
        OrderId id{};
        PlaceOrder request;
        GroupRole role{};
        OrderId group{};
        Price price;       // where it stands; 0 = none
        Quantity quantity;
        Quantity filled;
        Quantity tip;      // what it shows, while it rests
        Quantity display;
        Quantity minimum;  // of its first execution, while it waits for it
        Price stop_price;
        Timestamp expires_at;
        Rates rates;       // in force when it was accepted
        Price mark;        // trailing stop: the best last price since it is held
        Stage stage = Stage::Taking;
        bool is_dormant{};   // an exit before its entry is done
        bool reserves = true;
        std::uint64_t place{};  // grows: the event that put it where it stands

        [[nodiscard]] bool is_open() const { return stage != Stage::Over; }
        [[nodiscard]] bool is_buy() const { return request.side == Side::Buy; }
        [[nodiscard]] Quantity leaves() const { return quantity - filled; }
        [[nodiscard]] std::optional<Price> limit() const;
        [[nodiscard]] std::optional<Price> trigger() const;
        [[nodiscard]] bool is_auction_only() const {
            return request.time_in_force == TimeInForce::Opg || request.time_in_force == TimeInForce::Cls;
        }
    };
    // Every trade that ever was. What settles with the trade is settled from the start.
    struct Trade {
        TradeId id{};
        SecurityId security{};
        AccountId buyer{};
        AccountId seller{};
        Quantity quantity;
        Money notional;
        Money buyer_fee;
        Money seller_fee;
        AccountId fee_account{};
        Timestamp settles_at;
        SettlementStep step = SettlementStep::Settled;

        [[nodiscard]] bool is_unsettled() const {
            return step == SettlementStep::Pending || step == SettlementStep::Failed;
        }
        [[nodiscard]] Money proceeds() const { return notional - seller_fee; }
        [[nodiscard]] Money fees() const { return buyer_fee + seller_fee; }
    };
};

}  // namespace buttonwood::engine::tests
