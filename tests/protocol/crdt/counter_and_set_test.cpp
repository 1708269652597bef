// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

TEST_CASE("C16: increments of all devices add up") {
  Device a(0), b(1);
  a.edit(at("c"), CounterAdd{5});
  b.edit(at("c"), CounterAdd{-2});
  b.edit(at("c"), CounterAdd{10});
  meet(a, b);
  CHECK(a.reads(at("c")) == "13");
  CHECK(b.reads(at("c")) == "13");
}

TEST_CASE("C16: a counter is exact beyond 64 bits, and then reads as its digits") {
  Device a(0), b(1);
  a.edit({Op{at("c"), CounterAdd{INT64_MAX}}, Op{at("c"), CounterAdd{INT64_MAX}}});
  CHECK(a.reads(at("c")) == "\"18446744073709551614\"");
  b.edit({Op{at("c"), CounterAdd{INT64_MIN}}, Op{at("c"), CounterAdd{INT64_MIN}}});
  CHECK(b.reads(at("c")) == "\"-18446744073709551616\"");
  meet(a, b);
  CHECK(a.reads(at("c")) == "-2");
  CHECK(b.reads(at("c")) == "-2");
}

TEST_CASE("C16: decimals add up exactly and keep the places of the finest") {
  Device a(0), b(1);
  a.edit(at("c"), CounterAdd{1000, 2});
  for (int i = 0; i < 10; ++i) b.edit(at("c"), CounterAdd{1, 1});
  CHECK(b.reads(at("c")) == "\"1.0\"");
  meet(a, b);
  CHECK(a.reads(at("c")) == "\"11.00\"");
  a.edit(at("c"), CounterAdd{-12});
  CHECK(a.reads(at("c")) == "\"-1.00\"");
  b.edit(at("c"), CounterAdd{1, 18});
  meet(a, b);
  CHECK(b.reads(at("c")) == "\"-0.999999999999999999\"");
  b.edit({Op{at("c"), CounterAdd{INT64_MAX}}, Op{at("c"), CounterAdd{INT64_MAX, 18}}});
  CHECK(b.reads(at("c")) == "\"9223372036854775815.223372036854775808\"");
  b.edit({}, MapSet{"c", Kind::counter});
  CHECK(b.reads(at("c")) == "0");
}

TEST_CASE(
    "C16: an addition that is taken back takes its places with it, an addition of zero leaves "
    "them") {
  Device a(0), b(1);
  a.edit(at("c"), CounterAdd{5});
  a.edit(at("c"), CounterAdd{150, 2});
  b.edit(at("c"), CounterAdd{25, 1});
  meet(a, b);
  CHECK(a.reads(at("c")) == "\"9.00\"");
  b.edit(at("c"), CounterAdd{-150, 2});
  CHECK(b.reads(at("c")) == "\"7.5\"");
  b.edit(at("c"), CounterAdd{-25, 1});
  meet(a, b);
  CHECK(a.reads(at("c")) == "5");
  a.edit({Op{at("c"), CounterAdd{0, 2}}, Op{at("c"), CounterAdd{-5}}});
  meet(a, b);
  CHECK(b.reads(at("c")) == "\"0.00\"");
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE("C16: removing a counter takes away the increments that were seen") {
  Device a(0), b(1);
  a.edit(at("c"), CounterAdd{5});
  meet(a, b);
  a.edit({}, MapRemove{"c"});
  b.edit(at("c"), CounterAdd{3});
  meet(a, b);
  CHECK(a.reads(at("c")) == "3");
  CHECK(a.document().conflicts().size() == 1);
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE("C17: in a set, adding beats removing at the same time") {
  Device a(0), b(1);
  a.edit({Op{at("s"), SetAdd{words("x")}}, Op{at("s"), SetAdd{words("y")}}});
  meet(a, b);
  a.edit({Op{at("s"), SetRemove{words("x")}}, Op{at("s"), SetRemove{words("y")}}});
  b.edit(at("s"), SetAdd{words("x")});
  meet(a, b);
  CHECK(a.reads(at("s")) == "[\"x\" ]");
  CHECK(b.reads(at("s")) == "[\"x\" ]");
  b.edit(at("s"), SetRemove{words("x")});
  meet(a, b);
  CHECK(a.reads(at("s")) == "[]");
}

TEST_CASE("C17: the elements of a set are told apart by kind and read in one order") {
  Device a(0), b(1);
  for (const Scalar& value : {words("1"), number(1), Scalar{1.0}, Scalar{true}, Scalar{Null{}}})
    a.edit(at("s"), SetAdd{value});
  b.edit({Op{at("s"), SetAdd{number(0)}}, Op{at("s"), SetAdd{number(1)}}});
  meet(a, b);
  CHECK(a.reads(at("s")) == "[null true 0 1 1 \"1\" ]");
  CHECK(b.reads(at("s")) == a.reads(at("s")));
}
