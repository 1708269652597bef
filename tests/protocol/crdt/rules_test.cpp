// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/rules.h"

#include "protocol/crdt/value_diff.h"
#include "tests/protocol/crdt/device.h"
#include "tests/protocol/crdt/shapes.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::crdt::test {
namespace {

ConflictValue value(Scalar scalar, std::optional<Kind> container = std::nullopt) {
  return {Value{std::move(scalar)}, container, 0, 0, {}};
}
ConflictValue items(std::vector<Scalar> scalars, Kind container) {
  ValueList list;
  for (Scalar& scalar : scalars) list.push_back(Value{std::move(scalar)});
  return {Value{std::move(list)}, container, 0, 0, {}};
}

std::string settled(Rule rule, const std::vector<ConflictValue>& values) {
  const auto made = settle(rule, values);
  return made ? describe(*made) : "a conflict";
}

RuleSet rules(std::initializer_list<std::pair<const char*, Rule>> rows) {
  RuleSet set;
  for (const auto& [pattern, rule] : rows) REQUIRE(set.add(pattern, rule));
  return set;
}

Path path(std::initializer_list<Step> steps) { return steps; }
Step key(const char* name) { return std::string(name); }
Step index(std::uint64_t at) { return at; }

TEST_CASE("max and min take the greatest and the least, numbers by what they are") {
  const std::int64_t big = (std::int64_t{1} << 53) + 1;
  CHECK(settled(Rule::max, {value(number(3)), value(number(7)), value(number(5))}) == "7");
  CHECK(settled(Rule::min, {value(number(3)), value(number(7)), value(number(5))}) == "3");
  CHECK(settled(Rule::max, {value(number(3)), value(Scalar(3.5))}) == "3.5");
  CHECK(settled(Rule::min, {value(Scalar(-0.5)), value(number(0))}) == "-0.5");
  // One more than a double can tell apart.
  CHECK(settled(Rule::max, {value(Scalar(0x1p53)), value(number(big))}) == std::to_string(big));
  CHECK(settled(Rule::min, {value(Scalar(1e300)), value(number(INT64_MAX))}) ==
        std::to_string(INT64_MAX));
  CHECK(settled(Rule::max, {value(Scalar(-1e300)), value(number(INT64_MIN))}) ==
        std::to_string(INT64_MIN));
  CHECK(settled(Rule::max, {value(words("b")), value(words("a"))}) == "\"b\"");
  CHECK(settled(Rule::min, {value(Scalar(true)), value(Scalar(false))}) == "false");
  CHECK(settled(Rule::max, {value(number(4)), value(number(9), Kind::counter)}) == "9");
  CHECK(settled(Rule::max, {value(number(4)), value(words("4.50"), Kind::counter)}) == "\"4.50\"");
}

TEST_CASE("values of different sorts stay a conflict") {
  CHECK(settled(Rule::max, {value(number(1)), value(words("1"))}) == "a conflict");
  CHECK(settled(Rule::max, {value(words("4.50"), Kind::counter), value(words("5"))}) ==
        "a conflict");
  CHECK(settled(Rule::max, {value(number(1)), value(Scalar(Null{}))}) == "a conflict");
  CHECK(settled(Rule::max, {value(words("a")), value(words("b"), Kind::text)}) == "a conflict");
  CHECK(settled(Rule::max, {value(number(1)), items({}, Kind::list)}) == "a conflict");
  CHECK(settled(Rule::unite, {value(words("a")), value(words("b"))}) == "a conflict");
  CHECK(settled(Rule::unite, {items({}, Kind::set), value(words("b"), Kind::text)}) ==
        "a conflict");
  CHECK(settled(Rule::as_text, {value(words("a")), value(number(1))}) == "a conflict");
  CHECK(settled(Rule::as_text, {value(words("a")), items({words("b")}, Kind::list)}) ==
        "a conflict");
  // One value: something was deleted, not written twice.
  CHECK(settled(Rule::max, {value(number(1))}) == "a conflict");
}

TEST_CASE("union keeps every item once") {
  CHECK(settled(Rule::unite, {items({words("b"), words("a")}, Kind::list),
                              items({words("a"), words("c")}, Kind::set)}) ==
        "[\"b\" \"a\" \"c\" ]");
  CHECK(settled(Rule::unite, {items({words("b")}, Kind::set), value(words("a"))}) ==
        "[\"a\" \"b\" ]");
}

TEST_CASE("text keeps the lines of all, common ones once") {
  CHECK(settled(Rule::as_text, {value(words("milk\neggs\n")), value(words("milk\nbread\n"))}) ==
        describe(Value{Scalar(std::string("milk\neggs\nbread\n"))}));
  CHECK(settled(Rule::as_text, {value(words("one")), value(words("two"), Kind::text)}) ==
        describe(Value{Scalar(std::string("one\ntwo"))}));
  CHECK(settled(Rule::as_text, {value(words("")), value(words("two"))}) == "\"two\"");
  CHECK(settled(Rule::as_text, {value(words("a\nb\nc")), value(words("a\nc"))}) ==
        describe(Value{Scalar(std::string("a\nb\nc"))}));
}

TEST_CASE("the closest pattern decides, and a pattern matches whole paths only") {
  const RuleSet set = rules({{"/price", Rule::max},
                             {"/items/*/price", Rule::min},
                             {"/items/0/price", Rule::max},
                             {"/*/*/price", Rule::unite},
                             {"/a~1b/~2*", Rule::as_text}});
  CHECK(set.find(path({key("price")})) == Rule::max);
  CHECK_FALSE(set.find(path({key("price"), key("x")})));
  CHECK_FALSE(set.find({}));
  CHECK(set.find(path({key("items"), index(3), key("price")})) == Rule::min);
  CHECK(set.find(path({key("items"), index(0), key("price")})) == Rule::max);
  CHECK(set.find(path({key("other"), key("x"), key("price")})) == Rule::unite);
  CHECK(set.find(path({key("a/b"), key("*")})) == Rule::as_text);
  CHECK_FALSE(set.find(path({key("a/b"), key("x")})));
}

TEST_CASE("a malformed pattern is refused, and so are too many") {
  RuleSet set;
  for (const char* bad : {"", "price", "/a~", "/a~3"}) CHECK_FALSE(set.add(bad, Rule::max));
  CHECK_FALSE(set.add(std::string(2000, '/'), Rule::max));
  CHECK_FALSE(set.add("/" + std::string(2000, 'x'), Rule::max));
  for (std::size_t i = 0; i < RuleSet::rules_max; ++i)
    CHECK(set.add("/k" + std::to_string(i), Rule::max));
  CHECK_FALSE(set.add("/one-more", Rule::max));
  CHECK(set.add("/k1", Rule::min));
  CHECK(set.find(path({key("k1")})) == Rule::min);
  for (const char* name : {"max", "min", "union", "text"})
    CHECK(name_of(*rule_named(name)) == name);
  CHECK_FALSE(rule_named("last"));
}

// Three devices write the same place without knowing each other.
History race(const std::vector<std::vector<Op>>& writes) {
  History history;
  for (std::size_t log = 0; log < writes.size(); ++log)
    history.push_back({log, 1, std::vector<std::uint64_t>(log_count), writes[log]});
  return history;
}

std::vector<std::string> settled_in_every_order(const History& history, const RuleSet& set) {
  std::vector<std::string> seen;
  every_order(history, [&](const std::vector<std::size_t>& order) {
    Replica replica(seen.size());
    for (const std::size_t i : order) replica.apply(history[i]);
    const Settlement settlement = settle(set, replica.document.conflicts());
    Value value = replica.document.read();
    show(settlement, value);
    seen.push_back(describe(value) + (settlement.open.empty() ? "" : " open"));
    Shape shape = *replica.document.shape();
    show(settlement, {}, shape);
    CHECK(value_of(shape) == value);
  });
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  return seen;
}

TEST_CASE("C20: a rule shows the same on every device, whatever came first") {
  const auto set_x = [](ItemValue to) { return std::vector<Op>{{{}, MapSet{"x", std::move(to)}}}; };
  using Seen = std::vector<std::string>;
  const History numbers = race({set_x(number(3)), set_x(number(9)), set_x(number(5))});
  CHECK(settled_in_every_order(numbers, rules({{"/x", Rule::max}})) == Seen{"{x: 9 }"});
  CHECK(settled_in_every_order(numbers, rules({{"/x", Rule::min}})) == Seen{"{x: 3 }"});
  CHECK(settled_in_every_order(numbers, rules({{"/y", Rule::max}})).front().find("open") !=
        std::string::npos);
  const History texts =
      race({set_x(words("a")), set_x(words("b")), {{at("x"), TextInsert{0, "c"}}}});
  CHECK(settled_in_every_order(texts, rules({{"/x", Rule::as_text}})).size() == 1);
  const History mixed = race({set_x(words("a")),
                              {{at("x"), SetAdd{words("b")}}},
                              {{at("x"), ListInsert{0, {words("c"), words("a")}}}}});
  CHECK(settled_in_every_order(mixed, rules({{"/x", Rule::unite}})).size() == 1);
  // Inside a list item, and a place above it that a rule replaces.
  const Path deep{Step{std::string("x")}, Step{std::string("y")}};
  const History nested = race(
      {{{at("x"), MapSet{"y", number(1)}}}, {{at("x"), MapSet{"y", number(2)}}}, set_x(number(4))});
  CHECK(settled_in_every_order(nested, rules({{"/x/y", Rule::max}})).size() == 1);
}

TEST_CASE("what a rule shows is written down by whoever writes the place, and by nobody else") {
  Device a(0), b(1);
  a.edit({}, MapSet{"x", number(3)});
  b.edit({}, MapSet{"x", number(9)});
  meet(a, b);
  const RuleSet set = rules({{"/x", Rule::max}});
  const auto put = [&](const Shape& wanted, const Path& slot, Naming naming) {
    return *ops_to_put(a.document(), slot, wanted, naming, &set);
  };
  CHECK(put(fields({{"x", leaf(9)}}), {}, Naming::in_passing).empty());
  const std::vector<Op> three{{{}, MapSet{"x", number(3)}}}, nine{{{}, MapSet{"x", number(9)}}};
  CHECK(put(fields({{"x", leaf(3)}}), {}, Naming::in_passing) == three);
  CHECK(put(leaf(9), at("x"), Naming::by_name) == nine);
}

}  // namespace
}  // namespace syncline::crdt::test
