// SPDX-License-Identifier: Apache-2.0
#include "ipc/client.h"
#include "tests/service/program.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

namespace fs = std::filesystem;

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

long memory_kb(const RunningAgent& agent) {
  std::ifstream status("/proc/" + std::to_string(agent.pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  return 0;
}

Ran serve(const std::vector<std::string>& flags, const RunOptions& options = {}) {
  std::vector<std::string> words = {built("synclined")};
  words.insert(words.end(), flags.begin(), flags.end());
  return run_program(words, options);
}

TEST_CASE("the agent says its version and its help and does nothing else") {
  const Ran version = serve({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.out.starts_with("synclined "));
  const Ran help = serve({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("--home DIR") != std::string::npos);
}

TEST_CASE("a wrong flag is one line and exit code 2") {
  const Ran ran = serve({"--nonsense"});
  CHECK(ran.exit_code == 2);
  CHECK(lines_of(ran.err) == 1);
  CHECK(ran.err.find("--nonsense") != std::string::npos);
}

TEST_CASE("a socket path that is too long is one line and exit code 2") {
  const TemporaryHome place;
  const Ran ran =
      serve({"--home", place.path() / "home", "--runtime", place.path() / std::string(120, 'x')});
  CHECK(ran.exit_code == 2);
  CHECK(lines_of(ran.err) == 1);
  CHECK(ran.err.find("--runtime") != std::string::npos);
  CHECK(!fs::exists(place.path() / "home"));
}

TEST_CASE("the agent says where it serves and ends in order on SIGTERM and SIGINT") {
  for (const int signal : {SIGTERM, SIGINT}) {
    RunningAgent agent;
    CHECK(agent.ready_line() == "ready " + (agent.runtime() / "rpc.sock").string() +
                                    " 127.0.0.1:" + std::to_string(agent.port()) + "\n");
    CHECK(agent.stop(signal) == 0);
    CHECK(!fs::exists(agent.runtime() / "rpc.sock"));
  }
}

TEST_CASE("the agent goes on when its terminal hangs up") {
  RunningAgent agent;
  ::kill(agent.pid(), SIGHUP);
  CHECK(agent.cli({"rpc", "system.ping"}).out == "{\"pong\":true}\n");
}

TEST_CASE("the port stays the same from one start to the next") {
  RunningAgent agent;
  const std::uint16_t before = agent.port();
  CHECK(agent.stop(SIGTERM) == 0);
  agent.start();
  CHECK(agent.port() == before);
}

TEST_CASE("a second agent on the same home is refused and the first does not notice") {
  RunningAgent agent;
  const TemporaryHome other;
  const Ran ran = serve({"--home", agent.home(), "--runtime", other.path() / "run"});
  CHECK(ran.exit_code == 9);
  CHECK(lines_of(ran.err) == 1);
  CHECK(ran.err.find(std::to_string(agent.pid())) != std::string::npos);
  CHECK(agent.cli({"rpc", "system.ping"}).exit_code == 0);
}

TEST_CASE("a second agent at the same socket is refused and the first does not notice") {
  RunningAgent agent;
  const TemporaryHome other;
  const Ran ran = serve({"--home", other.path() / "home", "--runtime", agent.runtime()});
  CHECK(ran.exit_code == 9);
  CHECK(lines_of(ran.err) == 1);
  CHECK(agent.cli({"rpc", "system.ping"}).exit_code == 0);
}

TEST_CASE("an address that is in use is one line and exit code 9") {
  RunningAgent agent;
  const TemporaryHome other;
  const Ran ran = serve({"--home", other.path() / "home", "--runtime", other.path() / "run",
                         "--listen", "127.0.0.1:" + std::to_string(agent.port())});
  CHECK(ran.exit_code == 9);
  CHECK(lines_of(ran.err) == 1);
}

TEST_CASE("a home that others can read is refused with the command that mends it") {
  const TemporaryHome place;
  fs::create_directory(place.path() / "home");
  ::chmod((place.path() / "home").c_str(), 0755);
  const Ran ran = serve({"--home", place.path() / "home"});
  CHECK(ran.exit_code == 1);
  CHECK(lines_of(ran.err) == 1);
  CHECK(ran.err.find("chmod go=") != std::string::npos);
}

TEST_CASE("a home that is a file is refused") {
  const TemporaryHome place;
  std::ofstream(place.path() / "home") << "not a directory";
  const Ran ran = serve({"--home", place.path() / "home"});
  CHECK(ran.exit_code == 1);
  CHECK(lines_of(ran.err) == 1);
}

TEST_CASE("a store that is damaged is refused, and salvaged only when asked") {
  RunningAgent agent;
  agent.make_vault();
  CHECK(agent.cli({"put", "--new", "title=kept"}).exit_code == 0);
  CHECK(agent.stop(SIGTERM) == 0);
  for (const auto& entry : fs::directory_iterator(agent.home() / "store"))
    if (entry.path().filename().string().starts_with("MANIFEST")) fs::resize_file(entry.path(), 10);
  const Ran refused = serve({"--home", agent.home(), "--runtime", agent.runtime()});
  CHECK(refused.exit_code == 8);
  CHECK(refused.err.find("--salvage") != std::string::npos);
  RunningAgent salvaged(agent, {"--salvage"});
  CHECK(salvaged.cli({"unlock", "--password-stdin"}, {.input = "one two three\n"}).exit_code == 0);
  CHECK(salvaged.cli({"ls"}).out.find("kept") != std::string::npos);
  CHECK(fs::exists(agent.home() / "store.damaged-1"));
  const Ran status = salvaged.cli({"status", "--json"});
  CHECK(status.out.find("\"rolled_back\":true") != std::string::npos);
}

TEST_CASE("readiness is told to the service manager") {
  const TemporaryHome place;
  const std::string path = place.path() / "notify";
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const Ran ran =
      run_program({"/bin/sh", "-c",
                   "\"$0\" \"$@\" & child=$!; while [ ! -S \"$4/rpc.sock\" ]; do kill -0 $child || "
                   "exit 99; sleep 0.02; done; kill -TERM $child; wait $child",
                   built("synclined"), "--home", place.path() / "home", "--runtime",
                   place.path() / "run", "--listen", "127.0.0.1:0"},
                  {.environment = {"NOTIFY_SOCKET=" + path}});
  CHECK(ran.exit_code == 0);
  char text[64] = {};
  CHECK(::recv(socket, text, sizeof text - 1, 0) > 0);
  CHECK(std::string(text) == "READY=1\n");
  std::fill(std::begin(text), std::end(text), '\0');
  CHECK(::recv(socket, text, sizeof text - 1, 0) > 0);
  CHECK(std::string(text) == "STOPPING=1\n");
  ::close(socket);
}

TEST_CASE("a socket that listens already is taken over from the service manager") {
  const TemporaryHome place;
  const std::string path = place.path() / "handed.sock";
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE(::listen(socket, 8) == 0);
  const std::string program = built("synclined");
  const std::string home = place.path() / "home";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(socket, 3);
    ::fcntl(3, F_SETFD, 0);  // where it was 3 already, copying left it to be closed
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::execl(program.c_str(), "synclined", "--home", home.c_str(), "--listen", "127.0.0.1:0",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(socket);
  auto client = ipc::Client::connect(path);
  REQUIRE(client);
  CHECK(client->call("system.ping").has_value());
  ::kill(child, SIGTERM);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  // It belongs to whoever made it.
  CHECK(fs::exists(path));
}

TEST_CASE("the process is not dumpable and its keys are locked in memory") {
  RunningAgent agent;
  std::ifstream limits("/proc/" + std::to_string(agent.pid()) + "/limits");
  std::string all((std::istreambuf_iterator<char>(limits)), std::istreambuf_iterator<char>());
  const std::size_t core = all.find("Max core file size");
  REQUIRE(core != std::string::npos);
  CHECK(all.substr(core, all.find('\n', core) - core).find(" 0  ") != std::string::npos);
  std::ifstream status("/proc/" + std::to_string(agent.pid()) + "/status");
  long locked_kb = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmLck:")) locked_kb = std::stol(line.substr(6));
  CHECK(locked_kb >= 512);
}

TEST_CASE("strangers get no byte and do not stop the agent") {
  RunningAgent agent;
  agent.make_vault();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(agent.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const long before_kb = memory_kb(agent);
  std::vector<int> sockets;
  for (int i = 0; i < 1000; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    REQUIRE(socket >= 0);
    (void)::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    sockets.push_back(socket);
  }
  for (const int socket : sockets) (void)::send(socket, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
  CHECK(agent.cli({"rpc", "system.ping"}).exit_code == 0);
  CHECK(memory_kb(agent) < before_kb + 64 * 1024);
  std::size_t bytes = 0;
  for (const int socket : sockets) {
    char text[16];
    const ssize_t got = ::recv(socket, text, sizeof text, 0);
    if (got > 0) bytes += static_cast<std::size_t>(got);
    ::close(socket);
  }
  CHECK(bytes == 0);
  CHECK(agent.stop(SIGTERM) == 0);
}

}  // namespace
}  // namespace syncline::service
