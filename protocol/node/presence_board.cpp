// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/presence_board.h"

#include "protocol/crypto/secret.h"

#include <algorithm>

namespace syncline::node {

void PresenceBoard::put(const Place& place, step::PresenceRow row) {
  if (row.gone) ++gone_;
  Row& kept = rows_[place];
  if (kept.number != 0) {
    order_.erase(kept.number);
    if (kept.shown.gone) --gone_;
  }
  crypto::wipe_text(kept.shown.value);
  kept.number = ++number_;
  kept.shown = std::move(row);
  order_.emplace(kept.number, place);
  if (gone_ <= gone_max) return;
  const auto oldest = std::find_if(order_.begin(), order_.end(), [&](const auto& entry) {
    return rows_.at(entry.second).shown.gone;
  });
  rows_.erase(oldest->second);
  order_.erase(oldest);
  --gone_;
}

void PresenceBoard::show(step::PresenceRow row) {
  const Place place{row.device, row.slot};
  put(place, std::move(row));
}

std::optional<EntityId> PresenceBoard::hide(const Place& place) {
  const auto found = rows_.find(place);
  if (found == rows_.end() || found->second.shown.gone) return std::nullopt;
  step::PresenceRow left;
  left.kind = found->second.shown.kind;
  left.entity = found->second.shown.entity;
  left.device = found->second.shown.device;
  left.device_name = found->second.shown.device_name;
  left.slot = found->second.shown.slot;
  left.since = found->second.shown.since;
  left.gone = true;
  const EntityId entity = left.entity;
  put(place, std::move(left));
  return entity;
}

void PresenceBoard::clear() {
  for (auto& [place, row] : rows_) crypto::wipe_text(row.shown.value);
  rows_.clear();
  order_.clear();
  gone_ = 0;
}

std::vector<step::PresenceRow> PresenceBoard::at(const EntityId& entity,
                                                 step::PresenceKind kind) const {
  std::vector<step::PresenceRow> out;
  for (const auto& [place, row] : rows_)
    if (row.shown.entity == entity && row.shown.kind == kind && !row.shown.gone)
      out.push_back(row.shown);
  return out;
}

std::vector<step::PresenceRow> PresenceBoard::changed(const EntityId& entity,
                                                      std::uint64_t& seen) const {
  std::vector<step::PresenceRow> out;
  for (auto next = order_.upper_bound(seen); next != order_.end(); ++next) {
    const Row& row = rows_.at(next->second);
    if (row.shown.entity == entity) {
      if (out.size() == rows_per_answer_max) return out;
      out.push_back(row.shown);
    }
    seen = next->first;
  }
  return out;
}

}  // namespace syncline::node
