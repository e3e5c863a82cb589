// Codes: one per refusal, with the status and the pointer that clients rely on.
#include "api/problem.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace buttonwood;
using engine::RejectReason;

namespace {

constexpr RejectReason kReasons[] = {
#define X(name, number, code, text) RejectReason::name,
    BUTTONWOOD_REJECT_REASONS(X)
#undef X
};

}  // namespace

TEST_CASE("Every refusal has a client's status, a sentence and a code of GET /v1/errors", "[unit]") {
    const auto codes = api::all_codes();
    for (const RejectReason reason : kReasons) {
        if (reason == RejectReason::None) continue;
        const api::Problem p = api::refusal(reason);
        INFO(p.code);
        CHECK(p.code == engine::code_of(reason));
        CHECK((p.status == 403 || p.status == 404 || p.status == 409 || p.status == 422));
        CHECK(p.execution == api::Execution::NotExecuted);
        CHECK(p.detail.size() > 2);
        CHECK(p.detail.back() == '.');
        const auto entry = std::ranges::find(codes, p.code, &api::CodeEntry::code);
        REQUIRE(entry != codes.end());
        CHECK(entry->status == p.status);
        CHECK(entry->pointer == (p.errors.empty() ? "" : p.errors[0].pointer));
    }
}

TEST_CASE("No code is listed twice", "[unit]") {
    std::set<std::string_view> known;
    for (const api::CodeEntry& entry : api::all_codes()) {
        INFO(entry.code);
        CHECK(known.insert(entry.code).second);
        CHECK_FALSE(entry.title.empty());
        CHECK(entry.status >= 400);
    }
}

TEST_CASE("Refusals point at the member at fault", "[unit]") {
    struct Case {
        RejectReason reason;
        int status;
        std::string_view pointer;
    };
    for (const Case& c : {Case{RejectReason::AuctionOnly, 422, "/time_in_force"},
                          Case{RejectReason::AuctionUncrossing, 409, ""},
                          Case{RejectReason::GroupNotAllowed, 422, "/legs"},
                          Case{RejectReason::ExpiresAtNotAllowed, 422, "/expires_at"},
                          Case{RejectReason::ReduceOnlyNotAllowed, 422, "/reduce_only"},
                          Case{RejectReason::AllOrNoneNotAllowed, 422, "/all_or_none"},
                          Case{RejectReason::MinQuantityNotAllowed, 422, "/min_quantity"},
                          Case{RejectReason::MinQuantityNotFillable, 422, "/min_quantity"},
                          Case{RejectReason::DisplayQuantityNotAllowed, 422, "/display_quantity"},
                          Case{RejectReason::TrailNotAllowed, 422, "/trail_amount"},
                          Case{RejectReason::StopPriceNotAllowed, 422, "/stop_price"},
                          Case{RejectReason::ProtectionPriceNotAllowed, 422, "/protection_price"},
                          Case{RejectReason::ProtectionPriceRequired, 422, "/protection_price"},
                          Case{RejectReason::PriceOutOfBand, 422, "/price"},
                          Case{RejectReason::NotAmendable, 422, ""},
                          Case{RejectReason::NothingToReduce, 422, "/quantity"},
                          Case{RejectReason::BandsNotAllowed, 422, "/static_percent"},
                          Case{RejectReason::AuctionNotAllowed, 422, "/auction"},
                          Case{RejectReason::TimeoutNotAllowed, 422, "/timeout_ms"}}) {
        const api::Problem p = api::refusal(c.reason);
        INFO(p.code);
        CHECK(p.status == c.status);
        CHECK((p.errors.empty() ? "" : p.errors[0].pointer) == c.pointer);
    }
    CHECK(api::refusal(RejectReason::AuctionUncrossing).retry_after_ms == 100);
}
