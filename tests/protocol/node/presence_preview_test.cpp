// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/presence_preview.h"

#include "protocol/node/library.h"
#include "protocol/node/presence.h"
#include "protocol/wire/writer.h"
#include "tests/protocol/space/space_fixture.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

Preview typing(std::uint64_t position, std::uint64_t removed, const std::string& inserted) {
  return {{std::string("body")}, {{position, removed, inserted}}};
}

// Takes one message at a time out of a relay.
class Ear final : public sync::Outlet {
 public:
  Status send(session::Channel, std::uint8_t, Bytes body) override {
    heard.push_back(to_buffer(body));
    return {};
  }
  std::size_t queued_bytes(session::Channel) const override { return 0; }
  bool has_room(session::Channel) const override { return true; }

  std::vector<Buffer> heard;
};

// An open vault that types, and what another device of it would see: same keys, same events.
struct Scene {
  Scene() : relay(vault.id(), vault.member.identity.device), changes(1) {
    log::Draft draft(vault.store);
    auto opened =
        OpenVault::open(draft, {std::move(vault.member.keys), std::move(vault.member.secrets)},
                        vault.member.identity.device, vault.random);
    REQUIRE(opened);
    open = std::move(*opened);
    test::commit(vault.store, draft);
    relay.link_ready({Link{1}, DeviceId{}, ear});
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{{std::string("body")}, crdt::TextInsert{0, "hello"}});
    entity = write([&](Library::Desk& desk) { return Library::create(desk, std::move(create)); });
  }

  template <class Run>
  EntityId write(Run run) {
    log::Draft draft(vault.store);
    Library::Desk desk{*open, draft, vault.random, WallTime{5}};
    auto written = run(desk);
    REQUIRE(written);
    REQUIRE(open->flush_authors(draft));
    open->flush_view(draft, OpenVault::Flush::now);
    test::commit(vault.store, draft);
    return written->answer.entity;
  }
  void type(const std::string& text) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(crdt::Op{{std::string("body")}, crdt::TextInsert{0, text}});
    write([&](Library::Desk& desk) { return Library::update(desk, std::move(update)); });
  }

  template <class Run>
  void at(std::chrono::seconds time, Run run) {
    log::Draft draft(vault.store);
    PresenceDesk desk{*open, draft, vault.random, relay, changes, effects, Now{{time}, {1000}}};
    run(desk);
  }
  // What was said since the last time, given to another device.
  void carry(std::chrono::seconds time) {
    at(time, [&](PresenceDesk& desk) {
      own.settle(desk);
      relay.pump();
      for (const Buffer& bytes : std::exchange(ear.heard, {})) {
        const auto message = sync::decode_ephemeral(bytes);
        REQUIRE(message);
        others.received(desk, *message);
      }
    });
  }
  std::vector<step::PresenceRow> seen() {
    return changes.board().at(entity, step::PresenceKind::preview);
  }
  void publish(std::chrono::seconds time, const Preview& preview) {
    at(time, [&](PresenceDesk& desk) { REQUIRE(own.publish(desk, entity, preview)); });
  }

  test::TestVault vault;
  std::unique_ptr<OpenVault> open;
  sync::EphemeralRelay relay;
  Changes changes;
  Ear ear;
  std::vector<step::Effect> effects;
  OwnSlots own;
  OtherSlots others;
  EntityId entity;
};

constexpr std::chrono::seconds secs(int n) { return std::chrono::seconds(n); }

}  // namespace

TEST_CASE("a preview reads back as it was written, as the ops of an event would be") {
  SentPreview sent;
  sent.log.bytes.fill(3);
  sent.seq = 9;
  sent.version = "v";
  sent.ops = ops_of({{std::string("a"), std::uint64_t{2}}, {{1, 2, "x"}, {4, 0, "y"}, {0, 1, ""}}});
  REQUIRE(sent.ops.size() == 4);
  const auto bytes = encode_preview(sent);
  REQUIRE(bytes);
  const auto read = decode_preview(*bytes);
  REQUIRE(read);
  CHECK(read->log == sent.log);
  CHECK(read->seq == 9);
  CHECK(read->version == "v");
  CHECK(read->ops == sent.ops);
  for (std::size_t size = 0; size < bytes->size(); ++size)
    CHECK_FALSE(decode_preview(Bytes(*bytes).first(size)).has_value());
}

TEST_CASE("a preview that is not typing in one text, or too long, is refused on both sides") {
  SentPreview sent;
  CHECK(encode_preview(sent).error().code == Errc::invalid);
  sent.ops = {{{std::string("a")}, crdt::TextInsert{0, "x"}},
              {{std::string("b")}, crdt::TextInsert{0, "x"}}};
  CHECK(encode_preview(sent).error().code == Errc::invalid);
  sent.ops = {{{}, crdt::MapSet{"a", crdt::Scalar("x")}}};
  CHECK(encode_preview(sent).error().code == Errc::invalid);
  wire::Writer by_hand;
  by_hand.id(LogId{}).varint(0).text("v");
  crdt::encode_ops(by_hand, sent.ops);
  CHECK(decode_preview(by_hand.view()).error().code == Errc::invalid);
  sent.ops = {{{std::string("a")}, crdt::TextInsert{0, std::string(8200, 'x')}}};
  CHECK(encode_preview(sent).error().code == Errc::oversized);
}

TEST_CASE("typing is seen while it is not written, the newest state of it") {
  Scene scene;
  scene.publish(secs(1), typing(5, 0, " w"));
  scene.carry(secs(1));
  REQUIRE(scene.seen().size() == 1);
  scene.publish(secs(2), typing(5, 0, " world"));
  scene.carry(secs(2));
  const auto rows = scene.seen();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].ops == ops_of(typing(5, 0, " world")));
  CHECK_FALSE(rows[0].version.empty());
  scene.at(secs(3), [&](PresenceDesk& desk) { scene.own.withdraw(desk, scene.entity); });
  scene.carry(secs(3));
  CHECK(scene.seen().empty());
}

TEST_CASE("Y15: a preview ends with an event of its author, whichever comes first") {
  Scene scene;
  scene.publish(secs(1), typing(0, 0, "x"));
  scene.carry(secs(1));
  CHECK(scene.seen().size() == 1);
  const auto changed = [&](PresenceDesk& desk) { scene.others.entity_changed(desk, scene.entity); };
  scene.at(secs(2), changed);
  CHECK(scene.seen().size() == 1);  // somebody else's event
  scene.type("x");
  scene.at(secs(2), changed);
  CHECK(scene.seen().empty());

  // The event overtakes the preview.
  scene.publish(secs(3), typing(0, 0, "y"));
  scene.type("y");
  scene.carry(secs(3));
  CHECK(scene.seen().empty());
  // What is typed after it is seen again.
  scene.own.committed(scene.entity);
  scene.publish(secs(4), typing(0, 0, "z"));
  scene.carry(secs(4));
  CHECK(scene.seen().size() == 1);
}

TEST_CASE("Y15: a preview waits for the event that it names, and what was shown stays until then") {
  Scene scene;
  scene.publish(secs(1), typing(0, 0, "x"));
  scene.carry(secs(1));
  const auto changed = [&](PresenceDesk& desk) { scene.others.entity_changed(desk, scene.entity); };
  const auto shown = [&] {
    const auto rows = scene.seen();
    REQUIRE(rows.size() == 1);
    return rows[0].ops;
  };
  // Of another device, whose events come later than its previews.
  log::Draft draft(scene.vault.store);
  const auto state = scene.open->view().find(draft, scene.entity);
  REQUIRE(state);
  const auto home = *scene.open->home();
  const crdt::EventId last = (*state)->edits.rows().at(0);
  const LogId log = scene.open->merge_of(home)->table()[last.log];
  auto keys = scene.open->desk(draft);
  const auto known = keys.entity_keys.by_entity(draft, home, scene.entity);
  REQUIRE(known);
  const auto hear = [&](int time, std::uint64_t seq, std::uint32_t slot, const std::string& text) {
    SentPreview sent{log, seq, "v", ops_of(typing(0, 0, text))};
    const auto body = encode_preview(sent);
    REQUIRE(body);
    const auto message = sync::seal_ephemeral(
        {scene.vault.id(), scene.open->device(), static_cast<std::uint64_t>(1000 + time), slot,
         home},
        {(*known)->key, scene.open->keys().newest(home)->header, scene.open->secrets().sign},
        {sync::EphemeralKind::preview, secs(30), WallTime{}, *body}, scene.vault.random);
    scene.at(secs(time), [&](PresenceDesk& desk) { scene.others.received(desk, message); });
  };
  const auto first = ops_of(typing(0, 0, "x"));
  CHECK(shown() == first);
  hear(2, last.seq + 1, 7, "y");
  hear(3, last.seq + 1, 7, "yz");
  CHECK(shown() == first);
  // It lasts as long as the one that is coming.
  scene.at(secs(32), [&](PresenceDesk& desk) { scene.others.settle(desk); });
  CHECK(shown() == first);
  scene.type("x");
  scene.at(secs(32), changed);
  CHECK(shown() == ops_of(typing(0, 0, "yz")));
  CHECK(scene.others.size() == 1);

  // An event further on: what waited for an earlier one is never shown.
  hear(33, last.seq + 2, 8, "late");
  scene.type("1");
  scene.type("2");
  scene.at(secs(33), changed);
  CHECK(scene.seen().empty());
  CHECK(scene.others.size() == 0);
  // One whose event never comes is forgotten with its lifetime.
  hear(34, last.seq + 9, 9, "never");
  CHECK(scene.seen().empty());
  CHECK(scene.others.size() == 1);
  scene.at(secs(64), [&](PresenceDesk& desk) { scene.others.settle(desk); });
  CHECK(scene.others.size() == 0);
}

TEST_CASE("Y15: a preview ends with its lifetime when it is not said again") {
  Scene scene;
  scene.publish(secs(1), typing(0, 0, "x"));
  scene.carry(secs(1));
  scene.carry(secs(12));
  scene.own.committed(scene.entity);
  scene.at(secs(41), [&](PresenceDesk& desk) { scene.others.settle(desk); });
  CHECK(scene.seen().size() == 1);
  scene.at(secs(42), [&](PresenceDesk& desk) { scene.others.settle(desk); });
  CHECK(scene.seen().empty());
  CHECK(scene.others.size() == 0);
}

TEST_CASE("Y16: what one device shows is bounded in number and size") {
  Scene scene;
  log::Draft draft(scene.vault.store);
  auto keys = scene.open->desk(draft);
  const auto home = *scene.open->home();
  const auto known = keys.entity_keys.by_entity(draft, home, scene.entity);
  REQUIRE(known);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto message = sync::seal_ephemeral(
        {scene.vault.id(), DeviceId{}, i, i, home},
        {(*known)->key, scene.open->keys().newest(home)->header, scene.open->secrets().sign},
        {sync::EphemeralKind::presence, secs(30), WallTime{}, Buffer(4096, 'x')},
        scene.vault.random);
    scene.at(secs(static_cast<int>(i)), [&](PresenceDesk& desk) {
      scene.others.received(desk, message);
      scene.others.received(desk, message);
    });
  }
  CHECK(scene.others.size() <= OtherSlots::slots_per_device_max);
  CHECK(scene.others.size() >= OtherSlots::bytes_per_device_max / 4096 - 1);
  // Not text: nothing to show.
  const auto noise = sync::seal_ephemeral(
      {scene.vault.id(), DeviceId{}, 5000, 0, home},
      {(*known)->key, scene.open->keys().newest(home)->header, scene.open->secrets().sign},
      {sync::EphemeralKind::presence, secs(30), WallTime{}, Buffer{0xff, 0xfe}},
      scene.vault.random);
  const std::size_t before = scene.others.size();
  scene.at(secs(1000), [&](PresenceDesk& desk) { scene.others.received(desk, noise); });
  CHECK(scene.others.size() == before - 1);
}

}  // namespace syncline::node
