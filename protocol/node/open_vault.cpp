// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/open_vault.h"

#include "protocol/node/doubts.h"
#include "protocol/space/roster_store.h"

namespace syncline::node {

Result<std::unique_ptr<OpenVault>> OpenVault::open(log::Draft& draft, space::Unlocked unlocked,
                                                   const DeviceId& device, Random& random) {
  std::unique_ptr<OpenVault> vault(new OpenVault(std::move(unlocked), device, random));
  Status loaded = vault->load(draft);
  if (!loaded && loaded.error().code == Errc::corrupt) {
    // The view is derived: without it the same is merged again.
    const Status forgotten = View::forget(draft);
    if (!forgotten) return pass(forgotten);
    vault->merges_.clear();
    loaded = vault->load(draft);
  }
  if (!loaded) return pass(loaded);
  return vault;
}

Status OpenVault::load(const StoreReader& reader) {
  auto view = View::open(reader, secrets().local);
  if (!view) return pass(view);
  view_ = std::move(*view);
  return reload_roster(reader);
}

Status OpenVault::reload_roster(const StoreReader& reader) {
  auto roster = space::load_vault_roster(reader, keys().vault());
  if (!roster) return pass(roster);
  roster_ = std::move(*roster);
  const Status added = unlocked_.keys.add_spaces(roster_);
  if (!added) return added;
  return add_merges(reader);
}

Status OpenVault::add_merges(const StoreReader& reader) {
  for (const auto& [place, add] : roster_.spaces()) {
    if (merges_.contains(add.space) || keys().newest(add.space) == nullptr) continue;
    auto merge = SpaceMerge::open(reader, *view_, add.space);
    if (!merge) return pass(merge);
    merges_.emplace(add.space, std::move(*merge));
  }
  return {};
}

std::optional<SpaceId> OpenVault::home() const {
  for (const auto& [place, add] : roster_.spaces())
    if (add.kind == space::SpaceKind::home) return add.space;
  return std::nullopt;
}

SpaceMerge* OpenVault::merge_of(const SpaceId& space) {
  const auto found = merges_.find(space);
  return found == merges_.end() ? nullptr : &found->second;
}

std::string OpenVault::device_name(const DeviceId& device) const {
  const auto found = roster_.devices().find(device);
  if (found == roster_.devices().end()) return {};
  const auto name = space::open_name(keys(), device.view(), found->second.sealed_name);
  return name ? *name : std::string();
}

std::optional<DeviceId> OpenVault::device_of(const LogId& log) const {
  for (const auto& [space, merge] : merges_)
    if (const auto device = merge.device_of(log)) return device;
  return std::nullopt;
}

SpaceMerge::Desk OpenVault::desk(log::Draft& draft) {
  return {draft, keys(), roster_, entity_keys_, *view_, hashes_, random_, touches_};
}

Result<Author*> OpenVault::author(log::Draft& draft, const SpaceId& space) {
  if (const auto found = authors_.find(space); found != authors_.end()) return &found->second;
  SpaceMerge* merge = merge_of(space);
  if (merge == nullptr)
    return fail(Errc::not_found, "no such space; `syncline rpc space.list` lists them");
  const auto roster = space::find_roster(draft, space);
  if (!roster) return pass(roster);
  if (!*roster)
    return fail(Errc::busy, "this space has not arrived from the other devices yet; try again");
  const auto current = space::find_own_log(draft, space);
  if (!current) return pass(current);
  const LogId last = *current ? log::log_id_of(**current) : space::first_own_log(secrets(), space);
  if (is_doubted(draft, last)) {
    const auto next = space::next_incarnation(draft, {keys(), secrets()}, space, random_);
    if (!next) return pass(next);
  }
  auto working = desk(draft);
  auto author = Author::open(working, *merge, {keys(), secrets(), device_});
  if (!author) return pass(author);
  opened_.insert(space);
  return &authors_.emplace(space, std::move(*author)).first->second;
}

void OpenVault::forget_doubted_authors(const StoreReader& reader) {
  std::erase_if(authors_,
                [&](const auto& entry) { return is_doubted(reader, entry.second.log()); });
}

void OpenVault::grew(const SpaceId& space, const LogId& log, std::uint64_t seq) {
  if (SpaceMerge* merge = merge_of(space)) merge->grew(log, seq);
}

Result<bool> OpenVault::merge(log::Draft& draft, std::size_t budget) {
  auto working = desk(draft);
  std::size_t done = 0;
  for (auto& [space, merge] : merges_) {
    const auto merged = merge.merge(working, budget - done);
    if (!merged) return pass(merged);
    done += *merged;
    if (done >= budget) return true;
  }
  return false;
}

std::uint64_t OpenVault::backlog() const {
  std::uint64_t sum = 0;
  for (const auto& [space, merge] : merges_) sum += merge.backlog();
  return sum;
}

Result<std::vector<LogId>> OpenVault::take_forgotten_logs(const StoreReader& reader) {
  std::vector<LogId> forgotten;
  for (auto& [space, merge] : merges_) {
    for (const auto& [log, device] : merge.take_certified()) {
      if (device != device_) continue;
      const auto current = space::find_own_log(reader, space);
      if (!current) return pass(current);
      if (!*current || log::log_id_of(**current) != log) forgotten.push_back(log);
    }
  }
  return forgotten;
}

Result<std::vector<OpenVault::Appended>> OpenVault::flush_authors(log::Draft& draft) {
  std::vector<Appended> appended;
  for (auto& [space, author] : authors_) {
    const auto head = author.flush(draft);
    if (!head) return pass(head);
    if (*head) appended.push_back({space, author.log(), **head});
  }
  return appended;
}

void OpenVault::flush_view(log::Draft& draft, Flush when) {
  if (when == Flush::if_full && !view_->is_full()) {
    view_->trim();
    return;
  }
  for (auto& [space, merge] : merges_) merge.save(*view_);
  view_->flush(draft, random_);
  view_->trim();
}

}  // namespace syncline::node
