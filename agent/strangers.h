// SPDX-License-Identifier: Apache-2.0
//
// Strangers: who may take up a connection before having proven anything.
//
// Bounds the number of unproven connections, in all and per source, and how fast they
// come. A newcomer replaces the oldest stranger of its source instead of being refused:
// a device that belongs here needs its place for one round trip only, so connections
// that are opened and held cannot keep it out. It decides; the caller closes.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/limits.h"
#include "protocol/base/time.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace syncline::agent {

// What counts as one source: an IPv4 address, or the /64 network of an IPv6 address.
std::string source_of(std::string_view address);

class Strangers {
 public:
  struct Limits {
    std::size_t links_max = limits::pre_auth_links_max;
    std::size_t links_per_source_max = limits::pre_auth_links_per_address_max;
    double per_second = 20;
    double burst = 40;
    // A source from which a device has proven itself: a flood from behind the same
    // router should not be able to use up the device's attempts.
    double proven_factor = 10;
    std::size_t sources_max = 4096;
  };
  struct Admission {
    bool admitted = false;
    std::optional<Link> evicted;  // close this one
  };

  Strangers() = default;
  explicit Strangers(const Limits& limits) : limits_(limits) {}

  Admission admit(Link link, const std::string& source, Instant now);
  // The link is gone, or is no longer a stranger; unknown links are fine.
  void left(Link link);
  void proven(Link link);

  bool is_waiting(Link link) const { return waiting_.contains(link); }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Source {
    double tokens = 0;
    Instant counted_at;
    bool proven = false;
    std::size_t links = 0;
  };
  bool take_token(Source& source, Instant now) const;
  Source* source_at(const std::string& name, Instant now);
  std::optional<Link> make_room(const std::string& source) const;

  Limits limits_;
  std::map<std::string, Source> sources_;
  std::map<Link, std::string> waiting_;  // links are numbered in order of arrival
};

}  // namespace syncline::agent
