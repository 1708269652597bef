// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/reversal.h"

#include <doctest/doctest.h>

namespace syncline::history {
namespace {

using crdt::Kind;
using crdt::Scalar;
using crdt::Shape;
using crdt::ShapeList;
using crdt::ShapeMap;

Shape number(std::int64_t value) { return {std::nullopt, Scalar(value), {}}; }
Shape counter(std::int64_t value) { return {Kind::counter, Scalar(value), {}}; }
Shape words(const char* content) { return {Kind::text, Scalar(std::string(content)), {}}; }
Shape items(ShapeList list) { return {Kind::list, std::move(list), {}}; }
Shape elements(ShapeList list) { return {Kind::set, std::move(list), {}}; }
Shape fields(ShapeMap map) { return {Kind::map, std::move(map), {}}; }
Shape at_key(Shape inner) { return fields({{"k", std::move(inner)}}); }

}  // namespace

TEST_CASE("a value goes back to what it was, unless somebody wrote over it since") {
  const Shape before = at_key(number(1)), after = at_key(number(2));
  CHECK(reverse(before, after, after) == before);
  CHECK(reverse(before, after, at_key(number(3))) == at_key(number(3)));
  CHECK(reverse(before, after, fields({})) == fields({}));
  CHECK(reverse(fields({}), after, after) == fields({}));
  CHECK(reverse(before, fields({}), fields({})) == before);
  CHECK(reverse(before, fields({}), at_key(number(9))) == at_key(number(9)));
}

TEST_CASE("of a text only what the change did goes back") {
  const Shape before = at_key(words("hello world")), after = at_key(words("hello brave world"));
  CHECK(reverse(before, after, at_key(words("Well, hello brave new world!"))) ==
        at_key(words("Well, hello new world!")));
  // The other way round: what was removed is put back at its place.
  CHECK(reverse(after, before, at_key(words("> hello world <"))) ==
        at_key(words("> hello brave world <")));
  // A text that the change made, and in which somebody else wrote.
  CHECK(reverse(fields({}), at_key(words("mine")), at_key(words("mine yours"))) ==
        at_key(words(" yours")));
  CHECK(reverse(fields({}), at_key(words("mine")), at_key(words("mine"))) == fields({}));
}

TEST_CASE("counters go back by the amount, sets by the element") {
  CHECK(reverse(at_key(counter(1)), at_key(counter(4)), at_key(counter(14))) ==
        at_key(counter(11)));
  const Shape before = at_key(elements({number(1), number(2)}));
  const Shape after = at_key(elements({number(2), number(3)}));
  const Shape now = at_key(elements({number(2), number(3), number(4)}));
  const Shape wanted = at_key(elements({number(2), number(4), number(1)}));
  CHECK(reverse(before, after, now) == wanted);
}

TEST_CASE("an item that was moved goes back once, with what others did to it") {
  const auto list = [](const char* letters) {
    ShapeList out;
    for (; *letters != 0; ++letters)
      out.push_back({std::nullopt, Scalar(std::string(1, *letters)), {}});
    return at_key(items(std::move(out)));
  };
  const Shape before = list("abcd"), after = list("bcda");
  CHECK(reverse(before, after, after) == before);
  CHECK(reverse(before, after, list("bcdA")) == list("Abcd"));  // written over since
  CHECK(reverse(before, after, list("bacd")) == list("bacd"));  // moved elsewhere since
  CHECK(reverse(before, after, list("bcd")) == list("bcd"));    // removed since
  CHECK(reverse(before, after, list("bxcda")) == list("abxcd"));
  const auto noted = [](ShapeList texts) {
    for (Shape& text : texts) text = fields({{"t", std::move(text)}});
    return at_key(items(std::move(texts)));
  };
  CHECK(reverse(noted({words("one"), words("two")}), noted({words("two"), words("one")}),
                noted({words("two"), words("one!")})) == noted({words("one!"), words("two")}));
}

TEST_CASE("items of a list go and come back where they were among what others put there") {
  const Shape before = at_key(items({number(1), number(2), number(3)}));
  const Shape after = at_key(items({number(1), number(3), number(7)}));
  const Shape now = at_key(items({number(0), number(1), number(5), number(3), number(7)}));
  CHECK(reverse(before, after, now) ==
        at_key(items({number(0), number(1), number(2), number(5), number(3)})));
  CHECK(reverse(before, after, after) == before);
}

TEST_CASE("how contested a slot is does not matter for what goes back") {
  Shape contested = number(2);
  contested.standing = crdt::Standing::contested;
  CHECK(reverse(at_key(number(1)), at_key(number(2)), at_key(contested)) == at_key(number(1)));
}

}  // namespace syncline::history
