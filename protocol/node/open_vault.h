// SPDX-License-Identifier: Apache-2.0
//
// OpenVault: everything that exists only while the vault is unlocked.
//
// Keys, entity keys, the view and, per space, the merge and the author. Destroying it is
// locking: every key it holds is wiped. It must be flushed first.
#pragma once

#include "protocol/node/author.h"
#include "protocol/space/vault_setup.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace syncline::node {

class OpenVault {
 public:
  // A view that cannot be read, or is of another version, is made anew in `draft`.
  // Errors: Errc::corrupt, Errc::io.
  static Result<std::unique_ptr<OpenVault>> open(log::Draft& draft, space::Unlocked unlocked,
                                                 const DeviceId& device, Random& random);

  // Forgets everything but the keys.
  static space::Unlocked close(std::unique_ptr<OpenVault> vault) {
    return std::move(vault->unlocked_);
  }

  const space::UnlockedKeys& keys() const { return unlocked_.keys; }
  const space::DeviceSecrets& secrets() const { return unlocked_.secrets; }
  const space::VaultRoster& roster() const { return roster_; }
  const DeviceId& device() const { return device_; }
  View& view() { return *view_; }
  Touches& touches() { return touches_; }
  log::ChainHashes& hashes() { return hashes_; }

  // The vault's roster changed: new devices, new spaces.
  Status reload_roster(const StoreReader& reader);
  // The home space; nothing while its keys or genesis are not here yet.
  std::optional<SpaceId> home() const;
  SpaceMerge* merge_of(const SpaceId& space);
  const std::map<SpaceId, SpaceMerge>& merges() const { return merges_; }
  std::string device_name(const DeviceId& device) const;
  // Which device writes a log; nothing while unknown.
  std::optional<DeviceId> device_of(const LogId& log) const;

  SpaceMerge::Desk desk(log::Draft& draft);
  // Errors: as Author::open; Errc::not_found if the space is not known.
  Result<Author*> author(log::Draft& draft, const SpaceId& space);

  void grew(const SpaceId& space, const LogId& log, std::uint64_t seq);
  // Applies up to `budget` events of all spaces. True: there may be more.
  Result<bool> merge(log::Draft& draft, std::size_t budget);
  std::uint64_t backlog() const;

  // Logs of this device, found among what was received, that its store knew nothing of.
  Result<std::vector<LogId>> take_forgotten_logs(const StoreReader& reader);

  // Spaces in which an own log was opened, and so perhaps admitted, since the last call.
  std::set<SpaceId> take_opened() { return std::exchange(opened_, {}); }

  // Queued own events into blocks: what appended, per log.
  struct Appended {
    SpaceId space;
    LogId log;
    log::SignedHead head;
  };
  Result<std::vector<Appended>> flush_authors(log::Draft& draft);
  // The view, if it is due or `must`.
  enum class Flush : std::uint8_t { if_full, now };
  void flush_view(log::Draft& draft, Flush when);
  // Own logs that must not be written any more (doubts.h) get another incarnation next time.
  void forget_doubted_authors(const StoreReader& reader);

 private:
  OpenVault(space::Unlocked unlocked, const DeviceId& device, Random& random)
      : unlocked_(std::move(unlocked)),
        device_(device),
        random_(random),
        entity_keys_(unlocked_.secrets.local) {}
  Status load(const StoreReader& reader);
  Status add_merges(const StoreReader& reader);

  space::Unlocked unlocked_;
  DeviceId device_;
  Random& random_;
  space::VaultRoster roster_;
  space::EntityKeys entity_keys_;
  log::ChainHashes hashes_;
  std::unique_ptr<View> view_;
  std::map<SpaceId, SpaceMerge> merges_;
  std::map<SpaceId, Author> authors_;
  Touches touches_;
  std::set<SpaceId> opened_;
};

}  // namespace syncline::node
