#include "engine/reject_reason.hpp"

namespace buttonwood::engine {

std::string_view code_of(RejectReason reason) {
    switch (reason) {
#define X(name, number, code, text) \
    case RejectReason::name: return code;
        BUTTONWOOD_REJECT_REASONS(X)
#undef X
    }
    return "unknown";
}

std::string_view text_of(RejectReason reason) {
    switch (reason) {
#define X(name, number, code, text) \
    case RejectReason::name: return text;
        BUTTONWOOD_REJECT_REASONS(X)
#undef X
    }
    return "unknown";
}

}  // namespace buttonwood::engine
