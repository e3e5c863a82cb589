// The page's files, compiled into the binary so that it is served without internet and without a directory to deploy.
// Generated at build time from the output of the web build (README.md); constant data, safe to read from any thread.
#pragma once

#include <span>
#include <string_view>

namespace buttonwood::api {

struct WebAsset {
    std::string_view path;          // as in the URL: "/index.html", "/favicon.svg", "/assets/index-4f1c2a9b.js"
    std::string_view content_type;  // complete value of the header, charset included
    std::string_view body;          // bytes, not necessarily text
    std::string_view etag;          // complete value of the header: a strong validator in quotes, of the content alone
};

// Sorted by path. "/index.html" is what "/" answers. Names under "/assets/" carry a hash of their content and may be
// cached for ever ("public, max-age=31536000, immutable"); the others must be revalidated ("no-cache" and the etag).
[[nodiscard]] std::span<const WebAsset> web_assets();

}  // namespace buttonwood::api
