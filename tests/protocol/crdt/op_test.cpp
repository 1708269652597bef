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
    {{}, MapSet{"title", text("hello")}},
    {at("a"), MapSet{"", Kind::list}},
    {at("a"), MapRemove{"b"}},
    {at("a"), MapKeep{"b", Kind::text}},
    {{Step{std::string("a")}, Step{std::uint64_t{3}}},
     ListInsert{0, {number(1), Kind::map, Null{}}}},
    {{Step{std::string("a")}, Step{std::uint64_t{3}}}, ListRemove{7, 2}},
    {at("l"), ListSet{1, true}},
    {at("l"), ListKeep{1, Kind::counter}},
    {at("t"), TextInsert{12, "grüße"}},
    {at("t"), TextRemove{0, UINT32_MAX}},
    {at("c"), CounterAdd{-5}},
    {at("s"), SetAdd{1.5}},
    {at("s"), SetRemove{text("x")}},
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

TEST_CASE("setting a root field to 200 bytes costs at most 210") {
  const std::vector<Op> ops{{{}, MapSet{"body", text(std::string(200, 'x'))}}};
  CHECK(encode_ops(ops).size() <= 210);
}

TEST_CASE("typing at a path that was just named costs no path") {
  const Path path = at("a rather long name of a field");
  const std::vector<Op> one{{path, TextInsert{0, "a"}}};
  const std::vector<Op> two{{path, TextInsert{0, "a"}}, {path, TextRemove{4, 1}}};
  CHECK(encode_ops(two).size() == encode_ops(one).size() + 3);
}

TEST_CASE("paths of every depth up to the limit survive, deeper ones are refused") {
  for (std::size_t depth = 0; depth <= limits::container_depth_max; ++depth) {
    const std::vector<Op> ops{{deep_path(depth), MapRemove{"x"}}};
    CHECK(check_ops(ops));
    CHECK(decode_ops(encode_ops(ops)).value() == ops);
  }
  const std::vector<Op> deeper{{deep_path(limits::container_depth_max + 1), MapRemove{"x"}}};
  CHECK_FALSE(check_ops(deeper));
  CHECK_FALSE(decode_ops(encode_ops(deeper)));
}

TEST_CASE("what check_ops refuses, the decoder refuses too") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Op> bad = {
      {{}, MapSet{std::string(limits::map_key_size_max + 1, 'k'), Null{}}},
      {{}, MapSet{"a", text(std::string(limits::value_size_max + 1, 'v'))}},
      {{}, MapSet{"a", text("\xff")}},
      {{}, MapSet{std::string("nul\0", 4), Null{}}},
      {{}, MapSet{"a", Scalar{nan}}},
      {at("\xc3"), MapRemove{"x"}},
      {at("l"), ListInsert{0, {}}},
      {at("l"), ListInsert{std::uint64_t{1} << 32, {Null{}}}},
      {at("l"), ListInsert{0, {text("\xff")}}},
      {at("l"), ListRemove{0, 0}},
      {at("l"), ListSet{std::uint64_t{1} << 32, Null{}}},
      {at("t"), TextInsert{0, ""}},
      {at("t"), TextInsert{0, "\xed\xa0\x80"}},
      {at("t"), TextInsert{0, std::string(limits::event_plaintext_size_max + 1, 't')}},
      {at("t"), TextRemove{1, 0}},
      {at("s"), SetAdd{nan}},
  };
  for (const Op& op : bad) {
    CAPTURE(describe({TestEvent{0, 1, {}, {op}}}));
    CHECK_FALSE(check_ops(std::vector<Op>{op}));
    CHECK_FALSE(decode_ops(encode_ops(std::vector<Op>{op})));
  }
  for (const Op& op : one_of_each) CHECK(check_ops(std::vector<Op>{op}));
}

TEST_CASE("an event has a bounded number of ops and of repeated paths") {
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

TEST_CASE("an encoding cut short or with more behind it is refused") {
  Buffer bytes = encode_ops(one_of_each);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_ops(Bytes(bytes).first(size)));
  bytes.push_back(0);
  CHECK(decode_ops(bytes).error().code == Errc::non_canonical);
}

TEST_CASE("a path written out although it was the one before is refused") {
  // Two ops on path "c", both written out: counter_add 1, counter_add 1.
  const Buffer spelled{2, 0x19, 2, 'c', 2, 0x19, 2, 'c', 2};
  CHECK(decode_ops(spelled).error().code == Errc::non_canonical);
  const Buffer repeated{2, 0x19, 2, 'c', 2, 0xf9, 2};
  CHECK(decode_ops(repeated));
  const Buffer of_nothing{1, 0xf9, 2};
  CHECK(decode_ops(of_nothing).error().code == Errc::non_canonical);
}

TEST_CASE("whatever decodes encodes to the same bytes") {
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
