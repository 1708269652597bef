// SPDX-License-Identifier: Apache-2.0
//
// Cursors in texts and who wrote what, as devices tell them.
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

const crdt::Path note_path{std::string("body")};

// Two devices with one entity that has a text.
struct Writers {
  Devices devices{2};
  EntityId entity;

  Writers() {
    devices.make_vault(0);
    devices.pair(0, 1);
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar(std::string("t"))}});
    create.ops.push_back(crdt::Op{note_path, crdt::TextInsert{0, "a🙂bc"}});
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run();
  }

  std::string write(std::size_t index, crdt::Action action) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(crdt::Op{note_path, std::move(action)});
    return devices.get<step::WrittenAnswer>(index, std::move(update)).version;
  }
  std::string cursor(std::size_t index, std::uint64_t at, step::CursorSide side,
                     crdt::Positions unit = crdt::Positions::scalars) {
    return devices
        .get<step::CursorAnswer>(index, step::TextCursor{entity, note_path, at, side, unit})
        .cursor;
  }
  step::CursorPlace place(std::size_t index, const std::string& cursor,
                          crdt::Positions unit = crdt::Positions::scalars) {
    return devices
        .get<step::CursorPlacesAnswer>(index, step::TextResolve{entity, note_path, {cursor}, unit})
        .places.at(0);
  }
  std::uint64_t held(std::size_t index, const std::string& cursor,
                     crdt::Positions unit = crdt::Positions::scalars) {
    const step::CursorPlace found = place(index, cursor, unit);
    CHECK(found.state == step::CursorState::held);
    return found.position;
  }
  step::BlameAnswer blame(std::size_t index, step::TextBlame command = {}) {
    command.entity = entity;
    command.path = note_path;
    return devices.get<step::BlameAnswer>(index, command);
  }
  Errc refused(step::Command command) {
    const auto answer = devices.call(0, std::move(command));
    REQUIRE_FALSE(answer.has_value());
    return answer.error().code;
  }
  void restart(std::size_t index) {
    devices.run();
    devices.restart(index);
    REQUIRE(devices.call(index, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
    devices.run();
  }
};

}  // namespace

TEST_CASE(
    "C23: a cursor stays with its neighbour, on every device, in any unit, also after restarts") {
  Writers writers;
  const std::string left = writers.cursor(0, 2, step::CursorSide::left);
  const std::string right = writers.cursor(1, 3, step::CursorSide::right, crdt::Positions::utf16);
  writers.devices.isolate(1);
  writers.devices.run();
  writers.write(0, crdt::TextInsert{0, "é"});
  writers.write(1, crdt::TextInsert{2, "xy"});
  writers.devices.reconnect(1);
  writers.devices.run();
  writers.restart(0);
  for (const std::size_t index : {std::size_t{0}, std::size_t{1}}) {  // "éa🙂xybc"
    CHECK(writers.held(index, left) == 3);
    CHECK(writers.held(index, left, crdt::Positions::utf16) == 4);
    CHECK(writers.held(index, left, crdt::Positions::bytes) == 7);
    CHECK(writers.held(index, right) == 5);
    CHECK(writers.held(index, right, crdt::Positions::utf16) == 6);
  }
  writers.write(1, crdt::TextRemove{1, 5});
  writers.devices.run();
  for (const std::string& cursor : {left, right}) {
    const step::CursorPlace gone = writers.place(0, cursor);
    CHECK(gone.state == step::CursorState::gone);
    CHECK(gone.position == 1);
  }
}

TEST_CASE("a cursor of what has not arrived is unknown, and what is no cursor is refused") {
  Writers writers;
  writers.devices.isolate(1);
  writers.devices.run();
  writers.write(1, crdt::TextInsert{0, "new"});
  const std::string cursor = writers.cursor(1, 1, step::CursorSide::left);
  CHECK(writers.place(0, cursor).state == step::CursorState::unknown);
  writers.devices.reconnect(1);
  writers.devices.run();
  CHECK(writers.held(0, cursor) == 1);

  const auto resolve = [&](std::vector<std::string> cursors) {
    return step::TextResolve{writers.entity, note_path, std::move(cursors), {}};
  };
  CHECK(writers.refused(resolve({cursor, "00ff"})) == Errc::invalid);
  CHECK(writers.refused(resolve({std::string(1000, 'a')})) == Errc::invalid);
  CHECK(writers.refused(resolve(std::vector<std::string>(1001, cursor))) == Errc::limit);
  step::TextCursor command{writers.entity, note_path, 99, {}, {}};
  CHECK(writers.refused(command) == Errc::invalid);
  command.position = 5;
  command.positions = crdt::Positions::bytes;
  CHECK(writers.refused(command) == Errc::invalid);  // inside of a character
  command.path = {std::string("title")};
  CHECK(writers.refused(command) == Errc::not_found);
  command.path = {};
  CHECK(writers.refused(command) == Errc::not_found);
  command.entity = EntityId{};
  CHECK(writers.refused(command) == Errc::not_found);
}

TEST_CASE("who wrote each part of a text is told, in any unit, at any version, page by page") {
  Writers writers;
  const std::string second = writers.write(1, crdt::TextInsert{2, "xy"});
  writers.devices.run();
  writers.write(0, crdt::TextRemove{0, 1});
  writers.write(0, crdt::TextInsert{4, "é"});
  writers.devices.run();
  writers.restart(1);
  step::TextBlame command;
  command.positions = crdt::Positions::utf16;
  const step::BlameAnswer whole = writers.blame(1, command);  // "🙂xybéc"
  REQUIRE(whole.rows.size() == 5);
  CHECK(whole.length == 7);
  CHECK_FALSE(whole.next);
  std::uint64_t reached = 0;
  for (const step::BlameRow& row : whole.rows) {
    CHECK(row.start == reached);
    CHECK(row.at.unix_ms > 0);
    CHECK_FALSE(row.device_name.empty());
    reached += row.length;
  }
  CHECK(reached == whole.length);
  CHECK(whole.rows[0].version == whole.rows[2].version);
  CHECK(whole.rows[0].device == whole.rows[3].device);
  CHECK(whole.rows[0].version != whole.rows[3].version);
  CHECK(whole.rows[1].device != whole.rows[0].device);
  CHECK(second.find(whole.rows[1].version) != std::string::npos);

  command.limit = 2;
  std::vector<step::BlameRow> paged;
  for (bool more = true; more;) {
    const step::BlameAnswer page = writers.blame(0, command);
    paged.insert(paged.end(), page.rows.begin(), page.rows.end());
    more = page.next.has_value();
    command.from = page.next.value_or(0);
  }
  REQUIRE(paged.size() == whole.rows.size());
  for (std::size_t i = 0; i < paged.size(); ++i) CHECK(paged[i].start == whole.rows[i].start);

  step::TextBlame then;
  then.at = second;
  const step::BlameAnswer before = writers.blame(0, then);  // "a🙂xybc"
  REQUIRE(before.rows.size() == 3);
  CHECK(before.length == 6);
  CHECK(before.rows[1].start == 2);
  CHECK(before.rows[1].length == 2);
  then.from = 7;
  then.entity = writers.entity;
  then.path = note_path;
  CHECK(writers.refused(then) == Errc::invalid);
}

}  // namespace syncline::node
