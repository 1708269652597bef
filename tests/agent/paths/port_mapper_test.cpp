// SPDX-License-Identifier: Apache-2.0
#include "agent/paths/port_mapper.h"

#include <deque>
#include <set>

#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

using namespace std::chrono_literals;

// The router that every gateway of these tests talks to. Only one test runs at a time.
struct Router {
  bool answers = true;
  std::string host = "45.83.1.1";
  std::set<std::uint16_t> open;
  int asked = 0;
};
Router router;
std::mutex router_mutex;

class TestGateway final : public Gateway {
 public:
  const char* protocol() const override { return "test"; }
  Result<MappedPort> map(std::uint16_t port, std::uint16_t wanted) override {
    const std::lock_guard<std::mutex> lock(router_mutex);
    ++router.asked;
    if (!router.answers) return fail(Errc::io, "test: refused");
    const std::uint16_t outside = wanted != 0 ? wanted : static_cast<std::uint16_t>(port + 1);
    router.open.insert(outside);
    return MappedPort{router.host, outside, 2h};
  }
  void unmap(std::uint16_t, std::uint16_t outside) override {
    const std::lock_guard<std::mutex> lock(router_mutex);
    router.open.erase(outside);
  }
};

Result<std::unique_ptr<Gateway>> find_nothing(const std::atomic<bool>&) {
  return fail(Errc::not_found, "nothing: no answer");
}
Result<std::unique_ptr<Gateway>> find_test(const std::atomic<bool>&) {
  const std::lock_guard<std::mutex> lock(router_mutex);
  if (!router.answers) return fail(Errc::not_found, "test: no answer");
  return std::unique_ptr<Gateway>(std::make_unique<TestGateway>());
}

// What the mapper says, in order.
class Heard {
 public:
  Heard() {
    const std::lock_guard<std::mutex> lock(router_mutex);
    router = {};
  }
  void take(const PortMapper::State& state) {
    const std::lock_guard<std::mutex> lock(mutex_);
    states_.push_back(state);
    wake_.notify_one();
  }
  PortMapper::State next() {
    std::unique_lock<std::mutex> lock(mutex_);
    REQUIRE(wake_.wait_for(lock, 20s, [this] { return !states_.empty(); }));
    PortMapper::State state = states_.front();
    states_.pop_front();
    return state;
  }
  std::function<void(const PortMapper::State&)> ear() {
    return [this](const PortMapper::State& state) { take(state); };
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<PortMapper::State> states_;
};

std::set<std::uint16_t> open_ports() {
  const std::lock_guard<std::mutex> lock(router_mutex);
  return router.open;
}

TEST_CASE("a port is opened by the first router that answers, and closed at the end") {
  Heard heard;
  {
    PortMapper mapper(heard.ear(), {find_nothing, find_test});
    mapper.want(4711);
    const auto state = heard.next();
    CHECK(state.address == "45.83.1.1:4712");
    CHECK(state.sentence.find("test") != std::string::npos);
    CHECK(open_ports() == std::set<std::uint16_t>{4712});
  }
  CHECK(open_ports().empty());
}

TEST_CASE("a port that is not wanted any more is closed, and another one opened") {
  Heard heard;
  PortMapper mapper(heard.ear(), {find_test});
  mapper.want(4711);
  CHECK(heard.next().address == "45.83.1.1:4712");
  mapper.want(5000);
  CHECK(heard.next().address == "45.83.1.1:5001");
  CHECK(open_ports() == std::set<std::uint16_t>{5001});
  mapper.want(0);
  CHECK(heard.next().address == std::nullopt);
  CHECK(open_ports().empty());
}

TEST_CASE("where no router answers it is said who was asked, and a new network is asked again") {
  Heard heard;
  router.answers = false;
  PortMapper mapper(heard.ear(), {find_nothing, find_test});
  mapper.want(4711);
  const auto state = heard.next();
  CHECK_FALSE(state.address);
  CHECK(state.sentence.find("nothing: no answer; test: no answer") != std::string::npos);
  {
    const std::lock_guard<std::mutex> lock(router_mutex);
    router.answers = true;
  }
  mapper.look_again();
  CHECK(heard.next().address == "45.83.1.1:4712");
}

TEST_CASE("what a router of another network says replaces what the last one said") {
  Heard heard;
  PortMapper mapper(heard.ear(), {find_test});
  mapper.want(4711);
  CHECK(heard.next().address == "45.83.1.1:4712");
  {
    const std::lock_guard<std::mutex> lock(router_mutex);
    router.host = "45.83.2.2";
  }
  mapper.look_again();
  CHECK(heard.next().address == "45.83.2.2:4712");
}

TEST_CASE("a mapper that nothing was asked of asks nobody") {
  Heard heard;
  { PortMapper mapper(heard.ear(), {find_test}); }
  CHECK(router.asked == 0);
}

}  // namespace
}  // namespace syncline::agent
