// SPDX-License-Identifier: Apache-2.0
//
// PresenceBoard: what can be seen of presence and previews, newest state only.
//
// A row per slot. Whoever follows an entity remembers the number it has seen and gets each slot
// that changed since, once, however often it changed: no queue grows with a slow reader.
// Memory only; who may put up how much is decided before it gets here.
#pragma once

#include "protocol/step/answer.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace syncline::node {

class PresenceBoard {
 public:
  using Place = std::pair<DeviceId, std::uint32_t>;  // device, slot

  void show(step::PresenceRow row);
  // The slot is empty now. The entity it was at, if anybody could have seen it.
  std::optional<EntityId> hide(const Place& place);
  void clear();

  std::vector<step::PresenceRow> at(const EntityId& entity, step::PresenceKind kind) const;
  // Rows of an entity that changed after `seen`, which moves on; at most rows_per_answer_max.
  std::vector<step::PresenceRow> changed(const EntityId& entity, std::uint64_t& seen) const;
  std::uint64_t number() const { return number_; }
  std::size_t size() const { return rows_.size(); }

  static constexpr std::size_t rows_per_answer_max = 256;
  static constexpr std::size_t gone_max = 1024;  // rows that only say so

 private:
  struct Row {
    std::uint64_t number = 0;
    step::PresenceRow shown;
  };
  void put(const Place& place, step::PresenceRow row);

  std::map<Place, Row> rows_;
  std::map<std::uint64_t, Place> order_;  // by the number of their last change
  std::uint64_t number_ = 0;
  std::size_t gone_ = 0;
};

}  // namespace syncline::node
