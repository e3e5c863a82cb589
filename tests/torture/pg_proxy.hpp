// A TCP proxy in front of PostgreSQL that understands just enough of its protocol to cut a connection at a chosen
// step of the journal's commit.
//
//     server ── Bind…Sync ──▶ proxy ── Bind…Sync ──▶ PostgreSQL        the request: nothing, half, or all of it sent
//     server ◀── …Ready ───── proxy ◀── …Ready ───── PostgreSQL        the reply: nothing, half, or all of it sent
//
// So "the commit never arrived", "it was made and nobody heard of it" and "it was made and answered" are not left to
// chance. Thread safety: all members from any thread; the proxy works on a thread of its own.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace buttonwood::torture {

// Where the connection is cut, in the order of a commit's life.
enum class Cut : std::uint8_t { BeforeRequest, HalfRequest, AfterRequest, BeforeReply, HalfReply, AfterReply };
inline constexpr std::array kCuts{Cut::BeforeRequest, Cut::HalfRequest, Cut::AfterRequest,
                                  Cut::BeforeReply,   Cut::HalfReply,   Cut::AfterReply};
[[nodiscard]] std::string_view name_of(Cut cut);

// The statement that is cut: the append of a block, or the fence that follows trouble.
enum class Target : std::uint8_t { Append, Fence };

class PgProxy {
public:
    // Listens on a free port of 127.0.0.1 and connects to PostgreSQL's unix socket. Throws std::runtime_error.
    explicit PgProxy(std::filesystem::path socket);
    PgProxy(const PgProxy&) = delete;
    PgProxy& operator=(const PgProxy&) = delete;
    ~PgProxy();

    [[nodiscard]] std::uint16_t port() const;

    // The target's statement after the next `pass` ones is cut, once.
    void arm(Target target, Cut cut, int pass = 0);
    void disarm();
    // How many connections were cut so.
    [[nodiscard]] int cuts() const;
    // Keeps everything it gets, forwards nothing and closes nothing, as a network that swallows packets.
    void swallow(bool on);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::torture
