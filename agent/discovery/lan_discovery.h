// SPDX-License-Identifier: Apache-2.0
//
// LanDiscovery: what is announced on the local networks, and what others announce there.
//
// One interface over the responders that systems have (Avahi, Bonjour, or our own where there
// is none). It passes on what strangers say, bounded in number and size, and believes nothing:
// who is meant is the core's business. Everything happens on the thread of the io_context.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace syncline::agent {

struct LanAnnouncement {
  std::string instance;  // a random name, also that of the host in the record
  std::uint16_t port = 0;
  std::vector<std::string> txt;  // "key=value"

  bool operator==(const LanAnnouncement&) const = default;
};

struct LanSighting {
  std::string instance;
  std::string address;  // "host:port" with a scope where it needs one
  std::vector<std::string> txt;
};

class LanDiscovery {
 public:
  // Of all networks together. A flood of names fills no more than this.
  static constexpr std::size_t instances_max = 256;
  static constexpr std::size_t resolving_max = 16;

  struct Events {
    // Again when its address or its texts change; once for each network and address family.
    std::function<void(LanSighting)> seen;
    // It is on no network any more.
    std::function<void(std::string instance)> gone;
    // Whether announcements are heard, and why not: one sentence for people.
    std::function<void(bool works, std::string sentence)> state;
  };

  LanDiscovery() = default;
  virtual ~LanDiscovery() = default;
  LanDiscovery(const LanDiscovery&) = delete;
  LanDiscovery& operator=(const LanDiscovery&) = delete;

  // Replaces what was announced before. It is repeated whenever the responder comes back.
  virtual void announce(LanAnnouncement announcement) = 0;
  virtual void withdraw() = 0;
};

}  // namespace syncline::agent
