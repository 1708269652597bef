// SPDX-License-Identifier: Apache-2.0
//
// Where typing goes of programs that were shown something else than the text is now.
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

const crdt::Path page{std::string("body")};
constexpr std::chrono::milliseconds moment{300};
constexpr CallerId editor{1}, other{2};

// Two devices; nobody has read the text when a test begins.
struct Desk {
  Devices devices{2};
  EntityId entity;

  Desk() {
    devices.make_vault(0);
    devices.pair(0, 1);
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{page, crdt::TextInsert{0, "abcdefghij"}});
    create.caller = editor;
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run();
  }
  Result<step::Answer> try_type(CallerId caller, std::uint64_t at, std::uint64_t cut,
                                const std::string& inserted) {
    return devices.call(0, step::TextType{entity, page, at, cut, inserted, {}, caller});
  }
  std::uint64_t type(CallerId caller, std::uint64_t at, std::uint64_t cut,
                     const std::string& inserted) {
    const auto answer = try_type(caller, at, cut, inserted);
    REQUIRE(answer);
    return std::get<step::TypedAnswer>(*answer).length;
  }
  void update(std::size_t device, crdt::Op op, CallerId caller = other) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(std::move(op));
    update.caller = caller;
    devices.get<step::WrittenAnswer>(device, std::move(update));
    devices.run(moment);
  }
  // On the other device.
  void insert(std::uint64_t at, const std::string& text) {
    update(1, crdt::Op{page, crdt::TextInsert{at, text}});
  }
  void set_other_key() {
    update(1, crdt::Op{{}, crdt::MapSet{"n", crdt::Scalar(std::int64_t{++number})}});
  }
  std::string read(CallerId caller, std::size_t device = 0) {
    step::EntityGet get;
    get.entity = entity;
    get.path = page;
    get.caller = caller;
    const auto answer = devices.get<step::EntityAnswer>(device, get);
    return std::get<std::string>(std::get<crdt::Scalar>(answer.value.node));
  }
  // What both have in the end, asked by a program that does not type.
  std::string result() {
    devices.run();
    const std::string text = read(CallerId{99});
    CHECK(read(CallerId{99}, 1) == text);
    return text;
  }

  std::int64_t number = 0;
};

}  // namespace

TEST_CASE("positions are of what was shown, over any number of changes of other devices") {
  Desk desk;
  desk.type(editor, 5, 0, "1");
  desk.insert(2, "PP");
  desk.type(editor, 6, 0, "2");
  desk.set_other_key();
  desk.type(editor, 7, 0, "3");
  for (int i = 0; i < 5; ++i) {
    desk.insert(0, "<");
    desk.type(editor, 8 + static_cast<std::uint64_t>(i), 0, ".");
    desk.set_other_key();
  }
  CHECK(desk.type(editor, 10, 3, "") == 15);
  CHECK(desk.result() == "<<<<<abPPcde123..fghij");
}

TEST_CASE("positions are of what was shown after a pause, too") {
  Desk desk;
  desk.type(editor, 5, 0, "1");
  desk.insert(2, "PP");
  desk.type(editor, 6, 0, "2");
  desk.devices.run(std::chrono::seconds(20));
  desk.type(editor, 7, 0, "3");
  CHECK(desk.result() == "abPPcde123fghij");
}

TEST_CASE("calls that do not show a text leave the meaning of its positions alone") {
  Desk desk;
  desk.type(editor, 5, 0, "1");
  desk.insert(2, "PP");
  step::EntityGet past;
  past.entity = desk.entity;
  past.caller = editor;
  past.at = desk.devices.get<step::EntityAnswer>(1, step::EntityGet{desk.entity}).version;
  const auto others = [&] {
    desk.devices.get<step::EntitiesAnswer>(0, step::EntityList{});
    desk.devices.get<step::WrittenAnswer>(0, step::TextFlush{desk.entity, step::Wait::local});
    desk.devices.get<step::EntityAnswer>(0, past);
    desk.devices.get<step::HistoryAnswer>(0, step::EntityHistory{desk.entity});
    desk.devices.get<step::CursorAnswer>(0, step::TextCursor{desk.entity, page, 1});
  };
  others();
  desk.type(editor, 6, 0, "2");
  others();
  desk.type(editor, 7, 0, "3");
  CHECK(desk.result() == "abPPcde123fghij");
}

TEST_CASE("what was read is what positions are of, also before anything was typed") {
  Desk desk;
  CHECK(desk.read(editor) == "abcdefghij");
  desk.insert(2, "PP");
  desk.insert(0, "Q");
  desk.type(editor, 5, 0, "1");
  CHECK(desk.read(editor) == "QabPPcde1fghij");
  desk.type(editor, 9, 0, "2");
  CHECK(desk.result() == "QabPPcde12fghij");
}

TEST_CASE("who made an entity knows what is in it") {
  Desk desk;
  desk.insert(2, "PP");
  desk.type(editor, 5, 0, "1");
  CHECK(desk.result() == "abPPcde1fghij");
}

TEST_CASE("of equal characters the one is meant that was shown") {
  Desk desk;
  desk.type(editor, 10, 0, "one two three");
  desk.devices.run();
  // The same word again before it, and then both remove the same word.
  desk.insert(14, "two ");
  desk.type(editor, 17, 0, "!");
  desk.update(1, {page, crdt::TextRemove{18, 4}});
  CHECK(desk.type(editor, 14, 5, "") == 19);
  CHECK(desk.result() == "abcdefghijone two three");
}

TEST_CASE("two programs may type into one text, each into what it shows") {
  Desk desk;
  desk.read(editor);
  desk.read(other);
  desk.type(editor, 0, 0, "E");
  desk.type(other, 10, 0, "O");
  desk.type(editor, 1, 0, "F");
  desk.type(other, 11, 0, "P");
  desk.insert(5, "R");
  desk.type(other, 0, 1, "");
  desk.type(editor, 3, 1, "");
  CHECK(desk.result() == "EFcdeRfghijOP");
}

TEST_CASE("what a program changes by an update it shows") {
  Desk desk;
  desk.type(editor, 5, 0, "1");
  desk.insert(0, "PP");
  desk.update(0, {page, crdt::TextInsert{3, "--"}}, editor);  // "PPa--bcde1fghij"
  desk.update(0, {page, crdt::TextInsert{0, "not its own "}}, other);
  desk.type(editor, 8, 0, "2");
  CHECK(desk.result() == "not its own PPa--bcde12fghij");
}

TEST_CASE("an update after a read and changes of others moves positions by what it did") {
  Desk desk;
  desk.read(editor);
  desk.insert(0, "PP");
  desk.update(0, {page, crdt::TextInsert{3, "--"}}, editor);
  desk.insert(0, "QQ");
  desk.type(editor, 7, 0, "1");
  CHECK(desk.result() == "QQPPa--bcde1fghij");
}

TEST_CASE("a connection that was told nothing goes on where another one left off") {
  Desk desk;
  desk.type(CallerId{11}, 5, 0, "1");
  desk.devices[0].inputs.emplace_back(step::CallerGone{CallerId{11}});
  desk.insert(2, "PP");
  desk.type(CallerId{12}, 6, 0, "2");
  desk.set_other_key();
  desk.update(0, {page, crdt::TextInsert{0, "U"}}, CallerId{13});
  desk.devices.run();
  desk.type(CallerId{14}, 8, 0, "3");
  CHECK(desk.result() == "UabPPcde123fghij");
}

TEST_CASE("when a list changes below a program, its typing goes into no other text") {
  Desk desk;
  const crdt::Path list{std::string("list")};
  const crdt::Path second{std::string("list"), std::uint64_t{1}};
  desk.update(1, {list, crdt::ListInsert{0, {crdt::Kind::text}}});
  desk.update(1, {list, crdt::ListInsert{1, {crdt::Kind::text}}});
  desk.update(1, {{std::string("list"), std::uint64_t{0}}, crdt::TextInsert{0, "one"}});
  desk.update(1, {second, crdt::TextInsert{0, "two"}});
  step::EntityGet get;
  get.entity = desk.entity;
  get.caller = editor;
  desk.devices.get<step::EntityAnswer>(0, get);
  desk.update(1, {list, crdt::ListMove{1, 0}});
  const step::TextType typed{desk.entity, second, 3, 0, "!", {}, editor};
  const auto refused = desk.devices.call(0, typed);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  CHECK(refused.error().context.find("entity.get") != std::string::npos);
  desk.devices.get<step::EntityAnswer>(0, get);
  CHECK(desk.devices.call(0, typed));
}

TEST_CASE("of texts that one event made, typing goes into the one that was shown, or nowhere") {
  const crdt::Path list{std::string("list")};
  const auto text = [](std::uint64_t index) {
    return crdt::Path{std::string("list"), index, std::string("t")};
  };
  const crdt::Op insert_before{list, crdt::ListInsert{0, {crdt::Kind::map}}};
  const crdt::Op remove{list, crdt::ListRemove{0, 1}};
  const std::vector<std::vector<crdt::Op>> changes{
      {{list, crdt::ListMove{0, 1}}},
      {{list, crdt::ListMove{1, 0}}},
      {insert_before, {text(0), crdt::TextInsert{0, "new"}}},
      {remove},
  };
  enum class Shown { by_reading, by_typing, by_typing_and_changing };
  for (const Shown shown : {Shown::by_reading, Shown::by_typing, Shown::by_typing_and_changing})
    for (const std::size_t device : {0, 1})
      for (std::size_t change = 0; change < changes.size(); ++change) {
        CAPTURE(static_cast<int>(shown));
        CAPTURE(device);
        CAPTURE(change);
        Desk desk;
        step::EntityUpdate update;
        update.entity = desk.entity;
        update.ops.push_back(
            crdt::Op{list, crdt::ListInsert{0, {crdt::Kind::map, crdt::Kind::map}}});
        update.ops.push_back(crdt::Op{text(0), crdt::TextInsert{0, "ONE"}});
        update.ops.push_back(crdt::Op{text(1), crdt::TextInsert{0, "two"}});
        update.caller = other;
        desk.devices.get<step::WrittenAnswer>(0, std::move(update));
        desk.devices.run(moment);
        step::EntityGet get;
        get.entity = desk.entity;
        get.caller = editor;
        desk.devices.get<step::EntityAnswer>(0, get);
        const auto type = [&](std::uint64_t at) {
          return desk.devices.call(0, step::TextType{desk.entity, text(0), at, 0, "!", {}, editor});
        };
        if (shown != Shown::by_reading) REQUIRE(type(3));
        step::EntityUpdate meanwhile;
        meanwhile.entity = desk.entity;
        meanwhile.ops.assign(changes[change].begin(), changes[change].end());
        meanwhile.caller = other;
        desk.devices.get<step::WrittenAnswer>(device, std::move(meanwhile));
        desk.devices.run(moment);
        if (shown == Shown::by_typing_and_changing)
          desk.update(0, {{}, crdt::MapSet{"n", crdt::Scalar(std::int64_t{1})}}, editor);
        const auto typed = type(0);
        // What is typed while somebody else removes it stays, and is what the path leads to.
        const bool stays =
            shown != Shown::by_reading && device == 1 && changes[change][0] == remove;
        CHECK(typed.has_value() == stays);
        if (!typed) {
          CHECK(typed.error().code == Errc::conflict);
          CHECK(typed.error().context.find("entity.get") != std::string::npos);
        }
        desk.devices.get<step::EntityAnswer>(0, get);
        CHECK(type(0));
      }
}

TEST_CASE("typing goes on in the text of an item that others move things around of") {
  Desk desk;
  const crdt::Path list{std::string("list")};
  const crdt::Path text{std::string("list"), std::uint64_t{0}, std::string("t")};
  step::EntityUpdate update;
  update.entity = desk.entity;
  update.ops.push_back(crdt::Op{list, crdt::ListInsert{0, {crdt::Kind::map, crdt::Kind::map}}});
  update.ops.push_back(crdt::Op{text, crdt::TextInsert{0, "one"}});
  update.caller = editor;
  desk.devices.get<step::WrittenAnswer>(0, std::move(update));
  desk.devices.run(moment);
  const auto type = [&](std::uint64_t at) {
    return desk.devices.call(0, step::TextType{desk.entity, text, at, 0, "!", {}, editor});
  };
  CHECK(type(3));
  desk.update(1, {list, crdt::ListInsert{1, {crdt::Kind::map}}});
  CHECK(type(4));
  // There and back.
  desk.update(1, {list, crdt::ListMove{0, 2}});
  desk.update(1, {list, crdt::ListMove{2, 0}});
  CHECK(type(5));
  // The program itself moves it, and knows that.
  desk.update(0, {list, crdt::ListMove{0, 1}}, editor);
  desk.update(0, {list, crdt::ListMove{1, 0}}, editor);
  CHECK(type(6));
  desk.devices.run();
  step::EntityGet get;
  get.entity = desk.entity;
  get.path = text;
  for (const std::size_t device : {0, 1})
    CHECK(std::get<std::string>(std::get<crdt::Scalar>(
              desk.devices.get<step::EntityAnswer>(device, get).value.node)) == "one!!!!");
}

TEST_CASE("what had to be forgotten is refused with the way on, and never guessed") {
  Desk desk;
  desk.type(editor, 0, 0, ">");
  desk.insert(4, "PP");
  for (std::size_t i = 0; i <= ShownTexts::views_max; ++i) {
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{page, crdt::TextInsert{0, "x"}});
    create.caller = other;
    const EntityId entity = desk.devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    desk.devices.get<step::TypedAnswer>(0, step::TextType{entity, page, 0, 0, "y", {}, other});
  }
  const auto refused = desk.try_type(editor, 1, 0, "!");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  CHECK(refused.error().context.find("entity.get") != std::string::npos);
  CHECK(desk.read(editor) == ">abcdPPefghij");
  desk.type(editor, 1, 0, "!");
  CHECK(desk.result() == ">!abcdPPefghij");
}

TEST_CASE("after locking a program is asked to read before it types on") {
  Desk desk;
  desk.type(editor, 0, 0, ">");
  CHECK(desk.devices.call(0, step::VaultLock{}));
  REQUIRE(desk.devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}));
  desk.devices.run();
  const auto refused = desk.try_type(editor, 1, 0, "!");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::conflict);
  desk.type(other, 1, 0, "?");
  desk.read(editor);
  desk.type(editor, 1, 0, "!");
  CHECK(desk.result() == ">!?abcdefghij");
}

}  // namespace syncline::node
