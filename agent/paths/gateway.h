// SPDX-License-Identifier: Apache-2.0
//
// Gateway: the router of the local network, asked to let others in.
//
// One implementation for each protocol that routers speak. Calls block for up to a few seconds
// and give up soon once `stopping` is set: they belong on a thread of their own. What a router
// answers is a hint like any other address: who dials it decides by the handshake who is there.
#pragma once

#include "protocol/base/result.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace syncline::agent {

// What is asked for. RFC 6886, section 3.3, recommends two hours.
inline constexpr auto mapping_lifetime = std::chrono::seconds(7200);

struct MappedPort {
  std::string host;  // of the router, as the other side of it sees it
  std::uint16_t port = 0;
  std::chrono::seconds lifetime{};  // it has to be asked again before
};

class Gateway {
 public:
  virtual ~Gateway() = default;
  virtual const char* protocol() const = 0;
  // From a TCP port of the router to this one of ours; asked again, the same one. The router may
  // choose another port than `wanted`. Errors: Errc::io with what the router said.
  virtual Result<MappedPort> map(std::uint16_t port, std::uint16_t wanted) = 0;
  virtual void unmap(std::uint16_t port, std::uint16_t outside) = 0;
};

// Errors: Errc::not_found if no router here speaks it.
// NAT-PMP: RFC 6886, by libnatpmp.
Result<std::unique_ptr<Gateway>> find_natpmp(const std::atomic<bool>& stopping);
// UPnP Internet Gateway Device 1 and 2, by miniupnpc.
Result<std::unique_ptr<Gateway>> find_upnp(const std::atomic<bool>& stopping);

}  // namespace syncline::agent
