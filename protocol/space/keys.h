// SPDX-License-Identifier: Apache-2.0
//
// Keys: what an unlocked agent holds, all derived from or opened by the account key S_g.
//
// Everything is wiped when these objects die: to lock is to destroy them. Nothing here is
// ever stored in clear; what a device keeps of its own is device.h.
#pragma once

#include "protocol/log/event_codec.h"
#include "protocol/space/vault_roster.h"

#include <map>

namespace syncline::space {

// The keys of one epoch of one space.
struct SpaceKeys {
  static SpaceKeys of(crypto::SpaceKey root, std::uint32_t epoch);

  crypto::SpaceKey root;  // K_space
  log::EventKey control;  // K_ctl: seals control events
  crypto::SubKey header;  // K_hdr: masks entity tags
  std::uint32_t epoch = 0;
};

// KDF(S_g, "acct-sign"): signs every record of a vault.
crypto::SigningKey account_signing_key(const crypto::AccountKey& account);

class UnlockedKeys {
 public:
  // Secrets live in one arena of fixed size: this many epochs of spaces at most.
  static constexpr std::size_t space_epochs_max = 1024;

  // Errors: Errc::bad_signature if S_g does not give the account key of the genesis.
  static Result<UnlockedKeys> open(const VaultRoster& roster, crypto::AccountKey account);
  // For a vault that is being made.
  static UnlockedKeys create(const SpaceId& vault, crypto::AccountKey account);

  const SpaceId& vault() const { return vault_; }
  std::uint32_t generation() const { return generation_; }
  const crypto::AccountKey& account() const { return account_; }
  const crypto::SigningKey& account_signing() const { return signing_; }
  const crypto::DiscoveryKey& discovery() const { return discovery_; }
  const crypto::SubKey& wrap() const { return wrap_; }

  // The key pair of this account in one space; `salt` is in the space's genesis.
  crypto::SigningKey space_user_key(const std::array<std::uint8_t, 32>& salt) const;

  // Opens every space key of the roster that is not held yet. Errors: Errc::bad_signature,
  // Errc::limit.
  Status add_spaces(const VaultRoster& roster);
  Status add_space(const SpaceId& space, SpaceKeys keys);
  // The newest epoch; nullptr if the space is not held.
  const SpaceKeys* newest(const SpaceId& space) const;
  const SpaceKeys* at(const SpaceId& space, std::uint32_t epoch) const;
  // Newest first: whose header key unmasks an event's tag.
  std::vector<const SpaceKeys*> epochs(const SpaceId& space) const;

 private:
  UnlockedKeys(const SpaceId& vault, std::uint32_t generation, crypto::AccountKey account);

  SpaceId vault_;
  std::uint32_t generation_;
  crypto::AccountKey account_;
  crypto::SigningKey signing_;
  crypto::DiscoveryKey discovery_;
  crypto::SubKey wrap_;
  std::map<std::pair<SpaceId, std::uint32_t>, SpaceKeys> spaces_;
};

// Names of devices and spaces, sealed under the wrap key and bound to what they name.
Buffer seal_name(const UnlockedKeys& keys, Bytes owner, std::string_view name, Random& random);
Result<std::string> open_name(const UnlockedKeys& keys, Bytes owner, Bytes sealed);

// A space_add body: K_space sealed for the devices of this account.
struct NewSpace {
  SpaceId space;
  SpaceKind kind = SpaceKind::home;
  std::string_view name;
};
SpaceAdd wrap_space(const UnlockedKeys& keys, const NewSpace& space, const SpaceKeys& space_keys,
                    Random& random);
Result<SpaceKeys> unwrap_space(const UnlockedKeys& keys, const SpaceAdd& add);

}  // namespace syncline::space
