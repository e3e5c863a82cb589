#include "tests/torture/pg_messages.hpp"

#include <catch2/catch.hpp>

using namespace buttonwood::torture;

namespace {

std::string frame(const std::string& type, const std::string& body) {
    const auto size = static_cast<unsigned char>(body.size() + 4);
    return type + std::string{'\0', '\0', '\0', static_cast<char>(size)} + body;
}

}  // namespace

TEST_CASE("a stream is cut into messages wherever its bytes are torn", "[unit]") {
    const std::string startup = frame("", "startup");
    const std::string parse = frame("P", std::string("s0\0SELECT 1\0\0\0", 14));
    const std::string bind = frame("B", std::string("portal\0s0\0rest", 14));
    const std::string all = startup + parse + bind;
    for (std::size_t torn = 0; torn <= all.size(); ++torn) {
        CAPTURE(torn);
        MessageStream stream(MessageStream::Side::Frontend);
        std::vector<Message> messages;
        for (const std::string& part : {all.substr(0, torn), all.substr(torn)}) {
            stream.add(part);
            while (auto message = stream.next()) messages.push_back(*std::move(message));
        }
        REQUIRE(messages.size() == 3);
        CHECK(messages[0].bytes == startup);
        CHECK(messages[1].parsed_name() == "s0");
        CHECK(messages[1].query() == "SELECT 1");
        CHECK(messages[2].statement() == "s0");
        CHECK(messages[2].bytes == bind);
    }
}

TEST_CASE("what PostgreSQL says begins with a type at once", "[unit]") {
    MessageStream stream(MessageStream::Side::Backend);
    stream.add(frame("Z", "I"));
    const auto ready = stream.next();
    REQUIRE(ready);
    CHECK(ready->type == 'Z');
    CHECK_FALSE(stream.next());
}
