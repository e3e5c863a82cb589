#include "tests/verifier/second_verifier.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <sys/wait.h>
#include <unistd.h>

namespace buttonwood::test {
namespace {

const std::string kScript = BUTTONWOOD_SOURCE_DIR "/tests/verifier/verify_journal.py";

std::string read_line(std::FILE* from) {
    std::string line;
    for (int c = std::fgetc(from); c != EOF && c != '\n'; c = std::fgetc(from)) line += static_cast<char>(c);
    return line;
}

}  // namespace

Verdict verdict_from(const std::string& line) {
    static constexpr std::string_view kBad = "BAD at event ";
    if (line.starts_with("ok: ")) return {0, line};
    if (!line.starts_with(kBad)) FAIL("the second verifier says: " << line);
    return {std::stoull(line.substr(kBad.size())), line};
}

SecondVerifier::SecondVerifier(const std::string& options) {
    std::array<int, 2> in{}, out{};
    REQUIRE(::pipe(in.data()) == 0);
    REQUIRE(::pipe(out.data()) == 0);
    const std::string command = "exec python3 '" + kScript + "' --conninfo - " + options;
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = ::fdopen(in[1], "w");
    from_ = ::fdopen(out[0], "r");
}

SecondVerifier::~SecondVerifier() {
    std::fclose(to_);
    std::fclose(from_);
    ::waitpid(pid_, nullptr, 0);
}

Verdict SecondVerifier::ask(const std::string& conninfo) {
    std::fprintf(to_, "%s\n", conninfo.c_str());
    std::fflush(to_);
    return verdict_from(read_line(from_));
}

Verdict second_verdict_of_files(const std::vector<std::string>& files) {
    std::string command = "python3 '" + kScript + "' --archive-file";
    for (const std::string& file : files) command += " '" + file + "'";
    std::FILE* const output = ::popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    const std::string line = read_line(output);
    ::pclose(output);
    return verdict_from(line);
}

}  // namespace buttonwood::test
