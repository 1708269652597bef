// SPDX-License-Identifier: Apache-2.0
//
// WriterProcess: runs store_writer as a process of its own and reads its acknowledgements.
//
// A process, because a fork of one that has used RocksDB would lack RocksDB's threads.
#pragma once

#include "protocol/base/check.h"
#include "storage/file_descriptor.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::storage {

class WriterProcess {
 public:
  explicit WriterProcess(std::vector<std::string> arguments) {
    int ends[2];
    SYNCLINE_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
    from_child_ = FileDescriptor(ends[0]);
    const FileDescriptor to_parent(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, to_parent.get(), STDOUT_FILENO);
    arguments.insert(arguments.begin(), SYNCLINE_STORE_WRITER);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    SYNCLINE_CHECK(::posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
  }
  ~WriterProcess() {
    kill();
    wait();
  }
  WriterProcess(const WriterProcess&) = delete;
  WriterProcess& operator=(const WriterProcess&) = delete;

  // The next acknowledged seq; nothing once the process is gone and all was read.
  std::optional<std::uint64_t> next_acknowledged() {
    for (;;) {
      if (const auto end = unread_.find('\n'); end != std::string::npos) {
        const std::uint64_t seq = std::stoull(unread_.substr(0, end));
        unread_.erase(0, end + 1);
        return seq;
      }
      char part[4096];
      const ssize_t got = ::read(from_child_.get(), part, sizeof part);
      if (got <= 0) return std::nullopt;
      unread_.append(part, static_cast<std::size_t>(got));
    }
  }

  void kill() {
    if (process_ > 0) ::kill(process_, SIGKILL);
  }
  // True if the process was killed rather than ended by itself.
  bool wait() {
    if (process_ <= 0) return false;
    int status = 0;
    SYNCLINE_CHECK(::waitpid(process_, &status, 0) == process_);
    process_ = -1;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

 private:
  pid_t process_ = -1;
  FileDescriptor from_child_;
  std::string unread_;
};

}  // namespace syncline::storage
