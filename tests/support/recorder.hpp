// What the tests' clients send and receive, kept for the test that holds it against the specification (tests/spec).
//
// BUTTONWOOD_RECORD names a directory: each process appends lines of JSON to a file of its own there. Of exchanges that
// look alike (same operation, status and code) only the first are kept, so that load costs nothing. Without the
// variable nothing is kept. Thread safety: safe.
#pragma once

#include <string_view>

namespace buttonwood::test {

// One request and its answer. target: with the query.
void record_exchange(std::string_view method, std::string_view target, std::string_view request_body, int status,
                     std::string_view content_type, std::string_view body);
// One message of a WebSocket; sent: by the client.
void record_message(bool sent, std::string_view text);

}  // namespace buttonwood::test
