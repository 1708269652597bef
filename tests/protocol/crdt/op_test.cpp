// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/op.h"

#include "protocol/base/limits.h"
#include "tests/protocol/crdt/device.h"

#include <limits>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

const std::vector<Op> one_of_each = {
    {{}, MapSet{"title", words("hello")}},
    {at("a"), MapSet{"", Kind::list}},
    {at("a"), MapRemove{"b"}},
    {at("a"), MapKeep{"b", Kind::text}},
    {{Step{std::string("a")}, Step{std::uint64_t{3}}},
     ListInsert{0, {number(1), Kind::map, Null{}}}},
    {{Step{std::string("a")}, Step{std::uint64_t{3}}}, ListRemove{7, 2}},
    {at("l"), ListSet{1, true}},
    {at("l"), ListKeep{1, Kind::counter}},
    {at("l"), ListMove{300, 0}},
    {at("t"), TextInsert{12, "grüße"}},
    {at("t"), TextRemove{0, UINT32_MAX}},
    {at("c"), CounterAdd{-5}},
    {at("c"), CounterAdd{INT64_MIN, 18}},
    {at("s"), SetAdd{1.5}},
    {at("s"), SetRemove{words("x")}},
};

Path deep_path(std::size_t depth) {
  Path path;
  for (std::size_t i = 0; i < depth; ++i)
    path.push_back(i % 2 == 0 ? Step{std::string("k")} : Step{std::uint64_t{i}});
  return path;
}

}  // namespace

TEST_CASE("every op survives its encoding, alone and after others") {
  for (const Op& op : one_of_each) {
    const std::vector<Op> alone{op};
    CHECK(decode_ops(encode_ops(alone)).value() == alone);
  }
  CHECK(decode_ops(encode_ops(one_of_each)).value() == one_of_each);
  CHECK(decode_ops(encode_ops(std::vector<Op>{})).value().empty());
}

TEST_CASE("C3: the text of a text edit ends where it says, whatever op comes next") {
  // Paths so deep that the next head looks like the continuation of a character.
  for (std::size_t depth = 0; depth <= 16; ++depth)
    for (const char* text : {"a", "é", "日", "😀"}) {
      const TextEdit edit{{{5, 0, 1}, {0, 2, 0}}, text};
      const std::vector<Op> ops{
          {at("t"), edit}, {deep_path(depth), MapRemove{"k"}}, {deep_path(depth), edit}};
      const Buffer bytes = encode_ops(ops);
      CHECK(decode_ops(bytes).value() == ops);
      CHECK_FALSE(decode_ops(Bytes(bytes).first(bytes.size() - 1)));
    }
}

TEST_CASE("C2: every op has the bytes that the specification gives it") {
  const Path deep = deep_path(16);
  Buffer steps;
  for (std::size_t i = 0; i < deep.size(); ++i) {
    if (i % 2 == 0) append(steps, Buffer{2, 'k'});
    if (i % 2 == 1) append(steps, Buffer{static_cast<std::uint8_t>(i << 1 | 1)});
  }
  Buffer of_deep{1, 0xe9, 2};
  append(of_deep, steps);
  append(of_deep, Buffer{0x00, 0x05});
  const std::vector<std::pair<Op, Buffer>> expected = {
      {{{}, MapSet{"a", number(-1)}}, {1, 0x00, 1, 'a', 3, 1}},
      {{{}, MapSet{"a", 1.5}}, {1, 0x00, 1, 'a', 4, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0}},
      {{{}, MapSet{"a", Kind::set}}, {1, 0x00, 1, 'a', 0x14}},
      {{at("m"), MapRemove{"a"}}, {1, 0x11, 2, 'm', 1, 'a'}},
      {{{}, MapKeep{"a", Kind::text}}, {1, 0x02, 1, 'a', 2}},
      {{at("l"), ListInsert{300, {Null{}, true}}}, {1, 0x13, 2, 'l', 0xac, 2, 2, 0, 2}},
      {{at("l"), ListRemove{1, 2}}, {1, 0x14, 2, 'l', 1, 2}},
      {{at("l"), ListSet{1, false}}, {1, 0x15, 2, 'l', 1, 1}},
      {{at("l"), ListKeep{1, Kind::map}}, {1, 0x16, 2, 'l', 1, 0}},
      {{at("l"), ListMove{1, 300}}, {1, 0x1e, 2, 'l', 1, 0xac, 2}},
      {{at("t"), TextInsert{2, "\xc3\xa4"}}, {1, 0x17, 2, 't', 2, 2, 0xc3, 0xa4}},
      {{at("t"), TextRemove{2, 1}}, {1, 0x18, 2, 't', 2, 1}},
      {{at("c"), CounterAdd{1250, 2}}, {1, 0x19, 2, 'c', 2, 0xc4, 0x13}},
      {{at("s"), SetAdd{words("x")}}, {1, 0x1a, 2, 's', 5, 1, 'x'}},
      {{at("s"), SetRemove{Null{}}}, {1, 0x1b, 2, 's', 0}},
      {{deep, CounterAdd{-3}}, of_deep},
  };
  for (const auto& [op, bytes] : expected) {
    CHECK(to_hex(encode_ops(std::vector<Op>{op})) == to_hex(bytes));
    CHECK(decode_ops(bytes).value() == std::vector<Op>{op});
  }
}

TEST_CASE("C1: one action, value or container that is not known fails all ops beside it") {
  // A map set that is fine, and behind it: action 40, scalar 6, item 26, container 10.
  for (const Buffer& strange : {Buffer{0x0f, 25, 1, 'a', 0}, Buffer{0x00, 1, 'a', 6},
                                Buffer{0x00, 1, 'a', 0x1a}, Buffer{0x02, 1, 'a', 10}}) {
    Buffer bytes{2, 0x00, 1, 'a', 0};
    append(bytes, strange);
    CHECK(decode_ops(bytes).error().code == Errc::unsupported);
  }
}

TEST_CASE("setting a root field to 200 bytes costs at most 210") {
  const std::vector<Op> ops{{{}, MapSet{"body", words(std::string(200, 'x'))}}};
  CHECK(encode_ops(ops).size() <= 210);
}

TEST_CASE("typing at a path that was just named costs no path") {
  const Path path = at("a rather long name of a field");
  const std::vector<Op> one{{path, TextInsert{0, "a"}}};
  const std::vector<Op> two{{path, TextInsert{0, "a"}}, {path, TextRemove{4, 1}}};
  CHECK(encode_ops(two).size() == encode_ops(one).size() + 3);
}

TEST_CASE("C5: paths of every depth up to the limit survive, deeper ones are refused") {
  for (std::size_t depth = 0; depth <= limits::container_depth_max; ++depth) {
    const std::vector<Op> ops{{deep_path(depth), MapRemove{"x"}}};
    CHECK(check_ops(ops));
    CHECK(decode_ops(encode_ops(ops)).value() == ops);
  }
  const std::vector<Op> deeper{{deep_path(limits::container_depth_max + 1), MapRemove{"x"}}};
  CHECK_FALSE(check_ops(deeper));
  CHECK_FALSE(decode_ops(encode_ops(deeper)));
}

TEST_CASE("C3 C4 C5: what check_ops refuses, the decoder refuses too") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Op> bad = {
      {{}, MapSet{std::string(limits::map_key_size_max + 1, 'k'), Null{}}},
      {{}, MapSet{"a", words(std::string(limits::value_size_max + 1, 'v'))}},
      {{}, MapSet{"a", words("\xff")}},
      {{}, MapSet{std::string("nul\0", 4), Null{}}},
      {{}, MapSet{"a", Scalar{nan}}},
      {at("\xc3"), MapRemove{"x"}},
      {at("l"), ListInsert{0, {}}},
      {at("l"), ListInsert{std::uint64_t{1} << 32, {Null{}}}},
      {at("l"), ListInsert{0, {words("\xff")}}},
      {at("l"), ListRemove{0, 0}},
      {at("l"), ListSet{std::uint64_t{1} << 32, Null{}}},
      {at("l"), ListMove{std::uint64_t{1} << 32, 0}},
      {at("l"), ListMove{0, std::uint64_t{1} << 32}},
      {at("t"), TextInsert{0, ""}},
      {at("t"), TextInsert{0, "\xed\xa0\x80"}},
      {at("t"), TextInsert{0, std::string(limits::event_plaintext_size_max + 1, 't')}},
      {at("t"), TextRemove{1, 0}},
      {at("c"), CounterAdd{1, 19}},
      {at("s"), SetAdd{nan}},
  };
  for (const Op& op : bad) {
    CAPTURE(describe({TestEvent{0, 1, {}, {op}}}));
    CHECK_FALSE(check_ops(std::vector<Op>{op}));
    CHECK_FALSE(decode_ops(encode_ops(std::vector<Op>{op})));
  }
  for (const Op& op : one_of_each) CHECK(check_ops(std::vector<Op>{op}));
}

TEST_CASE("C5: an event has a bounded number of ops and of repeated paths") {
  std::vector<Op> ops(limits::ops_per_event_max, Op{{}, CounterAdd{1}});
  CHECK(check_ops(ops));
  CHECK(decode_ops(encode_ops(ops)));
  ops.push_back(ops.front());
  CHECK_FALSE(check_ops(ops));
  CHECK_FALSE(decode_ops(encode_ops(ops)));

  Path wide;
  for (int i = 0; i < 32; ++i) wide.push_back(Step{std::string(1024, 'k')});
  const std::vector<Op> repeated(4096, Op{wide, CounterAdd{1}});
  CHECK(encode_ops(repeated).size() < limits::event_plaintext_size_max);
  CHECK_FALSE(check_ops(repeated));
  CHECK_FALSE(decode_ops(encode_ops(repeated)));
}

TEST_CASE("C1: an encoding cut short or with more behind it is refused") {
  Buffer bytes = encode_ops(one_of_each);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_ops(Bytes(bytes).first(size)));
  bytes.push_back(0);
  CHECK(decode_ops(bytes).error().code == Errc::non_canonical);
}

TEST_CASE("C2: a path written out although it was the one before is refused") {
  // Two ops on path "c", both written out: counter_add 1, counter_add 1.
  const Buffer spelled{2, 0x19, 2, 'c', 0, 2, 0x19, 2, 'c', 0, 2};
  CHECK(decode_ops(spelled).error().code == Errc::non_canonical);
  const Buffer repeated{2, 0x19, 2, 'c', 0, 2, 0xf9, 0, 2};
  CHECK(decode_ops(repeated));
  const Buffer of_nothing{1, 0xf9, 0, 2};
  CHECK(decode_ops(of_nothing).error().code == Errc::non_canonical);
}

TEST_CASE("C2: whatever decodes encodes to the same bytes") {
  Dice dice(11);
  const Buffer seed = encode_ops(one_of_each);
  std::size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    Buffer bytes = seed;
    for (std::size_t n = 1 + dice.pick(3); n > 0; --n)
      bytes[dice.pick(bytes.size())] = static_cast<std::uint8_t>(dice.pick(256));
    const auto ops = decode_ops(bytes);
    if (!ops) continue;
    ++accepted;
    REQUIRE(encode_ops(*ops) == bytes);
    REQUIRE(check_ops(*ops));
  }
  CHECK(accepted > 1000);
}
