// SPDX-License-Identifier: Apache-2.0
//
// Looking back at an entity and going back: versions, differences, restoring, undoing.
#include "protocol/node/undo_marks.h"
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

const crdt::Path body_path{std::string("body")};

step::EntityUpdate change(const EntityId& entity, crdt::Op op) {
  step::EntityUpdate update;
  update.entity = entity;
  update.ops.push_back(std::move(op));
  return update;
}
crdt::Op entitle(const char* title) {
  return {{}, crdt::MapSet{"title", crdt::Scalar(std::string(title))}};
}
crdt::Op insert(std::uint64_t at, const char* text) {
  return {body_path, crdt::TextInsert{at, text}};
}
crdt::Op cut(std::uint64_t at, std::uint64_t count) {
  return {body_path, crdt::TextRemove{at, count}};
}

// One or two devices with one entity.
struct Desk {
  Devices devices;
  EntityId entity;

  explicit Desk(std::size_t count) : devices(count) {
    devices.make_vault(0);
    if (count > 1) devices.pair(0, 1);
    step::EntityCreate create;
    create.type = "note";
    create.ops.push_back(entitle("first"));
    create.ops.push_back(insert(0, "hello"));
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run();
  }

  std::string edit(crdt::Op op, std::size_t index = 0) {
    return devices.get<step::WrittenAnswer>(index, change(entity, std::move(op))).version;
  }
  std::uint32_t undo(step::UndoDirection direction = step::UndoDirection::back) {
    return devices.get<step::WrittenAnswer>(0, step::EntityUndo{entity, direction, {}, {}})
        .ops_applied;
  }
  std::uint32_t redo() { return undo(step::UndoDirection::again); }
  Errc refused(step::Command command) {
    const auto answer = devices.call(0, std::move(command));
    REQUIRE_FALSE(answer.has_value());
    return answer.error().code;
  }
  step::EntityAnswer get(const std::string& at = {}) {
    step::EntityGet command;
    command.entity = entity;
    command.at = at;
    return devices.get<step::EntityAnswer>(0, command);
  }
  std::string read(const char* key, const std::string& at = {}) {
    const step::EntityAnswer answer = get(at);
    const auto& fields = std::get<crdt::ValueMap>(answer.value.node);
    const auto found = fields.find(key);
    if (found == fields.end()) return "(none)";
    return std::get<std::string>(std::get<crdt::Scalar>(found->second.node));
  }
  // "bold 0-5=true" for each, with " " between.
  std::string marks() {
    step::EntityGet command;
    command.entity = entity;
    command.with_kinds = true;
    std::string out;
    for (const step::PlaceNote& note : devices.get<step::EntityAnswer>(0, command).notes)
      for (const step::MarkNote& mark : note.marks)
        out += (out.empty() ? "" : " ") + mark.key + " " + std::to_string(mark.from) + "-" +
               std::to_string(mark.to);
    return out;
  }
  std::vector<step::VersionRow> versions() {
    return devices.get<step::HistoryAnswer>(0, step::EntityHistory{entity}).versions;
  }
};

}  // namespace

TEST_CASE("a history tells who changed what, newest first, page by page") {
  Desk desk(2);
  desk.edit(insert(5, " world"), 1);
  desk.devices.run();
  desk.edit(cut(0, 2));
  desk.devices.get<step::WrittenAnswer>(0, step::EntityDelete{desk.entity, {}, {}});
  const std::vector<step::VersionRow> rows = desk.versions();
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].kind == step::VersionKind::remove);
  CHECK(rows[1].removed == 2);
  CHECK(rows[1].inserted == 0);
  CHECK(rows[2].inserted == 6);
  CHECK(rows[2].device != rows[1].device);
  CHECK_FALSE(rows[2].device_name.empty());
  CHECK(rows[2].changed == std::vector<crdt::Path>{body_path});
  CHECK(rows[3].kind == step::VersionKind::create);
  CHECK(rows[3].ops == 2);
  CHECK(rows[3].changed == std::vector<crdt::Path>{{std::string("title")}, body_path});

  std::vector<std::string> paged;
  step::EntityHistory command{desk.entity, 3};
  do {
    const auto page = desk.devices.get<step::HistoryAnswer>(0, command);
    for (const step::VersionRow& row : page.versions) paged.push_back(row.version);
    command.cursor = page.cursor;
  } while (!command.cursor.empty());
  REQUIRE(paged.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(paged[i] == rows[i].version);
  command.cursor = "nowhere.1";
  CHECK(desk.refused(command) == Errc::invalid);
}

TEST_CASE("any version of an entity can be read: what its author had, and nothing later") {
  Desk desk(2);
  desk.devices.isolate(1);
  desk.devices.run();
  desk.edit(insert(5, " there"), 1);
  desk.edit(insert(5, " here"), 0);
  desk.devices.reconnect(1);
  desk.devices.run();
  const std::string merged = desk.edit(entitle("second"));
  const std::vector<step::VersionRow> rows = desk.versions();
  REQUIRE(rows.size() == 4);
  CHECK(desk.read("body", rows[3].version) == "hello");
  std::set<std::string> apart{desk.read("body", rows[1].version),
                              desk.read("body", rows[2].version)};
  CHECK(apart == std::set<std::string>{"hello there", "hello here"});
  CHECK(desk.read("title", rows[1].version) == "first");
  CHECK(desk.read("body", rows[0].version) == desk.read("body"));
  // Two versions together, and the name that a change was answered with.
  CHECK(desk.read("body", rows[1].version + "-" + rows[2].version) == desk.read("body"));
  CHECK(desk.read("title", merged) == "second");
  CHECK(desk.get(rows[3].version).type == "note");

  step::EntityGet unknown;
  unknown.entity = desk.entity;
  for (const char* name : {"000000000000.1", "x", "-", "."}) {
    unknown.at = name;
    CHECK(desk.refused(unknown) == Errc::not_found);
  }
}

TEST_CASE("what differs between two versions is said in few changes") {
  Desk desk(1);
  const std::string before = desk.versions().front().version;
  desk.edit(insert(5, " world"));
  const std::string between = desk.versions().front().version;
  desk.edit(entitle("second"));
  const auto whole =
      desk.devices.get<step::DiffAnswer>(0, step::EntityDiff{desk.entity, before, {}});
  REQUIRE(whole.changes.size() == 2);
  CHECK(whole.changes[0].kind == history::ChangeKind::text);
  CHECK(whole.changes[0].position == 5);
  CHECK(whole.changes[0].inserted == " world");
  CHECK(whole.changes[1].kind == history::ChangeKind::replace);
  const auto back =
      desk.devices.get<step::DiffAnswer>(0, step::EntityDiff{desk.entity, between, before});
  REQUIRE(back.changes.size() == 1);
  CHECK(back.changes[0].removed == 6);
  CHECK(back.to == before);
  CHECK(desk.refused(step::EntityDiff{desk.entity, "none.1", {}}) == Errc::not_found);
}

TEST_CASE("restoring makes an entity read as it did, by one more change") {
  Desk desk(1);
  const std::string before = desk.versions().front().version;
  desk.edit(insert(5, " world"));
  desk.edit(entitle("second"));
  const step::EntityRestore command{desk.entity, before, {}, {}};
  CHECK(desk.devices.get<step::WrittenAnswer>(0, command).ops_applied == 2);
  CHECK(desk.read("body") == "hello");
  CHECK(desk.read("title") == "first");
  CHECK(desk.versions().size() == 4);
  CHECK(desk.devices.get<step::WrittenAnswer>(0, command).ops_applied == 0);
  CHECK(desk.versions().size() == 4);
  CHECK(desk.refused(step::EntityRestore{desk.entity, before, before, {}}) == Errc::conflict);
  CHECK(desk.refused(step::EntityRestore{desk.entity, before, "old", {}}) == Errc::invalid);

  desk.devices.get<step::WrittenAnswer>(0, step::EntityDelete{desk.entity, {}, {}});
  CHECK(desk.refused(step::EntityRestore{desk.entity, desk.versions().front().version, {}, {}}) ==
        Errc::invalid);
  desk.devices.get<step::WrittenAnswer>(0, command);
  CHECK_FALSE(desk.get().deleted);
  CHECK(desk.read("body") == "hello");
}

TEST_CASE("what differs, and what is restored, is what a rule of the type shows") {
  Desk desk(2);
  step::TypeDeclare declare;
  declare.type = "note";
  declare.rules = {{"/title", crdt::Rule::as_text}};
  desk.devices.get<step::WrittenAnswer>(0, declare);
  desk.devices.run();
  desk.devices.isolate(1);
  desk.devices.run();
  const std::vector<std::string> versions{desk.edit(entitle("mine"), 0),
                                          desk.edit(entitle("theirs"), 1)};
  desk.devices.reconnect(1);
  desk.devices.run();
  const std::string shown = desk.read("title");
  CHECK(shown.find('\n') != std::string::npos);
  for (const std::string& version : versions) {
    step::EntityDiff compare;
    compare.entity = desk.entity;
    compare.from = version;
    const auto diff = desk.devices.get<step::DiffAnswer>(0, compare);
    REQUIRE(diff.changes.size() == 1);
    CHECK(diff.changes[0].path == crdt::Path{std::string("title")});
    CHECK(diff.changes[0].value == crdt::Value{crdt::Scalar(shown)});
  }
  for (const std::string& version : versions) {
    const step::EntityRestore restore{desk.entity, version, {}, {}};
    CHECK(desk.devices.get<step::WrittenAnswer>(0, restore).ops_applied > 0);
    CHECK(desk.read("title") == desk.read("title", version));
    CHECK(desk.devices.get<step::WrittenAnswer>(0, restore).ops_applied == 0);
  }
}

TEST_CASE("undoing, redoing and restoring take the marks of texts along") {
  Desk desk(2);
  const auto mark = [](std::uint64_t at, std::uint64_t count, const char* key) {
    return crdt::Op{body_path, crdt::TextMark{at, count, 0, key, crdt::Scalar(true)}};
  };
  desk.edit(insert(5, " world"));
  const std::string plain = desk.versions().front().version;
  desk.edit(mark(0, 5, "bold"));
  const std::string bold = desk.versions().front().version;
  desk.devices.run();
  desk.edit(mark(6, 5, "link"), 1);
  desk.edit(insert(0, "oh, "), 1);
  desk.devices.run();
  CHECK(desk.marks() == "bold 4-9 link 10-15");
  // What others marked and wrote since stays.
  CHECK(desk.undo() == 1);
  CHECK(desk.marks() == "link 10-15");
  CHECK(desk.redo() == 1);
  CHECK(desk.marks() == "bold 4-9 link 10-15");
  desk.edit(cut(2, 5));
  CHECK(desk.marks() == "bold 2-4 link 5-10");
  desk.undo();
  CHECK(desk.read("body") == "oh, hello world");
  CHECK(desk.marks() == "bold 4-9 link 10-15");
  const auto restore = [&](const std::string& version) {
    desk.devices.get<step::WrittenAnswer>(0, step::EntityRestore{desk.entity, version, {}, {}});
  };
  restore(plain);
  CHECK(desk.read("body") == "hello world");
  CHECK(desk.marks() == "");
  restore(bold);
  CHECK(desk.marks() == "bold 0-5");
}

TEST_CASE("undoing goes back change by change, and redoing forth, also after a restart") {
  Desk desk(1);
  desk.edit(insert(5, " world"));
  desk.edit(cut(0, 5));
  desk.edit(entitle("second"));
  desk.undo();
  CHECK(desk.read("title") == "first");
  desk.undo();
  CHECK(desk.read("body") == "hello world");
  desk.devices.run();
  desk.devices.restart(0);
  REQUIRE(desk.devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
  desk.undo();
  CHECK(desk.read("body") == "hello");
  CHECK(desk.refused(step::EntityUndo{desk.entity, {}, {}, {}}) == Errc::not_found);
  desk.redo();
  CHECK(desk.read("body") == "hello world");
  desk.redo();
  CHECK(desk.read("body") == " world");
  desk.undo();
  CHECK(desk.read("body") == "hello world");
  desk.redo();
  desk.redo();
  CHECK(desk.read("title") == "second");
  CHECK(desk.refused(step::EntityUndo{desk.entity, step::UndoDirection::again, {}, {}}) ==
        Errc::not_found);
  // A change ends what could be done again.
  desk.undo();
  desk.edit(entitle("third"));
  CHECK(desk.refused(step::EntityUndo{desk.entity, step::UndoDirection::again, {}, {}}) ==
        Errc::not_found);
}

TEST_CASE("what was just undone stays undone when the power goes before the view is written") {
  Desk desk(1);
  desk.edit(entitle("second"));
  desk.edit(entitle("third"));
  const auto restart = [&] {
    desk.devices.restart(0);
    REQUIRE(desk.devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
  };
  desk.undo();
  restart();
  CHECK(desk.read("title") == "second");
  desk.undo();
  restart();
  CHECK(desk.read("title") == "first");
  desk.redo();
  restart();
  desk.redo();
  CHECK(desk.read("title") == "third");
}

TEST_CASE("undoing takes back what this device did and leaves what others did") {
  Desk desk(2);
  desk.edit(insert(5, " brave world"));
  desk.edit(entitle("second"));
  desk.devices.run();
  desk.edit(insert(8, "XYZ"), 1);
  desk.edit(insert(0, "> "), 1);
  desk.edit(entitle("theirs"), 1);
  desk.devices.run();
  CHECK(desk.undo() == 0);  // the title was written over
  CHECK(desk.read("title") == "theirs");
  CHECK(desk.undo() > 0);
  CHECK(desk.read("body") == "> helloXYZ");
  CHECK(desk.redo() > 0);
  CHECK(desk.read("body").find("world") != std::string::npos);
  CHECK(desk.read("body").find("XYZ") != std::string::npos);
}

TEST_CASE("deleting what is deleted makes no version") {
  Desk desk(1);
  const step::EntityDelete remove{desk.entity, {}, {}};
  const auto deleted = desk.devices.get<step::WrittenAnswer>(0, remove);
  CHECK(deleted.ops_applied == 1);
  const std::size_t versions = desk.versions().size();
  const auto again = desk.devices.get<step::WrittenAnswer>(0, remove);
  CHECK(again.ops_applied == 0);
  CHECK(again.version == deleted.version);
  CHECK(desk.versions().size() == versions);
  CHECK(desk.undo() == 1);
  CHECK_FALSE(desk.get().deleted);
}

TEST_CASE("a deletion can be undone and redone") {
  Desk desk(1);
  desk.devices.get<step::WrittenAnswer>(0, step::EntityDelete{desk.entity, {}, {}});
  CHECK(desk.get().deleted);
  CHECK(desk.undo() == 1);
  CHECK_FALSE(desk.get().deleted);
  CHECK(desk.read("body") == "hello");
  CHECK(desk.redo() == 1);
  CHECK(desk.get().deleted);
}

TEST_CASE("marks of undoing are kept as they are, and bad ones are refused") {
  UndoMarks marks;
  for (std::uint64_t i = 1; i <= 5000; ++i) marks.add({10 * i, 10 * i + 3, UndoRole::redo});
  CHECK(marks.find(10) == nullptr);  // forgotten
  REQUIRE(marks.find(50002) != nullptr);
  CHECK(marks.find(50002)->first == 50000);
  CHECK(marks.find(50004) == nullptr);
  const Buffer bytes = marks.encode();
  CHECK(bytes.size() < 64 * 1024);
  wire::Reader in(bytes);
  const UndoMarks again = UndoMarks::decode(in);
  CHECK(in.ok());
  CHECK(again.encode() == bytes);
  for (const Buffer& bad : {Buffer{0xff, 0xff, 0xff, 0x7f}, Buffer{1}, Buffer{1, 5}}) {
    wire::Reader reader(bad);
    UndoMarks::decode(reader);
    CHECK_FALSE(reader.ok());
  }
}

}  // namespace syncline::node
