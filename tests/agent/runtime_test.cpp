// SPDX-License-Identifier: Apache-2.0
#include "agent/runtime.h"

#include "storage/memory_store.h"
#include "tests/agent/scripted_core.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

constexpr std::uint64_t dialled_bit = std::uint64_t{1} << 63;

struct Bench {
  asio::io_context io{1};
  storage::MemoryStore store;
  StagedStore staged{store};
  ScriptedCore core;
  std::string logged;
  Log log{{}, [this](std::string_view line) { logged += line; }};
  std::vector<step::AnchorHead> anchored;
  std::optional<Runtime> runtime;

  Bench() {
    runtime.emplace(Runtime::Parts{
        .io = io,
        .core = core,
        .staged = staged,
        .store = store,
        .log = log,
        .clock =
            [] {
              const auto since = std::chrono::steady_clock::now().time_since_epoch();
              return Now{Instant{since}, WallTime{1}};
            },
        .save_identity = [](Bytes) { return Status(); },
        .write_anchor =
            [this](const std::vector<step::AnchorHead>& heads) {
              anchored = heads;
              return Status();
            },
        .reopen_store = [this] { return store.reopen(); },
    });
    Runtime::Network network;
    network.listen = {{"127.0.0.1", 0}};
    REQUIRE(runtime->start(network));
  }

  template <class Predicate>
  bool until(Predicate reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!reached() && std::chrono::steady_clock::now() < end) {
      if (io.stopped()) io.restart();
      io.run_one_for(std::chrono::milliseconds(50));
    }
    return reached();
  }

  tcp::endpoint door() { return {asio::ip::address_v4::loopback(), runtime->listening()[0].port}; }
  tcp::socket visit() {
    tcp::socket socket(io);
    socket.connect(door());
    return socket;
  }
};

// Whether the other end has closed; reads what there is.
bool is_closed(tcp::socket& socket) {
  ErrorCode error;
  std::array<char, 256> scratch;
  socket.non_blocking(true);
  socket.read_some(asio::buffer(scratch), error);
  return error && error != asio::error::would_block;
}

TEST_CASE("the core is told where this device can be reached and gets a first tick") {
  Bench bench;
  REQUIRE(bench.until([&] { return bench.core.kept.size() == 2; }));
  const auto told = bench.core.all<step::ListenAddresses>();
  REQUIRE(told.size() == 1);
  CHECK(told[0]->addresses ==
        std::vector<std::string>{address_text(bench.runtime->listening()[0])});
  CHECK(bench.core.all<step::Tick>().size() == 1);
}

TEST_CASE("what a device sends arrives, what the core sends leaves, and the end is told") {
  Bench bench;
  bench.core.on_input = [](const step::Input& input, step::Step& step) {
    if (const auto* const received = std::get_if<step::Received>(&input))
      step.effects.push_back(step::Send{received->link, to_buffer(as_bytes("pong"))});
  };
  tcp::socket socket = bench.visit();
  asio::write(socket, asio::buffer("ping", 4));
  REQUIRE(bench.until([&] { return bench.core.received == "ping"; }));
  std::array<char, 4> answer{};
  asio::read(socket, asio::buffer(answer));
  CHECK(std::string(answer.data(), 4) == "pong");
  REQUIRE(bench.until([&] { return bench.core.all<step::Drained>().size() == 1; }));
  CHECK(bench.core.all<step::Drained>()[0]->queued == 0);
  socket.close();
  REQUIRE(bench.until([&] { return bench.core.all<step::LinkDown>().size() == 1; }));
  const auto up = bench.core.all<step::LinkUp>();
  REQUIRE(up.size() == 1);
  CHECK(!up[0]->dialled);
  CHECK(up[0]->link == bench.core.all<step::LinkDown>()[0]->link);
}

TEST_CASE("the core dials, and hears when nobody answers") {
  Bench one;
  Bench other;
  const Link good{dialled_bit | 1};
  const Link bad{dialled_bit | 2};
  const Link nonsense{dialled_bit | 3};
  const std::string address = address_text(other.runtime->listening()[0]);
  one.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (!std::holds_alternative<step::Request>(input)) return;
    step.effects.push_back(step::Dial{good, address});
    step.effects.push_back(step::Dial{bad, "127.0.0.1:1"});
    step.effects.push_back(step::Dial{nonsense, "no port"});
  };
  one.runtime->submit(step::SystemStatus{}, [](Result<step::Answer>) {});
  REQUIRE(one.until([&] {
    other.io.poll();
    return one.core.all<step::DialFailed>().size() == 2 &&
           one.core.all<step::LinkUp>().size() == 1 && other.core.all<step::LinkUp>().size() == 1;
  }));
  CHECK(one.core.all<step::LinkUp>()[0]->link == good);
  CHECK(one.core.all<step::LinkUp>()[0]->dialled);
  CHECK(one.core.all<step::LinkUp>()[0]->address == address);
}

TEST_CASE("a queue that a slow device does not read is reported as it empties") {
  Bench bench;
  constexpr std::size_t size = std::size_t{8} << 20;
  bench.core.on_input = [](const step::Input& input, step::Step& step) {
    if (const auto* const up = std::get_if<step::LinkUp>(&input))
      step.effects.push_back(step::Send{up->link, Buffer(size, 7)});
  };
  tcp::socket socket = bench.visit();
  REQUIRE(bench.until([&] { return bench.core.all<step::LinkUp>().size() == 1; }));
  CHECK(bench.core.all<step::Drained>().empty());
  std::size_t got = 0;
  std::vector<char> scratch(1 << 20);
  socket.non_blocking(true);
  REQUIRE(bench.until([&] {
    ErrorCode error;
    got += socket.read_some(asio::buffer(scratch), error);
    return got == size && !bench.core.all<step::Drained>().empty() &&
           bench.core.all<step::Drained>().back()->queued == 0;
  }));
  for (const step::Drained* drained : bench.core.all<step::Drained>())
    CHECK(drained->queued < Links::low_water);
}

TEST_CASE("bytes sent before a hang-up still arrive") {
  Bench bench;
  constexpr std::size_t size = std::size_t{4} << 20;
  bench.core.on_input = [](const step::Input& input, step::Step& step) {
    const auto* const received = std::get_if<step::Received>(&input);
    if (received == nullptr) return;
    step.effects.push_back(step::Authenticated{received->link});
    step.effects.push_back(step::Send{received->link, Buffer(size, 7)});
    step.effects.push_back(step::Hangup{received->link, "done"});
  };
  tcp::socket socket = bench.visit();
  asio::write(socket, asio::buffer("hi", 2));
  std::size_t got = 0;
  bool ended = false;
  std::vector<char> scratch(1 << 20);
  socket.non_blocking(true);
  REQUIRE(bench.until([&] {
    ErrorCode error;
    got += socket.read_some(asio::buffer(scratch), error);
    ended = error == asio::error::eof;
    return ended;
  }));
  CHECK(got == size);
  CHECK(bench.core.all<step::LinkDown>().empty());
}

TEST_CASE("a thousand strangers hold a handful of places and a device still gets in") {
  Bench bench;
  bench.core.on_input = [](const step::Input& input, step::Step& step) {
    if (const auto* const received = std::get_if<step::Received>(&input))
      step.effects.push_back(step::Authenticated{received->link});
  };
  tcp::socket device = bench.visit();
  asio::write(device, asio::buffer("a", 1));
  REQUIRE(bench.until([&] { return bench.core.received == "a"; }));
  std::vector<tcp::socket> strangers;
  for (int i = 0; i < 1000; ++i) {
    strangers.push_back(bench.visit());
    bench.io.poll();
  }
  REQUIRE(bench.until([&] {
    std::size_t open = 0;
    for (tcp::socket& socket : strangers) open += is_closed(socket) ? 0 : 1;
    return open == limits::pre_auth_links_per_address_max;
  }));
  CHECK(!is_closed(device));
  asio::write(device, asio::buffer("b", 1));
  REQUIRE(bench.until([&] { return bench.core.received == "ab"; }));
  // A device dials again when the strangers from its address have used up what is granted to it.
  const auto visit_and_speak = [&] {
    tcp::socket socket = bench.visit();
    ErrorCode refused;
    asio::write(socket, asio::buffer("c", 1), refused);
    return socket;
  };
  tcp::socket second = visit_and_speak();
  REQUIRE(bench.until([&] {
    if (is_closed(second)) second = visit_and_speak();
    return bench.core.received == "abc";
  }));
}

TEST_CASE("a caller gets its answer once, and a caller that hung up gets none") {
  Bench bench;
  std::vector<RequestId> asked;
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (const auto* const request = std::get_if<step::Request>(&input))
      asked.push_back(request->id);
    if (std::holds_alternative<step::RequestGone>(input))
      for (const RequestId id : asked)
        step.effects.push_back(step::Reply{id, step::Answer(step::Done{})});
  };
  int first = 0;
  int second = 0;
  bench.runtime->submit(step::SystemStatus{}, [&](Result<step::Answer>) { ++first; });
  const RequestId gone =
      bench.runtime->submit(step::SystemStatus{}, [&](Result<step::Answer>) { ++second; });
  bench.runtime->withdraw(gone);
  bench.runtime->withdraw(gone);
  REQUIRE(bench.until([&] { return first == 1; }));
  CHECK(second == 0);
  CHECK(bench.core.all<step::RequestGone>().size() == 1);
}

TEST_CASE("the deadline of the core comes back as a tick, and only the latest one") {
  Bench bench;
  REQUIRE(bench.until([&] { return bench.core.all<step::Tick>().size() == 1; }));
  const auto start = std::chrono::steady_clock::now();
  bench.core.wake_at = Instant{start.time_since_epoch() + std::chrono::hours(1)};
  bench.runtime->submit(step::SystemStatus{}, [](Result<step::Answer>) {});
  REQUIRE(bench.until([&] { return bench.core.all<step::Request>().size() == 1; }));
  bench.core.wake_at = Instant{start.time_since_epoch() + std::chrono::milliseconds(30)};
  bench.core.on_settle = [&](step::Step&) { bench.core.wake_at.reset(); };
  bench.runtime->submit(step::SystemStatus{}, [](Result<step::Answer>) {});
  REQUIRE(bench.until([&] { return bench.core.all<step::Request>().size() == 2; }));
  REQUIRE(bench.until([&] { return bench.core.all<step::Tick>().size() == 2; }));
}

TEST_CASE("a disk that fails degrades the agent and it recovers by itself") {
  Bench bench;
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (const auto* const request = std::get_if<step::Request>(&input)) {
      step.writes.push_back(write_of("k", "v"));
      step.effects.push_back(step::Reply{request->id, step::Answer(step::Done{})});
    }
  };
  bench.store.fail_after(0, Errc::disk_full);
  std::optional<Errc> told;
  bench.runtime->submit(step::SystemStatus{}, [&](Result<step::Answer> answer) {
    told = answer ? std::nullopt : std::optional<Errc>(answer.error().code);
  });
  REQUIRE(bench.until([&] { return told.has_value(); }));
  CHECK(*told == Errc::disk_full);
  CHECK(bench.runtime->is_degraded());
  CHECK(bench.core.all<step::StoreFailed>().size() == 1);
  bench.store.fix_disk();
  REQUIRE(bench.until([&] { return bench.core.all<step::StoreReopened>().size() == 1; }));
  CHECK(!bench.runtime->is_degraded());
  bool saved = false;
  bench.runtime->submit(step::SystemStatus{},
                        [&](Result<step::Answer> answer) { saved = answer.has_value(); });
  REQUIRE(bench.until([&] { return saved; }));
}

TEST_CASE("stopping deals with what has arrived and writes the anchor") {
  Bench bench;
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (!std::holds_alternative<step::Request>(input)) return;
    step.writes.push_back(write_of("k", "v"));
    step::AnchorHead head;
    head.seq = 3;
    step.effects.push_back(step::WriteAnchor{{head}});
  };
  bench.runtime->submit(step::SystemStatus{}, [](Result<step::Answer>) {});
  const auto door = bench.door();
  bench.runtime->stop();
  REQUIRE(bench.anchored.size() == 1);
  CHECK(bench.anchored[0].seq == 3);
  CHECK(bench.store.commits() >= 1);
  tcp::socket late(bench.io);
  ErrorCode error;
  late.connect(door, error);
  CHECK(error);
}

TEST_CASE("a password is stretched elsewhere and comes back with its ticket") {
  Bench bench;
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (!std::holds_alternative<step::Request>(input)) return;
    for (std::uint64_t ticket = 1; ticket <= 5; ++ticket)
      step.effects.push_back(step::StretchPassword{
          ticket, step::SecretText("correct horse"), crypto::Salt{},
          crypto::ArgonParams{limits::argon_memory_kib_min, limits::argon_passes_min}});
  };
  bench.runtime->submit(step::SystemStatus{}, [](Result<step::Answer>) {});
  REQUIRE(bench.until([&] { return bench.core.all<step::Stretched>().size() == 5; }));
  int good = 0;
  int busy = 0;
  for (const step::Stretched* result : bench.core.all<step::Stretched>()) {
    good += result->key.has_value();
    busy += !result->key && result->key.error().code == Errc::busy;
  }
  CHECK(good + busy == 5);
  CHECK(good >= 2);
  CHECK(busy >= 2);
}

}  // namespace
}  // namespace syncline::agent
