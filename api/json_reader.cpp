#include "api/json_reader.hpp"

#include <nlohmann/json.hpp>

namespace buttonwood::api {
namespace {

// Receives the parser's events and builds a JsonValue; returning false stops the parser.
class Builder : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return put({}); }
    bool boolean(bool value) override {
        JsonValue v;
        v.kind = JsonValue::Kind::Boolean;
        v.boolean = value;
        return put(std::move(v));
    }
    bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
    // Also integers beyond 64 bits arrive here, with the text as it was sent.
    bool number_float(number_float_t, const string_t& source) override { return number(source); }
    bool string(string_t& value) override {
        if (!clean(value)) return fail("invalid_json", "a string holds a control character");
        JsonValue v;
        v.kind = JsonValue::Kind::String;
        v.text = std::move(value);
        return put(std::move(v));
    }
    bool binary(binary_t&) override { return fail("invalid_json", "binary values are not JSON"); }
    bool start_object(std::size_t) override { return open(JsonValue::Kind::Object); }
    bool start_array(std::size_t) override { return open(JsonValue::Kind::Array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (!clean(name)) return fail("invalid_json", "a member name holds a control character");
        JsonValue& object = *stack_.back();
        if (object.find(name)) return fail("json_duplicate_key", "a member appears twice in one object");
        if (object.members.size() == kJsonMaxMembers) return fail("json_too_many", "an object has too many members");
        object.members.emplace_back(std::move(name), JsonValue{});
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& reason) override {
        static constexpr int kNumberOverflow = 406;  // grammatical, but beyond a double: 1e400
        if (reason.id == kNumberOverflow) return fail("invalid_decimal", "a number is beyond any range");
        return fail("invalid_json", "the text is not JSON near byte " + std::to_string(position));
    }

    JsonValue root;
    JsonError error{"invalid_json", "the text is not JSON"};

private:
    static bool clean(std::string_view text) {
        for (const char c : text)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
        return true;
    }
    bool number(std::string source) {
        JsonValue v;
        v.kind = JsonValue::Kind::Number;
        v.text = std::move(source);
        return put(std::move(v));
    }
    bool fail(const char* code, std::string detail) {
        error = {code, std::move(detail)};
        return false;
    }
    JsonValue* place(JsonValue value) {
        if (stack_.empty()) {
            root = std::move(value);
            return &root;
        }
        JsonValue& parent = *stack_.back();
        if (parent.kind == JsonValue::Kind::Array) {
            if (parent.elements.size() == kJsonMaxElements) return nullptr;
            return &parent.elements.emplace_back(std::move(value));
        }
        parent.members.back().second = std::move(value);
        return &parent.members.back().second;
    }
    bool put(JsonValue value) {
        return place(std::move(value)) || fail("json_too_many", "an array has too many elements");
    }
    bool open(JsonValue::Kind kind) {
        if (stack_.size() == kJsonMaxDepth) return fail("json_depth", "the text is nested too deeply");
        JsonValue v;
        v.kind = kind;
        JsonValue* placed = place(std::move(v));
        if (!placed) return fail("json_too_many", "an array has too many elements");
        stack_.push_back(placed);
        return true;
    }
    bool close() {
        stack_.pop_back();
        return true;
    }

    // Pointers stay valid: only the innermost open container grows.
    std::vector<JsonValue*> stack_;
};

}  // namespace

std::expected<JsonValue, JsonError> parse_json(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF"))
        return std::unexpected(JsonError{"invalid_json", "a byte order mark is not JSON"});
    Builder builder;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
        return std::unexpected(std::move(builder.error));
    return std::move(builder.root);
}

}  // namespace buttonwood::api
