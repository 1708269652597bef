// SPDX-License-Identifier: Apache-2.0
#include "storage/anchor.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/writer.h"
#include "tests/storage/seeded_random.h"

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

crypto::SubKey test_key(std::uint64_t seed = 7) {
  SeededRandom random(seed);
  return crypto::SubKey::random(random);
}

Anchor sample(std::size_t count) {
  SeededRandom random(3);
  Anchor anchor;
  random.fill(anchor.epoch.bytes);
  anchor.generation = 41;
  for (std::size_t i = 0; i < count; ++i) {
    AnchoredLog entry;
    random.fill(entry.log.bytes);
    random.fill(entry.head.bytes);
    entry.log.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    entry.log.bytes[1] = static_cast<std::uint8_t>(i);
    entry.seq = random.next();
    anchor.logs.push_back(entry);
  }
  return anchor;
}

// Replaces the mac, so that what lies before it is looked at.
Buffer with_mac(Buffer body, crypto::KeyView key) {
  append(body, crypto::Hasher(key, "anchor1").add(body).finish().view());
  return body;
}

Buffer body_of(const Anchor& anchor, crypto::KeyView key) {
  Buffer bytes = encode_anchor(anchor, key);
  bytes.resize(bytes.size() - Digest::size);
  return bytes;
}

}  // namespace

TEST_CASE("an anchor comes back as it was written, whatever its number of logs") {
  const auto key = test_key();
  for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
    const Anchor anchor = sample(count);
    const Buffer bytes = encode_anchor(anchor, key.expose());
    CHECK(bytes.size() == anchor_size(count));
    const auto decoded = decode_anchor(bytes, key.expose());
    REQUIRE(decoded);
    CHECK(*decoded == anchor);
  }
}

TEST_CASE("an anchor with any bit changed, or another key, is refused") {
  const auto key = test_key();
  const Buffer bytes = encode_anchor(sample(3), key.expose());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Buffer changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
    CHECK_FALSE(decode_anchor(changed, key.expose()));
  }
  CHECK(decode_anchor(bytes, test_key(8).expose()).error().code == Errc::bad_signature);
}

TEST_CASE("an anchor cut off anywhere, or with something after it, is refused") {
  const auto key = test_key();
  const Buffer bytes = encode_anchor(sample(3), key.expose());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_anchor(Bytes(bytes).first(size), key.expose()));
  Buffer longer = bytes;
  longer.push_back(0);
  CHECK(decode_anchor(longer, key.expose()).error().code == Errc::bad_signature);
  Buffer body = body_of(sample(3), key.expose());
  body.push_back(0);
  CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code ==
        Errc::non_canonical);
}

TEST_CASE("a count of logs that does not fit what follows is refused before anything is read") {
  const auto key = test_key();
  struct Case {
    std::uint32_t count;
    Errc expected;
  };
  const Case cases[] = {{0, Errc::non_canonical},
                        {1, Errc::non_canonical},
                        {3, Errc::truncated},
                        {anchor_logs_max, Errc::truncated},
                        {anchor_logs_max + 1, Errc::oversized},
                        {0x7fffffff, Errc::oversized},
                        {0x80000000, Errc::oversized},
                        {0xffffffff, Errc::oversized}};
  for (const Case& c : cases) {
    Buffer body = body_of(sample(2), key.expose());
    const Buffer count = wire::Writer().u32(c.count).take();
    std::copy(count.begin(), count.end(), body.begin() + 4 + 1 + 16 + 8);
    CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code == c.expected);
  }
}

TEST_CASE("an anchor larger than any of ours is refused by its size") {
  const auto key = test_key();
  CHECK(decode_anchor(Buffer(anchor_size(anchor_logs_max) + 1), key.expose()).error().code ==
        Errc::oversized);
}

TEST_CASE("logs that are out of order or named twice are refused") {
  const auto key = test_key();
  const std::size_t entry = anchor_size(1) - anchor_size(0);
  Buffer body = body_of(sample(2), key.expose());
  const auto first = body.end() - static_cast<std::ptrdiff_t>(2 * entry);
  std::swap_ranges(first, first + static_cast<std::ptrdiff_t>(entry),
                   first + static_cast<std::ptrdiff_t>(entry));
  CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code ==
        Errc::non_canonical);
  std::copy(first, first + static_cast<std::ptrdiff_t>(entry),
            first + static_cast<std::ptrdiff_t>(entry));
  CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code ==
        Errc::non_canonical);
}

TEST_CASE("an anchor of a newer format says so, one of version zero is malformed") {
  const auto key = test_key();
  Buffer body = body_of(sample(1), key.expose());
  body[4] = 2;
  CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code ==
        Errc::unsupported);
  body[4] = 0;
  CHECK(decode_anchor(with_mac(body, key.expose()), key.expose()).error().code == Errc::invalid);
}

TEST_CASE("a store is level with its anchor only if it holds each log at that seq with that hash") {
  const Anchor anchor = sample(3);
  const auto in_store = [&](LogId log, std::uint64_t seq) -> Result<std::optional<Digest>> {
    for (const AnchoredLog& entry : anchor.logs)
      if (entry.log == log && entry.seq == seq) return std::optional<Digest>(entry.head);
    return std::optional<Digest>();
  };
  CHECK(compare_with_store(anchor, anchor.epoch, in_store));
  CHECK(compare_with_store(anchor, StoreEpoch{}, in_store).error().code == Errc::rolled_back);

  const auto shorter = [&](LogId log, std::uint64_t seq) -> Result<std::optional<Digest>> {
    if (log == anchor.logs[1].log) return std::optional<Digest>();
    return in_store(log, seq);
  };
  const auto missing = compare_with_store(anchor, anchor.epoch, shorter);
  CHECK(missing.error().code == Errc::rolled_back);
  CHECK(missing.error().context.find(anchor.logs[1].log.hex()) != std::string::npos);

  const auto forked = [&](LogId log, std::uint64_t seq) -> Result<std::optional<Digest>> {
    if (log == anchor.logs[2].log) return std::optional<Digest>(Digest{});
    return in_store(log, seq);
  };
  CHECK(compare_with_store(anchor, anchor.epoch, forked).error().code == Errc::rolled_back);

  const auto unreadable = [](LogId, std::uint64_t) -> Result<std::optional<Digest>> {
    return fail(Errc::io);
  };
  CHECK(compare_with_store(anchor, anchor.epoch, unreadable).error().code == Errc::io);
}

}  // namespace syncline::storage
