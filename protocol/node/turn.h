// SPDX-License-Identifier: Apache-2.0
//
// Turn and House: what the parts of the node share.
//
// A Turn is one call of handle() or settle(): the draft it writes into and the effects it
// asks for. The House is what stays: store, randomness, identity, and the unlocked vault
// while there is one. Parts get both as arguments and keep neither.
#pragma once

#include "protocol/node/changes.h"
#include "protocol/node/keystrokes.h"
#include "protocol/node/open_vault.h"
#include "protocol/node/presence.h"
#include "protocol/node/relay_desk.h"
#include "protocol/step/step.h"
#include "protocol/sync/replicator.h"

#include <memory>
#include <optional>

namespace syncline::node {

struct NodeOptions {
  crypto::ArgonParams argon{limits::argon_memory_kib_default, limits::argon_passes_default};
};

struct Turn {
  Turn(const StoreReader& store, Now at) : draft(store), now(at) {}

  log::Draft draft;
  Now now;
  std::vector<step::Effect> effects;
  Durability durability = Durability::buffered;
  std::optional<Error> refused;  // settle() only: see step::Step
  bool must_settle = false;      // something waits for settle(), even if nothing was written

  void reply(RequestId request, Result<step::Answer> answer) {
    effects.push_back(step::Reply{request, std::move(answer)});
  }
  void reply_error(RequestId request, Error error) {
    effects.push_back(step::Reply{request, tl::unexpected<Error>(std::move(error))});
  }
  void note(step::NoteLevel level, std::string part, std::string text) {
    effects.push_back(step::Note{level, std::move(part), std::move(text)});
  }
};

struct House {
  StagedStore& store;
  Random& random;
  NodeOptions options;
  std::optional<space::TransportIdentity> identity;  // of a device that belongs to a vault
  space::VaultRoster roster;                         // what can be read of the vault while locked
  std::unique_ptr<OpenVault> vault;                  // while unlocked
  std::unique_ptr<sync::Replicator> replicator;      // once there is a vault
  Changes changes;
  std::vector<std::string> listen_addresses;
  std::vector<std::string> attention;  // sentences for the person, until the next start
  bool degraded = false;
  bool rolled_back = false;
  std::unique_ptr<sync::EphemeralRelay> relay{};  // once there is a vault
  std::unique_ptr<Presence> presence{};           // while unlocked
  Keystrokes typing{};                            // while unlocked
  step::NetworkMode network = step::NetworkMode::anywhere;
  RelayDesk relays{};  // known while locked
  step::LanState lan{false, "it was not searched yet"};
  step::RouterState router{{}, "it was not asked"};

  bool has_vault() const { return identity.has_value(); }
};

// Requires: the vault is unlocked.
PresenceDesk presence_desk(House& house, Turn& turn);

// What unlocked a vault, or made it, or joined it, has in common: from here on it is open.
// `member` is consumed. Errors: as OpenVault::open.
Status open_house(House& house, Turn& turn, space::Unlocked unlocked);
// Where others may find this device: its own addresses, and the one that a router passes on.
std::vector<std::string> reachable_addresses(const House& house);
// Tells devices that are or will be linked where this one can be reached.
void tell_addresses(House& house);
// A device became part of a vault: takes its identity and starts replication.
Status enter_vault(House& house, Turn& turn, space::TransportIdentity identity);
// Rosters changed on disk: reads the vault's again, here and in the open vault.
Status reload_rosters(House& house, Turn& turn);
// After a commit was lost: everything of the open vault but its keys is read again.
Status reopen_vault(House& house, Turn& turn);
// Everything unwritten is written, every key wiped.
Status lock_house(House& house, Turn& turn);

}  // namespace syncline::node
