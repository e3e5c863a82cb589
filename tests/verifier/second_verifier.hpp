// The verifier in Python, as a process that answers question after question.
#pragma once

#include "engine/types.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace buttonwood::test {

// What either verifier says of a log.
struct Verdict {
    engine::EventSeq bad_seq{};  // 0: the log is good
    std::string words;
};

// "ok: ..." or "BAD at event 7: ..."; anything else fails the test.
[[nodiscard]] Verdict verdict_from(const std::string& line);

class SecondVerifier {
public:
    // The script's options beside --conninfo.
    explicit SecondVerifier(const std::string& options = {});
    ~SecondVerifier();
    SecondVerifier(const SecondVerifier&) = delete;
    SecondVerifier& operator=(const SecondVerifier&) = delete;

    [[nodiscard]] Verdict ask(const std::string& conninfo);

private:
    int pid_{};
    std::FILE* to_{};
    std::FILE* from_{};
};

// Of archived files alone.
[[nodiscard]] Verdict second_verdict_of_files(const std::vector<std::string>& files);

}  // namespace buttonwood::test
