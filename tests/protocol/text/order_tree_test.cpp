// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/order_tree.h"

#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline::text;

namespace {

struct Character {
  CharId id = 0;
  std::uint32_t prepared = 1;
  bool gone = false;

  bool operator==(const Character&) const = default;
};

// The tree beside a plain list of its characters.
class TreeTwin {
 public:
  TreeTwin(std::uint32_t length, Lv base) : next_(base) {
    tree.reset(length, base);
    for (std::uint32_t i = 0; i < length; ++i) list.push_back({lv_max + i, 1, false});
  }

  OrderTree tree;
  std::vector<Character> list;

  std::vector<Character> from_tree() const {
    std::vector<Character> out;
    tree.for_each([&out](const OrderTree::Record& record) {
      for (std::uint32_t i = 0; i < record.count; ++i)
        out.push_back({record.id + i, record.prepared, record.gone});
    });
    return out;
  }

  std::uint32_t prepared_length() const {
    return static_cast<std::uint32_t>(std::count_if(
        list.begin(), list.end(), [](const Character& one) { return one.prepared == 1; }));
  }
  // The place in the list of the character at a position of the prepare version.
  std::size_t place_of(std::uint32_t position) const {
    std::size_t i = 0;
    while (list[i].prepared != 1 || position-- > 0) ++i;
    return i;
  }
  std::uint32_t shown_before(std::size_t place) const {
    return static_cast<std::uint32_t>(
        std::count_if(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(place),
                      [](const Character& one) { return !one.gone; }));
  }

  void insert(Rolls& rolls) {
    const std::uint32_t count = rolls() % 40 == 0 ? 1 + rolls() % 5000 : 1 + rolls() % 4;
    const std::uint32_t position = rolls() % (prepared_length() + 1);
    std::size_t after = 0;
    std::optional<OrderTree::Place> left;
    if (position > 0) {
      left = tree.find(position - 1);
      after = place_of(position - 1) + 1;
    }
    const CharId id = next_;
    next_ += count;
    const std::uint32_t shown =
        tree.insert(id, count, left, [id](CharId other) { return id % 3 < other % 3; });
    // Which place among those that the author did not know is for Replay's tests.
    const auto now = from_tree();
    const auto at =
        std::find_if(now.begin(), now.end(), [id](const Character& one) { return one.id == id; });
    const auto place = static_cast<std::size_t>(at - now.begin());
    REQUIRE(place >= after);
    for (std::size_t i = after; i < place; ++i) REQUIRE(list[i].prepared == 0);
    for (std::uint32_t i = 0; i < count; ++i)
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(place + i), {id + i, 1, false});
    REQUIRE(shown == shown_before(place));
  }

  void remove(Rolls& rolls) {
    if (prepared_length() == 0) return;
    const std::uint32_t position = rolls() % prepared_length();
    const std::size_t place = place_of(position);
    const OrderTree::Removed removed = tree.remove(tree.find(position), 1 + rolls() % 5);
    REQUIRE(removed.count > 0);
    REQUIRE(removed.first == list[place].id);
    REQUIRE(removed.was_shown == !list[place].gone);
    for (std::uint32_t i = 0; i < removed.count; ++i) {
      REQUIRE(list[place + i].prepared == 1);
      list[place + i].prepared = 2;
      list[place + i].gone = true;
    }
  }

  // Characters with adjoining ids, all of one state.
  void shift(Rolls& rolls) {
    if (list.empty()) return;
    const Character first = list[rolls() % list.size()];
    const std::uint32_t wanted = 1 + rolls() % 50;
    const int by = first.prepared > 0 && rolls() % 2 == 0 ? -1 : 1;
    std::uint32_t count = 0;
    for (bool more = true; more && count < wanted;) {
      const auto next = std::find_if(list.begin(), list.end(), [&](const Character& one) {
        return one.id == first.id + count && one.prepared == first.prepared;
      });
      more = next != list.end();
      if (!more) break;
      next->prepared = by < 0 ? first.prepared - 1 : first.prepared + 1;
      ++count;
    }
    tree.shift(first.id, count, by);
  }

 private:
  CharId next_;
};

void compare(const TreeTwin& twin, Rolls& rolls) {
  const auto broken = twin.tree.check();
  REQUIRE_MESSAGE(!broken, broken.value_or(""));
  REQUIRE(twin.from_tree() == twin.list);
  REQUIRE(twin.tree.prepared_length() == twin.prepared_length());
  REQUIRE(twin.tree.shown_length() == twin.shown_before(twin.list.size()));
  for (int i = 0; i < 6 && !twin.list.empty(); ++i) {
    const std::size_t place = rolls() % twin.list.size();
    const CharId id = twin.list[place].id;
    REQUIRE(twin.tree.shown_before(id) == twin.shown_before(place));
    const OrderTree::Place found = twin.tree.find_id(id);
    REQUIRE(twin.tree.at(found).id + found.offset == id);
    if (twin.prepared_length() == 0) continue;
    const std::uint32_t position = rolls() % twin.prepared_length();
    const OrderTree::Place at = twin.tree.find(position);
    REQUIRE(twin.tree.at(at).id + at.offset == twin.list[twin.place_of(position)].id);
  }
}

}  // namespace

TEST_CASE("a tree of characters is the list of them, by place and by id") {
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    TreeTwin twin(rolls() % 3 == 0 ? 0 : rolls() % 200, rolls() % 1000);
    for (int step = 0; step < 120; ++step) {
      const std::uint32_t kind = rolls() % 8;
      if (kind < 4) twin.insert(rolls);
      if (kind == 4 || kind == 5) twin.remove(rolls);
      if (kind > 5) twin.shift(rolls);
      if (step % 8 == 0) compare(twin, rolls);
    }
    compare(twin, rolls);
  }
}

TEST_CASE("a tree of thousands of records is the list of them") {
  Rolls rolls(5);
  TreeTwin twin(20'000, 0);
  for (int step = 0; step < 3'000; ++step) {
    if (step % 3 != 0)
      twin.remove(rolls);
    else
      twin.shift(rolls);
    if (step % 500 == 0) compare(twin, rolls);
  }
  compare(twin, rolls);
}

TEST_CASE("a tree that was emptied begins anew") {
  OrderTree tree;
  tree.reset(5, 10);
  tree.remove(tree.find(1), 3);
  CHECK(tree.shown_length() == 2);
  tree.reset(2, 0);
  CHECK(tree.shown_length() == 2);
  CHECK(tree.prepared_length() == 2);
  CHECK(tree.insert(0, 1, std::nullopt, [](CharId) { return false; }) == 0);
  CHECK(tree.shown_length() == 3);
  CHECK(tree.shown_before(lv_max) == 1);
}
