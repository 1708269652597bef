// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/check.h"

#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

TEST_CASE("a broken invariant ends the process by SIGABRT and names the expression on stderr") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // doctest's own report of the signal is not wanted here
    dup2(ends[1], STDERR_FILENO);
    const int one = 1;
    SYNCLINE_CHECK(one + one == 3);
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char part[256];
  for (ssize_t got = read(ends[0], part, sizeof part); got > 0;
       got = read(ends[0], part, sizeof part))
    said.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(said.find("one + one == 3") != std::string::npos);
  CHECK(said.find("check_test.cpp") != std::string::npos);
}

TEST_CASE("an invariant that holds evaluates its expression once and goes on") {
  int evaluated = 0;
  SYNCLINE_CHECK(++evaluated == 1);
  CHECK(evaluated == 1);
}

}  // namespace
