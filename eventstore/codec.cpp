#include "eventstore/codec.hpp"

#include "eventstore/codec_fields.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace buttonwood::eventstore {
namespace {

using codec::Decoder;
using codec::Encoder;
using codec::MaxSize;

// Persisted: never renumber, only append.
enum class Kind : std::uint8_t { Command = 1, Event = 2, Digest = 3 };

// u32 size | u32 crc | u8 kind | u8 type | u16 version; the checksum covers everything after itself.
inline constexpr std::size_t kFrameSize = 12;
inline constexpr std::size_t kCheckedOffset = 8;

template <class... T>
constexpr std::size_t max_size_of(const std::variant<T...>*) {
    return std::max({MaxSize<T>::value...});
}
constexpr std::size_t kMaxEventSize = kFrameSize + max_size_of(static_cast<engine::EventBody*>(nullptr));
constexpr std::size_t kMaxCommandSize = kFrameSize + MaxSize<engine::CommandHeader>::value +
                                        MaxSize<engine::RejectReason>::value + MaxSize<std::uint32_t>::value +
                                        max_size_of(static_cast<engine::Command*>(nullptr));

// What decode() makes room for at first: a block of orders without trades has a command per 170 bytes.
constexpr std::size_t kUsualCommandSize = 128;
constexpr std::size_t kUsualEventSize = 96;

constexpr std::uint8_t kDigestType = 0;
constexpr std::uint16_t kDigestVersion = 1;
constexpr std::size_t kDigestSize = kFrameSize + 4 * sizeof(std::uint64_t);

static_assert(std::variant_size_v<engine::Command> <= 256 && std::variant_size_v<engine::EventBody> <= 256);

// Writes one record at `start`; put_body(Encoder&) writes its body. Returns where the next one starts.
template <class PutBody>
char* write_record(char* start, Kind kind, std::size_t type, std::uint16_t version, PutBody&& put_body) {
    Encoder frame(start + kCheckedOffset);
    frame.put(kind);
    frame.put(static_cast<std::uint8_t>(type));
    frame.put(version);
    Encoder body(start + kFrameSize);
    put_body(body);
    char* const end = body.at();
    Encoder head(start);
    head.put(static_cast<std::uint32_t>(end - start - static_cast<std::ptrdiff_t>(kFrameSize)));
    head.put(crc32c({start + kCheckedOffset, end}));
    return end;
}

// The newest version of each alternative, by its index.
template <class Variant>
constexpr auto kNewestVersions = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{codec::kNewestVersion<std::variant_alternative_t<I, Variant>>...};
}(std::make_index_sequence<std::variant_size_v<Variant>>{});

char* write_command(char* start, const CommandRecord& command) {
    const std::size_t type = command.command.index();
    const auto version = kNewestVersions<engine::Command>[type];
    return write_record(start, Kind::Command, type, version, [&command](Encoder& body) {
        body.put(command.header);
        body.put(command.outcome);
        body.put(command.event_count);
        std::visit([&body](const auto& fields) { body.put(fields); }, command.command);
    });
}

char* write_event(char* start, const engine::EventBody& event) {
    const auto version = kNewestVersions<engine::EventBody>[event.index()];
    return write_record(start, Kind::Event, event.index(), version, [&event](Encoder& body) {
        std::visit([&body](const auto& fields) { body.put(fields); }, event);
    });
}

// Reads the alternative of the given index and version into the variant.
template <class Variant>
bool get_alternative(Decoder& decoder, std::size_t index, std::uint16_t version, Variant& variant) {
    using Reader = bool (*)(Decoder&, std::uint16_t, Variant&);
    static constexpr auto kReaders = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<Reader, sizeof...(I)>{[](Decoder& from, std::uint16_t at_version, Variant& to) {
            return from.get_record(to.template emplace<I>(), at_version);
        }...};
    }(std::make_index_sequence<std::variant_size_v<Variant>>{});
    return kReaders[index](decoder, version, variant);
}

// Walks a payload record by record.
class Reader {
public:
    Reader(std::string_view payload, engine::EventSeq first_seq) : payload_(payload), next_seq_(first_seq) {}

    bool read_all(Records& out) {
        while (offset_ < payload_.size())
            if (!next_frame() || !read_one(out)) return false;
        offset_ = payload_.size();
        return awaited_ == 0 || fail("the payload ends before the last command's events");
    }
    [[nodiscard]] CorruptRecord error() && { return {offset_, std::move(what_)}; }

private:
    // Finds the record at offset_ and checks its frame.
    bool next_frame() {
        const std::string_view rest = payload_.substr(offset_);
        if (rest.size() < kFrameSize) return fail("a record's frame is cut off");
        Decoder head(rest.substr(0, kFrameSize));
        std::uint32_t size{};
        std::uint32_t checksum{};
        if (!head.get(size) || !head.get(checksum) || !head.get(kind_) || !head.get(type_) || !head.get(version_))
            return fail("a record's frame is cut off");
        if (size > rest.size() - kFrameSize) return fail("a record is longer than the payload");
        if (crc32c(rest.substr(kCheckedOffset, kFrameSize - kCheckedOffset + size)) != checksum)
            return fail("the checksum does not match");
        body_ = rest.substr(kFrameSize, size);
        return true;
    }

    bool read_one(Records& out) {
        switch (kind_) {
            case Kind::Command: return read_command(out);
            case Kind::Event: return read_event(out);
            case Kind::Digest: return read_digest(out);
        }
        return fail("kind " + std::to_string(static_cast<unsigned>(kind_)) + " is not known");
    }

    template <class Variant>
    bool is_known(const char* kind) {
        if (type_ >= std::variant_size_v<Variant>)
            return fail(std::string(kind) + " type " + std::to_string(type_) + " is not known");
        if (version_ == 0 || version_ > kNewestVersions<Variant>[type_])
            return fail("record version " + std::to_string(version_) + " is not known");
        return true;
    }

    bool read_command(Records& out) {
        if (awaited_ != 0) return fail("a command comes before the last of the events of the one before it");
        if (!is_known<engine::Command>("command")) return false;
        CommandRecord& record = out.commands.emplace_back();
        Decoder body(body_);
        const bool ok = body.get(record.header) && body.get("outcome", record.outcome) &&
                        body.get("event_count", record.event_count) &&
                        get_alternative(body, type_, version_, record.command);
        if (ok && record.event_count == 0) return fail("a command has no event");
        if (!finish(body, ok)) return false;
        record.first_seq = next_seq_;
        awaited_ = record.event_count;
        return true;
    }

    bool read_event(Records& out) {
        if (awaited_ == 0) return fail("an event follows no command");
        if (!is_known<engine::EventBody>("event")) return false;
        const engine::CommandHeader& header = out.commands.back().header;
        engine::Event& event = out.events.emplace_back();
        event.seq = next_seq_++;
        event.command = header.seq;
        event.time = header.time;
        --awaited_;
        Decoder body(body_);
        return finish(body, get_alternative(body, type_, version_, event.body));
    }

    bool read_digest(Records& out) {
        if (awaited_ != 0) return fail("a digest comes before the last of the events of a command");
        if (out.events.empty()) return fail("a digest follows no event");
        if (type_ != kDigestType) return fail("digest type " + std::to_string(type_) + " is not known");
        if (version_ != kDigestVersion) return fail("record version " + std::to_string(version_) + " is not known");
        StateDigest digest;
        Decoder body(body_);
        const bool ok = body.get("first_seq", digest.first_seq) && body.get("last_seq", digest.last_seq) &&
                        body.get("hash", digest.hash.high) && body.get("hash", digest.hash.low);
        const engine::EventSeq covered = out.digests.empty() ? 0 : out.digests.back().last_seq;
        if (ok && (digest.last_seq != next_seq_ - 1 || digest.first_seq > digest.last_seq ||
                   digest.first_seq <= covered))
            return fail("a digest covers other events than those before it");
        out.digests.push_back(digest);
        return finish(body, ok);
    }

    // A body must be read to its last byte; then the next record begins.
    bool finish(const Decoder& body, bool ok) {
        if (!ok) return fail(std::string(body.field()) + ' ' + std::string(body.problem()));
        if (!body.at_end()) return fail("a record has more bytes than fields");
        offset_ += kFrameSize + body_.size();
        return true;
    }

    bool fail(std::string what) {
        what_ = std::move(what);
        return false;
    }

    std::string_view payload_;
    std::size_t offset_{};
    engine::EventSeq next_seq_;
    std::uint32_t awaited_{};  // events that the last command still has to come
    Kind kind_{};
    std::uint8_t type_{};
    std::uint16_t version_{};
    std::string_view body_;
    std::string what_;
};

}  // namespace

std::uint16_t newest_version(const engine::EventBody& event) {
    return kNewestVersions<engine::EventBody>[event.index()];
}

std::uint16_t newest_version(const engine::Command& command) {
    return kNewestVersions<engine::Command>[command.index()];
}

void encode(const CommandRecord& command, std::span<const engine::Event> events, std::string& payload) {
    BUTTONWOOD_ASSERT(command.event_count > 0 && events.size() == command.event_count);
    const std::size_t before = payload.size();
    const std::size_t most = before + kMaxCommandSize + events.size() * kMaxEventSize;
    payload.resize_and_overwrite(most, [&](char* bytes, std::size_t) {
        char* at = write_command(bytes + before, command);
        for (const engine::Event& event : events) at = write_event(at, event.body);
        return static_cast<std::size_t>(at - bytes);
    });
}

void encode(const StateDigest& digest, std::string& payload) {
    const std::size_t before = payload.size();
    payload.resize(before + kDigestSize);
    write_record(payload.data() + before, Kind::Digest, kDigestType, kDigestVersion, [&digest](Encoder& body) {
        body.put(digest.first_seq);
        body.put(digest.last_seq);
        body.put(digest.hash.high);
        body.put(digest.hash.low);
    });
}

void encode(const Records& records, std::string& payload) {
    std::span<const engine::Event> events = records.events;
    auto digest = records.digests.begin();
    for (const CommandRecord& command : records.commands) {
        encode(command, events.first(command.event_count), payload);
        const engine::EventSeq last_seq = events[command.event_count - 1].seq;
        events = events.subspan(command.event_count);
        if (digest != records.digests.end() && digest->last_seq == last_seq) encode(*digest++, payload);
    }
    BUTTONWOOD_ASSERT(digest == records.digests.end());
}

std::expected<Records, CorruptRecord> decode(std::string_view payload, engine::EventSeq first_seq) {
    Records records;
    records.commands.reserve(payload.size() / kUsualCommandSize + 1);
    records.events.reserve(payload.size() / kUsualEventSize + 1);
    Reader reader(payload, first_seq);
    if (!reader.read_all(records)) return std::unexpected(std::move(reader).error());
    return records;
}

}  // namespace buttonwood::eventstore
