#include "api/http/policy.hpp"

#include <algorithm>
#include <sodium.h>

namespace buttonwood::api::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;

Problem framing(std::string_view code, std::string detail) {
    Problem p = problem(code, std::move(detail));
    p.close = true;
    return p;
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool known_method(Verb verb) {
    switch (verb) {
        case Verb::get: case Verb::head: case Verb::post: case Verb::put: case Verb::patch: case Verb::delete_:
        case Verb::options: return true;
        default: return false;  // RFC 9110 section 9.1: what a server does not know is 501
    }
}

std::size_t count(const RequestHeader& header, field name) {
    const auto [first, last] = header.equal_range(name);
    return static_cast<std::size_t>(std::distance(first, last));
}

std::optional<Problem> examine_framing(const RequestHeader& header) {
    if (header.version() != 11 && header.version() != 10)
        return framing("version_not_supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    if (header.count(field::transfer_encoding) > 0)
        return header.version() == 10
                   ? framing("bad_request", "HTTP/1.0 has no Transfer-Encoding.")
                   : framing("not_implemented", "Transfer-Encoding is not accepted; send a Content-Length.");
    if (!known_method(header.method())) return framing("not_implemented", "The method is not known here.");
    if (count(header, field::content_length) > 1 ||
        (header.count(field::content_length) == 1 &&
         view(header[field::content_length]).find(',') != std::string_view::npos))
        return framing("bad_request", "There must be at most one Content-Length.");
    if (count(header, field::host) != 1) return framing("bad_request", "There must be exactly one Host.");
    for (const field name : {field::authorization, field::content_type, field::sec_websocket_key})
        if (count(header, name) > 1) return framing("bad_request", "A header field appears twice.");
    if (static_cast<std::size_t>(std::distance(header.begin(), header.end())) > kMaxHeaderFields)
        return framing("header_too_large", "There are too many header fields.");
    return std::nullopt;
}

std::optional<Problem> examine_body_rules(const RequestHeader& header) {
    const bool has_length = header.count(field::content_length) == 1;
    const std::string_view length = view(header[field::content_length]);
    const bool carries =
        header.method() == Verb::post || header.method() == Verb::put || header.method() == Verb::patch;
    if (carries && !has_length) return framing("length_required", "Send a Content-Length.");
    if (!carries && has_length && length != "0") return framing("bad_request", "This method takes no body.");
    if (header.count(field::content_encoding) > 0)
        return framing("unsupported_media_type", "Content-Encoding is not accepted.");
    if (header.count(field::expect) > 0 && !boost::beast::iequals(header[field::expect], "100-continue"))
        return framing("expectation_failed", "Only 100-continue can be expected.");
    if (!carries || length == "0") return std::nullopt;
    std::string type(view(header[field::content_type]));
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::erase(type, ' ');
    if (type != "application/json" && type != "application/json;charset=utf-8")
        return framing("unsupported_media_type", "Send application/json in UTF-8.");
    return std::nullopt;
}

bool plain_target(std::string_view target) {
    return std::ranges::all_of(
        target, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\'; });
}

std::expected<void, Problem> take_target(Request& request) {
    const auto bad = [](std::string detail) { return std::unexpected(framing("bad_request", std::move(detail))); };
    const std::string_view target = request.target;
    if (target.size() > kMaxTargetBytes)
        return std::unexpected(framing("uri_too_long", "The request target is too long."));
    if (target.empty() || target[0] != '/') return bad("The request target must be in origin form.");
    if (!plain_target(target)) return bad("The request target has characters that are not allowed.");
    const std::size_t mark = target.find('?');
    request.path_size = std::min(mark, target.size());
    const std::string_view path = request.path();
    if (path.find("//") != std::string_view::npos) return bad("The path has an empty segment.");

    std::string_view rest = path.substr(1);
    while (!rest.empty()) {
        const std::size_t slash = rest.find('/');
        auto segment = percent_decode(rest.substr(0, slash));
        if (!segment || *segment == "." || *segment == "..") return bad("The path has a segment that is not allowed.");
        request.segments.push_back(std::move(*segment));
        rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
    rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        const std::string_view pair = rest.substr(0, end);
        const std::size_t equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals));
        auto value = percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
        if (!name || !value || name->empty()) return bad("The query is not well formed.");
        request.query.emplace_back(std::move(*name), std::move(*value));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    return {};
}

}  // namespace

engine::RequestId request_id_of(const RequestHeader& header) {
    const std::string_view given = view(header["X-Request-Id"]);
    const bool plain = std::ranges::all_of(given, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    });
    if (!given.empty() && given.size() <= engine::RequestId::kCapacity && plain) return given;
    static constexpr char kDigits[] = "0123456789abcdef";
    unsigned char bytes[8];
    randombytes_buf(bytes, sizeof bytes);
    char text[17] = {};
    for (std::size_t i = 0; i < 8; ++i) {
        text[2 * i] = kDigits[bytes[i] >> 4];
        text[2 * i + 1] = kDigits[bytes[i] & 15];
    }
    return std::string_view(text, 16);
}

std::optional<std::string> percent_decode(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 > text.size() - 1 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
        const int value = digit(text[i + 1]) * 16 + digit(text[i + 2]);
        if (value < 0x20 || value >= 0x7F) return std::nullopt;
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

std::expected<Request, Problem> examine(const RequestHeader& header) {
    if (auto p = examine_framing(header)) return std::unexpected(std::move(*p));
    if (auto p = examine_body_rules(header)) return std::unexpected(std::move(*p));
    Request request;
    request.verb = header.method();
    request.target = view(header.target());
    request.authorization = view(header[field::authorization]);
    request.accept = view(header[field::accept]);
    request.last_event_id = view(header["Last-Event-ID"]);
    request.request_id = request_id_of(header);
    if (auto taken = take_target(request); !taken) return std::unexpected(std::move(taken.error()));
    return request;
}

}  // namespace buttonwood::api::http
