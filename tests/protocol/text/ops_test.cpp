// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/ops.h"

#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

using namespace syncline::text;

namespace {

// Does what the units say, one by one.
std::string replayed(const Ops& ops) {
  std::string text;
  for (std::size_t i = 0; i < ops.run_count(); ++i) {
    const OpRun& run = ops.run(i);
    if (run.kind == OpKind::clear) text.clear();
    for (std::uint32_t unit = 0; unit < run.count; ++unit) {
      if (run.kind == OpKind::insert)
        text.insert(std::min<std::size_t>(run.position + unit, text.size()),
                    ops.text_of(i, unit, 1));
      const std::uint32_t at =
          run.kind == OpKind::remove_back ? run.position + run.count - 1 - unit : run.position;
      const bool removes = run.kind == OpKind::remove || run.kind == OpKind::remove_back;
      if (removes && at < text.size()) text.erase(at, 1);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("typing on, deleting on and rubbing out on is one run each") {
  Ops ops;
  ops.insert(0, "a", 1);
  ops.insert(1, "bc", 2);
  ops.insert(3, "d", 1);
  CHECK(ops.run_count() == 1);
  CHECK(ops.text_of(0, 1, 2) == "bc");
  for (int i = 0; i < 2; ++i) ops.remove(0, 1);
  REQUIRE(ops.run_count() == 2);
  CHECK(ops.run(1).kind == OpKind::remove);
  CHECK(ops.run(1).count == 2);
  ops.insert(2, "xyz", 3);
  for (std::uint32_t at = 4; at > 1; --at) ops.remove(at, 1);
  REQUIRE(ops.run_count() == 4);
  CHECK(ops.run(3).kind == OpKind::remove_back);
  CHECK(ops.run(3).position == 2);
  CHECK(ops.run(3).count == 3);
  CHECK(ops.size() == 12);
  CHECK(replayed(ops) == "cd");
}

TEST_CASE("characters of any length come back from an insert") {
  Ops ops;
  ops.insert(0, "a\u00e4", 2);
  ops.insert(2, "\u20ac\U0001F600b", 3);
  CHECK(ops.run_count() == 1);
  CHECK(ops.text_of(0, 0, 5) == "a\u00e4\u20ac\U0001F600b");
  CHECK(ops.text_of(0, 1, 1) == "\u00e4");
  CHECK(ops.text_of(0, 2, 2) == "\u20ac\U0001F600");
  CHECK(ops.text_of(0, 5, 0).empty());
  CHECK(ops.text_bytes() == 11);
}

TEST_CASE("runs do what the single changes did") {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    Ops ops;
    std::string text;
    Lv units = 0;
    std::uint32_t caret = 0;
    for (std::uint32_t n = 1 + rolls() % 30; n > 0; --n) {
      // Mostly where the last one ended: that is where runs grow.
      if (rolls() % 4 == 0) caret = rolls() % 12;
      const auto size = static_cast<std::uint32_t>(text.size());
      if (rolls() % 25 == 0) {
        ops.clear();
        text.clear();
        units += 1;
      } else if (rolls() % 2 == 0) {
        caret = std::min(caret, size);
        const std::string piece(1 + rolls() % 3, static_cast<char>('a' + rolls() % 26));
        ops.insert(caret, piece, static_cast<std::uint32_t>(piece.size()));
        text.insert(caret, piece);
        caret += static_cast<std::uint32_t>(piece.size());
        units += static_cast<Lv>(piece.size());
      } else {
        const std::uint32_t count = 1 + rolls() % 3;
        if (rolls() % 2 == 0) caret -= std::min(caret, count);
        ops.remove(caret, count);
        if (caret < size) text.erase(caret, count);
        units += count;
      }
    }
    REQUIRE(ops.size() == units);
    REQUIRE(replayed(ops) == text);
    for (Lv lv = 0; lv < units; ++lv) {
      const std::size_t run = ops.find(lv, rolls() % (ops.run_count() + 2));
      REQUIRE(ops.run(run).from <= lv);
      REQUIRE(lv < ops.run(run).from + ops.run(run).count);
    }
  }
}
