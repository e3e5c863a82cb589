// A blocking HTTP/1.1 client with deadlines: one keep-alive connection, opened when it is needed.
//
// Nothing is ever sent twice behind the caller's back: a request that fails is an error, and HttpError says whether any
// of it may have reached the server. Thread safety: one thread at a time.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace buttonwood::test {

struct Endpoint {
    std::string host;
    std::uint16_t port{};
};
// "http://127.0.0.1:8080", with or without a trailing slash.
[[nodiscard]] std::optional<Endpoint> parse_url(std::string_view url);

using Headers = std::map<std::string, std::string>;

struct HttpResponse {
    int status{};
    Headers headers;  // names in lower case
    std::string body;

    // The body; a discarded value (is_discarded()) when it is not JSON.
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
    // "" when absent.
    [[nodiscard]] std::string header(const std::string& lower_case_name) const {
        const auto it = headers.find(lower_case_name);
        return it == headers.end() ? std::string{} : it->second;
    }
};

struct HttpError {
    bool maybe_executed{};  // false: no connection was made, so the server saw nothing
    std::string what;
};

class HttpClient {
public:
    // token: sent as "Authorization: Bearer <token>"; empty = none. REQUIRES: parse_url(url) succeeds.
    explicit HttpClient(std::string_view url, std::string token = {});
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    using Result = std::expected<HttpResponse, HttpError>;
    // A non-empty body goes out as application/json unless `headers` names another Content-Type.
    Result request(std::string_view method, std::string_view target, std::string_view body = {},
                   const Headers& headers = {});
    Result get(std::string_view target) { return request("GET", target); }
    Result post(std::string_view target, const nlohmann::json& body) { return request("POST", target, body.dump()); }
    Result patch(std::string_view target, const nlohmann::json& body) { return request("PATCH", target, body.dump()); }
    Result del(std::string_view target) { return request("DELETE", target); }

    // Of one request, connecting included. Default 30 s.
    void set_timeout(std::chrono::milliseconds timeout);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Sends these very bytes on a new connection and returns what comes back until the server closes, or until one whole
// response with a Content-Length is there, or until the timeout. For requests that no client library would form.
[[nodiscard]] std::expected<std::string, std::string> raw_exchange(
    const Endpoint& endpoint, std::string_view bytes, std::chrono::milliseconds timeout = std::chrono::seconds(5));

}  // namespace buttonwood::test
