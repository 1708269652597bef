// SPDX-License-Identifier: Apache-2.0
//
// Agent: the whole program in one object: home, core, loop, local API.
//
// Composed in one place, from the disk outwards, and taken down in the opposite order.
// start() serves when it returns; run() does the work until a signal or stop().
#pragma once

#include "agent/address.h"
#include "agent/home.h"
#include "protocol/base/limits.h"
#include "protocol/crypto/password.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncline::agent {

struct AgentOptions {
  std::filesystem::path home;
  std::string socket;                // where programs reach the local API
  std::optional<int> handed_socket;  // listens already, from the service manager
  std::vector<HostPort> listen = {{"::", 0}, {"0.0.0.0", 0}};
  std::vector<std::string> advertise;
  // Where a DHT of one's own begins ("host:port"); empty: no DHT; nothing: the public one.
  std::optional<std::vector<std::string>> dht_nodes;
  Damage damage = Damage::refuse;
  step::NoteLevel log_level = step::NoteLevel::normal;
  crypto::ArgonParams argon{limits::argon_memory_kib_default, limits::argon_passes_default};
  std::string version;
};

class Agent {
 public:
  // Errors: those of Home::open, TcpListen::open and ipc::Server::start, and the core's own.
  static Result<std::unique_ptr<Agent>> start(const AgentOptions& options);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Until SIGTERM or SIGINT; SIGHUP is ignored. Everything is on disk when it returns.
  Status run();

  std::vector<HostPort> listening() const;

 private:
  struct Parts;
  explicit Agent(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace syncline::agent
