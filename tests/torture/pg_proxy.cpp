#include "tests/torture/pg_proxy.hpp"

#include "tests/torture/pg_messages.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace buttonwood::torture {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::string_view kAppendMark = "INSERT INTO eventstore.journal";
constexpr std::string_view kFenceMark = "UPDATE eventstore.head";

class Socket {
public:
    explicit Socket(int fd = -1) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    [[nodiscard]] int fd() const { return fd_; }

private:
    int fd_;
};

void must(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(std::string("proxy: ") + what + ": " + std::strerror(errno));
}

// Both ends are ours and read at once: a blocking write cannot hang for long. False = the peer is gone.
bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string_view half(std::string_view bytes) { return bytes.substr(0, bytes.size() / 2); }

// One session of the server with PostgreSQL.
struct Link {
    Socket server;
    Socket postgres;
    MessageStream from_server{MessageStream::Side::Frontend};
    MessageStream from_postgres{MessageStream::Side::Backend};
    std::map<std::string, Target, std::less<>> statements;  // of the names that matter
    std::optional<Cut> cut;                                 // this link's statement is being cut
    std::string reply;                                      // held back while it is
};

}  // namespace

struct PgProxy::Impl {
    std::filesystem::path socket;
    Socket listener;
    Socket wake;
    std::atomic<bool> stopping = false;
    std::atomic<bool> swallowing = false;
    std::atomic<int> cuts = 0;
    std::uint16_t port = 0;
    std::list<Link> links;
    std::mutex mutex;  // guards armed
    struct Armed {
        Target target;
        Cut cut;
        int pass;
    };
    std::optional<Armed> armed;
    std::thread thread;

    void listen() {
        listener = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        must(listener.fd() >= 0, "socket");
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        must(::bind(listener.fd(), generic, size) == 0 && ::listen(listener.fd(), 64) == 0, "listen");
        must(::getsockname(listener.fd(), generic, &size) == 0, "getsockname");
        port = ntohs(address.sin_port);
        wake = Socket(::eventfd(0, EFD_CLOEXEC));
        must(wake.fd() >= 0, "eventfd");
    }

    void poke() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake.fd(), &one, sizeof(one));
    }

    void run() {
        while (!stopping) {
            std::vector<pollfd> polled{{wake.fd(), POLLIN, 0}};
            std::vector<std::pair<std::list<Link>::iterator, bool>> owners;  // and whether it is the server's side
            if (!swallowing) {
                polled.push_back({listener.fd(), POLLIN, 0});
                for (auto link = links.begin(); link != links.end(); ++link) {
                    polled.push_back({link->server.fd(), POLLIN, 0});
                    polled.push_back({link->postgres.fd(), POLLIN, 0});
                    owners.insert(owners.end(), {{link, true}, {link, false}});
                }
            }
            if (::poll(polled.data(), polled.size(), -1) < 0) continue;
            if (polled[0].revents != 0) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(wake.fd(), &count, sizeof(count));
            }
            std::vector<std::list<Link>::iterator> dead;
            for (std::size_t i = 0; i < owners.size(); ++i) {
                const auto& [link, is_server] = owners[i];
                if (polled[i + 2].revents == 0 || (!dead.empty() && dead.back() == link)) continue;
                if (!(is_server ? hear_server(*link) : hear_postgres(*link))) dead.push_back(link);
            }
            for (const auto& link : dead) links.erase(link);
            if (polled.size() > 1 && polled[1].revents != 0) accept();
        }
    }

    void accept() {
        Socket server(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
        if (server.fd() < 0) return;
        const int one = 1;
        ::setsockopt(server.fd(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        Socket postgres(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
        // PostgreSQL is away: the server learns it from the closed connection.
        if (::connect(postgres.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return;
        Link& link = links.emplace_back();
        link.server = std::move(server);
        link.postgres = std::move(postgres);
    }

    // What arrived; empty = the peer is gone.
    static std::string receive(int fd) {
        std::string bytes(kReadBytes, '\0');
        const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }

    // These return false when the link is over.
    bool hear_server(Link& link) {
        const std::string bytes = receive(link.server.fd());
        if (bytes.empty()) return false;
        link.from_server.add(bytes);
        while (const auto message = link.from_server.next())
            if (!pass_on(link, *message)) return false;
        return true;
    }

    bool pass_on(Link& link, const Message& message) {
        if (message.type == 'P') note_statement(link, message);
        if (message.type == 'B')
            if (const auto cut = cut_for(link, message.statement())) {
                link.cut = cut;
                if (*cut == Cut::BeforeRequest || *cut == Cut::HalfRequest) {
                    ++cuts;
                    if (*cut == Cut::HalfRequest) send_all(link.postgres.fd(), half(message.bytes));
                    return false;
                }
            }
        if (!send_all(link.postgres.fd(), message.bytes)) return false;
        if (message.type != 'S' || link.cut != Cut::AfterRequest) return true;
        ++cuts;
        return false;
    }

    static void note_statement(Link& link, const Message& message) {
        const std::string_view query = message.query();
        const std::string name(message.parsed_name());
        if (query.find(kAppendMark) != query.npos)
            link.statements[name] = Target::Append;
        else if (query.find(kFenceMark) != query.npos)
            link.statements[name] = Target::Fence;
        else
            link.statements.erase(name);
    }

    // Is this the statement that was to be cut?
    std::optional<Cut> cut_for(const Link& link, std::string_view statement) {
        const auto known = link.statements.find(statement);
        if (known == link.statements.end()) return std::nullopt;
        const std::lock_guard lock(mutex);
        if (!armed || armed->target != known->second || armed->pass-- > 0) return std::nullopt;
        return std::exchange(armed, std::nullopt)->cut;
    }

    bool hear_postgres(Link& link) {
        const std::string bytes = receive(link.postgres.fd());
        if (bytes.empty()) return false;
        if (!link.cut) return send_all(link.server.fd(), bytes);
        link.reply += bytes;
        link.from_postgres.add(bytes);
        bool whole = false;
        while (const auto message = link.from_postgres.next()) whole = whole || message->type == 'Z';
        if (!whole) return true;
        ++cuts;
        if (*link.cut == Cut::HalfReply) send_all(link.server.fd(), half(link.reply));
        if (*link.cut == Cut::AfterReply) send_all(link.server.fd(), link.reply);
        return false;
    }
};

std::string_view name_of(Cut cut) {
    switch (cut) {
        case Cut::BeforeRequest:
            return "before the request";
        case Cut::HalfRequest:
            return "within the request";
        case Cut::AfterRequest:
            return "after the request";
        case Cut::BeforeReply:
            return "before the reply";
        case Cut::HalfReply:
            return "within the reply";
        case Cut::AfterReply:
            return "after the reply";
    }
    return "?";
}

PgProxy::PgProxy(std::filesystem::path socket) : impl_(std::make_unique<Impl>()) {
    impl_->socket = std::move(socket);
    impl_->listen();
    impl_->thread = std::thread([this] { impl_->run(); });
}

PgProxy::~PgProxy() {
    impl_->stopping = true;
    impl_->poke();
    impl_->thread.join();
}

std::uint16_t PgProxy::port() const { return impl_->port; }
int PgProxy::cuts() const { return impl_->cuts; }

void PgProxy::arm(Target target, Cut cut, int pass) {
    const std::lock_guard lock(impl_->mutex);
    impl_->armed = Impl::Armed{target, cut, pass};
}

void PgProxy::disarm() {
    const std::lock_guard lock(impl_->mutex);
    impl_->armed.reset();
}

void PgProxy::swallow(bool on) {
    impl_->swallowing = on;
    impl_->poke();
}

}  // namespace buttonwood::torture
