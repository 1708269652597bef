// SPDX-License-Identifier: Apache-2.0
#include "tests/storage/every_store.h"
#include "tests/storage/seeded_random.h"

#include <map>
#include <utility>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

Buffer key_of(std::string_view text) { return to_buffer(as_bytes(text)); }
Write put(Family family, std::string_view key, std::string_view value) {
  return {family, key_of(key), key_of(value)};
}
Write removal(Family family, std::string_view key) { return {family, key_of(key), std::nullopt}; }

void must(const Status& status) {
  if (!status) FAIL(std::string(name_of(status.error().code)), ": ", status.error().context);
}

std::optional<std::string> text_at(const Store& store, Family family, std::string_view key) {
  const auto value = store.get(family, as_bytes(key));
  REQUIRE(value);
  if (!*value) return std::nullopt;
  return to_text(**value);
}

std::string keys_in(const Store& store, Family family, std::string_view from, std::string_view to) {
  std::string keys;
  must(store.scan(family, as_bytes(from), as_bytes(to), [&](Bytes key, Bytes) {
    keys += to_text(key) + ' ';
    return true;
  }));
  return keys;
}

std::string last_key(const Store& store, Family family, std::string_view floor,
                     std::string_view at) {
  const auto found = store.find_last(family, as_bytes(floor), as_bytes(at));
  REQUIRE(found);
  return *found ? to_text((*found)->key) : "nothing";
}

}  // namespace

TEST_CASE("a committed value is read back, a removed one is not") {
  for_every_store([](Store& store) {
    must(store.commit({put(Family::meta, "a", "1"), put(Family::meta, "b", "2")},
                      Durability::synced));
    CHECK(text_at(store, Family::meta, "a") == "1");
    must(store.commit({put(Family::meta, "a", "3"), removal(Family::meta, "b")},
                      Durability::buffered));
    CHECK(text_at(store, Family::meta, "a") == "3");
    CHECK(text_at(store, Family::meta, "b") == std::nullopt);
    must(store.commit({removal(Family::meta, "was never there")}, Durability::synced));
    CHECK(keys_in(store, Family::meta, "", "") == "a ");
  });
}

TEST_CASE("the last of several writes to one key wins") {
  for_every_store([](Store& store) {
    must(store.commit({put(Family::keys, "k", "first"), removal(Family::keys, "k"),
                       put(Family::keys, "k", "last"), put(Family::keys, "gone", "x"),
                       removal(Family::keys, "gone")},
                      Durability::synced));
    CHECK(text_at(store, Family::keys, "k") == "last");
    CHECK(text_at(store, Family::keys, "gone") == std::nullopt);
  });
}

TEST_CASE("families are separate keyspaces") {
  for_every_store([](Store& store) {
    for (std::size_t i = 0; i < family_count; ++i)
      must(store.commit({put(static_cast<Family>(i), "same key", std::to_string(i))},
                        Durability::buffered));
    for (std::size_t i = 0; i < family_count; ++i) {
      CHECK(text_at(store, static_cast<Family>(i), "same key") == std::to_string(i));
      CHECK(keys_in(store, static_cast<Family>(i), "", "") == "same key ");
    }
  });
}

TEST_CASE("empty values and empty keys are kept as such") {
  for_every_store([](Store& store) {
    must(store.commit({put(Family::meta, "empty", ""), put(Family::meta, "", "at the front")},
                      Durability::synced));
    CHECK(text_at(store, Family::meta, "empty") == "");
    CHECK(text_at(store, Family::meta, "") == "at the front");
    CHECK(keys_in(store, Family::meta, "", "") == " empty ");
    CHECK(last_key(store, Family::meta, "", "a") == "");
  });
}

TEST_CASE("an empty commit is accepted") {
  for_every_store([](Store& store) {
    must(store.commit({}, Durability::buffered));
    must(store.commit({}, Durability::synced));
    CHECK(keys_in(store, Family::meta, "", "") == "");
  });
}

TEST_CASE("keys are ordered as unsigned bytes, shorter first") {
  for_every_store([](Store& store) {
    const std::vector<Buffer> ordered = {{0},          {0, 0},    {0, 1},       {1},
                                         {0x7f, 0xff}, {0x80},    {0x80, 0},    {0xfe},
                                         {0xff},       {0xff, 0}, {0xff, 0xff}, {0xff, 0xff, 0}};
    for (std::size_t i = ordered.size(); i-- > 0;)
      must(store.commit({{Family::heads, ordered[i], Buffer{static_cast<std::uint8_t>(i)}}},
                        Durability::buffered));
    std::vector<Buffer> seen;
    must(store.scan(Family::heads, {}, {}, [&](Bytes key, Bytes value) {
      CHECK(value[0] == seen.size());
      seen.push_back(to_buffer(key));
      return true;
    }));
    CHECK(seen == ordered);
  });
}

TEST_CASE("a scan starts at its first bound and ends before its second") {
  for_every_store([](Store& store) {
    must(store.commit(
        {put(Family::feed, "b", ""), put(Family::feed, "d", ""), put(Family::feed, "f", "")},
        Durability::synced));
    CHECK(keys_in(store, Family::feed, "", "") == "b d f ");
    CHECK(keys_in(store, Family::feed, "b", "f") == "b d ");
    CHECK(keys_in(store, Family::feed, "c", "e") == "d ");
    CHECK(keys_in(store, Family::feed, "f", "") == "f ");
    CHECK(keys_in(store, Family::feed, "d", "d") == "");
    CHECK(keys_in(store, Family::feed, "f", "b") == "");
    CHECK(keys_in(store, Family::feed, "g", "") == "");
  });
}

TEST_CASE("a scan stops when its visitor has enough") {
  for_every_store([](Store& store) {
    must(store.commit(
        {put(Family::feed, "a", ""), put(Family::feed, "b", ""), put(Family::feed, "c", "")},
        Durability::synced));
    int visits = 0;
    must(store.scan(Family::feed, {}, {}, [&](Bytes, Bytes) { return ++visits < 2; }));
    CHECK(visits == 2);
  });
}

TEST_CASE("find_last gives the greatest key between its bounds, both included") {
  for_every_store([](Store& store) {
    must(store.commit({put(Family::events, "b", "1"), put(Family::events, "bb", "2"),
                       put(Family::events, "d", "3"), put(Family::events, "e", "4")},
                      Durability::synced));
    CHECK(last_key(store, Family::events, "", "z") == "e");
    CHECK(last_key(store, Family::events, "", "d") == "d");
    CHECK(last_key(store, Family::events, "", "c") == "bb");
    CHECK(last_key(store, Family::events, "bb", "c") == "bb");
    CHECK(last_key(store, Family::events, "c", "c") == "nothing");
    CHECK(last_key(store, Family::events, "", "a") == "nothing");
    CHECK(last_key(store, Family::events, "f", "z") == "nothing");
    must(store.commit({removal(Family::events, "d"), removal(Family::events, "bb")},
                      Durability::synced));
    CHECK(last_key(store, Family::events, "", "d") == "b");
    CHECK(last_key(store, Family::events, "bb", "d") == "nothing");
  });
}

TEST_CASE("values up to a whole batch come back unchanged") {
  for_every_store([](Store& store) {
    SeededRandom random(1);
    std::vector<Buffer> values;
    for (const std::size_t size : {99u, 4095u, 4096u, 4097u, 65536u, 262144u, 400000u})
      values.push_back(random.bytes(size));
    for (std::uint8_t i = 0; i < values.size(); ++i)
      must(store.commit({{Family::events, {i}, values[i]}}, Durability::synced));
    for (std::uint8_t i = 0; i < values.size(); ++i)
      CHECK(store.get(Family::events, Buffer{i}).value() == values[i]);
  });
}

TEST_CASE("a hundred thousand keys are all found, in order") {
  for_every_store([](Store& store) {
    const auto key_at = [](std::uint32_t i) {
      return Buffer{static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                    static_cast<std::uint8_t>(i)};
    };
    constexpr std::uint32_t count = 100'000;
    std::vector<Write> writes;
    for (std::uint32_t n = 0; n < count; ++n) {
      const std::uint32_t i = static_cast<std::uint32_t>(std::uint64_t{n} * 7919 % count);
      writes.push_back({Family::view, key_at(i), key_at(i)});
      if (writes.size() < 1000) continue;
      must(store.commit(writes, Durability::buffered));
      writes.clear();
    }
    std::uint32_t next = 0;
    bool in_order = true;
    must(store.scan(Family::view, {}, {}, [&](Bytes key, Bytes value) {
      in_order = in_order && equal(key, key_at(next)) && equal(value, key);
      ++next;
      return true;
    }));
    CHECK(in_order);
    CHECK(next == count);
    CHECK(store.get(Family::view, key_at(77'777)).value() == key_at(77'777));
    CHECK(last_key(store, Family::view, "", "\xff") == to_text(key_at(count - 1)));
  });
}

// The slow, obvious store: what every other one is compared with.
namespace {

class Oracle {
 public:
  void apply(const Write& write) {
    const auto place = std::pair(write.family, write.key);
    if (write.value) {
      content_[place] = *write.value;
    } else {
      content_.erase(place);
    }
  }
  std::vector<std::pair<Buffer, Buffer>> between(Family family, Bytes from, Bytes to) const {
    std::vector<std::pair<Buffer, Buffer>> found;
    for (const auto& [place, value] : content_) {
      if (place.first != family || less(place.second, from)) continue;
      if (!to.empty() && !less(place.second, to)) continue;
      found.emplace_back(place.second, value);
    }
    return found;
  }

 private:
  std::map<std::pair<Family, Buffer>, Buffer> content_;
};

// Few different keys, so that overwriting, removing and prefixes happen all the time.
Buffer some_key(SeededRandom& random) {
  static constexpr std::uint8_t letters[] = {0x00, 0x01, 0x7f, 0xfe, 0xff};
  Buffer key;
  const std::uint64_t size = random.below(4);
  for (std::uint64_t i = 0; i < size; ++i) key.push_back(letters[random.below(5)]);
  return key;
}

void compare_reads(const Store& store, const Oracle& oracle, SeededRandom& random) {
  const auto family = static_cast<Family>(random.below(2));
  const Buffer a = some_key(random);
  const Buffer b = some_key(random);
  std::vector<std::pair<Buffer, Buffer>> scanned;
  must(store.scan(family, a, b, [&](Bytes key, Bytes value) {
    scanned.emplace_back(to_buffer(key), to_buffer(value));
    return true;
  }));
  REQUIRE(scanned == oracle.between(family, a, b));

  Buffer just_after = b;
  just_after.push_back(0);
  const auto expected = oracle.between(family, a, just_after);
  const auto last = store.find_last(family, a, b);
  REQUIRE(last);
  REQUIRE(last->has_value() == !expected.empty());
  if (*last) REQUIRE(std::pair((*last)->key, (*last)->value) == expected.back());
  const auto value = store.get(family, b);
  REQUIRE(value);
  const auto here = oracle.between(family, b, just_after);
  REQUIRE(value->has_value() == !here.empty());
  if (*value) REQUIRE(**value == here.front().second);
}

}  // namespace

TEST_CASE("random writes read back as from a plain map") {
  for_every_store([](Store& store) {
    SeededRandom random(20);
    Oracle oracle;
    for (int round = 0; round < 400; ++round) {
      std::vector<Write> writes;
      const std::uint64_t count = random.below(6);
      for (std::uint64_t i = 0; i < count; ++i) {
        Write write{static_cast<Family>(random.below(2)), some_key(random), std::nullopt};
        if (random.below(3) != 0) write.value = random.bytes(random.below(40));
        oracle.apply(write);
        writes.push_back(std::move(write));
      }
      must(store.commit(writes, random.below(2) == 0 ? Durability::synced : Durability::buffered));
      for (int i = 0; i < 4; ++i) compare_reads(store, oracle, random);
    }
  });
}

}  // namespace syncline::storage
