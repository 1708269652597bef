// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/document.h"

#include "protocol/base/limits.h"
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

Buffer snapshot(const Document& document) {
  wire::Writer out;
  document.encode(out);
  return out.take();
}

Result<Document> load(Bytes bytes) {
  wire::Reader in(bytes);
  return Document::decode(in);
}

// A document with something of everything in it, conflicts and removed parts included.
Device rich() {
  Device a(0), b(1), c(2);
  a.edit(at("text"), TextInsert{0, "hello world"});
  a.edit(at("list"), ListInsert{0, {number(1), Kind::map, words("x")}});
  meet(a, b);
  a.edit(at("text"), TextRemove{0, 6});
  b.edit(at("text"), TextInsert{5, ","});
  b.edit({Step{std::string("list")}, Step{std::uint64_t{1}}}, MapSet{"done", false});
  a.edit(at("list"), ListRemove{1, 1});
  c.edit(at("count"), CounterAdd{-3});
  c.edit(at("tags"), SetAdd{words("t")});
  c.edit({}, MapSet{"text", Scalar{1.5}});
  a.edit({}, MapRemove{"tags"});
  meet(b, c);
  meet(a, b);
  return a;
}

}  // namespace

TEST_CASE("an empty document reads as an empty map") {
  const Document document;
  CHECK(describe(document.read()) == "{}");
  CHECK(document.age().events == 0);
  CHECK(document.frontier().empty());
  CHECK_FALSE(document.check());
  const auto again = load(snapshot(document));
  REQUIRE(again);
  CHECK(describe(again->read()) == "{}");
}

TEST_CASE("C6: an event counts once") {
  Replica replica;
  const TestEvent event{0, 1, {0, 0, 0}, {Op{at("c"), CounterAdd{1}}}};
  CHECK(replica.apply(event).effect == Effect::changed);
  CHECK(replica.apply(event).effect == Effect::duplicate);
  CHECK(describe(*replica.document.read(at("c"))) == "1");
  CHECK(replica.document.age().events == 1);
}

TEST_CASE("C8: an op on the root as anything but a map is void") {
  Device a(0);
  for (const Op& op :
       {Op{{}, TextInsert{0, "x"}}, Op{{}, ListInsert{0, {Null{}}}}, Op{{}, CounterAdd{1}},
        Op{{}, SetAdd{Null{}}}, Op{{Step{std::uint64_t{0}}}, MapSet{"x", Null{}}}}) {
    CHECK(a.edit({op}).effect == Effect::none);
  }
  const Applied some = a.edit({Op{{}, CounterAdd{1}}, Op{{}, MapSet{"x", Null{}}}});
  CHECK(some.effect == Effect::changed);
  CHECK(some.void_ops == 1);
  CHECK(a.reads() == "{x: null }");
}

TEST_CASE("C12: the newest event is that of causality, then log id, whatever came first") {
  Device a(0), b(1);
  a.edit({}, MapSet{"x", number(1)});
  b.edit({Op{{}, MapSet{"y", number(1)}}, Op{{}, MapSet{"z", number(1)}}});
  meet(a, b);
  const auto told = [](const Device& device) {
    const Age& age = device.document().age();
    return std::to_string(age.events) + " events, " + std::to_string(age.ops) + " ops, log " +
           std::to_string(device.replica().log_of(age.log)) + " at " + std::to_string(age.lamport) +
           " wall " + std::to_string(age.wall.unix_ms);
  };
  CHECK(told(a) == told(b));
  // Log 1 has the lower id.
  CHECK(told(a) == "2 events, 3 ops, log 0 at 1 wall 1000");
  b.edit({}, MapSet{"x", number(2)});
  meet(a, b);
  CHECK(told(a) == "3 events, 4 ops, log 1 at 3 wall 2001");
}

TEST_CASE("paths lead to slots, and to nothing where nothing is") {
  Device a(0);
  a.edit({Step{std::string("a")}, Step{std::string("b")}}, ListInsert{0, {words("x"), Kind::text}});
  const Path list{Step{std::string("a")}, Step{std::string("b")}};
  Path second = list;
  second.push_back(Step{std::uint64_t{1}});
  CHECK(a.reads({}) == a.reads());
  CHECK(a.reads(list) == "[\"x\" \"\" ]");
  CHECK(a.reads(second) == "\"\"");
  CHECK(a.document().kind_at({}) == Kind::map);
  CHECK(a.document().kind_at(at("a")) == Kind::map);
  CHECK(a.document().kind_at(list) == Kind::list);
  CHECK(a.document().kind_at(second) == Kind::text);
  second.back() = Step{std::uint64_t{0}};
  CHECK_FALSE(a.document().kind_at(second));
  CHECK(a.reads(second) == "\"x\"");
  second.push_back(Step{std::string("deeper")});
  CHECK(a.reads(second) == "nothing");
  CHECK(a.reads({Step{std::uint64_t{0}}}) == "nothing");
  CHECK(a.reads(at("nowhere")) == "nothing");
}

TEST_CASE("C19: a snapshot goes on where the document stood") {
  const Device device = rich();
  const Buffer bytes = snapshot(device.document());
  auto again = load(bytes);
  REQUIRE(again);
  CHECK(again->read() == device.document().read());
  CHECK(again->age() == device.document().age());
  CHECK(again->frontier() == device.document().frontier());
  CHECK(again->conflicts().size() == device.document().conflicts().size());
  CHECK_FALSE(again->check());
  CHECK(snapshot(*again) == bytes);
  CHECK(again->canonical(device.replica().logs()) == device.replica().canonical());
}

TEST_CASE("a damaged snapshot is an error or a document, never a crash") {
  const Device device = rich();
  const Buffer bytes = snapshot(device.document());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = load(Bytes(bytes).first(size));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == Errc::corrupt);
  }
  Dice dice(5);
  for (int i = 0; i < 20'000; ++i) {
    Buffer damaged = bytes;
    for (std::size_t n = 1 + dice.pick(2); n > 0; --n)
      damaged[dice.pick(damaged.size())] = static_cast<std::uint8_t>(dice.pick(256));
    auto loaded = load(damaged);
    if (!loaded) continue;
    loaded->read();
    loaded->conflicts();
    const VersionVector past = loaded->frontier();
    loaded->apply({0, past.get(0) + 1, past, {}, device.replica().logs()},
                  std::vector<Op>{{at("text"), TextInsert{0, "x"}},
                                  {at("list"), ListRemove{0, 1}},
                                  {{}, MapRemove{"list"}}});
    loaded->read();
  }
}

TEST_CASE("documents nest as deep as an op can reach, and still load") {
  Path path;
  for (std::size_t i = 0; i < limits::container_depth_max; ++i)
    path.push_back(i % 2 == 0 ? Step{std::string("k")} : Step{std::uint64_t{0}});
  Device a(0);
  for (std::size_t depth = 1; depth < path.size(); depth += 2)
    a.edit(Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth)),
           ListInsert{0, {Kind::map}});
  CHECK(a.edit(path, MapSet{"end", Kind::text}).effect == Effect::changed);
  const auto again = load(snapshot(a.document()));
  REQUIRE(again);
  CHECK(again->read() == a.document().read());
}

TEST_CASE("logs the caller's table does not know are no reason to crash") {
  Document document;
  const LogTable few(1);
  const VersionVector past;
  document.apply({7, 1, past, {}, few}, std::vector<Op>{{{}, MapSet{"x", Null{}}}});
  document.apply({3, 1, past, {}, few}, std::vector<Op>{{{}, MapSet{"x", true}}});
  CHECK(document.conflicts().size() == 1);
}
