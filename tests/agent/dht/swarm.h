// SPDX-License-Identifier: Apache-2.0
//
// Swarm: a DHT of tests alone, of as many nodes as wanted, on one address.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace syncline::tests {

class Swarm {
 public:
  Swarm(const std::string& host, std::size_t count);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // "host:port" of each node. All of them know others when the constructor returns.
  const std::vector<std::string>& nodes() const { return nodes_; }
  // Ends the first so many.
  void shrink(std::size_t by);

 private:
  struct Sessions;
  std::unique_ptr<Sessions> sessions_;
  std::vector<std::string> nodes_;
};

}  // namespace syncline::tests
