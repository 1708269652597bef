// SPDX-License-Identifier: Apache-2.0
//
// OuterView: where this device is seen from outside, by what relays say they see.
//
// What a relay says is a hint: at worst an attempt to be met there fails. It knows no links and
// asks nobody.
#pragma once

#include "protocol/session/address_text.h"
#include "protocol/step/answer.h"

#include <map>
#include <string>
#include <vector>

namespace syncline::node {

class OuterView {
 public:
  static constexpr std::size_t addresses_max = 4;

  struct Sight {
    session::CompactAddress seen;  // of a connection to that relay
    std::string local;             // its own end, "host:port"
    std::uint16_t door = 0;        // where this device takes connections
  };

  void saw(const std::string& relay, Sight sight);
  void lost(const std::string& relay);

  // Where others meet this device if it connects from its door at the same time: IPv6 first.
  // `listening` are its own addresses: with IPv6 those are seen outside, behind firewalls too.
  std::vector<std::string> addresses(const std::vector<std::string>& listening) const;
  step::NatKind nat() const;

 private:
  std::map<std::string, Sight> sights_;
};

}  // namespace syncline::node
