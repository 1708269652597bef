// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/event_codec.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

LogId log_named(std::uint8_t name) {
  LogId id;
  id.bytes.fill(name);
  return id;
}

Dep dep_on(std::uint8_t name, std::uint64_t seq) {
  Dep dep{log_named(name), seq, {}};
  dep.hash.bytes.fill(static_cast<std::uint8_t>(name ^ seq));
  return dep;
}

struct Pair {
  test::TestSpace space;
  LogId log = log_named(0xaa);
  LogReaderState author{space.id, log};
  LogReaderState reader{space.id, log};

  Result<SealedEvent> seal(Bytes body, std::vector<Dep> deps = {}, std::int64_t at = 1000) {
    return EventCodec::seal(author, space.key, space.header,
                            {EventKind::entity, {at}, std::move(deps), body}, space.random);
  }
  Result<OpenedEvent> open(const SealedEvent& event) {
    return EventCodec::open(reader, space.key, event.view());
  }
};

TEST_CASE("an event opens to what was sealed and both states go on alike") {
  Pair pair;
  const auto first = pair.seal(as_bytes("hello"), {dep_on(1, 5), dep_on(2, 1)}, 1'700'000'000'123);
  REQUIRE(first);
  const auto opened = pair.open(*first);
  REQUIRE(opened);
  CHECK(opened->kind == EventKind::entity);
  CHECK(to_text(opened->body) == "hello");
  CHECK(opened->wall.unix_ms == 1'700'000'000'123);
  REQUIRE(opened->deps.size() == 2);
  CHECK(opened->digest == deps_digest({dep_on(2, 1), dep_on(1, 5)}));
  const auto second = pair.seal(as_bytes(""), {dep_on(2, 9)}, -5);
  REQUIRE(second);
  const auto again = pair.open(*second);
  REQUIRE(again);
  CHECK(again->wall.unix_ms == -5);
  REQUIRE(again->deps.size() == 1);
  CHECK(again->deps[0] == KnownLog{log_named(2), 9});
  CHECK(pair.reader.known_seq(log_named(1)) == 5);
  CHECK(pair.reader.known_seq(log_named(3)) == 0);
  CHECK(pair.reader.encode() == pair.author.encode());
  CHECK(pair.reader.seq() == 2);
}

TEST_CASE("an event without news carries no digest") {
  Pair pair;
  const auto sealed = pair.seal(as_bytes("x"));
  const auto opened = pair.open(*sealed);
  REQUIRE(opened);
  CHECK(opened->deps.empty());
  CHECK_FALSE(opened->digest);
}

TEST_CASE("every clock value survives the way through an event") {
  Pair pair;
  for (const std::int64_t at : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
    const auto opened = pair.open(*pair.seal(as_bytes("x"), {}, at));
    REQUIRE(opened);
    CHECK(opened->wall.unix_ms == at);
  }
}

TEST_CASE("E2: an event opens in no other space or log or place and under no other key or flags") {
  Pair pair;
  const auto first = *pair.seal(as_bytes("first"));
  const auto second = *pair.seal(as_bytes("second"));
  const auto refused = [&](LogReaderState state, const EventKey& key, const SealedEvent& event) {
    const std::uint64_t seq = state.seq();
    CHECK(test::error_of(EventCodec::open(state, key, event.view())) == Errc::bad_signature);
    CHECK(state.seq() == seq);
  };
  refused(pair.reader, pair.space.key, second);  // as event 1
  SpaceId other_space = pair.space.id;
  other_space.bytes[0] ^= 1;
  refused(LogReaderState(other_space, pair.log), pair.space.key, first);
  refused(LogReaderState(pair.space.id, log_named(0xab)), pair.space.key, first);
  const EventKey other_epoch = EventKey::of(pair.space.key.key.clone(), 2);
  refused(pair.reader, other_epoch, first);
  const EventKey other_entity = EventKey::of(crypto::EntityKey::random(pair.space.random), 1);
  refused(pair.reader, other_entity, first);
  SealedEvent other_flags = first;
  other_flags.flags = 1;
  refused(pair.reader, pair.space.key, other_flags);
  CHECK(EventCodec::open(pair.reader, pair.space.key, first.view()));
}

TEST_CASE("the tag of the key is hidden from everybody without the header key") {
  Pair pair;
  const auto a = *pair.seal(as_bytes("same"));
  const auto b = *pair.seal(as_bytes("same"));
  CHECK(a.etag != b.etag);
  CHECK(unmask(a.view(), pair.space.header) == pair.space.key.tag());
  CHECK(unmask(b.view(), pair.space.header) == pair.space.key.tag());
  const auto other = crypto::SubKey::random(pair.space.random);
  CHECK(unmask(a.view(), other) != pair.space.key.tag());
}

TEST_CASE(
    "E3: plaintexts are padded to multiples of 32 up to 512 and by a sixteenth at most beyond") {
  CHECK(padded_size(0) == 32);
  CHECK(padded_size(32) == 32);
  CHECK(padded_size(33) == 64);
  CHECK(padded_size(512) == 512);
  CHECK(padded_size(513) == 544);
  CHECK(padded_size(limits::event_plaintext_size_max) == limits::event_plaintext_size_max);
  for (std::size_t size = 513; size <= limits::event_plaintext_size_max; size += 7) {
    const std::size_t padded = padded_size(size);
    CHECK_MESSAGE((padded >= size && padded <= size + size / 16), size);
    CHECK(padded_size(padded) == padded);
  }
}

TEST_CASE("E3: a body of 215 bytes costs at most 278 bytes on its way") {
  Pair pair;
  REQUIRE(pair.seal(as_bytes("the first event carries the whole time"), {}, 1'700'000'000'000));
  const std::string body(215, 'x');
  const auto sealed = pair.seal(as_bytes(body), {}, 1'700'000'060'000);
  REQUIRE(sealed);
  const std::size_t cost = 1 + wire::varint_size(sealed->ciphertext.size()) + EntityTag8::size +
                           crypto::Nonce::size + sealed->ciphertext.size();
  CHECK(cost <= 278);
}

// A plaintext sealed as it is, to show a reader what no author of ours writes.
Result<OpenedEvent> open_raw(Pair& pair, Buffer plaintext) {
  wire::Writer bound;
  bound.fixed(as_bytes("ev1")).id(pair.space.id).id(pair.log).u64(pair.reader.seq() + 1);
  bound.u32(1).id(pair.space.key.id).u8(0);
  SealedEvent event;
  crypto::encrypt(event.ciphertext, pair.space.key.key.expose(), event.nonce, bound.view(),
                  plaintext);
  return pair.open(event);
}

Buffer padded(wire::Writer& out) {
  Buffer plaintext = out.take();
  plaintext.resize(padded_size(plaintext.size()));
  return plaintext;
}

TEST_CASE("E3: padding that is not zero or not the canonical size is refused") {
  Pair pair;
  wire::Writer good;
  good.u8(4).zigzag(0).bytes(as_bytes("body"));
  const Buffer plaintext = padded(good);
  Buffer dirty = plaintext;
  dirty.back() = 1;
  CHECK(test::error_of(open_raw(pair, dirty)) == Errc::non_canonical);
  Buffer longer = plaintext;
  longer.resize(64);
  CHECK(test::error_of(open_raw(pair, longer)) == Errc::non_canonical);
  Buffer shorter = plaintext;
  shorter.resize(31);
  CHECK(test::error_of(open_raw(pair, shorter)) == Errc::non_canonical);
  CHECK(pair.reader.seq() == 0);
  CHECK(open_raw(pair, plaintext));
}

TEST_CASE("E4: dependencies that do not grow or name a log wrongly are refused") {
  Pair pair;
  const auto sealed = pair.seal(as_bytes("x"), {dep_on(1, 5), dep_on(2, 5)});
  REQUIRE(pair.open(*sealed));
  CHECK(test::error_of(pair.seal(as_bytes("x"), {dep_on(1, 5)})) == Errc::invalid);
  CHECK(test::error_of(pair.seal(as_bytes("x"), {dep_on(1, 4)})) == Errc::invalid);
  CHECK(test::error_of(pair.seal(as_bytes("x"), {dep_on(0xaa, 4)})) == Errc::invalid);
  CHECK(test::error_of(pair.seal(as_bytes("x"), {dep_on(3, 4), dep_on(3, 5)})) == Errc::invalid);
  CHECK(test::error_of(pair.seal(as_bytes("x"), {dep_on(1, 6), dep_on(1, 7)})) == Errc::invalid);

  const auto raw = [&](auto write) {
    wire::Writer out;
    out.u8(6).zigzag(0);
    write(out);
    out.fixed(Buffer(16)).bytes(as_bytes("body"));
    return test::error_of(open_raw(pair, padded(out)));
  };
  CHECK(raw([](auto& out) { out.varint(1).varint(0).varint(0); }) == Errc::invalid);
  CHECK(raw([](auto& out) { out.varint(1).varint(4).varint(1); }) == Errc::oversized);
  CHECK(raw([](auto& out) { out.varint(2).varint(1).varint(1).varint(0).varint(1); }) ==
        Errc::invalid);
  CHECK(raw([](auto& out) { out.varint(1).varint(2).id(log_named(1)).varint(1); }) ==
        Errc::invalid);
  CHECK(raw([](auto& out) { out.varint(1).varint(2).id(log_named(0xaa)).varint(1); }) ==
        Errc::invalid);
  CHECK(raw([](auto& out) {
          out.varint(2).varint(2).id(log_named(9)).varint(1);
          out.varint(3).id(log_named(8)).varint(1);
        }) == Errc::invalid);
  CHECK(raw([](auto& out) { out.varint(1).varint(1).varint(seq_max); }) == Errc::invalid);
  CHECK(raw([](auto& out) { out.varint(limits::event_deps_max + 1); }) == Errc::oversized);
  CHECK(raw([](auto& out) { out.varint(0); }) == Errc::non_canonical);
  CHECK(raw([](auto& out) { out.varint(1).varint(1).varint(1); }) == std::nullopt);
}

TEST_CASE("E4: an event names at most 256 logs") {
  Pair pair;
  std::vector<Dep> deps;
  for (std::size_t i = 0; i <= limits::event_deps_max; ++i) {
    Dep dep = dep_on(0, i + 1);
    dep.log.bytes[0] = static_cast<std::uint8_t>(i >> 8);
    dep.log.bytes[1] = static_cast<std::uint8_t>(i);
    deps.push_back(dep);
  }
  CHECK(test::error_of(pair.seal(as_bytes("x"), deps)) == Errc::limit);
  deps.pop_back();
  const auto sealed = pair.seal(as_bytes("x"), deps);
  REQUIRE(sealed);
  const auto opened = pair.open(*sealed);
  REQUIRE(opened);
  CHECK(opened->deps.size() == limits::event_deps_max);
}

TEST_CASE("E5: an event of an unknown format opens to nothing and can be passed over") {
  Pair pair;
  wire::Writer newer;
  newer.u8(8).zigzag(0).bytes(as_bytes("body"));
  CHECK(test::error_of(open_raw(pair, padded(newer))) == Errc::unsupported);
  wire::Writer kind;
  kind.u8(7 << 2).zigzag(0).bytes(as_bytes("body"));
  CHECK(test::error_of(open_raw(pair, padded(kind))) == Errc::unsupported);
  CHECK(pair.reader.seq() == 0);
  pair.reader.skip();
  CHECK(pair.reader.seq() == 1);
}

TEST_CASE("E6: the digest of dependencies says which version of each log was seen") {
  const std::vector<Dep> deps = {dep_on(1, 5), dep_on(2, 6)};
  std::vector<Dep> swapped = {deps[1], deps[0]};
  CHECK(deps_digest(deps) == deps_digest(swapped));
  std::vector<Dep> other = deps;
  other[0].hash.bytes[31] ^= 1;
  CHECK(deps_digest(other) != deps_digest(deps));
  other = deps;
  other[1].seq = 7;
  CHECK(deps_digest(other) != deps_digest(deps));
}

TEST_CASE("an event is as large as its limit and no larger") {
  Pair pair;
  const std::string fits(limits::event_plaintext_size_max - 16, 'x');
  const auto sealed = pair.seal(as_bytes(fits));
  REQUIRE(sealed);
  CHECK(sealed->ciphertext.size() <= limits::event_ciphertext_size_max);
  CHECK(pair.open(*sealed));
  const std::string larger(limits::event_plaintext_size_max, 'x');
  CHECK(test::error_of(pair.seal(as_bytes(larger))) == Errc::oversized);
}

TEST_CASE("a reader's state comes back from its encoding and no other bytes do") {
  Pair pair;
  REQUIRE(pair.seal(as_bytes("x"), {dep_on(1, 5), dep_on(2, 300)}, 77));
  const Buffer encoded = pair.author.encode();
  auto back = LogReaderState::decode(pair.space.id, pair.log, encoded);
  REQUIRE(back);
  CHECK(back->encode() == encoded);
  CHECK(back->known_seq(log_named(2)) == 300);
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(LogReaderState::decode(pair.space.id, pair.log, Bytes(encoded).first(size)));
  wire::Writer twice;
  twice.u8(1).varint(1).zigzag(0).varint(2).id(log_named(1)).varint(1).id(log_named(1)).varint(2);
  CHECK_FALSE(LogReaderState::decode(pair.space.id, pair.log, twice.view()));
}

}  // namespace
}  // namespace syncline::log
