// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

void type_forwards(Device& device, std::uint64_t from, const std::string& word) {
  for (std::size_t i = 0; i < word.size(); ++i)
    device.edit(at("t"), TextInsert{from + i, word.substr(i, 1)});
}
void type_backwards(Device& device, std::uint64_t at_place, const std::string& word) {
  for (std::size_t i = word.size(); i-- > 0;)
    device.edit(at("t"), TextInsert{at_place, word.substr(i, 1)});
}
bool in_some_order(const std::string& read, const std::string& a, const std::string& b,
                   const std::string& before = "", const std::string& after = "") {
  return read == '"' + before + a + b + after + '"' || read == '"' + before + b + a + after + '"';
}

}  // namespace

TEST_CASE("C14: words typed at one place by two devices never interleave, in either direction") {
  for (int directions = 0; directions < 4; ++directions) {
    for (const bool inside : {false, true}) {
      Device a(0), b(1);
      if (inside) a.edit(at("t"), TextInsert{0, "[]"});
      meet(a, b);
      const std::uint64_t place = inside ? 1 : 0;
      (directions & 1 ? type_backwards : type_forwards)(a, place, "MILK");
      (directions & 2 ? type_backwards : type_forwards)(b, place, "bread");
      meet(a, b);
      CAPTURE(a.reads(at("t")));
      CHECK(in_some_order(a.reads(at("t")), "MILK", "bread", inside ? "[" : "", inside ? "]" : ""));
      CHECK(a.reads() == b.reads());
      CHECK(a.replica().canonical() == b.replica().canonical());
    }
  }
}

TEST_CASE("C14: at one place the further right neighbour comes first, then the lower id") {
  Device a(0), b(1), c(2);  // the ids of their logs: 21h, 01h, 11h
  a.edit(at("t"), TextInsert{0, "a"});
  b.edit(at("t"), TextInsert{0, "b"});
  c.receive(b);
  meet(a, b);
  CHECK(b.reads(at("t")) == "\"ba\"");
  // Both stand right of "b", but "p" has the end on its right and "q" has "a".
  c.edit(at("t"), TextInsert{1, "p"});
  b.edit(at("t"), TextInsert{1, "q"});
  meet(b, c);
  meet(a, b);
  CHECK(a.reads(at("t")) == "\"bpqa\"");
  CHECK(c.reads(at("t")) == "\"bpqa\"");
}

TEST_CASE("C14: three devices at one place: each word stays whole") {
  Device a(0), b(1), c(2);
  type_forwards(a, 0, "one");
  type_backwards(b, 0, "TWO");
  type_forwards(c, 0, "333");
  meet(b, c);
  meet(a, b);
  meet(a, c);
  CHECK(a.reads() == b.reads());
  CHECK(a.reads() == c.reads());
  for (const char* word : {"one", "TWO", "333"}) CHECK(a.reads().find(word) != std::string::npos);
}

TEST_CASE("C7: positions count Unicode scalar values") {
  Device a(0);
  a.edit(at("t"), TextInsert{0, "a🙂ä"});
  a.edit(at("t"), TextInsert{2, "€"});
  CHECK(a.reads(at("t")) == "\"a🙂€ä\"");
  a.edit(at("t"), TextRemove{1, 2});
  CHECK(a.reads(at("t")) == "\"aä\"");
  const Applied beyond = a.edit(at("t"), TextRemove{1, 2});
  CHECK(beyond.void_ops == 0);
  CHECK(beyond.adapted_ops == 1);
  CHECK(a.reads(at("t")) == "\"a\"");
}

TEST_CASE("C7: positions are those of the author's version, whatever happened meanwhile") {
  Device a(0), b(1);
  a.edit(at("t"), TextInsert{0, "hello world"});
  meet(a, b);
  a.edit(at("t"), TextRemove{0, 6});
  a.edit(at("t"), TextInsert{0, "big "});
  b.edit(at("t"), TextInsert{11, "!"});
  b.edit(at("t"), TextRemove{4, 1});
  meet(a, b);
  CHECK(a.reads(at("t")) == "\"big world!\"");
  CHECK(a.reads() == b.reads());
}

TEST_CASE("C15: a character removed by two devices is removed once") {
  Device a(0), b(1);
  a.edit(at("t"), TextInsert{0, "abc"});
  meet(a, b);
  a.edit(at("t"), TextRemove{0, 2});
  b.edit(at("t"), TextRemove{1, 2});
  meet(a, b);
  CHECK(a.reads(at("t")) == "\"\"");
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE("C7: each op of an event sees the ones before it") {
  Device a(0), b(1);
  a.edit({Op{at("t"), TextInsert{0, "abc"}}, Op{at("t"), TextInsert{3, "def"}},
          Op{at("t"), TextRemove{1, 4}}, Op{at("t"), TextInsert{1, "-"}}});
  CHECK(a.reads(at("t")) == "\"a-f\"");
  meet(a, b);
  CHECK(b.reads(at("t")) == "\"a-f\"");
}

TEST_CASE("a long text edited everywhere stays in order") {
  Device a(0);
  Dice dice(3);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    if (!expected.empty() && dice.one_in(4)) {
      const std::size_t place = dice.pick(expected.size());
      const std::size_t count = 1 + dice.pick(std::min<std::size_t>(expected.size() - place, 9));
      expected.erase(place, count);
      a.edit(at("t"), TextRemove{place, count});
    } else {
      const std::size_t place = dice.pick(expected.size() + 1);
      const std::string word(1 + dice.pick(5), static_cast<char>('a' + dice.pick(26)));
      expected.insert(place, word);
      a.edit(at("t"), TextInsert{place, word});
    }
  }
  CHECK(a.reads(at("t")) == '"' + expected + '"');
  CHECK_FALSE(a.document().check());
}

TEST_CASE("typing keystroke by keystroke is one event with the same result everywhere") {
  Replica typist, reader(1);
  VersionVector nothing;
  const EventContext context{0, 1, nothing, WallTime{7}, typist.logs()};
  auto typing = typist.document.type(context, at("t"));
  REQUIRE(typing);
  for (const char* key : {"h", "ä", "l", "l", "o"}) typing->insert(typing->length(), key);
  typing->remove(1, 1);
  typing->insert(1, "e");
  typing->remove(typing->length() - 1, 1);
  typing->remove(typing->length() - 1, 1);
  const Op op = typing->commit().value();
  CHECK(describe(*typist.document.read(at("t"))) == "\"hel\"");
  CHECK(typist.document.age().events == 1);
  REQUIRE(check_ops(std::span(&op, 1)));
  CHECK(std::get<TextEdit>(op.action) == TextEdit{{{0, 0, 3}}, "hel"});
  CHECK(decode_ops(encode_ops(std::span(&op, 1))).value() == std::vector<Op>{op});
  reader.document.apply({0, 1, nothing, WallTime{7}, typist.logs()}, std::span(&op, 1));
  CHECK(reader.document.canonical(typist.logs()) == typist.document.canonical(typist.logs()));
}

TEST_CASE("a text read from a snapshot asks for its history before it merges") {
  Device a(0), b(1);
  a.edit(at("t"), TextInsert{0, "common"});
  meet(a, b);
  a.edit(at("t"), TextInsert{6, " left"});
  b.edit(at("t"), TextInsert{0, "right "});
  wire::Writer out;
  a.document().encode(out);
  wire::Reader in(out.view());
  auto again = Document::decode(in);
  REQUIRE(again);
  CHECK_FALSE(again->has_history());
  CHECK(again->wants_history(VersionVector({{0, 1}})));
  CHECK_FALSE(again->wants_history(again->frontier()));
  Document empty;
  CHECK_FALSE(again->adopt_history(std::move(empty)));
}
