// The vocabulary that clients and the journal rely on: exact money, fixed strings, stable codes and words.
#include "engine/names.hpp"
#include "engine/reject_reason.hpp"
#include "engine/types.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace buttonwood::engine::tests {
namespace {

const std::vector<RejectReason>& all_reasons() {
    static const std::vector<RejectReason> reasons = {
#define X(name, number, code, text) RejectReason::name,
        BUTTONWOOD_REJECT_REASONS(X)
#undef X
    };
    return reasons;
}

// Every enumerator has one word, and the word leads back to it.
template <class E>
void words_are_a_bijection() {
    std::set<std::string_view> words;
    for (const auto& entry : words_of(E{})) {
        CHECK(word_of(entry.value) == entry.word);
        CHECK(from_word<E>(entry.word) == entry.value);
        CHECK(words.insert(entry.word).second);
    }
    CHECK_FALSE(from_word<E>("no such word").has_value());
    CHECK(word_of(E{255}) == "unknown");
}

}  // namespace

TEST_CASE("Reject reasons are numbered without holes and have codes and texts of their own", "[unit]") {
    std::set<std::string_view> codes;
    std::set<std::size_t> numbers;
    for (const RejectReason reason : all_reasons()) {
        CHECK(numbers.insert(static_cast<std::size_t>(reason)).second);
        CHECK(codes.insert(code_of(reason)).second);
        CHECK_FALSE(text_of(reason).empty());
        CHECK(code_of(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    }
    CHECK(*numbers.rbegin() == numbers.size() - 1);
    CHECK(code_of(RejectReason{255}) == "unknown");
    CHECK(text_of(RejectReason{255}) == "unknown");
}

TEST_CASE("Every enumeration has a word for each enumerator and back", "[unit]") {
    words_are_a_bijection<Side>();
    words_are_a_bijection<OrderType>();
    words_are_a_bijection<TimeInForce>();
    words_are_a_bijection<TradingState>();
    words_are_a_bijection<AuctionKind>();
    words_are_a_bijection<StateCause>();
    words_are_a_bijection<SelfTradePrevention>();
    words_are_a_bijection<GroupKind>();
    words_are_a_bijection<GroupRole>();
    words_are_a_bijection<ActivationReason>();
    words_are_a_bijection<WorkKind>();
    words_are_a_bijection<UserStatus>();
    words_are_a_bijection<CancelReason>();
    words_are_a_bijection<ExpireReason>();
    words_are_a_bijection<Role>();
    words_are_a_bijection<KycStatus>();
    words_are_a_bijection<AccreditationStatus>();
    words_are_a_bijection<AccreditationBasis>();
    words_are_a_bijection<AssetClass>();
    words_are_a_bijection<Exemption>();
    words_are_a_bijection<SettlementStep>();
}

TEST_CASE("An enumerator whose absence means something is 0, and no other is", "[unit]") {
    CHECK(word_of(Side{}) == "unknown");
    CHECK(word_of(OrderType{}) == "unknown");
    CHECK(word_of(TradingState{}) == "unknown");
    CHECK(word_of(UserStatus{}) == "unknown");
    CHECK(word_of(CancelReason{}) == "unknown");
    CHECK(word_of(AssetClass{}) == "unknown");
    CHECK(word_of(SettlementStep{}) == "unknown");
    CHECK(word_of(KycStatus{}) == "none");
    CHECK(word_of(AccreditationStatus{}) == "none");
    CHECK(word_of(AccreditationBasis{}) == "none");
    CHECK(word_of(Exemption{}) == "none");
    CHECK(word_of(SelfTradePrevention{}) == "none");
    CHECK(word_of(GroupRole{}) == "none");
    CHECK(word_of(AuctionKind{}) == "none");
    CHECK(word_of(StateCause{}) == "operator");
}

TEST_CASE("Trading states are ordered by severity", "[unit]") {
    const std::vector<TradingState> rising = {TradingState::Open,       TradingState::Auction, TradingState::PreOpen,
                                              TradingState::CancelOnly, TradingState::Halted,  TradingState::Closed};
    for (std::size_t i = 1; i < rising.size(); ++i) CHECK(severity(rising[i - 1]) < severity(rising[i]));
}

TEST_CASE("A resting order shows its display quantity, or what is left where that is less", "[unit]") {
    CHECK(displayed({10}, {}) == Quantity{10});
    CHECK(displayed({10}, {3}) == Quantity{3});
    CHECK(displayed({3}, {3}) == Quantity{3});
    CHECK(displayed({2}, {3}) == Quantity{2});
}

TEST_CASE("Price times quantity is exact at every scale", "[unit]") {
    Money out;
    REQUIRE(notional({3}, {7}, 0, 0, out));
    CHECK(out == Money{21 * pow10_128(8)});
    REQUIRE(notional({3}, {7}, 8, 0, out));
    CHECK(out == Money{21});
    REQUIRE(notional({1}, {1}, 4, 4, out));
    CHECK(out == Money{1});
}

TEST_CASE("Price times quantity above the largest money is an error, at it is not", "[unit]") {
    Money out;
    CHECK(notional({1'000'000'000}, {kMaxQuantityUnits}, 0, 8, out));
    CHECK(out == kMaxMoney);
    CHECK_FALSE(notional({1'000'000'001}, {kMaxQuantityUnits}, 0, 8, out));
    CHECK_FALSE(notional({kMaxPriceUnits}, {kMaxQuantityUnits}, 0, 0, out));
    using Units = std::numeric_limits<std::int64_t>;
    CHECK_FALSE(notional({Units::max()}, {Units::max()}, 0, 0, out));
    CHECK_FALSE(notional({Units::min()}, {Units::max()}, 0, 0, out));
}

TEST_CASE("A fixed string holds its capacity and compares as text", "[unit]") {
    const FixedString<4> full("abcd");
    CHECK(full.view() == "abcd");
    CHECK(FixedString<4>("abcde").view() == "abcd");  // callers check the size first
    CHECK(FixedString<4>("ab") < full);
    CHECK(FixedString<4>("b") > full);
    CHECK(FixedString<4>().empty());
    // Equal text is equal whatever stood there before.
    FixedString<4> reused("wxyz");
    reused = FixedString<4>("ab");
    CHECK(reused == FixedString<4>("ab"));
}

TEST_CASE("A role set has what was added", "[unit]") {
    const RoleSet set = RoleSet{}.add(Role::Trader).add(Role::Admin);
    CHECK(set.has(Role::Trader));
    CHECK(set.has(Role::Admin));
    CHECK_FALSE(set.has(Role::Operator));
    CHECK(set.bits <= kAllRoles);
}

}  // namespace buttonwood::engine::tests
