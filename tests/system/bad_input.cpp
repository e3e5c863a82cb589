#include "tests/system/bad_input.hpp"

#include "tests/support/test_cluster.hpp"

namespace buttonwood::test {

namespace {

// Where the log stands may differ; what the market holds may not.
json without_positions(json value) {
    if (value.is_object())
        for (const char* name : {"event_seq", "request_id", "time", "seq"}) value.erase(name);
    for (auto& child : value)
        if (child.is_structured()) child = without_positions(child);
    return value;
}

bool is_one_of(const std::string& code, const std::string& alternatives) {
    return ("|" + alternatives + "|").find("|" + code + "|") != std::string::npos;
}

}  // namespace

BadInputBench::BadInputBench() : market_(fresh_database()) {
    trader_ = market_.register_trader("trader");
    other_ = market_.register_trader("other");
    foreign_order_ =
        expect(market_.as(other_).post("/v1/orders", limit_order("buy", "1", "1.00", "foreign")), 201).at("id");
    state_ = market_.state();
    fingerprint_ = fingerprint();
}

std::string BadInputBench::token_of(Who who) const {
    switch (who) {
        case Who::Trader: return trader_.key;
        case Who::Operator: return {};
        case Who::Nobody: return {};
        case Who::Malformed: return "not-a-key";
        case Who::UnknownKey: return "bw_0123456789abcdef." + std::string(64, 'a');
        case Who::WrongSecret: return trader_.key.substr(0, trader_.key.size() - 64) + std::string(64, '0');
    }
    return {};
}

HttpResponse BadInputBench::send(const BadRequest& request) {
    HttpClient client =
        request.who == Who::Operator ? market_.as_operator() : HttpClient(market_.url(), token_of(request.who));
    // Content-Type also where the body is empty: the refusal must be about the body.
    const auto result =
        client.request(request.method, request.target, request.body, {{"Content-Type", "application/json"}});
    if (!result) FAIL(result.error().what);
    return *result;
}

void BadInputBench::check(const BadRequest& request) {
    INFO(request.method << ' ' << request.target << ' ' << request.body.substr(0, 300));
    const HttpResponse response = send(request);
    INFO(response.status << ' ' << response.body);
    CHECK(response.status == request.status);
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK_FALSE(response.header("x-request-id").empty());
    if (!request.header.empty()) CHECK_FALSE(response.header(request.header).empty());
    const json problem = response.json();
    REQUIRE(problem.is_object());
    CHECK(is_one_of(problem.at("code"), request.code));
    CHECK(problem.at("status") == request.status);
    CHECK(problem.at("execution") == "not_executed");
    for (const char* member : {"type", "title", "detail", "instance", "request_id", "event_seq", "retryable",
                               "retry_after_ms", "errors", "message"})
        CHECK(problem.contains(member));
    check_unchanged(response.status);
}

void BadInputBench::check_unchanged(int status) {
    const json before = std::exchange(state_, market_.state());
    // What the market refuses is in the log, by design; everything else must not even get there.
    const bool may_be_logged = status == 404 || status == 409 || status == 422;
    if (!may_be_logged) CHECK(state_.at("event_seq") == before.at("event_seq"));
    if (state_.at("event_seq") == before.at("event_seq")) CHECK(state_.at("state_hash") == before.at("state_hash"));
    CHECK(state_.at("open_orders") == before.at("open_orders"));
    CHECK(state_.at("invariant_violations") == json::array());
    CHECK(fingerprint() == fingerprint_);
}

json BadInputBench::fingerprint() {
    const std::string fresh = "wait_ms=10000&min_event_seq=" + state_.at("event_seq").dump();
    json all = json::array();
    for (const Trader& trader : {trader_, other_}) {
        HttpClient client = market_.as(trader);
        all.push_back(expect(client.get("/v1/portfolio?" + fresh), 200));
        all.push_back(expect(client.get("/v1/orders?status=all&" + fresh), 200));
    }
    HttpClient op = market_.as_operator();
    all.push_back(expect(op.get("/v1/markets/ACME/book"), 200));
    all.push_back(expect(op.get("/v1/securities"), 200));
    all.push_back(expect(op.get("/v1/admin/users?" + fresh), 200));
    return without_positions(all);
}

json BadInputBench::strip(const HttpResponse& response) const {
    json problem = response.json();
    problem.erase("instance");
    return without_positions(problem);
}

void BadInputBench::check_raw(const std::string& what, const std::string& bytes, const std::vector<int>& statuses) {
    INFO(what);
    const auto answer = raw_exchange(parse_url(market_.url()).value(), bytes, std::chrono::seconds(20));
    if (!answer) FAIL(answer.error());
    INFO(answer->substr(0, 400));
    const int status = answer->size() > 12 ? std::stoi(answer->substr(9, 3)) : 0;
    CHECK(std::ranges::find(statuses, status) != statuses.end());
    check_unchanged(400);
}

bool BadInputBench::is_alive() {
    const auto accepted = market_.as(trader_).post("/v1/orders", limit_order("buy", "1", "0.01", "alive"));
    return market_.server().running() && accepted && (accepted->status == 201 || accepted->status == 200);
}

}  // namespace buttonwood::test
