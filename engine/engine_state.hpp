// What the state of an engine is made of, piece by piece. Its own business: nothing outside sees these types.
#pragma once

#include "engine/client_ids.hpp"
#include "engine/events.hpp"
#include "engine/held_orders.hpp"
#include "engine/order_book.hpp"
#include "engine/order_index.hpp"
#include "engine/views.hpp"

#include <array>
#include <memory>
#include <optional>

namespace buttonwood::engine {

// A scope for names, without data.
struct EngineState {
    using Slot = OrderIndex::Slot;
    static constexpr Slot kNoSlot = OrderIndex::kNoSlot;

    struct User {
        Name name;
        RoleSet roles;
        UserStatus status = UserStatus::Active;
        KycStatus kyc{};
        AccreditationStatus accreditation{};
        AccreditationBasis basis{};
        Timestamp accredited_until;  // 0 = without end
        std::uint32_t open_orders{};
    };
    // What few users say of themselves.
    struct Profile {
        Name email;
        Country jurisdiction;
    };
    struct Fees {
        std::uint32_t maker_ppm{};
        std::uint32_t taker_ppm{};
        AccountId account{};
    };
    // A trade that settles later: pending, or failed.
    struct Unsettled {
        SecurityId security{};
        AccountId buyer{};
        AccountId seller{};
        Quantity quantity;
        Money notional;
        Money buyer_fee;
        Money seller_fee;
        AccountId fee_account{};
        Timestamp settles_at;
        bool failed{};
        [[nodiscard]] Money proceeds() const { return notional - seller_fee; }
    };
    // Open orders of an account, or of a security, oldest first.
    struct OrderList {
        Slot first = kNoSlot;
        Slot last = kNoSlot;
    };
    struct OrderLinks {
        Slot next = kNoSlot;
        Slot prev = kNoSlot;
    };
    static constexpr std::uint32_t kNoCurrency = 0xFFFF'FFFF;
    // Most accounts hold one currency: it lies with the account, and is found without a search.
    struct Account {
        UserId user{};
        std::uint32_t currency = kNoCurrency;  // index in currencies_, of the first it held ...
        Balance cash;                          // ... and how much of it
        OrderList orders;
        Timestamp cancel_after;  // 0 = off
    };
    struct ApiKey {
        UserId user{};
        Sha256 secret_hash{};
        RoleSet roles;
        bool revoked{};
    };
    struct State {
        TradingState state = TradingState::Open;
        AuctionKind auction{};
        Timestamp until;
    };
    struct Security {
        SecurityCreated terms;
        std::uint32_t currency{};         // index in currencies_
        State own;
        std::int64_t money_factor{};      // money units per unit of price x quantity
        Int128 max_product{};             // largest price x quantity that kMaxMoney holds
        std::array<Int128, 2> shown{};    // what the book shows per side: bids, listings
        Quantity outstanding;
        OrderBook book;
        OrderList orders;
        Price last;                       // of the newest trade
        Price last_before;                // what last was before the trades of the command `traded_by`
        CommandSeq traded_by{};
        std::uint32_t iceberg_count{};    // resting with a hidden rest
        std::uint32_t auction_orders{};   // opg and cls that rest
        Quantity unpaired;                // of an uncross under way: what is left to pair
        Price auction_price;              // ... at this price
        bool uncrossed{};                 // AuctionUncrossed, and the state has not changed yet
        bool touched{};                   // in touched_
        Timestamp uncross_clock;          // the engine's clock at that event
        PriceBandsSet bands;
        Fees fees;                        // in force: its own, or the market's
        bool has_own_fees{};
        std::unique_ptr<SecurityTermsSet> more;  // none: their defaults
        bool delisted{};
        bool restricted{};                // derived: not everybody may trade it, see refuse_eligibility()
        std::uint8_t settlement_days{};
        std::unique_ptr<HeldOrders> held;  // made when first needed
    };
    // What few orders have; Order::extra points to it.
    struct Extra {
        Price stop_price;
        Price trail_amount;
        std::uint32_t trail_basis_points{};
        Price trail_mark;  // where it followed from when it was held, or left; 0 = no trade yet
        Price protection_price;
        Quantity display_quantity;
        Quantity min_quantity;
        Timestamp expires_at;
        OrderId group{};
    };
    struct Order {
        OrderId id{};
        EventSeq place{};  // the event that put it where it stands, in its level or among the held
        Price price;       // where it stands in the book; 0 for a market type
        Quantity quantity;
        Quantity leaves;
        Quantity reserved_quantity;
        Money reserved_cash;
        OrderBook::Handle handle = OrderBook::kNoHandle;  // resting
        AccountId account{};
        SecurityId security{};
        OrderLinks of_account;
        OrderLinks of_security;
        Slot extra = kNoSlot;
        ClientIds::Number client_id{};
        std::uint32_t maker_ppm{};
        std::uint32_t taker_ppm{};
        Side side{};
        OrderType type{};
        TimeInForce time_in_force{};
        SelfTradePrevention prevention{};
        GroupRole role{};
        bool post_only{};
        bool all_or_none{};
        bool reduce_only{};
        bool held{};
        bool pending{};  // an exit whose entry is not done
    };
    // A bracket's entry that ended with an execution; its exits wait to be activated.
    struct BracketEntry {
        OrderId id{};
        SecurityId security{};
        Quantity executed;
    };
    // Orders that end by the clock or with a day or an auction: when, in which security (None: at a time), which.
    struct Expiry {
        Timestamp at;
        SecurityId security{};
        OrderId order{};
        friend auto operator<=>(const Expiry&, const Expiry&) = default;
    };
    static constexpr Timestamp kAtDayEnd{INT64_MAX};
    static constexpr Timestamp kAtAuctionEnd{INT64_MAX - 1};
};

}  // namespace buttonwood::engine
