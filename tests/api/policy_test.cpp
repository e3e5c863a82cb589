// The header policy (rule R10), fed with bytes through the very parser that the server uses.
#include "api/http/policy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <catch2/catch.hpp>

using namespace buttonwood::api;

namespace {

// The status of the refusal, 0 when the policy lets the header pass, -1 when Beast itself refuses it.
int judge(const std::string& head, http::Request* request = nullptr) {
    boost::beast::http::request_parser<boost::beast::http::string_body> parser;
    parser.eager(false);
    boost::system::error_code error;
    const std::string bytes = head + "\r\n";
    parser.put(boost::asio::buffer(bytes), error);
    if (error && error != boost::beast::http::error::need_more) return -1;
    auto examined = http::examine(parser.get());
    if (!examined) return examined.error().status;
    if (request) *request = std::move(*examined);
    return 0;
}

const std::string kGet = "GET /v1/time HTTP/1.1\r\nHost: x\r\n";
const std::string kPost = "POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

}  // namespace

TEST_CASE("Policy: plain requests pass", "[unit]") {
    CHECK(judge(kGet) == 0);
    CHECK(judge(kPost + "Content-Length: 2\r\n") == 0);
    CHECK(judge("POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: Application/JSON; charset=UTF-8\r\n"
                "Content-Length: 2\r\n") == 0);
}

TEST_CASE("Policy: framing that invites smuggling is refused", "[unit]") {
    for (const char* encoding : {"chunked", "identity", "xchunked", "gzip, chunked"}) {
        CAPTURE(encoding);
        CHECK(judge(kPost + "Transfer-Encoding: " + encoding + "\r\n") == 501);
    }
    CHECK(judge("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n") == 400);
    CHECK(judge(kPost + "Content-Length: 4\r\nContent-Length: 4\r\n") == 400);
    CHECK(judge(kPost) == 411);
    CHECK(judge(kGet + "Content-Length: 5\r\n") == 400);
    CHECK(judge("GET /v1/time HTTP/1.1\r\n") == 400);
    CHECK(judge("GET /v1/time HTTP/1.1\r\nHost: a\r\nHost: b\r\n") == 400);
    CHECK(judge(kGet + "Authorization: a\r\nAuthorization: b\r\n") == 400);
    CHECK(judge(kPost + "Content-Type: application/json\r\nContent-Length: 2\r\n") == 400);
}

TEST_CASE("Policy: methods, media types and expectations", "[unit]") {
    CHECK(judge("TRACE / HTTP/1.1\r\nHost: x\r\n") == 501);
    CHECK(judge("get / HTTP/1.1\r\nHost: x\r\n") == 501);
    CHECK(judge("BREW / HTTP/1.1\r\nHost: x\r\n") == 501);
    CHECK(judge("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n") == 415);
    CHECK(judge("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=latin1\r\n"
                "Content-Length: 2\r\n") == 415);
    CHECK(judge(kPost + "Content-Length: 2\r\nContent-Encoding: gzip\r\n") == 415);
    CHECK(judge(kPost + "Content-Length: 2\r\nExpect: miracles\r\n") == 417);
}

TEST_CASE("Policy: targets", "[unit]") {
    const auto get = [](const std::string& target) { return judge("GET " + target + " HTTP/1.1\r\nHost: x\r\n"); };
    CHECK(get("http://evil/v1/time") == 400);
    CHECK(get("*") == 400);
    CHECK(get("/a//b") == 400);
    CHECK(get("/a/%00") == 400);
    CHECK(get("/a/%2e%2e/b") == 400);
    CHECK(get("/a/%zz") == 400);
    CHECK(get("/a/%4") == 400);
    CHECK(get("/" + std::string(http::kMaxTargetBytes, 'a')) == 414);
    http::Request request;
    REQUIRE(judge("GET /v1/orders/by-client-id/a%2Fb?limit=5&symbol=AC%2EME HTTP/1.1\r\nHost: x\r\n", &request) == 0);
    CHECK(request.path() == "/v1/orders/by-client-id/a%2Fb");
    REQUIRE(request.segments.size() == 4);
    CHECK(request.segments[3] == "a/b");
    CHECK(*request.parameter("symbol") == "AC.ME");
}

TEST_CASE("Policy: a request keeps its path when it is moved, however short", "[unit]") {
    http::Request request;
    REQUIRE(judge("GET /v1/ws HTTP/1.1\r\nHost: x\r\n", &request) == 0);
    const http::Request moved = std::move(request);
    CHECK(moved.path() == "/v1/ws");
}

TEST_CASE("Policy: the request id is taken when it is plain and made otherwise", "[unit]") {
    http::Request request;
    REQUIRE(judge(kGet + "X-Request-Id: abc-123\r\n", &request) == 0);
    CHECK(request.request_id.view() == "abc-123");
    REQUIRE(judge(kGet + "X-Request-Id: <script>\r\n", &request) == 0);
    CHECK(request.request_id.view().size() == 16);
}
