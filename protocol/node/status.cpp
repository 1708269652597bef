// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/status.h"

#include "protocol/space/roster_store.h"

#include <set>

namespace syncline::node {

namespace {

step::DeviceStatus device_status(const House& house, const Links& links, const DeviceId& device,
                                 Now now) {
  step::DeviceStatus status;
  status.id = device;
  status.is_self = device == house.identity->device;
  if (house.vault) status.name = house.vault->device_name(device);
  if (status.is_self) {
    status.addresses = house.listen_addresses;
    status.level = true;
    return status;
  }
  const sync::Standing standing = house.replicator->standing_of(device);
  status.links = links.status_of(device, now);
  for (step::LinkStatus& link : status.links)
    link.state = standing.level ? step::LinkState::live : step::LinkState::syncing;
  status.addresses = links.plan().addresses(device);
  status.level = standing.level;
  status.missing_there = standing.missing_there;
  status.missing_here = standing.missing_here;
  status.receipt_at = standing.receipt_at;
  if (standing.linked) status.last_seen = now.wall;
  return status;
}

void add_attention(const House& house, step::StatusAnswer& answer) {
  answer.attention = house.attention;
  if (house.degraded)
    answer.attention.push_back(
        "The disk refuses writes: free some space; the agent reopens its store by itself.");
  if (answer.vault == step::VaultState::locked)
    answer.attention.push_back("The vault is locked: unlock it with `syncline unlock`.");
  if (answer.conflicts > 0)
    answer.attention.push_back("Some entities have conflicting values: see `syncline conflicts`.");
}

}  // namespace

std::vector<step::DeviceStatus> devices_of(const House& house, const Links& links, Now now) {
  std::vector<step::DeviceStatus> out;
  if (!house.has_vault()) return out;
  out.push_back(device_status(house, links, house.identity->device, now));
  for (const auto& [device, admit] : house.roster.devices())
    if (device != house.identity->device) out.push_back(device_status(house, links, device, now));
  return out;
}

step::StatusAnswer status_of(const House& house, const Links& links, const Pairing& pairing,
                             const sync::Pauses& pauses, const StoreReader& reader, Now now) {
  (void)pairing;
  step::StatusAnswer answer;
  answer.degraded = house.degraded;
  answer.rolled_back = house.rolled_back;
  answer.receive_paused = pauses.receive;
  answer.send_paused = pauses.send;
  if (!house.has_vault()) return answer;
  answer.vault = house.vault ? step::VaultState::unlocked : step::VaultState::locked;
  answer.vault_id = house.identity->vault;
  answer.device = house.identity->device;
  answer.devices = devices_of(house, links, now);
  if (!answer.devices.empty()) answer.device_name = answer.devices.front().name;
  std::set<SpaceId> spaces;
  std::vector<DeviceId> others;
  for (const auto& [place, add] : house.roster.spaces()) spaces.insert(add.space);
  for (const auto& [device, admit] : house.roster.devices())
    if (device != house.identity->device) others.push_back(device);
  answer.spaces = spaces.size();
  for (const SpaceId& space : spaces) {
    const auto rows = log::rows_of(reader, space);
    if (rows) answer.events += rows->events;
  }
  answer.only_here = house.replicator->only_here(others);
  if (house.vault) {
    answer.entities = house.vault->view().entity_count();
    answer.conflicts = house.vault->view().conflict_count();
    answer.to_merge = house.vault->backlog();
  }
  add_attention(house, answer);
  return answer;
}

Result<step::SpacesAnswer> spaces_of(const House& house, const StoreReader& reader) {
  step::SpacesAnswer answer;
  std::set<SpaceId> seen;
  for (const auto& [place, add] : house.roster.spaces()) {
    if (!seen.insert(add.space).second) continue;
    const auto rows = log::rows_of(reader, add.space);
    if (!rows) return pass(rows);
    step::SpaceRow row{add.space, {}, "home", rows->logs, rows->events};
    if (house.vault) {
      const auto name = space::open_name(house.vault->keys(), add.space.view(), add.sealed_name);
      if (name) row.name = *name;
    }
    answer.spaces.push_back(std::move(row));
  }
  return answer;
}

Result<step::LogsAnswer> logs_of(const House& house, const StoreReader& reader) {
  step::LogsAnswer answer;
  std::set<LogId> own;
  for (const auto& [place, add] : house.roster.spaces()) {
    const auto origin = space::find_own_log(reader, add.space);
    if (origin && *origin) own.insert(log::log_id_of(**origin));
  }
  const Status scanned =
      log::scan_heads(reader, [&](const LogId& log, const log::HeadRecord& head) {
        step::LogRow row{log,
                         head.origin.space,
                         {},
                         head.origin.incarnation,
                         head.seq(),
                         head.head.at.hash,
                         own.contains(log),
                         head.frozen};
        if (house.vault) row.device = house.vault->device_of(log).value_or(DeviceId{});
        answer.logs.push_back(row);
        return answer.logs.size() < limits::logs_per_space_max;
      });
  if (!scanned) return pass(scanned);
  return answer;
}

}  // namespace syncline::node
