// SPDX-License-Identifier: Apache-2.0
#include "tests/service/relay/running_relay.h"

#include "tests/protocol/discovery/finding.h"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

using namespace discovery;
constexpr int patience_ms = 30'000;

std::string program() {
  const char* const place = std::getenv("SYNCLINE_BIN");
  const std::filesystem::path bin = place != nullptr
                                        ? std::filesystem::path(place)
                                        : std::filesystem::path(SYNCLINE_BINARY_DIR) / "bin";
  return (bin / "syncline-relay").string();
}

struct Started {
  pid_t pid = -1;
  int read_end = -1;
};

Started start(std::vector<std::string> words, int captured) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  words.insert(words.begin(), program());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* envp[] = {nullptr};
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, ends[1], captured);
  Started made;
  made.read_end = ends[0];
  const int error = ::posix_spawn(&made.pid, argv[0], &files, nullptr, argv.data(), envp);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  REQUIRE_MESSAGE(error == 0, words.front());
  return made;
}

int exit_code(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_ready(int descriptor, short what) {
  pollfd wait{descriptor, what, 0};
  return ::poll(&wait, 1, patience_ms) > 0;
}

sockaddr_in loopback(const std::string& host, std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, host.c_str(), &at.sin_addr) == 1);
  return at;
}

std::uint16_t port_of(const std::string& line) {
  std::uint16_t port = 0;
  const char* const digits = line.data() + line.rfind(':') + 1;
  std::from_chars(digits, line.data() + line.size(), port);
  REQUIRE_MESSAGE(port != 0, line);
  return port;
}

RelayControl::Setup setup(const RunningRelay& relay, std::uint8_t seed) {
  RelayControl::Setup made{relay.name(), discovery::testing::device(seed), {}};
  made.audiences.push_back(discovery::testing::discovery_key(seed));
  return made;
}

constexpr Now start_of_run{Instant{}, discovery::testing::noon};

}  // namespace

RunningRelay::RunningRelay(const std::vector<std::string>& more_options) {
  std::vector<std::string> words = {"--listen", "127.0.0.1:0", "--listen-ws", "127.0.0.1:0"};
  words.insert(words.end(), more_options.begin(), more_options.end());
  const Started made = start(std::move(words), STDOUT_FILENO);
  pid_ = made.pid;
  out_ = made.read_end;
  port_ = port_of(line());
  web_port_ = port_of(line());
}

RunningRelay::~RunningRelay() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    exit_code(pid_);
  }
  ::close(out_);
}

void RunningRelay::signal(int number) const { ::kill(pid_, number); }

int RunningRelay::wait() { return exit_code(std::exchange(pid_, -1)); }

std::string RunningRelay::line() {
  while (said_.find('\n') == std::string::npos) {
    REQUIRE(is_ready(out_, POLLIN));
    char piece[4096];
    const ssize_t got = ::read(out_, piece, sizeof piece);
    REQUIRE_MESSAGE(got > 0, said_);
    said_.append(piece, static_cast<std::size_t>(got));
  }
  const std::size_t end = said_.find('\n');
  std::string first = said_.substr(0, end);
  said_.erase(0, end + 1);
  return first;
}

std::uint64_t RunningRelay::counter(const std::string& name) {
  signal(SIGUSR1);
  const std::string counters = line();
  const std::size_t at = counters.find(" " + name + "=");
  REQUIRE_MESSAGE(at != std::string::npos, counters);
  std::uint64_t value = 0;
  std::from_chars(counters.data() + at + name.size() + 2, counters.data() + counters.size(), value);
  return value;
}

std::size_t RunningRelay::resident_bytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  REQUIRE(resident > 0);
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

Ended run_relay(const std::vector<std::string>& options) {
  const Started made = start(options, STDERR_FILENO);
  Ended ended;
  char piece[4096];
  while (is_ready(made.read_end, POLLIN)) {
    const ssize_t got = ::read(made.read_end, piece, sizeof piece);
    if (got <= 0) break;
    ended.err.append(piece, static_cast<std::size_t>(got));
  }
  ::close(made.read_end);
  ended.exit_code = exit_code(made.pid);
  return ended;
}

RelaySocket::RelaySocket(std::uint16_t port, const std::string& from) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(socket_ >= 0);
  const sockaddr_in here = loopback(from, 0);
  const sockaddr_in there = loopback("127.0.0.1", port);
  REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0);
}

RelaySocket::~RelaySocket() {
  if (socket_ >= 0) ::close(socket_);
}

std::size_t RelaySocket::send_some(Bytes bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

void RelaySocket::send(Bytes bytes) {
  while (!bytes.empty()) {
    REQUIRE(is_ready(socket_, POLLOUT));
    const std::size_t sent = send_some(bytes);
    REQUIRE(sent > 0);
    bytes = bytes.subspan(sent);
  }
}

Buffer RelaySocket::receive() {
  if (!unread_.empty()) return std::exchange(unread_, {});
  REQUIRE(is_ready(socket_, POLLIN));
  Buffer piece(64 * 1024);
  const ssize_t got = ::recv(socket_, piece.data(), piece.size(), 0);
  piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return piece;
}

Buffer RelaySocket::receive_exactly(std::size_t size) {
  Buffer all;
  while (all.size() < size) {
    const Buffer piece = receive();
    if (piece.empty()) break;
    append(all, piece);
  }
  if (all.size() > size) unread_.assign(all.begin() + static_cast<std::ptrdiff_t>(size), all.end());
  all.resize(std::min(all.size(), size));
  return all;
}

std::optional<RelayMessage> RelaySocket::message() {
  while (true) {
    const Buffer piece = receive();
    if (piece.empty()) return std::nullopt;
    Bytes rest = piece;
    auto found = frames_.take(rest);
    REQUIRE(found);
    unread_ = to_buffer(rest);
    if (*found) return std::move(**found);
  }
}

void RelaySocket::end() { ::shutdown(socket_, SHUT_WR); }

Buffer RelaySocket::pass(Bytes out, RelaySocket& other) {
  const std::size_t size = out.size();
  Buffer in;
  while (in.size() < size) {
    pollfd wait[2] = {{out.empty() ? -1 : socket_, POLLOUT, 0}, {other.socket_, POLLIN, 0}};
    REQUIRE(::poll(wait, 2, patience_ms) > 0);
    if (wait[0].revents != 0) out = out.subspan(send_some(out));
    if (wait[1].revents == 0) continue;
    const Buffer piece = other.receive();
    REQUIRE_FALSE(piece.empty());
    append(in, piece);
  }
  return in;
}

Callee::Callee(const RunningRelay& relay, std::uint8_t seed, const std::string& from)
    : socket_(relay.port(), from), control_(setup(relay, seed), start_of_run) {
  const auto key = discovery::testing::discovery_key(seed);
  const Day today = DayClock::of(key.expose()).to_publish(start_of_run.wall).front();
  id_ =
      rendezvous_id(relay_key(key.expose(), {discovery::testing::device(seed), today}, relay.name())
                        .verify_key());
  while (!control_.is_ready()) {
    const Buffer piece = socket_.receive();
    REQUIRE_FALSE(piece.empty());
    const auto events = control_.receive(piece, start_of_run);
    REQUIRE(events);
    for (const auto& event : *events)
      REQUIRE_FALSE(std::holds_alternative<RelayControl::Failed>(event));
    socket_.send(control_.take_output());
  }
}

SpliceToken Callee::next_ring() {
  const auto said = socket_.message();
  REQUIRE(said);
  REQUIRE(std::holds_alternative<RelayRing>(*said));
  return std::get<RelayRing>(*said).token;
}

Result<RelaySocket> spliced(RelaySocket socket, RelaySplice splice) {
  socket.send(splice.take_output());
  while (true) {
    const Buffer piece = socket.receive();
    if (piece.empty()) return fail(Errc::io, "closed");
    const auto first = splice.receive(piece);
    if (!first) return pass(first);
    if (!*first) continue;
    REQUIRE((*first)->empty());
    return Result<RelaySocket>(std::move(socket));
  }
}

Pair make_pair(const RunningRelay& relay, Callee& callee, const std::string& from) {
  RelaySocket calling(relay.port(), from);
  auto call = RelaySplice::call(callee.id(), {});
  calling.send(call.take_output());
  const SpliceToken token = callee.next_ring();
  auto taker = spliced(RelaySocket(relay.port(), from), RelaySplice::take(token, {}));
  REQUIRE(taker);
  auto caller = spliced(std::move(calling), std::move(call));
  REQUIRE(caller);
  return Pair{std::move(*caller), std::move(*taker)};
}

Buffer pattern(std::size_t size, std::uint8_t seed) {
  Buffer made(size);
  std::uint32_t state = 2654435761U + seed;
  for (std::uint8_t& byte : made) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24U);
  }
  return made;
}

}  // namespace syncline::service
