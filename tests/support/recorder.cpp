#include "tests/support/recorder.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

namespace buttonwood::test {
namespace {

using nlohmann::json;

constexpr int kKeptOfEachKind = 20;

class Recorder {
public:
    static Recorder& instance() {
        static Recorder recorder;
        return recorder;
    }
    [[nodiscard]] bool on() const { return file_.is_open(); }

    // kind: what makes records alike.
    void keep(const std::string& kind, const json& record) {
        const std::scoped_lock lock(mutex_);
        if (++kept_[kind] > kKeptOfEachKind) return;
        file_ << record.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }

private:
    Recorder() {
        if (const char* directory = std::getenv("BUTTONWOOD_RECORD"))
            file_.open(std::string(directory) + "/" + std::to_string(::getpid()) + ".jsonl", std::ios::app);
    }

    std::mutex mutex_;
    std::ofstream file_;
    std::map<std::string, int> kept_;
};

// The target without its query, and with # for every run of digits: "/v1/orders/ord_#".
std::string shape_of(std::string_view target) {
    std::string shape;
    for (const char c : target.substr(0, target.find('?'))) {
        const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
        if (!digit) shape += c;
        else if (!shape.ends_with('#')) shape += '#';
    }
    return shape;
}

std::string text_member(const json& object, const char* name) {
    const auto it = object.is_object() ? object.find(name) : object.end();
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

}  // namespace

void record_exchange(std::string_view method, std::string_view target, std::string_view request_body, int status,
                     std::string_view content_type, std::string_view body) {
    Recorder& recorder = Recorder::instance();
    if (!recorder.on()) return;
    const json answer = json::parse(body, nullptr, false);
    const std::string kind = std::string(method) + ' ' + shape_of(target) + ' ' + std::to_string(status) + ' ' +
                             text_member(answer, "code");
    recorder.keep(kind, {{"method", method},
                         {"target", target},
                         {"request", request_body},
                         {"status", status},
                         {"content_type", content_type},
                         {"body", body}});
}

void record_message(bool sent, std::string_view text) {
    Recorder& recorder = Recorder::instance();
    if (!recorder.on()) return;
    const json message = json::parse(text, nullptr, false);
    const json& error = message.is_object() && message.contains("error") ? message["error"] : message;
    const std::string kind = std::string(sent ? "> " : "< ") + text_member(message, "method") + ' ' +
                             text_member(message, "channel") + ' ' + text_member(message, "type") + ' ' +
                             text_member(error, "code");
    recorder.keep(kind, {{"sent", sent}, {"message", text}});
}

}  // namespace buttonwood::test
