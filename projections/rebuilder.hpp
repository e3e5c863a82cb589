// The thread that builds the copies which somebody asked for (build.hpp) and nobody else builds: the new version of a
// projection, an operator's rebuild whose process is gone. One at a time, in the order of make_all().
// Thread safety: any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace buttonwood::projections {

class Rebuilder {
public:
    // names: the projections it cares for.
    Rebuilder(std::string conninfo, std::vector<std::string> names);
    ~Rebuilder();  // after the batch in hand; what is built so far stays, for the next one to go on with

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace buttonwood::projections
