// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/ephemeral.h"

#include "protocol/sync/ephemeral_relay.h"
#include "protocol/wire/writer.h"
#include "tests/protocol/space/space_fixture.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::sync {

namespace {

constexpr auto seconds = [](int n) { return Instant{std::chrono::seconds(n)}; };

// A link's other end: what was sent on it, while it takes anything.
class Pipe final : public Outlet {
 public:
  Status send(session::Channel channel, std::uint8_t type, Bytes body) override {
    CHECK(channel == session::Channel::ephemeral);
    CHECK(type == ephemeral_type);
    sent.push_back(to_buffer(body));
    return {};
  }
  std::size_t queued_bytes(session::Channel) const override { return 0; }
  bool has_room(session::Channel) const override { return room > sent.size(); }

  std::size_t room = 100'000;
  std::vector<Buffer> sent;
};

DeviceId other(std::uint8_t fill) {
  DeviceId id;
  id.bytes.fill(fill);
  return id;
}

// The device of a test vault as the author, seen from another device.
struct Scene {
  Scene()
      : key(log::EventKey::of(crypto::EntityKey::random(vault.random), 1)),
        roster(vault.roster()),
        relay(vault.id(), other(9)) {}

  const DeviceId& author() const { return vault.member.identity.device; }
  EphemeralMessage message(std::uint64_t counter, std::uint32_t slot, std::string_view text) {
    const space::SpaceKeys* keys = vault.member.keys.newest(vault.member.home);
    EphemeralContent content{EphemeralKind::presence, std::chrono::seconds(30), WallTime{77},
                             to_buffer(as_bytes(text))};
    return seal_ephemeral({vault.id(), author(), counter, slot, vault.member.home},
                          {key, keys->header, vault.member.secrets.sign}, content, vault.random);
  }
  void link(std::uint64_t number, const DeviceId& device, Pipe& pipe) {
    relay.link_ready({Link{number}, device, pipe});
  }
  // Whether it was let through.
  bool receive(std::uint64_t link, const EphemeralMessage& message, Instant now = seconds(1)) {
    const auto got = relay.receive({Link{link}, ephemeral_type, encode(message)}, roster, now);
    REQUIRE(got);
    relay.pump();
    return got->has_value();
  }

  test::TestVault vault;
  log::EventKey key;
  space::VaultRoster roster;
  EphemeralRelay relay;
};

}  // namespace

TEST_CASE("an ephemeral message reads back as it was written, and opens under its entity's key") {
  Scene scene;
  const EphemeralMessage sent = scene.message(5, 6, "\"hello\"");
  const Buffer bytes = encode(sent);
  const auto read = decode_ephemeral(bytes);
  REQUIRE(read);
  CHECK(encode(*read) == bytes);
  CHECK(verify_ephemeral(*read, scene.vault.id(), scene.vault.member.cert.sign_key));
  CHECK(unmask(*read, scene.vault.member.keys.newest(scene.vault.member.home)->header) ==
        scene.key.tag());
  const auto content = open_ephemeral(*read, scene.key);
  REQUIRE(content);
  CHECK(content->kind == EphemeralKind::presence);
  CHECK(content->lifetime == std::chrono::seconds(30));
  CHECK(content->since == WallTime{77});
  CHECK(to_text(content->body) == "\"hello\"");
}

TEST_CASE("the layout of an ephemeral message is that of tests/vectors") {
  Scene scene;
  test::Golden golden("ephemeral.json");
  golden.add("entity_key", scene.key.key.expose());
  golden.add("header_key",
             scene.vault.member.keys.newest(scene.vault.member.home)->header.expose());
  golden.add("device_signing_seed", scene.vault.member.secrets.sign.seed().expose());
  golden.add("vault", scene.vault.id().view());
  golden.add("message", encode(scene.message(5, 6, "\"hello\"")));
}

TEST_CASE("W1: every other length of an ephemeral message is refused") {
  Scene scene;
  Buffer bytes = encode(scene.message(5, 6, "x"));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_ephemeral(Bytes(bytes).first(size)).has_value());
  bytes.push_back(0);
  CHECK(decode_ephemeral(bytes).error().code == Errc::non_canonical);
}

TEST_CASE("W4: a declared size beyond an ephemeral message's bound is refused unread") {
  for (const std::uint64_t size : {std::uint64_t{16 * 1024}, std::uint64_t{1} << 63}) {
    wire::Writer out;
    out.u8(1).fixed(Buffer(16 + 8 + 4 + 32 + 24 + 8)).varint(size);
    CHECK(decode_ephemeral(out.view()).error().code == Errc::oversized);
  }
}

TEST_CASE("Y12: a changed byte anywhere breaks signature or form") {
  Scene scene;
  const Buffer bytes = encode(scene.message(5, 6, "x"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    Buffer changed = bytes;
    changed[at] ^= 0x40;
    const auto read = decode_ephemeral(changed);
    if (!read) continue;
    CHECK_FALSE(verify_ephemeral(*read, scene.vault.id(), scene.vault.member.cert.sign_key));
  }
  const auto read = decode_ephemeral(bytes);
  CHECK_FALSE(verify_ephemeral(*read, SpaceId{}, scene.vault.member.cert.sign_key));
}

TEST_CASE("Y15: content opens in its own place only, and a longer lifetime is refused") {
  Scene scene;
  const EphemeralMessage sent = scene.message(5, 6, "x");
  EphemeralMessage moved = sent;
  moved.counter = 6;
  CHECK(open_ephemeral(moved, scene.key).error().code == Errc::bad_signature);
  moved = sent;
  moved.slot = 7;
  CHECK(open_ephemeral(moved, scene.key).error().code == Errc::bad_signature);
  moved = sent;
  moved.author = other(1);
  CHECK(open_ephemeral(moved, scene.key).error().code == Errc::bad_signature);
  const auto another = log::EventKey::of(crypto::EntityKey::random(scene.vault.random), 1);
  CHECK(open_ephemeral(sent, another).error().code == Errc::bad_signature);

  // Sealed by hand: the sealing function does not make such a message.
  const auto key = crypto::derive<crypto::SubKey>(scene.key.key.expose(), "eph");
  wire::Writer plaintext;
  plaintext.u8(1).u8(0).varint(30'001).zigzag(0).bytes({});
  Buffer padded = plaintext.take();
  padded.resize(log::padded_size(padded.size()));
  wire::Writer bound;
  bound.fixed(as_bytes("eph1")).id(sent.author).u64(5).u32(6).id(sent.space).id(scene.key.id);
  EphemeralMessage longer = sent;
  longer.ciphertext.clear();
  crypto::encrypt(longer.ciphertext, key.expose(), longer.nonce, bound.view(), padded);
  CHECK(open_ephemeral(longer, scene.key).error().code == Errc::oversized);
}

TEST_CASE("Y12: the length of a short value cannot be seen") {
  Scene scene;
  CHECK(encode(scene.message(1, 1, "a")).size() == encode(scene.message(2, 1, "abcdefg")).size());
}

TEST_CASE("Y14: what comes from its author goes to every other link, and no copy of it further") {
  Scene scene;
  Pipe from_author;
  Pipe second;
  Pipe third;
  scene.link(1, scene.author(), from_author);
  scene.link(2, other(2), second);
  scene.link(3, other(3), third);
  const EphemeralMessage first = scene.message(10, 1, "canary in clear");
  CHECK(scene.receive(1, first));
  CHECK(from_author.sent.empty());
  REQUIRE(second.sent.size() == 1);
  CHECK(second.sent == third.sent);
  CHECK(second.sent[0] == encode(first));
  const std::string_view secret = "canary";
  CHECK(std::search(second.sent[0].begin(), second.sent[0].end(), secret.begin(), secret.end()) ==
        second.sent[0].end());

  // A copy by way of another device, while the author is linked: nothing.
  CHECK_FALSE(scene.receive(2, scene.message(11, 1, "b")));
  scene.relay.link_gone(Link{1});
  CHECK(scene.receive(2, scene.message(12, 1, "c")));
  CHECK(third.sent.size() == 1);
}

TEST_CASE("Y13: nothing old or twice is let through, whichever way it came") {
  Scene scene;
  Pipe pipes[3];
  for (std::uint8_t i = 0; i < 3; ++i) scene.link(i + 1u, other(i), pipes[i]);
  CHECK(scene.receive(1, scene.message(10, 1, "a")));
  CHECK_FALSE(scene.receive(2, scene.message(10, 1, "a")));
  CHECK_FALSE(scene.receive(2, scene.message(9, 1, "b")));
  CHECK(scene.receive(2, scene.message(9, 2, "c")));  // another slot has its own order
  CHECK(scene.receive(3, scene.message(11, 1, "d")));

  // What was forgotten to bound memory stays old.
  for (std::uint32_t slot = 100; slot < 100 + EphemeralRelay::slots_per_author_max; ++slot)
    CHECK(scene.receive(1, scene.message(1000 + slot, slot, "e"), seconds(static_cast<int>(slot))));
  CHECK_FALSE(scene.receive(2, scene.message(10, 1, "a"), seconds(1000)));
  CHECK_FALSE(scene.receive(2, scene.message(11, 1, "d"), seconds(1000)));
  CHECK(scene.receive(2, scene.message(2000, 1, "f"), seconds(1000)));
}

TEST_CASE("Y13: a clock that was set back silences nobody who is linked, and replays stay old") {
  Scene scene;
  Pipe own;
  Pipe second;
  scene.link(1, scene.author(), own);
  scene.link(2, other(2), second);
  CHECK(scene.receive(1, scene.message(1000, 1, "a")));
  CHECK_FALSE(scene.receive(1, scene.message(1000, 1, "a")));
  CHECK_FALSE(scene.receive(1, scene.message(999, 1, "a")));
  scene.relay.link_gone(Link{1});
  scene.link(4, scene.author(), own);
  CHECK(scene.receive(4, scene.message(10, 1, "after a restart with another clock")));
  CHECK_FALSE(scene.receive(4, scene.message(10, 2, "b")));
  scene.relay.link_gone(Link{4});
  CHECK_FALSE(scene.receive(2, scene.message(1000, 1, "a")));
  CHECK_FALSE(scene.receive(2, scene.message(500, 1, "never seen, but older than the clock")));
}

TEST_CASE("Y12: a forged message ends the link, one of a stranger is ignored") {
  Scene scene;
  Pipe pipe;
  Pipe third;
  scene.link(2, other(2), pipe);
  scene.link(3, other(3), third);
  EphemeralMessage forged = scene.message(5, 1, "x");
  forged.signature.bytes[3] ^= 1;
  const auto refused =
      scene.relay.receive({Link{2}, ephemeral_type, encode(forged)}, scene.roster, seconds(1));
  CHECK(refused.error().code == Errc::bad_signature);
  // It changed nothing.
  CHECK(scene.receive(2, scene.message(5, 1, "x")));
  EphemeralMessage strange = scene.message(6, 1, "x");
  strange.author = other(77);
  CHECK_FALSE(scene.receive(2, strange));
  CHECK(third.sent.empty());
  CHECK(scene.relay.receive({Link{2}, 0x14, Buffer{1}}, scene.roster, seconds(1)).error().code ==
        Errc::unsupported);
  CHECK(scene.relay.receive({Link{2}, 0x80, Buffer{1}}, scene.roster, seconds(1)).has_value());
}

TEST_CASE("Y16: a flood is let through at its rate and no faster") {
  Scene scene;
  Pipe own;
  Pipe second;
  scene.link(1, scene.author(), own);
  scene.link(2, other(2), second);
  const auto flood = [&](std::uint64_t from, int count, Instant now) {
    int through = 0;
    for (int i = 0; i < count; ++i)
      through += scene.receive(1, scene.message(from + static_cast<std::uint64_t>(i), 1, "x"), now);
    return through;
  };
  const std::int64_t burst = EphemeralRelay::author_rule.burst / 2;
  const std::int64_t rate = EphemeralRelay::author_rule.per_second / 2;
  CHECK(flood(1, 400, seconds(100)) == burst);
  CHECK(flood(1000, 400, seconds(101)) == rate);
  CHECK(static_cast<std::int64_t>(second.sent.size()) == burst + rate);
  CHECK(flood(2000, 400, seconds(100)) == 0);  // time that runs backwards gives nothing
}

TEST_CASE("Y16: what waits for a slow link is bounded, and the newest of each slot is kept") {
  Scene scene;
  Pipe slow;
  slow.room = 0;
  scene.link(1, other(1), slow);
  const std::string large(7000, 'x');
  for (std::uint64_t i = 1; i <= 200; ++i)
    scene.relay.send(scene.message(i, static_cast<std::uint32_t>(i % 4), large));
  scene.relay.pump();
  CHECK(slow.sent.empty());
  slow.room = 100'000;
  scene.relay.pump();
  REQUIRE(slow.sent.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(decode_ephemeral(slow.sent[i])->counter == 197 + i);

  slow.room = 0;
  slow.sent.clear();
  for (std::uint32_t slot = 0; slot < 1000; ++slot)
    scene.relay.send(scene.message(1000 + slot, slot, large));
  slow.room = 100'000;
  scene.relay.pump();
  std::size_t size = 0;
  for (const Buffer& one : slow.sent) size += one.size();
  CHECK(size <= EphemeralRelay::waiting_size_max);
  CHECK(decode_ephemeral(slow.sent.back())->slot == 999);
}

TEST_CASE("nothing ephemeral is taken or given while syncing is paused") {
  Scene scene;
  Pipe own;
  Pipe second;
  scene.link(1, scene.author(), own);
  scene.link(2, other(2), second);
  scene.relay.set_pauses({.receive = false, .send = true});
  CHECK(scene.receive(1, scene.message(1, 1, "x")));
  scene.relay.send(scene.message(2, 1, "x"));
  scene.relay.pump();
  CHECK(second.sent.empty());
  scene.relay.set_pauses({.receive = true, .send = false});
  CHECK_FALSE(scene.receive(1, scene.message(3, 1, "x")));
}

TEST_CASE("Y13: counters rise whatever the clock does") {
  EphemeralRelay relay(SpaceId{}, other(1));
  std::uint64_t last = 0;
  for (const std::int64_t clock :
       {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1'700'000'000'000},
        std::int64_t{1'700'000'000'000}, std::int64_t{3}, INT64_MAX, INT64_MIN}) {
    const std::uint64_t next = relay.next_counter(WallTime{clock});
    CHECK(next > last);
    last = next;
  }
}

}  // namespace syncline::sync
