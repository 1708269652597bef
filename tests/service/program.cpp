// SPDX-License-Identifier: Apache-2.0
#include "tests/service/program.h"

#include <csignal>
#include <cstdlib>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

struct Child {
  pid_t pid = -1;
  int input = -1;
  int out = -1;
  int err = -1;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> made;
  for (std::string& word : words) made.push_back(word.data());
  made.push_back(nullptr);
  return made;
}

Child spawn(std::vector<std::string> words, const RunOptions& options) {
  int input[2] = {-1, -1};
  int out[2] = {-1, -1};
  int err[2] = {-1, -1};
  for (int* ends : {input, out, err}) REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);  // no terminal to ask on
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent",
                                          "SYNCLINE_TEST_ARGON=min"};
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  const auto argv = pointers(words);
  const auto envp = pointers(environment);
  Child child;
  const int error =
      ::posix_spawn(&child.pid, argv[0], &files, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  for (const int end : {input[0], out[1], err[1]}) ::close(end);
  REQUIRE_MESSAGE(error == 0, words.front());
  child.input = input[1];
  child.out = out[0];
  child.err = err[0];
  return child;
}

void read_available(int& descriptor, std::string& into) {
  char piece[8192];
  const ssize_t got = ::read(descriptor, piece, sizeof piece);
  if (got > 0) return void(into.append(piece, static_cast<std::size_t>(got)));
  ::close(descriptor);
  descriptor = -1;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

}  // namespace

std::filesystem::path built(const std::string& program) {
  return std::filesystem::path(SYNCLINE_BINARY_DIR) / "bin" / program;
}

Ran run_program(const std::vector<std::string>& words, const RunOptions& options) {
  Child child = spawn(words, options);
  // Shorter than a pipe holds, so one write takes it all.
  REQUIRE(options.input.size() < 60'000);
  const ssize_t written = ::write(child.input, options.input.data(), options.input.size());
  REQUIRE(written == static_cast<ssize_t>(options.input.size()));
  ::close(child.input);
  Ran ran;
  while (child.out >= 0 || child.err >= 0) {
    pollfd wait[2] = {{child.out, POLLIN, 0}, {child.err, POLLIN, 0}};
    if (::poll(wait, 2, 60'000) <= 0) {
      ::kill(child.pid, SIGKILL);
      break;
    }
    if (child.out >= 0 && wait[0].revents != 0) read_available(child.out, ran.out);
    if (child.err >= 0 && wait[1].revents != 0) read_available(child.err, ran.err);
  }
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  ran.exit_code = exit_code_of(status);
  return ran;
}

RunningAgent::RunningAgent(const std::vector<std::string>& more_flags) : more_flags_(more_flags) {
  start();
}

RunningAgent::RunningAgent(const RunningAgent& stopped, const std::vector<std::string>& more_flags)
    : root_(stopped.root_), more_flags_(more_flags) {
  start();
}

RunningAgent::~RunningAgent() {
  if (pid_ > 0) stop(SIGTERM);
}

void RunningAgent::start() {
  std::vector<std::string> words = {built("synclined"), "--home",   home(),       "--runtime",
                                    runtime(),          "--listen", "127.0.0.1:0"};
  words.insert(words.end(), more_flags_.begin(), more_flags_.end());
  Child child = spawn(words, {});
  ::close(child.input);
  ready_line_.clear();
  while (child.out >= 0 && ready_line_.find('\n') == std::string::npos)
    read_available(child.out, ready_line_);
  std::string said;
  if (!ready_line_.starts_with("ready "))
    while (child.err >= 0) read_available(child.err, said);
  REQUIRE_MESSAGE(ready_line_.starts_with("ready "), said);
  if (child.out >= 0) ::close(child.out);
  // What it says later goes nowhere: it must not mind.
  ::close(child.err);
  pid_ = child.pid;
}

int RunningAgent::stop(int signal) {
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return exit_code_of(status);
}

Ran RunningAgent::cli(std::vector<std::string> words, const RunOptions& options) const {
  std::vector<std::string> all = {built("syncline"), "--home", home(), "--runtime", runtime()};
  all.insert(all.end(), words.begin(), words.end());
  return run_program(all, options);
}

void RunningAgent::make_vault() const {
  const Ran made =
      cli({"init", "--name", "Laptop", "--password-stdin"}, {.input = "one two three\n"});
  REQUIRE_MESSAGE(made.exit_code == 0, made.err);
}

std::uint16_t RunningAgent::port() const {
  const std::size_t colon = ready_line_.rfind(':');
  return static_cast<std::uint16_t>(std::stoi(ready_line_.substr(colon + 1)));
}

}  // namespace syncline::service
