// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/decimal.h"

#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

std::string again(const std::string& number) {
  const auto sum = DecimalSum::of(words(number));
  return sum ? sum->text() : "refused";
}

DecimalSum random_sum(Dice& dice, std::int64_t least = 0) {
  DecimalSum out;
  for (std::size_t i = dice.pick(4); i > 0; --i) {
    const auto wide =
        least + static_cast<std::int64_t>(dice.below(UINT64_MAX) >> (2 + dice.pick(62)));
    out.add({dice.one_in(2) ? wide : -wide, static_cast<std::uint8_t>(dice.pick(19))});
  }
  return out;
}

}  // namespace

TEST_CASE("a decimal reads as it was written") {
  for (const char* number :
       {"0", "7", "-7", "0.00", "12.50", "-12.50", "-0.5", "9223372036854775807",
        "123456789012345678901234567890.123456789012345678"})
    CHECK(again(number) == number);
  CHECK(again("-0") == "0");
  CHECK(DecimalSum::of(number(-3))->value() == number(-3));
  CHECK(DecimalSum::of(Scalar{0.1})->text() == "0.1");
  CHECK(DecimalSum::of(Scalar{-12.5})->text() == "-12.5");
}

TEST_CASE("what is no decimal number is told apart") {
  for (const char* number : {"", "-", ".5", "5.", "1,5", "01", "1.5.2", "+1", "1e3", " 1", "0x1",
                             "--1", "1.1234567890123456789", "1234567890123456789012345678901"})
    CHECK(again(number) == "refused");
  CHECK_FALSE(DecimalSum::of(Scalar{Null{}}));
  CHECK_FALSE(DecimalSum::of(Scalar{true}));
  CHECK_FALSE(DecimalSum::of(Scalar{1e300}));
}

TEST_CASE("a number is the sum of its amounts, and a difference leads from one to the other") {
  Dice dice(3);
  for (int i = 0; i < 2000; ++i) {
    const DecimalSum from = random_sum(dice), to = random_sum(dice);
    const auto way = to.minus(from).amounts();
    REQUIRE(way);
    DecimalSum arrived = from;
    for (const Decimal& amount : *way) arrived.add(amount);
    REQUIRE(arrived.minus(to).is_zero());
    for (const Decimal& amount : *way) arrived.subtract(amount);
    REQUIRE(arrived == from);
    REQUIRE(DecimalSum::of(words(from.text()))->minus(from).is_zero());
  }
  CHECK(DecimalSum::of(words("0"))->amounts()->empty());
  CHECK(*DecimalSum::of(words("0.00"))->amounts() == std::vector<Decimal>{{0, 2}});
  CHECK(*DecimalSum::of(words("-12.50"))->amounts() == std::vector<Decimal>{{-1250, 2}});
  CHECK(DecimalSum::of(words("9223372036854775807.5"))->amounts()->size() == 2);
  CHECK(DecimalSum::of(words("999999999999999999999999999999"))->amounts().error().code ==
        Errc::limit);
}

TEST_CASE("amounts from one sum to another make it read as that one") {
  Dice dice(4);
  for (int i = 0; i < 2000; ++i) {
    const DecimalSum from = random_sum(dice, 1), to = random_sum(dice);
    const auto way = from.amounts_to(to);
    REQUIRE(way);
    DecimalSum arrived = from;
    for (const Decimal& amount : *way) arrived.add(amount);
    REQUIRE(arrived.value() == to.value());
    REQUIRE(arrived.amounts_to(to)->empty());
    REQUIRE(from.plus(to).minus(to) == from);
  }
  DecimalSum half;
  half.add({5, 1});
  CHECK(*DecimalSum().amounts_to(half) == std::vector<Decimal>{{5, 1}});
  CHECK(*half.amounts_to(*DecimalSum::of(words("0.00"))) == std::vector<Decimal>{{-5, 1}, {0, 2}});
}
