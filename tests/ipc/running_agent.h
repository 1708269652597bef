// SPDX-License-Identifier: Apache-2.0
//
// RunningAgent: the real server on a socket of its own, before an agent that does as told.
//
// SpaceList, VaultLock and the like are answered at once; EventsPoll waits for release();
// EntityGet is answered with a document of `entity_size` bytes. The server has its own thread.
#pragma once

#include "ipc/client.h"
#include "ipc/server.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace syncline::ipc::testing {

// A directory of its own, removed at the end. Short: a socket's path has to fit.
class PrivateDirectory {
 public:
  PrivateDirectory();
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class RunningAgent {
 public:
  struct Options {
    ServerLimits limits = {};
    MethodTable table = methods();
    std::optional<int> listening = std::nullopt;
    std::size_t entity_size = 0;
    bool hold_entities = false;  // EntityGet waits for release() too
  };

  RunningAgent();
  explicit RunningAgent(Options options);
  ~RunningAgent();
  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  const std::string& path() const { return path_; }
  Client client() const;

  // Wait until so many were asked or forgotten since the start; false after ten seconds.
  bool wait_for_asked(std::size_t count);
  bool wait_for_forgotten(std::size_t count);
  bool wait_for_connections(std::size_t count);
  std::size_t asked();
  // Answers everything that is held, newest first.
  void release();

 private:
  struct State;
  PrivateDirectory directory_;
  std::string path_;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::ipc::testing
