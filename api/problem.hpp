// What the server answers when it says no: RFC 9457 problem details with a stable code, the field, what would be
// accepted, and whether anything was executed.
#pragma once

#include "engine/reject_reason.hpp"
#include "engine/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace buttonwood::api {

// May the client change its request and send it again? NotExecuted: yes. Unknown: look first, or retry the same id.
enum class Execution : unsigned char { NotExecuted, Executed, Unknown };

struct FieldError {
    std::string pointer;                // RFC 6901: "/price"
    std::string code;
    std::optional<std::string> limit;   // what would be accepted
    std::optional<std::string> actual;  // never more than a short number or word
};

struct Problem {
    int status = 500;
    std::string code = "internal";
    std::string detail;
    std::vector<FieldError> errors;
    Execution execution = Execution::NotExecuted;
    std::optional<int> retry_after_ms;
    std::string allow;                  // 405: the methods that exist
    bool close = false;                 // the connection is not to be trusted any more (framing)
    std::string order_json;             // the order this is about, as JSON; may be empty
};

// Where a problem happened; fills the members that every problem has.
struct ProblemContext {
    std::string_view instance;
    std::string_view request_id;
    engine::EventSeq event_seq{};
};

[[nodiscard]] std::string to_json(const Problem& problem, const ProblemContext& context);

// HTTP status and sentence of a code; pointer of the field a refusal is about, empty when it is about none.
[[nodiscard]] Problem problem(std::string_view code, std::string detail = {});
[[nodiscard]] Problem field_problem(std::string_view code, std::string_view pointer, std::string detail,
                                    std::optional<std::string> limit = {}, std::optional<std::string> actual = {});
[[nodiscard]] Problem refusal(engine::RejectReason reason);

// A code that a problem can have: what GET /v1/errors lists.
struct CodeEntry {
    std::string_view code;
    int status = 0;
    std::string title;
    std::string_view pointer;  // of the member that a refusal by the market is about; may be empty
};
[[nodiscard]] std::vector<CodeEntry> all_codes();

}  // namespace buttonwood::api
