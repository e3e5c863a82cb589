#include "tests/engine/coverage.hpp"

#include "engine/names.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::engine::tests {
namespace {

using Tif = TimeInForce;

enum class Kind { Type, Time, Flag, Prevention, Role, Side, State, Fees };
enum Flag { PostOnly, Reprice, ReduceOnly, AllOrNone, Minimum, Iceberg, Protection, kFlags };
constexpr std::array<const char*, kFlags> kFlagWords{"post_only", "post_only_reprice", "reduce_only", "all_or_none",
                                                     "min_quantity", "display_quantity", "protection_price"};
enum StateFeature { Open, Opening, Closing, Reopening, PreOpen, kStates };
constexpr std::array<const char*, kStates> kStateWords{"open", "opening", "closing", "reopening", "pre_open"};

constexpr std::array<const char*, 2> kFeesWords{"no fees", "fees"};
// What a trade may be, one of each.
constexpr std::array<const char*, 2> kTradeWords{"continuous", "auction"};
constexpr std::array<const char*, 4> kTradeFeeWords{"no fee", "maker fee", "taker fee", "both fees"};
constexpr std::array<const char*, 2> kSettlementWords{"settled at once", "settled later"};

// What random streams reach, but not surely in every run; each has a golden case that always does.
const std::set<std::string> kRare{
    "reason of refusal: auction_uncrossing",  // refusals.txt
    "cancel: insufficient_funds",             // held.txt, groups.txt
    "cancel: insufficient_shares",            // groups.txt
    "expiry: fill_limit",                     // long_work.txt
    "expiry: level_full",                     // long_work.txt
};

struct Entry {
    Kind kind;
    int value;
    std::string word;
};

const std::vector<Entry>& all_features() {
    static const std::vector<Entry> all = [] {
        std::vector<Entry> list;
        const auto add = [&](Kind kind, const auto& words) {
            for (const auto& entry : words)
                list.push_back({kind, static_cast<int>(entry.value), std::string(entry.word)});
        };
        add(Kind::Type, kOrderTypeWords);
        add(Kind::Time, kTimeInForceWords);
        for (int flag = 0; flag < kFlags; ++flag)
            list.push_back({Kind::Flag, flag, kFlagWords[static_cast<std::size_t>(flag)]});
        add(Kind::Prevention, kSelfTradePreventionWords);
        add(Kind::Role, kGroupRoleWords);
        add(Kind::Side, kSideWords);
        for (int state = 0; state < kStates; ++state)
            list.push_back({Kind::State, state, kStateWords[static_cast<std::size_t>(state)]});
        for (int fees = 0; fees < 2; ++fees)
            list.push_back({Kind::Fees, fees, kFeesWords[static_cast<std::size_t>(fees)]});
        return list;
    }();
    return all;
}

std::size_t index_of(Kind kind, int value) {
    const auto& all = all_features();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Entry& e) { return e.kind == kind && e.value == value; });
    return static_cast<std::size_t>(found - all.begin());
}

bool type_suits(OrderType type, const Entry& other) {
    const bool plain_limit = type == OrderType::Limit;
    switch (other.kind) {
        case Kind::Time: {
            const auto tif = static_cast<Tif>(other.value);
            if (type == OrderType::Market) return !may_rest(tif);
            return plain_limit || may_rest(tif);
        }
        case Kind::Flag:
            if (other.value == ReduceOnly) return true;
            if (other.value == Protection) return is_market(type);
            return plain_limit || (other.value == Minimum && type == OrderType::Market);
        case Kind::Role:
            switch (static_cast<GroupRole>(other.value)) {
                case GroupRole::None: return true;
                case GroupRole::OcoFirst: return type != OrderType::Market;
                case GroupRole::OcoSecond: return has_trigger(type);
                case GroupRole::Entry: return type == OrderType::Market || plain_limit;
                case GroupRole::TakeProfitExit: return plain_limit;
                case GroupRole::StopExit:
                    return type == OrderType::Stop || type == OrderType::StopLimit || type == OrderType::TrailingStop;
            }
            return false;
        default: return true;
    }
}

bool time_suits(Tif tif, const Entry& other) {
    switch (other.kind) {
        case Kind::Flag:
            if (other.value == ReduceOnly || other.value == Protection) return true;
            return may_rest(tif) || (other.value == Minimum && tif == Tif::Ioc);
        case Kind::Role:
            if (other.value == static_cast<int>(GroupRole::None)) return true;
            return may_rest(tif) || (other.value == static_cast<int>(GroupRole::Entry) && tif == Tif::Ioc);
        case Kind::State:
            if (tif == Tif::Ioc || tif == Tif::Fok) return other.value == Open;
            return tif != Tif::Opg || (other.value != Open && other.value != Closing);
        default: return true;
    }
}

bool flag_suits(int flag, const Entry& other) {
    const bool posts = flag == PostOnly || flag == Reprice;
    switch (other.kind) {
        case Kind::Flag:
            if (posts) return other.value == Reprice || other.value == ReduceOnly || other.value == Iceberg;
            if (flag == ReduceOnly) return true;
            return flag == Minimum && other.value == Protection;
        case Kind::Role:
            switch (static_cast<GroupRole>(other.value)) {
                case GroupRole::None: return true;
                case GroupRole::OcoSecond:
                case GroupRole::StopExit: return flag == Protection;
                case GroupRole::TakeProfitExit: return flag == Iceberg;
                case GroupRole::OcoFirst:
                case GroupRole::Entry: return flag == Protection || flag == Iceberg;
            }
            return false;
        case Kind::Side: return flag != ReduceOnly || other.value == static_cast<int>(Side::Sell);
        case Kind::State: return !posts || other.value == Open;
        default: return true;
    }
}

// May one accepted order have both? `a` comes before `b` in the list.
bool go_together(const Entry& a, const Entry& b) {
    if (a.kind == b.kind && a.kind != Kind::Flag) return false;
    switch (a.kind) {
        case Kind::Type: return type_suits(static_cast<OrderType>(a.value), b);
        case Kind::Time: return time_suits(static_cast<Tif>(a.value), b);
        case Kind::Flag: return flag_suits(a.value, b);
        default: return true;
    }
}

StateFeature feature_of(const NaiveEngine::State& state) {
    if (state.state == TradingState::PreOpen) return PreOpen;
    if (state.state != TradingState::Auction) return Open;
    if (state.auction == AuctionKind::Opening) return Opening;
    return state.auction == AuctionKind::Closing ? Closing : Reopening;
}

std::string trade_words(std::size_t auction, std::size_t fees, std::size_t later) {
    return std::string("trade: ") + kTradeWords[auction] + ", " + kTradeFeeWords[fees] + ", " + kSettlementWords[later];
}

}  // namespace

std::vector<Coverage::Feature> Coverage::features_of(const OrderAccepted& e, bool reprice,
                                                     const NaiveEngine::State& state) {
    std::vector<Feature> features;
    const auto add = [&](Kind kind, auto value) { features.push_back(index_of(kind, static_cast<int>(value))); };
    add(Kind::Type, e.type);
    add(Kind::Time, e.time_in_force);
    const std::array<bool, kFlags> flags{e.post_only,
                                         reprice,
                                         e.reduce_only,
                                         e.all_or_none,
                                         e.min_quantity.units != 0,
                                         e.display_quantity.units != 0,
                                         e.protection_price.units != 0};
    for (int flag = 0; flag < kFlags; ++flag)
        if (flags[static_cast<std::size_t>(flag)]) add(Kind::Flag, flag);
    add(Kind::Prevention, e.self_trade_prevention);
    add(Kind::Role, e.role);
    add(Kind::Side, e.side);
    add(Kind::State, feature_of(state));
    add(Kind::Fees, e.maker_ppm != 0 || e.taker_ppm != 0);
    return features;
}

void Coverage::add_trade(const TradeExecuted& trade) {
    const std::size_t fees = (trade.maker_fee.units != 0 ? 1U : 0U) + (trade.taker_fee.units != 0 ? 2U : 0U);
    trades_.insert(trade_words(trade.auction ? 1 : 0, fees, trade.settles_at.us != 0 ? 1 : 0));
    if (fees == 0) return;
    if (trade.fee_account == trade.maker_account) trades_.insert("trade: fees to the maker");
    if (trade.fee_account == trade.taker_account) trades_.insert("trade: fees to the taker");
}

void Coverage::add(const Command& command, const EventBody& event, const NaiveEngine::State& state) {
    events_.insert(event.index());
    const auto* place = std::get_if<PlaceOrder>(&command);
    if (const auto* e = std::get_if<OrderAccepted>(&event)) {
        const auto features = features_of(*e, place && place->post_only_reprice, state);
        for (std::size_t i = 0; i < features.size(); ++i)
            for (std::size_t j = i + 1; j < features.size(); ++j) pairs_.emplace(features[i], features[j]);
    }
    if (const auto* e = std::get_if<TradeExecuted>(&event)) add_trade(*e);
    if (const auto* e = std::get_if<SettlementChanged>(&event)) steps_.emplace(e->step, e->cause);
    if (const auto* e = std::get_if<OrderCanceled>(&event)) cancels_.insert(e->reason);
    if (const auto* e = std::get_if<OrderExpired>(&event)) expiries_.insert(e->reason);
    if (const auto* e = std::get_if<OrderActivated>(&event)) activations_.insert(e->reason);
}

std::vector<std::string> Coverage::missing() const {
    std::vector<std::string> list;
    const auto expect = [&](const char* what, const auto& words, const auto& reached) {
        for (const auto& entry : words)
            if (!reached.contains(entry.value)) list.push_back(what + std::string(entry.word));
    };
#define X(name, number, code, text) \
    if (!reasons_.contains(RejectReason::name)) list.push_back("reason of refusal: " + std::string(code));
    BUTTONWOOD_REJECT_REASONS(X)
#undef X
    for (std::size_t type = 0; type < std::variant_size_v<EventBody>; ++type)
        if (!events_.contains(type)) list.push_back("type of event: " + std::to_string(type));
    expect("cancel: ", kCancelReasonWords, cancels_);
    expect("expiry: ", kExpireReasonWords, expiries_);
    expect("activation: ", kActivationReasonWords, activations_);
    for (const auto& entry : kSettlementStepWords)
        if (!steps_.contains({entry.value, StateCause::Operator}))
            list.push_back("settlement by an operator: " + std::string(entry.word));
    if (!steps_.contains({SettlementStep::Settled, StateCause::Clock})) list.emplace_back("settlement by the clock");
    std::vector<std::string> trades{"trade: fees to the maker", "trade: fees to the taker"};
    for (std::size_t auction = 0; auction < kTradeWords.size(); ++auction)
        for (std::size_t fees = 0; fees < kTradeFeeWords.size(); ++fees)
            for (std::size_t later = 0; later < 2; ++later) trades.push_back(trade_words(auction, fees, later));
    for (const std::string& trade : trades)
        if (!trades_.contains(trade)) list.push_back(trade);
    std::erase_if(list, [](const std::string& what) { return kRare.contains(what); });
    const auto& all = all_features();
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = i + 1; j < all.size(); ++j)
            if (go_together(all[i], all[j]) && !pairs_.contains({i, j}))
                list.push_back("pair: " + all[i].word + " and " + all[j].word);
    return list;
}

}  // namespace buttonwood::engine::tests
