// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/staged_store.h"

#include <map>

#include <doctest/doctest.h>

namespace syncline {
namespace {

using Content = std::map<Buffer, Buffer>;

// The obvious store: one std::map a family, every read a walk from the front.
class MapStore final : public Store {
 public:
  Result<std::optional<Buffer>> get(Family family, Bytes key) const override {
    if (broken) return fail(Errc::io);
    const Content& content = of(family);
    const auto found = content.find(to_buffer(key));
    return found == content.end() ? std::nullopt : std::optional(found->second);
  }
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override {
    if (broken) return fail(Errc::io);
    for (const auto& [key, value] : of(family)) {
      if (less(key, from)) continue;
      if (!to.empty() && !less(key, to)) break;
      if (!visit(key, value)) break;
    }
    return {};
  }
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override {
    if (broken) return fail(Errc::io);
    std::optional<Entry> last;
    for (const auto& [key, value] : of(family))
      if (!less(key, floor) && !less(at, key)) last = Entry{key, value};
    return last;
  }
  Status commit(const std::vector<Write>& writes, Durability durability) override {
    if (broken) return fail(Errc::io);
    ++commits;
    last_durability = durability;
    for (const Write& write : writes) {
      if (write.value) {
        of(write.family)[write.key] = *write.value;
      } else {
        of(write.family).erase(write.key);
      }
    }
    return {};
  }

  Content& of(Family family) { return content_[static_cast<std::size_t>(family)]; }
  const Content& of(Family family) const { return content_[static_cast<std::size_t>(family)]; }

  bool broken = false;
  int commits = 0;
  Durability last_durability = Durability::buffered;

 private:
  std::array<Content, family_count> content_;
};

// Small enough that keys collide, with the bytes at which an order is easily got wrong.
struct Dice {
  std::uint64_t state;
  std::uint64_t roll(std::uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % bound;
  }
  Buffer key() {
    static constexpr std::uint8_t letters[] = {0x00, 0x01, 0x7f, 0xfe, 0xff};
    Buffer out(roll(4));
    for (std::uint8_t& b : out) b = letters[roll(5)];
    return out;
  }
};

std::vector<StoreReader::Entry> entries(const StoreReader& store, Bytes from, Bytes to,
                                        std::size_t wanted) {
  std::vector<StoreReader::Entry> out;
  const Status scanned = store.scan(Family::view, from, to, [&](Bytes key, Bytes value) {
    out.push_back({to_buffer(key), to_buffer(value)});
    return out.size() < wanted;
  });
  REQUIRE(scanned.has_value());
  return out;
}

bool same(const StoreReader::Entry& a, const StoreReader::Entry& b) {
  return a.key == b.key && a.value == b.value;
}

void check_reads_alike(const StoreReader& staged, const StoreReader& model, Dice& dice) {
  const Buffer key = dice.key();
  CHECK(staged.get(Family::view, key).value() == model.get(Family::view, key).value());

  const Buffer from = dice.key();
  const Buffer to = dice.key();
  const std::size_t wanted = 1 + dice.roll(6);
  const auto seen = entries(staged, from, to, wanted);
  const auto expected = entries(model, from, to, wanted);
  REQUIRE(seen.size() == expected.size());
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(same(seen[i], expected[i]));

  const auto last = staged.find_last(Family::view, from, to).value();
  const auto expected_last = model.find_last(Family::view, from, to).value();
  REQUIRE(last.has_value() == expected_last.has_value());
  if (last) CHECK(same(*last, *expected_last));
}

TEST_CASE("a staged store reads like a store to which everything staged was written at once") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice{seed};
    MapStore below;
    MapStore model;
    StagedStore staged(below);
    for (int step = 0; step < 200; ++step) {
      std::vector<Write> writes;
      for (std::uint64_t i = dice.roll(4); i > 0; --i) {
        Write write{.family = Family::view, .key = dice.key(), .value = {}};
        if (dice.roll(3) != 0) write.value = Buffer{static_cast<std::uint8_t>(dice.roll(256))};
        writes.push_back(write);
      }
      REQUIRE(model.commit(writes, Durability::buffered).has_value());
      staged.add(std::move(writes));
      check_reads_alike(staged, model, dice);
      if (dice.roll(20) == 0) {
        REQUIRE(staged.commit(Durability::synced).has_value());
        CHECK(staged.empty());
        CHECK(below.of(Family::view) == model.of(Family::view));
      }
    }
  }
}

TEST_CASE("find_last passes over removed keys, down to the floor and not below") {
  MapStore below;
  for (std::uint8_t last = 0; last < 4; ++last) below.of(Family::events)[{5, last}] = {last};
  StagedStore staged(below);
  staged.add({{Family::events, {5, 3}, {}}, {Family::events, {5, 2}, {}}});
  const Buffer at{5, 0xff};
  CHECK(staged.find_last(Family::events, Buffer{5}, at).value()->key == Buffer{5, 1});
  CHECK_FALSE(staged.find_last(Family::events, Buffer{5, 2}, at).value().has_value());
  staged.add({{Family::events, {5, 1}, {}}, {Family::events, {5, 0}, {}}});
  CHECK_FALSE(staged.find_last(Family::events, {}, at).value().has_value());
  // A staged key that no store holds counts as well, and the later write wins.
  staged.add({{Family::events, {5, 0}, Buffer{9}}});
  CHECK(staged.find_last(Family::events, {}, at).value()->value == Buffer{9});
}

TEST_CASE("families are kept apart") {
  MapStore below;
  StagedStore staged(below);
  staged.add({{Family::meta, {1}, Buffer{1}}, {Family::proofs, {1}, Buffer{2}}});
  CHECK(staged.get(Family::meta, Buffer{1}).value() == Buffer{1});
  CHECK(staged.get(Family::proofs, Buffer{1}).value() == Buffer{2});
  CHECK_FALSE(staged.get(Family::keys, Buffer{1}).value().has_value());
  REQUIRE(staged.commit(Durability::synced).has_value());
  CHECK(below.of(Family::proofs).at({1}) == Buffer{2});
}

TEST_CASE("a group is one commit with the durability asked for, and an empty group is none") {
  MapStore below;
  StagedStore staged(below);
  CHECK(staged.empty());
  REQUIRE(staged.commit(Durability::synced).has_value());
  CHECK(below.commits == 0);
  staged.add({{Family::meta, {1}, Buffer{1, 2, 3}}});
  staged.add({{Family::view, {2}, {}}});
  CHECK(staged.size_bytes() == 5);
  REQUIRE(staged.commit(Durability::synced).has_value());
  CHECK(below.commits == 1);
  CHECK(below.last_durability == Durability::synced);
  CHECK(staged.size_bytes() == 0);
}

TEST_CASE("what is discarded, or staged before a failed commit, is gone") {
  MapStore below;
  StagedStore staged(below);
  staged.add({{Family::meta, {1}, Buffer{1}}});
  staged.discard();
  CHECK(staged.empty());
  CHECK_FALSE(staged.get(Family::meta, Buffer{1}).value().has_value());
  staged.add({{Family::meta, {1}, Buffer{1}}});
  below.broken = true;
  CHECK(staged.commit(Durability::synced).error().code == Errc::io);
  CHECK(staged.empty());
  below.broken = false;
  CHECK_FALSE(staged.get(Family::meta, Buffer{1}).value().has_value());
}

TEST_CASE("an error of the store below is passed on by every read that needs it") {
  MapStore below;
  StagedStore staged(below);
  staged.add({{Family::meta, {1}, Buffer{1}}});
  below.broken = true;
  CHECK(staged.get(Family::meta, Buffer{2}).error().code == Errc::io);
  CHECK(staged.scan(Family::meta, {}, {}, [](Bytes, Bytes) { return true; }).error().code ==
        Errc::io);
  CHECK(staged.find_last(Family::meta, {}, Buffer{2}).error().code == Errc::io);
}

TEST_CASE("each family has its own name") {
  std::map<std::string_view, int> names;
  for (std::size_t i = 0; i < family_count; ++i) ++names[name_of(static_cast<Family>(i))];
  CHECK(names.size() == family_count);
  CHECK(names.count("unknown") == 0);
}

}  // namespace
}  // namespace syncline
