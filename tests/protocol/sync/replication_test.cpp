// SPDX-License-Identifier: Apache-2.0
//
// Rules of replication (Spec section 8), on whole nodes over perfect links.
#include "protocol/sync/replicator.h"
#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

step::EntityCreate an_entity(const std::string& text) {
  step::EntityCreate create;
  create.type = "t";
  create.ops.push_back(crdt::Op{{}, crdt::MapSet{"text", crdt::Scalar(text)}});
  return create;
}

std::map<LogId, std::uint64_t> heads(Devices& devices, std::size_t index) {
  std::map<LogId, std::uint64_t> out;
  for (const step::LogRow& row : devices.get<step::LogsAnswer>(index, step::LogList{}).logs)
    out[row.id] = row.seq;
  return out;
}

bool is_level(Devices& devices, std::size_t index) {
  const auto status = devices.get<step::StatusAnswer>(index, step::SystemStatus{});
  return std::ranges::all_of(status.devices,
                             [](const step::DeviceStatus& device) { return device.level; });
}

bool noted(const Device& device, const std::string& words) {
  return std::ranges::any_of(
      device.notes, [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

// Collects what a replicator queues.
class Collector final : public sync::Outlet {
 public:
  Status send(session::Channel, std::uint8_t type, Bytes body) override {
    sent.emplace_back(type, to_buffer(body));
    return {};
  }
  std::size_t queued_bytes(session::Channel) const override { return 0; }
  bool has_room(session::Channel) const override { return true; }

  std::vector<std::pair<std::uint8_t, Buffer>> sent;
};

}  // namespace

TEST_CASE("Y1: anything before the hello closes the link") {
  Devices devices(1);
  devices.make_vault(0);
  Device& device = devices[0];
  const auto vault = space::find_vault(device.store);
  REQUIRE(vault);
  log::Draft draft(*device.staged);
  const auto identity = space::decode_identity(*device.identity);
  auto replicator =
      sync::Replicator::open({*device.staged, device.random, **vault, identity->device}, draft);
  REQUIRE(replicator);
  Collector outlet;
  DeviceId other;
  other.bytes.fill(9);
  (*replicator)->link_ready({Link{1}, other, outlet}, devices.now());
  REQUIRE(outlet.sent.size() == 1);
  CHECK(outlet.sent[0].first == static_cast<std::uint8_t>(sync::MessageType::hello));
  const Buffer end = sync::encode(sync::RowsEnd{});
  CHECK((*replicator)
            ->handle(Link{1}, static_cast<std::uint8_t>(sync::MessageType::rows_end), end, draft,
                     devices.now())
            .error()
            .code == Errc::invalid);
}

TEST_CASE(
    "Y2: an unchanged store answers a known change number with one rows_end, a changed one with "
    "its news") {
  Devices devices(2);
  devices.make_vault(0);
  for (int i = 0; i < 100; ++i) (void)devices.get<step::WrittenAnswer>(0, an_entity("x"));
  devices.pair(0, 1);
  devices.run();
  devices.isolate(1);
  devices.run();
  devices.bytes_carried = 0;
  devices.reconnect(1);
  devices.run(std::chrono::seconds(1));
  const std::uint64_t unchanged = devices.bytes_carried;
  CHECK(unchanged < 1500);
  devices.isolate(1);
  devices.run();
  (void)devices.get<step::WrittenAnswer>(0, an_entity("news"));
  devices.bytes_carried = 0;
  devices.reconnect(1);
  devices.run(std::chrono::seconds(1));
  CHECK(devices.bytes_carried < unchanged + 2500);
  CHECK(heads(devices, 0) == heads(devices, 1));
}

TEST_CASE("Y3: a link cut at any moment of a catch-up costs nothing but another link") {
  Devices devices(2);
  devices.make_vault(0);
  devices.pair(0, 1);
  for (int round = 0; round < 30; ++round) {
    devices.isolate(1);
    devices.run(std::chrono::milliseconds(1));
    for (int i = 0; i < 20; ++i)
      (void)devices.get<step::WrittenAnswer>(0, an_entity(std::string(500, 'x')));
    devices.reconnect(1);
    // The further the round, the later the cut.
    devices.run(std::chrono::microseconds(round * 50));
  }
  devices.reconnect(1);
  devices.run();
  CHECK(heads(devices, 0) == heads(devices, 1));
  CHECK(is_level(devices, 0));
  CHECK(is_level(devices, 1));
}

TEST_CASE("Y4: events of a log come only after the record that admits it") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(0, 2);
  devices.run();
  devices.isolate(2);
  devices.run();
  // The first write of device 1 admits its log; device 2 learns record and events from device 0.
  const auto written = devices.get<step::WrittenAnswer>(1, an_entity("new log"));
  devices.run();
  devices.isolate(1);
  devices.reconnect(2);
  devices.run();
  CHECK(heads(devices, 2) == heads(devices, 0));
  CHECK(devices.call(2, step::EntityGet{written.entity}).has_value());
}

TEST_CASE("Y5: with two sources each event is transferred once") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(0, 2);
  devices.run();
  devices.isolate(2);
  devices.run();
  constexpr std::uint64_t size = 4000;
  for (std::uint64_t i = 0; i < 100; ++i)
    (void)devices.get<step::WrittenAnswer>(0, an_entity(std::string(size, 'x')));
  devices.run();
  devices.bytes_carried = 0;
  devices.reconnect(2);
  devices.run();
  CHECK(heads(devices, 2) == heads(devices, 0));
  // Once is 100 events of somewhat more than `size`; twice would be about 800,000 bytes.
  CHECK(devices.bytes_carried < 100 * size * 3 / 2);
}

TEST_CASE("Y6: a new event reaches every linked device at once and each of them once") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(0, 2);
  devices.run();
  const auto written = devices.get<step::WrittenAnswer>(0, an_entity("x"));
  devices.run(std::chrono::milliseconds(5));
  CHECK(devices.call(1, step::EntityGet{written.entity}).has_value());
  CHECK(devices.call(2, step::EntityGet{written.entity}).has_value());
}

TEST_CASE("Y7: what is acknowledged to others was committed as synced") {
  Devices devices(2);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.run();
  (void)devices.get<step::WrittenAnswer>(0, an_entity("x"));
  devices.run();
  const auto status = devices.get<step::StatusAnswer>(0, step::SystemStatus{});
  REQUIRE(status.only_here == 0);
  const auto before = heads(devices, 1);
  devices[1].store.lose_unsynced();
  devices.restart(1);
  CHECK(heads(devices, 1) == before);
}

TEST_CASE("Y8: a restored device writes a new log and loses nothing that was acknowledged") {
  Devices devices(2);
  devices.make_vault(0);
  devices.pair(0, 1);
  (void)devices.get<step::WrittenAnswer>(1, an_entity("before"));
  devices.run();
  const storage::MemoryStore backup = devices[1].store.copy();
  const auto lost = devices.get<step::WrittenAnswer>(1, an_entity("after the backup"));
  devices.run();
  devices[1].store.restore(backup);
  devices[1].anchor.clear();  // the backup held the whole directory, the anchor included
  devices.restart(1);
  devices.run();
  CHECK(noted(devices[1], "rolled back"));
  step::VaultUnlock unlock;
  unlock.password = step::SecretText("correct horse");
  (void)devices.get<step::Done>(1, std::move(unlock));
  const auto again = devices.get<step::WrittenAnswer>(1, an_entity("a new life"));
  devices.run();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(devices.call(i, step::EntityGet{lost.entity}).has_value());
    CHECK(devices.call(i, step::EntityGet{again.entity}).has_value());
  }
  CHECK(heads(devices, 0) == heads(devices, 1));
  std::uint32_t incarnation = 0;
  for (const step::LogRow& row : devices.get<step::LogsAnswer>(1, step::LogList{}).logs)
    if (row.own) incarnation = std::max(incarnation, row.incarnation);
  CHECK(incarnation >= 2);
}

TEST_CASE("Y8: an anchor beyond the store is noticed at the start") {
  Devices devices(1);
  devices.make_vault(0);
  const storage::MemoryStore backup = devices[0].store.copy();
  (void)devices.get<step::WrittenAnswer>(0, an_entity("after the backup"));
  devices.run();
  devices[0].store.restore(backup);
  devices.restart(0);
  devices.run();
  CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).rolled_back);
}

TEST_CASE("Y9: receipts travel through others and prove what a device holds") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(1, 2);
  devices.isolate(0);
  devices.run();
  const auto written = devices.get<step::WrittenAnswer>(2, an_entity("x"));
  devices.run();
  devices.isolate(2);
  devices.reconnect(0);
  devices.run();
  CHECK(devices.call(0, step::EntityGet{written.entity}).has_value());
  const auto status = devices.get<step::StatusAnswer>(0, step::SystemStatus{});
  for (const step::DeviceStatus& device : status.devices) {
    if (device.is_self) continue;
    CHECK(device.missing_there == 0);
    CHECK(device.receipt_at.has_value());
  }
}

TEST_CASE("a paused device takes nothing and gives nothing until it is resumed") {
  Devices devices(2);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.run();
  (void)devices.get<step::Done>(1, step::SyncPause{step::SyncDirection::receive});
  const auto from0 = devices.get<step::WrittenAnswer>(0, an_entity("to a paused one"));
  const auto from1 = devices.get<step::WrittenAnswer>(1, an_entity("from a paused one"));
  devices.run();
  CHECK_FALSE(devices.call(1, step::EntityGet{from0.entity}).has_value());
  // Waiting costs nothing: no deadline that has passed and that nothing answers.
  for (std::size_t i = 0; i < 2; ++i)
    CHECK((!devices[i].wake_at || *devices[i].wake_at > devices.now().instant));
  CHECK(devices.call(0, step::EntityGet{from1.entity}).has_value());
  (void)devices.get<step::Done>(1, step::SyncResume{});
  devices.run();
  CHECK(devices.call(1, step::EntityGet{from0.entity}).has_value());
  CHECK(is_level(devices, 0));
}

}  // namespace syncline::node
