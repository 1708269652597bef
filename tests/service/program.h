// SPDX-License-Identifier: Apache-2.0
//
// Program: runs the real executables and looks at what they say and how they end.
//
// Every run has an environment of its own: nothing of the developer's vault is touched.
// Password hashing is set to its floor.
#pragma once

#include "tests/service/temporary_home.h"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace syncline::service {

std::filesystem::path built(const std::string& program);

struct Ran {
  int exit_code = -1;  // -1: ended by a signal, or not within a minute
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string input = {};                     // standard input
  std::vector<std::string> environment = {};  // "NAME=value", besides the few that are always there
};

Ran run_program(const std::vector<std::string>& words, const RunOptions& options = {});

// An agent with a home of its own, on loopback; ended in order when it goes.
class RunningAgent {
 public:
  RunningAgent() : RunningAgent(std::vector<std::string>{}) {}
  explicit RunningAgent(const std::vector<std::string>& more_flags);
  // The home of another one that was stopped; that one outlives this.
  RunningAgent(const RunningAgent& stopped, const std::vector<std::string>& more_flags);
  ~RunningAgent();
  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  void start();
  // Sends `signal` and waits. Gives the exit code.
  int stop(int signal);
  // Runs the command line against this agent.
  Ran cli(std::vector<std::string> words, const RunOptions& options = {}) const;
  // With a vault whose password is "one two three".
  void make_vault() const;

  std::filesystem::path home() const { return root_ / "home"; }
  std::filesystem::path runtime() const { return root_ / "run"; }
  const std::string& ready_line() const { return ready_line_; }
  std::uint16_t port() const;
  pid_t pid() const { return pid_; }

 private:
  TemporaryHome place_;
  std::filesystem::path root_ = place_.path();
  std::vector<std::string> more_flags_;
  std::string ready_line_;
  pid_t pid_ = -1;
};

}  // namespace syncline::service
