// Bytes that are no acceptable HTTP request, over raw sockets: refused, connection closed, nothing changed, server
// alive.
#include "tests/system/bad_input.hpp"

using namespace buttonwood::test;

namespace {

// A request for POST /v1/orders with these header lines (each ending in CRLF) and body.
std::string post(const BadInputBench& bench, const std::string& headers, const std::string& body,
                 const std::string& host = "Host: localhost\r\n") {
    return "POST /v1/orders HTTP/1.1\r\n" + host + "Authorization: Bearer " + bench.key() + "\r\n" + headers + "\r\n" +
           body;
}

const std::string kJson = "Content-Type: application/json\r\n";

std::string length(std::size_t bytes) { return "Content-Length: " + std::to_string(bytes) + "\r\n"; }

}  // namespace

TEST_CASE("framing that invites request smuggling is refused", "[system]") {
    BadInputBench bench;
    const std::string body = R"({"symbol":"ACME","side":"buy","quantity":"1","price":"1.00"})";
    const std::string chunked = "3c\r\n" + body + "\r\n0\r\n\r\n";
    bench.check_raw("chunked", post(bench, kJson + "Transfer-Encoding: chunked\r\n", chunked), {501});
    bench.check_raw("identity", post(bench, kJson + "Transfer-Encoding: identity\r\n", body), {501});
    bench.check_raw("xchunked", post(bench, kJson + "Transfer-Encoding: xchunked\r\n", chunked), {501});
    bench.check_raw("gzip, chunked", post(bench, kJson + "Transfer-Encoding: gzip, chunked\r\n", chunked), {501});
    bench.check_raw("length and chunked",
                    post(bench, kJson + length(body.size()) + "Transfer-Encoding: chunked\r\n", chunked), {400, 501});
    bench.check_raw("chunked and length",
                    post(bench, kJson + "Transfer-Encoding: chunked\r\n" + length(body.size()), chunked), {400, 501});
    bench.check_raw("two equal lengths", post(bench, kJson + length(body.size()) + length(body.size()), body), {400});
    bench.check_raw("two lengths", post(bench, kJson + length(body.size()) + length(1), body), {400});
    bench.check_raw("list of lengths", post(bench, kJson + "Content-Length: 60, 60\r\n", body), {400});
    bench.check_raw("negative length", post(bench, kJson + "Content-Length: -1\r\n", body), {400});
    bench.check_raw("signed length", post(bench, kJson + "Content-Length: +60\r\n", body), {400});
    bench.check_raw("length 2^64", post(bench, kJson + "Content-Length: 18446744073709551616\r\n", body), {400, 413});
    bench.check_raw("no length", post(bench, kJson, ""), {411});
    bench.check_raw("no host", post(bench, kJson + length(body.size()), body, ""), {400});
    bench.check_raw("two hosts", post(bench, kJson + length(body.size()), body, "Host: a\r\nHost: b\r\n"), {400});
    bench.check_raw("space before the colon", post(bench, kJson + "Content-Length : 60\r\n", body), {400});
    bench.check_raw("two keys", post(bench, kJson + length(body.size()) + "Authorization: Bearer x\r\n", body), {400});
    CHECK(bench.is_alive());
}

TEST_CASE("requests that are too large, of a wrong kind or no HTTP are refused", "[system]") {
    BadInputBench bench;
    const std::string body = R"({"symbol":"ACME","side":"buy","quantity":"1","price":"1.00"})";
    bench.check_raw("body too large", post(bench, kJson + length(16 * 1024 + 1), std::string(16 * 1024 + 1, ' ')),
                    {413});
    bench.check_raw("body said to be huge", post(bench, kJson + length(1'000'000'000), ""), {413});
    bench.check_raw("header field too large", post(bench, "X-Big: " + std::string(20'000, 'x') + "\r\n", ""), {431});
    std::string many;
    for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
    bench.check_raw("too many header fields", "GET /v1/time HTTP/1.1\r\nHost: localhost\r\n" + many + "\r\n", {431});
    bench.check_raw("target too long", "GET /v1/" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
                    {414});
    bench.check_raw("wrong content type", post(bench, "Content-Type: text/plain\r\n" + length(body.size()), body),
                    {415});
    bench.check_raw("no content type", post(bench, length(body.size()), body), {415});
    bench.check_raw("wrong charset",
                    post(bench, "Content-Type: application/json; charset=latin1\r\n" + length(body.size()), body),
                    {415});
    bench.check_raw("compressed", post(bench, kJson + "Content-Encoding: gzip\r\n" + length(body.size()), body), {415});
    bench.check_raw("body on GET", "GET /v1/time HTTP/1.1\r\nHost: localhost\r\n" + length(2) + "\r\n{}", {400});
    bench.check_raw("unknown method", "BREW /v1/orders HTTP/1.1\r\nHost: localhost\r\n\r\n", {501});
    bench.check_raw("method in lower case", "get /v1/time HTTP/1.1\r\nHost: localhost\r\n\r\n", {501});
    bench.check_raw("HTTP/2.0", "GET /v1/time HTTP/2.0\r\nHost: localhost\r\n\r\n", {400, 505});
    bench.check_raw("absolute form", "GET http://other/v1/time HTTP/1.1\r\nHost: localhost\r\n\r\n", {400});
    bench.check_raw("bad escape", "GET /v1/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", {400});
    bench.check_raw("NUL escape", "GET /v1/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", {400});
    bench.check_raw("parent directory", "GET /v1/../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", {400, 404});
    bench.check_raw("not HTTP", "hello, exchange\r\n\r\n", {400});
    bench.check_raw("TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n", {400, 0});
    CHECK(bench.is_alive());
}
