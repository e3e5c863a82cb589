#include "api/http/routes.hpp"
#include "api/web/web_assets.hpp"

namespace buttonwood::api::http {
namespace {

// Only our own files may run or be fetched; the styles that the chart library sets at run time need unsafe-inline.
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

Reply page_file(const WebAsset& asset) {
    Reply reply;
    reply.body = std::string(asset.body);
    reply.content_type = asset.content_type;
    const bool immutable = asset.path.starts_with("/assets/");
    reply.headers.emplace_back("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
    reply.headers.emplace_back("ETag", std::string(asset.etag));
    reply.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
    reply.headers.emplace_back("Referrer-Policy", "no-referrer");
    return reply;
}

}  // namespace

void add_page_routes(Router& router) {
    for (const WebAsset& asset : web_assets()) {
        const auto serve = [&asset](Request&) -> Result { return page_file(asset); };
        router.add_immediate(Verb::get, std::string(asset.path), Access::Public, {}, serve);
        // The page keeps the security on screen in its own address.
        if (asset.path == "/docs/index.html") router.add_immediate(Verb::get, "/docs", Access::Public, {}, serve);
        if (asset.path == "/index.html") router.add_immediate(Verb::get, "/", Access::Public, {"symbol"}, serve);
    }
}

}  // namespace buttonwood::api::http
