// SPDX-License-Identifier: Apache-2.0
//
// What the tests of discovery/ share: keys, devices and addresses that are easy to tell apart.
#pragma once

#include "protocol/crypto/secret.h"
#include "protocol/discovery/day_keys.h"
#include "protocol/session/address_text.h"
#include "tests/protocol/session/link_pair.h"

#include <string_view>

namespace syncline::discovery::testing {

using session::testing::at;
using session::testing::SeededRandom;

inline crypto::DiscoveryKey discovery_key(std::uint8_t seed) {
  std::array<std::uint8_t, 32> key{};
  key.fill(seed);
  return crypto::DiscoveryKey::copy_of(crypto::KeyView(key));
}

inline DeviceId device(std::uint8_t seed) {
  DeviceId id;
  id.bytes.fill(seed);
  return id;
}

inline crypto::SigningKey signing_key(std::uint8_t seed) {
  std::array<std::uint8_t, 32> raw{};
  raw.fill(seed);
  return crypto::SigningKey::from_seed(crypto::SigningSeed::copy_of(crypto::KeyView(raw)));
}

// Requires: a compact address.
inline session::CompactAddress address(std::string_view text) {
  return session::compact_address(text).value();
}

template <class IdType>
IdType filled(std::uint8_t value) {
  IdType id;
  id.bytes.fill(value);
  return id;
}

inline constexpr std::string_view relay = "relay.example:4460";

// Some noon in 2026.
inline constexpr WallTime noon{1'792'065'600'000};

}  // namespace syncline::discovery::testing
