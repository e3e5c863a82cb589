#include "api/problem.hpp"

#include "api/json_writer.hpp"

#include <algorithm>
#include <array>

namespace buttonwood::api {
namespace {

struct CodeRow {
    std::string_view code;
    int status;
    std::string_view title;
};

// One code, one meaning (api.md). Codes of refusals by the market get their text from RejectReason.
constexpr std::array kCodes{
    CodeRow{"invalid_json", 400, "The body is not acceptable JSON"},
    CodeRow{"json_depth", 400, "The body is nested too deeply"},
    CodeRow{"json_duplicate_key", 400, "A member appears twice"},
    CodeRow{"json_too_many", 400, "The body has too many members or elements"},
    CodeRow{"unknown_field", 400, "A member or parameter is not known here"},
    CodeRow{"bad_request", 400, "The request is not acceptable"},
    CodeRow{"missing_field", 422, "A member is missing"},
    CodeRow{"invalid_type", 422, "A member has the wrong type"},
    CodeRow{"invalid_decimal", 422, "A number is not a plain decimal"},
    CodeRow{"invalid_enum", 422, "A word is none of those accepted"},
    CodeRow{"invalid_id", 422, "An identifier is not well formed"},
    CodeRow{"invalid_text", 422, "A text is empty, too long or has characters that are not allowed"},
    CodeRow{"invalid_time", 422, "A time is not RFC 3339 in UTC"},
    CodeRow{"as_of_in_future", 422, "The log has not come that far"},
    CodeRow{"as_of_too_far", 422, "It lies too many events after the nearest snapshot"},
    CodeRow{"invalid_parameter", 400, "A query parameter is not acceptable"},
    CodeRow{"unauthorized", 401, "A valid API key is needed"},
    CodeRow{"scope_missing", 403, "The key's roles do not allow this"},
    CodeRow{"account_suspended", 403, "The user's status does not allow this"},
    CodeRow{"not_found", 404, "There is nothing here"},
    CodeRow{"order_not_found", 404, "No such order"},
    CodeRow{"user_not_found", 404, "No such user"},
    CodeRow{"account_not_found", 404, "No such account"},
    CodeRow{"security_not_found", 404, "No such security"},
    CodeRow{"key_not_found", 404, "No such API key"},
    CodeRow{"trade_not_found", 404, "No such trade to settle"},
    CodeRow{"projection_not_found", 404, "No such projection"},
    CodeRow{"method_not_allowed", 405, "The resource has no such method"},
    CodeRow{"not_acceptable", 406, "Only JSON is answered here"},
    CodeRow{"request_timeout", 408, "The request took too long to arrive"},
    CodeRow{"order_not_open", 409, "The order is not open any more"},
    CodeRow{"order_already_filled", 409, "The order is already filled"},
    CodeRow{"client_order_id_conflict", 409, "Another order has this client_order_id"},
    CodeRow{"symbol_taken", 409, "Another security has this symbol"},
    CodeRow{"auction_uncrossing", 409, "The auction is being matched"},
    CodeRow{"status_unchanged", 409, "It already is so"},
    CodeRow{"projection_conflict", 409, "The projection's state does not allow this"},
    CodeRow{"user_closed", 409, "The user is closed"},
    CodeRow{"open_orders", 409, "The user has open orders"},
    CodeRow{"key_taken", 409, "Another key has this id"},
    CodeRow{"as_of_archived", 410, "That part of the log is archived"},
    CodeRow{"length_required", 411, "Content-Length is needed"},
    CodeRow{"body_too_large", 413, "The body is too large"},
    CodeRow{"uri_too_long", 414, "The request target is too long"},
    CodeRow{"unsupported_media_type", 415, "Only application/json in UTF-8 is read"},
    CodeRow{"expectation_failed", 417, "The expectation cannot be met"},
    CodeRow{"misdirected_request", 421, "This server does not answer for that host"},
    CodeRow{"upgrade_required", 426, "WebSocket version 13 is needed"},
    CodeRow{"header_too_large", 431, "The header is too large"},
    CodeRow{"not_implemented", 501, "The server does not implement this"},
    CodeRow{"version_not_supported", 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here"},
    CodeRow{"internal", 500, "Something broke on our side"},
    CodeRow{"overloaded", 503, "Too much is waiting"},
    CodeRow{"read_only", 503, "The event store is away; nothing can be written until it is back"},
    CodeRow{"read_lag", 503, "The read model has not reached the wanted event yet"},
    CodeRow{"starting", 503, "The server is starting"},
    CodeRow{"draining", 503, "The server is stopping"},
    CodeRow{"outcome_unknown", 504, "It is not known whether the command was executed"},
};

const CodeRow* find(std::string_view code) {
    const auto it = std::ranges::find(kCodes, code, &CodeRow::code);
    return it == kCodes.end() ? nullptr : &*it;
}

std::string_view word(Execution execution) {
    switch (execution) {
        case Execution::NotExecuted: return "not_executed";
        case Execution::Executed: return "executed";
        case Execution::Unknown: return "unknown";
    }
    return "unknown";
}

// The member of a request that a refusal is about; empty where it is about none.
std::string_view pointer_of(engine::RejectReason reason) {
    using enum engine::RejectReason;
    switch (reason) {
        case QuantityNotPositive: case QuantityTooLarge: case QuantityNotOnLot: case InsufficientShares:
        case FokNotFillable: case NothingToReduce: return "/quantity";
        case PriceNotAllowed: case PriceNotPositive: case PriceTooLarge: case PriceNotOnTick: case NotionalTooLarge:
        case PostOnlyWouldCross: case PriceOutOfBand: return "/price";
        case TimeInForceNotAllowed: case AuctionOnly: return "/time_in_force";
        case ExpiresAtNotAllowed: return "/expires_at";
        case PostOnlyNotAllowed: return "/post_only";
        case ReduceOnlyNotAllowed: return "/reduce_only";
        case AllOrNoneNotAllowed: return "/all_or_none";
        case MinQuantityNotAllowed: case MinQuantityNotFillable: return "/min_quantity";
        case DisplayQuantityNotAllowed: return "/display_quantity";
        case TrailNotAllowed: return "/trail_amount";
        case StopPriceNotAllowed: return "/stop_price";
        case ProtectionPriceNotAllowed: case ProtectionPriceRequired: return "/protection_price";
        case GroupNotAllowed: return "/legs";
        case ClientOrderIdConflict: case DuplicateClientOrderId: return "/client_order_id";
        case SecurityNotFound: case SymbolTaken: return "/symbol";
        case AccountNotFound: return "/account";
        case AmountNotPositive: case BalanceTooLarge: return "/amount";
        case ScaleNotAllowed: return "/price_scale";
        case TickNotAllowed: return "/tick_size";
        case NameNotAllowed: return "/name";
        case RolesNotAllowed: return "/roles";
        case BandsNotAllowed: return "/static_percent";
        case AuctionNotAllowed: return "/auction";
        case TimeoutNotAllowed: return "/timeout_ms";
        case AccreditationNotAllowed: return "/accreditation";
        case TimeNotAllowed: return "/time";
        case FeesNotAllowed: return "/maker_ppm";
        case TermsNotAllowed: return "/settlement_days";
        case None: case NotPermitted: case UserNotFound: case OrderNotFound: case OrderNotOpen: case AccountSuspended:
        case SecurityHalted: case CancelOnly: case MarketClosed: case AuctionUncrossing: case NothingToAmend:
        case NotAmendable: case NoLiquidity: case InsufficientFunds: case StatusUnchanged: case UserClosed:
        case OpenOrders: case KeyTaken: case KeyNotFound: case TradeNotFound: case SecurityDelisted: case KycRequired:
        case AccreditationRequired: case LockedUp:
            return "";
    }
    return "";
}

// How soon what could not be done now may be tried again.
std::optional<int> retry_after(int status, std::string_view code) {
    if (code == "auction_uncrossing") return 100;
    if (status == 503 || code == "outcome_unknown") return 1000;
    return std::nullopt;
}

std::string sentence(std::string_view text) {
    std::string s(text);
    if (!s.empty() && s[0] >= 'a' && s[0] <= 'z') s[0] = static_cast<char>(s[0] - 'a' + 'A');
    return s + ".";
}

}  // namespace

Problem problem(std::string_view code, std::string detail) {
    const CodeRow* row = find(code);
    Problem p;
    p.status = row ? row->status : 422;  // what is not in the table is a refusal by the market
    p.code = code;
    p.detail = detail.empty() && row ? std::string(row->title) + "." : std::move(detail);
    p.retry_after_ms = retry_after(p.status, code);
    if (code == "outcome_unknown") p.execution = Execution::Unknown;
    return p;
}

Problem field_problem(std::string_view code, std::string_view pointer, std::string detail,
                      std::optional<std::string> limit, std::optional<std::string> actual) {
    Problem p = problem(code, std::move(detail));
    p.errors.push_back({std::string(pointer), std::string(code), std::move(limit), std::move(actual)});
    return p;
}

Problem refusal(engine::RejectReason reason) {
    const std::string detail = sentence(engine::text_of(reason));
    const std::string_view pointer = pointer_of(reason);
    if (pointer.empty()) return problem(engine::code_of(reason), detail);
    return field_problem(engine::code_of(reason), pointer, detail);
}

std::vector<CodeEntry> all_codes() {
    static constexpr engine::RejectReason kReasons[] = {
#define X(name, number, code, text) engine::RejectReason::name,
        BUTTONWOOD_REJECT_REASONS(X)
#undef X
    };
    std::vector<CodeEntry> codes;
    for (const CodeRow& row : kCodes) codes.push_back({row.code, row.status, std::string(row.title) + ".", ""});
    for (const engine::RejectReason reason : kReasons) {
        if (reason == engine::RejectReason::None) continue;
        const std::string_view code = engine::code_of(reason);
        const auto known = std::ranges::find(codes, code, &CodeEntry::code);
        if (known != codes.end()) known->pointer = pointer_of(reason);
        else codes.push_back({code, 422, sentence(engine::text_of(reason)), pointer_of(reason)});
    }
    return codes;
}

std::string to_json(const Problem& p, const ProblemContext& context) {
    const CodeRow* row = find(p.code);
    JsonWriter w;
    w.object([&] {
        w.member("type", "https://buttonwood.example/errors/" + p.code);
        w.member("title", row ? row->title : std::string_view("The market refuses this"));
        w.member("status", p.status);
        w.member("detail", p.detail);
        w.member("instance", context.instance);
        w.member("code", p.code);
        w.member("request_id", context.request_id);
        w.member("event_seq", context.event_seq);
        w.member("execution", word(p.execution));
        w.member("retryable", p.retry_after_ms.has_value());
        w.member("retry_after_ms", p.retry_after_ms);
        w.array("errors", [&] {
            for (const FieldError& e : p.errors)
                w.object([&] {
                    w.member("pointer", e.pointer);
                    w.member("code", e.code);
                    w.member("limit", e.limit);
                    w.member("actual", e.actual);
                });
        });
        if (p.order_json.empty())
            w.member("order", nullptr);
        else
            w.raw_member("order", p.order_json);
        w.member("message", p.detail);
    });
    return w.take();
}

}  // namespace buttonwood::api
