// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/presence_board.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

step::PresenceRow row_of(std::uint8_t entity, std::uint8_t device, std::uint32_t slot,
                         const std::string& value) {
  step::PresenceRow row;
  row.entity.bytes.fill(entity);
  row.device.bytes.fill(device);
  row.slot = slot;
  row.value = value;
  return row;
}

}  // namespace

TEST_CASE("a reader gets each slot that changed once, in its newest state") {
  PresenceBoard board;
  const EntityId entity = row_of(1, 1, 1, "").entity;
  std::uint64_t seen = 0;
  for (int i = 0; i < 1000; ++i) {
    board.show(row_of(1, 1, 1, std::to_string(i)));
    board.show(row_of(1, 2, 1, "other " + std::to_string(i)));
    board.show(row_of(2, 1, 2, "another entity"));
  }
  const auto rows = board.changed(entity, seen);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].value == "999");
  CHECK(rows[1].value == "other 999");
  CHECK(board.changed(entity, seen).empty());
  CHECK(board.hide({rows[0].device, 1}) == entity);
  CHECK_FALSE(board.hide({rows[0].device, 1}));
  const auto left = board.changed(entity, seen);
  REQUIRE(left.size() == 1);
  CHECK(left[0].gone);
  CHECK(left[0].value.empty());
  CHECK(board.at(entity, step::PresenceKind::presence).size() == 1);
  CHECK(board.at(entity, step::PresenceKind::preview).empty());
}

TEST_CASE("one answer holds a bounded number of rows, and the next one goes on") {
  PresenceBoard board;
  const auto count = static_cast<std::uint32_t>(PresenceBoard::rows_per_answer_max + 10);
  for (std::uint32_t slot = 0; slot < count; ++slot) board.show(row_of(1, 1, slot, "x"));
  std::uint64_t seen = 0;
  const EntityId entity = row_of(1, 1, 1, "").entity;
  CHECK(board.changed(entity, seen).size() == PresenceBoard::rows_per_answer_max);
  CHECK(board.changed(entity, seen).size() == 10);
}

TEST_CASE("slots that came and went do not pile up") {
  PresenceBoard board;
  board.show(row_of(1, 1, 0, "stays"));
  for (std::uint32_t slot = 1; slot < 5000; ++slot) {
    board.show(row_of(1, 1, slot, "x"));
    (void)board.hide({row_of(1, 1, slot, "").device, slot});
  }
  CHECK(board.size() == PresenceBoard::gone_max + 1);
  CHECK(board.at(row_of(1, 1, 0, "").entity, step::PresenceKind::presence).size() == 1);
}

}  // namespace syncline::node
