// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/turn.h"

#include "protocol/space/roster_store.h"

namespace syncline::node {

namespace {

// Every log this device ever wrote: evidence of a rollback is looked for in all of them.
std::vector<LogId> own_logs(const House& house, const log::Draft& draft) {
  std::vector<LogId> logs;
  for (const auto& [place, add] : house.roster.spaces()) {
    const auto origin = space::find_own_log(draft, add.space);
    if (origin && *origin) logs.push_back(log::log_id_of(**origin));
  }
  return logs;
}

}  // namespace

PresenceDesk presence_desk(House& house, Turn& turn) {
  return {*house.vault,  turn.draft,   house.random, *house.relay,
          house.changes, turn.effects, turn.now};
}

Status enter_vault(House& house, Turn& turn, space::TransportIdentity identity) {
  auto roster = space::load_vault_roster(turn.draft, identity.vault);
  if (!roster) return pass(roster);
  house.roster = std::move(*roster);
  auto replicator = sync::Replicator::open(
      {house.store, house.random, identity.vault, identity.device}, turn.draft);
  if (!replicator) return pass(replicator);
  house.relay = std::make_unique<sync::EphemeralRelay>(identity.vault, identity.device);
  house.identity = std::move(identity);
  house.replicator = std::move(*replicator);
  tell_addresses(house);
  house.replicator->set_own_logs(own_logs(house, turn.draft));
  return {};
}

Status open_house(House& house, Turn& turn, space::Unlocked unlocked) {
  auto vault =
      OpenVault::open(turn.draft, std::move(unlocked), house.identity->device, house.random);
  if (!vault) return pass(vault);
  house.vault = std::move(*vault);
  house.typing.load(*house.vault, turn.draft);
  // Opened again after a lost commit, it goes on: nothing of it was ever to be committed.
  if (!house.presence) house.presence = std::make_unique<Presence>();
  house.replicator->set_receipt_key(&house.vault->secrets().sign);
  turn.must_settle = true;
  return {};
}

Status reload_rosters(House& house, Turn& turn) {
  auto roster = space::load_vault_roster(turn.draft, house.identity->vault);
  if (!roster) return pass(roster);
  house.roster = std::move(*roster);
  house.replicator->set_own_logs(own_logs(house, turn.draft));
  return house.vault ? house.vault->reload_roster(turn.draft) : Status();
}

Status reopen_vault(House& house, Turn& turn) {
  house.replicator->set_receipt_key(nullptr);
  space::Unlocked unlocked = OpenVault::close(std::move(house.vault));
  house.changes.forget_all(turn.effects);
  return open_house(house, turn, std::move(unlocked));
}

Status lock_house(House& house, Turn& turn) {
  if (!house.vault) return {};
  const auto appended = house.vault->flush_authors(turn.draft);
  if (!appended) return pass(appended);
  for (const OpenVault::Appended& one : *appended) {
    house.replicator->appended(one.space, one.log, one.head);
    turn.durability = Durability::synced;
  }
  house.vault->flush_view(turn.draft, OpenVault::Flush::now);
  house.replicator->set_receipt_key(nullptr);
  PresenceDesk desk = presence_desk(house, turn);
  house.presence->end(desk);
  house.presence.reset();
  house.changes.board().clear();
  house.typing.forget();
  house.vault.reset();
  house.changes.forget_all(turn.effects);
  return {};
}

std::vector<std::string> reachable_addresses(const House& house) {
  std::vector<std::string> addresses;
  if (house.router.address) addresses.push_back(*house.router.address);
  addresses.insert(addresses.end(), house.listen_addresses.begin(), house.listen_addresses.end());
  return addresses;
}

void tell_addresses(House& house) {
  if (!house.replicator) return;
  std::vector<std::string> addresses = house.relays.told();
  for (std::string& address : reachable_addresses(house)) addresses.push_back(std::move(address));
  house.replicator->set_addresses(std::move(addresses));
}

}  // namespace syncline::node
