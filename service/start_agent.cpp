// SPDX-License-Identifier: Apache-2.0
#include "service/start_agent.h"

#include "agent/printable.h"
#include "storage/directory.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

constexpr auto start_patience = std::chrono::seconds(20);

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    if (write_end >= 0) ::close(write_end);
  }
  void close_write_end() {
    ::close(write_end);
    write_end = -1;
  }
};

std::string agent_program(const std::string& program) {
  const std::filesystem::path beside = std::filesystem::path(program).parent_path() / "synclined";
  return ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "synclined";
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return agent::printable(last);
}

// The first line the agent prints, or what there was until it ended.
std::string first_line(int descriptor) {
  std::string line;
  const auto end = std::chrono::steady_clock::now() + start_patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wait{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = left.count() > 0 ? ::poll(&wait, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    char c = 0;
    if (ready <= 0 || ::read(descriptor, &c, 1) != 1 || c == '\n') return line;
    line.push_back(c);
  }
}

// An agent that gives up closes its output a little before it is gone.
bool ends_soon(pid_t child) {
  constexpr auto end_patience = std::chrono::seconds(2);
  const auto end = std::chrono::steady_clock::now() + end_patience;
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(5'000);
  }
}

Got<pid_t> spawn(const Places& places, const std::string& program, const Pipe& pipe,
                 const std::filesystem::path& log) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, pipe.write_end, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::vector<std::string> words = {program, "--home", places.home.string(), "--runtime",
                                    places.runtime.string()};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, program.c_str(), &files, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return refuse({ExitCode::no_agent, "no_agent",
                   "cannot start synclined: " + std::string(std::strerror(error)),
                   "install it beside syncline, or start it yourself: `synclined &`"});
  return child;
}

}  // namespace

Got<int> start_agent(const Places& places, const std::string& program) {
  if (auto made = storage::make_private_directory(places.home); !made) return failed(made.error());
  Pipe pipe;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return failed({Errc::io, std::string("cannot make a pipe: ") + std::strerror(errno)});
  pipe.read_end = ends[0];
  pipe.write_end = ends[1];
  const std::filesystem::path log = places.home / "agent.log";
  const Got<pid_t> child = spawn(places, agent_program(program), pipe, log);
  if (!child) return pass_on(child);
  pipe.close_write_end();
  if (first_line(pipe.read_end).starts_with("ready")) return *child;
  const bool ended = ends_soon(*child);
  const std::string said = last_line(log);
  return refuse({ExitCode::no_agent, "no_agent",
                 said.empty() ? "synclined did not get ready" : said,
                 ended ? "synclined ended; what it said is in " + log.string()
                       : "it is still starting; see " + log.string() + " and try again"});
}

}  // namespace syncline::service
