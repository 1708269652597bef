// SPDX-License-Identifier: Apache-2.0
//
// What a relay costs: bytes a second and delay through the real one, beside the same two sockets
// with a bare splice between them, and with nothing between; memory and processor time of many
// pairs. One JSON line a figure.
//
// The bare splice is a process that reads and writes, 64 KiB at a time, with a thread a direction.
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/service/relay/running_relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::bench {
namespace {

using service::Callee;
using service::RunningRelay;
using Clock = std::chrono::steady_clock;

constexpr std::size_t pass_bytes = std::size_t{1} << 30;
constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr int rounds = 5;
constexpr int echoes = 4000;
constexpr int pair_count = 1000;
constexpr double memory_limit_kib = 64;

const std::vector<std::string> unlimited = {
    "--prefix-connections", "100000", "--pending-calls", "100000", "--call-rate", "100000",
    "--call-burst",         "100000", "--byte-rate",     "0",      "--call-wait", "60"};

struct Figure {
  std::string name, metric, unit;
  double value = 0;
  std::optional<double> limit = {};
};

void print(const Figure& figure) {
  std::printf(
      "{\"bench\":\"relay\",\"case\":\"%s\",\"metric\":\"%s\",\"unit\":\"%s\",\"value\":%.3f,",
      figure.name.c_str(), figure.metric.c_str(), figure.unit.c_str(), figure.value);
  if (figure.limit)
    std::printf("\"limit\":%.3f,\"ratio\":%.3f}\n", *figure.limit, figure.value / *figure.limit);
  else
    std::printf("\"limit\":null,\"ratio\":null}\n");
  std::fflush(stdout);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void write_all(int to, const std::uint8_t* from, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(to, from, size, MSG_NOSIGNAL);
    REQUIRE(sent > 0);
    from += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void read_all(int from, std::uint8_t* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(from, to, size, 0);
    REQUIRE(got > 0);
    to += got;
    size -= static_cast<std::size_t>(got);
  }
}

// MB a second of `pass_bytes` from one end to the other.
double throughput(int from, int to) {
  const auto start = Clock::now();
  std::thread sender([from] {
    const Buffer piece(piece_bytes, 0x5a);
    for (std::size_t sent = 0; sent < pass_bytes; sent += piece_bytes)
      write_all(from, piece.data(), piece.size());
  });
  Buffer piece(piece_bytes);
  for (std::size_t got = 0; got < pass_bytes; got += piece_bytes)
    read_all(to, piece.data(), piece.size());
  sender.join();
  return static_cast<double>(pass_bytes) / 1e6 / seconds_since(start);
}

// Microseconds for a byte there and back: the median.
double delay(int one, int other) {
  std::thread echo([other] {
    std::uint8_t byte = 0;
    for (int i = 0; i < echoes; ++i) {
      read_all(other, &byte, 1);
      write_all(other, &byte, 1);
    }
  });
  std::vector<double> times;
  std::uint8_t byte = 0;
  for (int i = 0; i < echoes; ++i) {
    const auto start = Clock::now();
    write_all(one, &byte, 1);
    read_all(one, &byte, 1);
    times.push_back(seconds_since(start) * 1e6);
  }
  echo.join();
  std::nth_element(times.begin(), times.begin() + echoes / 2, times.end());
  return times[echoes / 2];
}

// ---- The other two ways -------------------------------------------------------------------------

void without_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct Listener {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};

  Listener() {
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(socket, 4) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  }
  ~Listener() { ::close(socket); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int connect() const {
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(::connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    without_delay(made);
    return made;
  }
  int accept() const {
    const int made = ::accept(socket, nullptr, nullptr);
    REQUIRE(made >= 0);
    without_delay(made);
    return made;
  }
};

struct Ends {
  int one = -1, other = -1;
  ~Ends() {
    ::close(one);
    ::close(other);
  }
};

void carry(int from, int to) {
  std::array<std::uint8_t, 65536> piece{};
  for (ssize_t got = 0; (got = ::recv(from, piece.data(), piece.size(), 0)) > 0;)
    write_all(to, piece.data(), static_cast<std::size_t>(got));
  ::shutdown(to, SHUT_WR);
}

// A process of its own, as the relay is one.
class BareSplice {
 public:
  BareSplice() {
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const int one = listener_.accept();
      const int other = listener_.accept();
      std::thread back([&] { carry(other, one); });
      carry(one, other);
      back.join();
      ::_exit(0);
    }
    ends_.one = listener_.connect();
    ends_.other = listener_.connect();
  }
  ~BareSplice() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  BareSplice(const BareSplice&) = delete;
  BareSplice& operator=(const BareSplice&) = delete;
  const Ends& ends() const { return ends_; }

 private:
  Listener listener_;
  pid_t pid_ = -1;
  Ends ends_;
};

// ---- The figures --------------------------------------------------------------------------------

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The three ways take turns, so that what else runs on the machine is no difference.
void one_pair() {
  const RunningRelay relay(unlimited);
  Callee callee(relay, 1);
  const service::Pair pair = service::make_pair(relay, callee);
  const BareSplice bare;
  const Listener listener;
  Ends direct;
  direct.one = listener.connect();
  direct.other = listener.accept();
  struct Way {
    const char* name;
    int one, other;
    std::vector<double> rates, delays;
  };
  std::array<Way, 3> ways{Way{"relay", pair.caller.descriptor(), pair.taker.descriptor(), {}, {}},
                          Way{"splice", bare.ends().one, bare.ends().other, {}, {}},
                          Way{"direct", direct.one, direct.other, {}, {}}};
  for (int round = 0; round < rounds; ++round)
    for (Way& way : ways) {
      way.rates.push_back(throughput(way.one, way.other));
      way.delays.push_back(delay(way.one, way.other));
    }
  const double limit_rate = median(ways[1].rates), limit_delay = median(ways[1].delays);
  for (const Way& way : ways) {
    print({way.name, "throughput", "MB/s", median(way.rates), limit_rate});
    print({way.name, "round_trip", "us", median(way.delays), limit_delay});
  }
}

double processor_seconds(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string word;
  for (int i = 0; i < 11; ++i) fields >> word;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void many_pairs() {
  RunningRelay relay(unlimited);
  Callee callee(relay, 1);
  const std::size_t before = relay.resident_bytes();
  std::vector<service::Pair> pairs;
  for (int i = 0; i < pair_count; ++i) pairs.push_back(service::make_pair(relay, callee));
  const auto kib_a_pair = [&] {
    return static_cast<double>(relay.resident_bytes() - before) / 1024 / pair_count;
  };
  print({"1000_pairs_idle", "memory_per_pair", "KiB", kib_a_pair(), memory_limit_kib});
  // Every pair says something small, then much, in turns.
  constexpr std::size_t small = 512, large = std::size_t{256} << 10;
  for (const std::size_t size : {small, large}) {
    const Buffer out(size, 0x5a);
    Buffer in(size);
    const int turns = size == small ? 20 : 4;
    const double start = processor_seconds(relay.pid());
    for (int turn = 0; turn < turns; ++turn)
      for (const service::Pair& pair : pairs) {
        std::thread sender([&] { write_all(pair.caller.descriptor(), out.data(), out.size()); });
        read_all(pair.taker.descriptor(), in.data(), in.size());
        sender.join();
      }
    const double spent = processor_seconds(relay.pid()) - start;
    const std::string name = size == small ? "1000_pairs_512_bytes" : "1000_pairs_256_kib";
    print({name, "cpu_per_message", "us", spent * 1e6 / (turns * pair_count)});
    print({name, "memory_per_pair", "KiB", kib_a_pair(), memory_limit_kib});
  }
}

}  // namespace
}  // namespace syncline::bench

int main() {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& failed) {
    std::fprintf(stderr, "bench_relay: failed: %s (%s:%d)\n", failed.m_expr, failed.m_file,
                 failed.m_line);
    std::exit(1);
  });
  syncline::bench::one_pair();
  syncline::bench::many_pairs();
}
