// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/node.h"

#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

step::EntityCreate note(const std::string& title, const std::string& body) {
  step::EntityCreate create;
  create.type = "note";
  create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar(title)}});
  create.ops.push_back(crdt::Op{{std::string("body")}, crdt::TextInsert{0, body}});
  return create;
}

step::EntityUpdate typed(const EntityId& entity, std::uint64_t position, const std::string& text) {
  step::EntityUpdate update;
  update.entity = entity;
  update.ops.push_back(crdt::Op{{std::string("body")}, crdt::TextInsert{position, text}});
  return update;
}

void unlock(Devices& devices, std::size_t index) {
  REQUIRE(devices.call(index, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
}

std::string body_of(Devices& devices, std::size_t index, const EntityId& entity) {
  const auto answer = devices.get<step::EntityAnswer>(index, step::EntityGet{entity});
  return std::get<std::string>(
      std::get<crdt::Scalar>(std::get<crdt::ValueMap>(answer.value.node).at("body").node));
}

}  // namespace

TEST_CASE("a new vault takes entities and reads them back after a restart and unlock") {
  Devices devices(1);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "hello"));
  CHECK(body_of(devices, 0, written.entity) == "hello");
  devices.run();
  devices.restart(0);
  CHECK(devices.call(0, step::EntityGet{written.entity}).error().code == Errc::locked);
  step::VaultUnlock wrong;
  wrong.password = step::SecretText("incorrect");
  CHECK(devices.call(0, std::move(wrong)).error().code == Errc::wrong_password);
  unlock(devices, 0);
  CHECK(body_of(devices, 0, written.entity) == "hello");
  CHECK(devices.get<step::EntitiesAnswer>(0, step::EntityList{}).entities.size() == 1);
}

TEST_CASE("a change repeated under its idempotency key is done once, and another one is refused") {
  Devices devices(1);
  devices.make_vault(0);
  step::EntityCreate create = note("first", "hello");
  create.idempotency_key = "k";
  const auto once = devices.get<step::WrittenAnswer>(0, create);
  CHECK(devices.get<step::WrittenAnswer>(0, create).entity == once.entity);
  step::EntityCreate other = note("second", "hello");
  other.idempotency_key = "k";
  CHECK(devices.call(0, other).error().code == Errc::invalid);

  step::EntityUpdate update = typed(once.entity, 5, "!");
  update.idempotency_key = "u";
  CHECK(devices.get<step::WrittenAnswer>(0, update).version ==
        devices.get<step::WrittenAnswer>(0, update).version);
  CHECK(body_of(devices, 0, once.entity) == "hello!");
  step::EntityUpdate more = typed(once.entity, 5, "?");
  more.idempotency_key = "u";
  CHECK(devices.call(0, more).error().code == Errc::invalid);
  CHECK(body_of(devices, 0, once.entity) == "hello!");
}

TEST_CASE("an idempotency key is not forgotten when the power goes just after its change") {
  Devices devices(1);
  devices.make_vault(0);
  step::EntityCreate create = note("first", "hello");
  create.idempotency_key = "k";
  const auto once = devices.get<step::WrittenAnswer>(0, create);
  devices.restart(0);
  unlock(devices, 0);
  CHECK(devices.get<step::WrittenAnswer>(0, create).entity == once.entity);
  step::EntityUpdate update = typed(once.entity, 5, "!");
  update.idempotency_key = "u";
  const auto first = devices.get<step::WrittenAnswer>(0, update);
  devices.restart(0);
  unlock(devices, 0);
  CHECK(devices.get<step::WrittenAnswer>(0, update).version == first.version);
  CHECK(body_of(devices, 0, once.entity) == "hello!");
}

TEST_CASE("an op that would put a container beside a value is refused, and changes nothing") {
  Devices devices(1);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "hello"));
  const auto refused = [&](crdt::Op op) {
    step::EntityUpdate update;
    update.entity = written.entity;
    update.ops.push_back(std::move(op));
    return devices.call(0, std::move(update)).error().code;
  };
  const std::string title = "title";
  CHECK(refused({{title}, crdt::TextInsert{0, "x"}}) == Errc::invalid);
  CHECK(refused({{title}, crdt::CounterAdd{1}}) == Errc::invalid);
  CHECK(refused({{title}, crdt::MapSet{"deeper", crdt::Scalar(true)}}) == Errc::invalid);
  CHECK(refused({{std::string("body")}, crdt::CounterAdd{1}}) == Errc::invalid);
  const auto now = devices.get<step::EntityAnswer>(0, step::EntityGet{written.entity});
  CHECK(now.conflicts == 0);
  CHECK(now.version == written.version);
  // Where nothing is, a container is made.
  step::EntityUpdate count;
  count.entity = written.entity;
  count.ops.push_back(crdt::Op{{std::string("count")}, crdt::CounterAdd{1}});
  CHECK(devices.call(0, std::move(count)).has_value());
}

TEST_CASE("while the store refuses writes everything that was acknowledged is read") {
  Devices devices(1);
  devices.make_vault(0);
  const auto early = devices.get<step::WrittenAnswer>(0, note("first", "early"));
  devices.run();
  (void)devices.get<step::WrittenAnswer>(0, typed(early.entity, 5, " and late"));
  const auto late = devices.get<step::WrittenAnswer>(0, note("second", "late"));
  // Nothing of these two is merged on disk yet.
  devices[0].inputs.push_back(step::StoreFailed{});
  CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).degraded);
  CHECK(body_of(devices, 0, early.entity) == "early and late");
  CHECK(body_of(devices, 0, late.entity) == "late");
  CHECK(devices.get<step::EntitiesAnswer>(0, step::EntityList{}).entities.size() == 2);
  const std::uint64_t commits = devices[0].store.commits();
  CHECK(devices.call(0, typed(late.entity, 0, "x")).error().code == Errc::degraded);
  CHECK(devices[0].store.commits() == commits);

  devices[0].inputs.push_back(step::StoreReopened{});
  CHECK_FALSE(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).degraded);
  CHECK(body_of(devices, 0, late.entity) == "late");
  (void)devices.get<step::WrittenAnswer>(0, typed(late.entity, 4, "r"));
  devices.run();
  devices.restart(0);
  unlock(devices, 0);
  CHECK(body_of(devices, 0, early.entity) == "early and late");
  CHECK(body_of(devices, 0, late.entity) == "later");
}

TEST_CASE("a write that waits for other devices is refused when its own commit fails") {
  Devices devices(2);
  devices.make_vault(0);
  devices.pair(0, 1);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "a"));
  devices.run();
  devices.isolate(1);
  step::EntityUpdate update = typed(written.entity, 1, "b");
  update.wait = step::Wait::one_device;
  const RequestId request{777};
  const auto replies = [&](const step::Step& step) {
    std::size_t found = 0;
    for (const step::Effect& effect : step.effects) {
      const auto* const reply = std::get_if<step::Reply>(&effect);
      if (reply == nullptr || reply->id != request) continue;
      ++found;
      CHECK_FALSE(reply->answer.has_value());
    }
    return found;
  };
  Node& node = *devices[0].node;
  CHECK(replies(node.handle(step::Request{request, std::move(update)}, devices.now())) == 0);
  CHECK(replies(node.settle(devices.now())) == 0);
  // The group with it was not committed.
  devices[0].staged->discard();
  CHECK(replies(node.handle(step::StoreFailed{}, devices.now())) == 1);
  CHECK(replies(node.settle(devices.now())) == 0);
  devices[0].inputs.push_back(step::StoreReopened{});
  devices.reconnect(1);
  devices.run();
  (void)devices.get<step::WrittenAnswer>(0, typed(written.entity, 1, "c"));
  devices.run();
  CHECK(body_of(devices, 1, written.entity) == "ac");
}

namespace {

// Damages every stored row of the view that starts with `kind`.
void damage_view(Device& device, char kind) {
  std::vector<Write> writes;
  REQUIRE(device.store.scan(Family::view, {}, {}, [&](Bytes key, Bytes value) {
    if (key.front() != static_cast<std::uint8_t>(kind)) return true;
    Buffer flipped = to_buffer(value);
    flipped.back() ^= 1;
    writes.push_back({Family::view, to_buffer(key), std::move(flipped)});
    return true;
  }));
  REQUIRE_FALSE(writes.empty());
  REQUIRE(device.store.commit(writes, Durability::synced));
}

}  // namespace

TEST_CASE("a view that cannot be read is made anew from the log") {
  for (const char kind : {'n', 'x', 'e'}) {
    CAPTURE(kind);
    Devices devices(1);
    devices.make_vault(0);
    const auto first = devices.get<step::WrittenAnswer>(0, note("first", "hello"));
    (void)devices.get<step::WrittenAnswer>(0, typed(first.entity, 5, " world"));
    const auto second = devices.get<step::WrittenAnswer>(0, note("second", "more"));
    devices.run();
    devices.restart(0);
    damage_view(devices[0], kind);
    unlock(devices, 0);
    // A damaged row is only found when it is read.
    const auto found = devices.call(0, step::EntityGet{first.entity});
    if (kind == 'e')
      CHECK(found.error().context.find("try again in a moment") != std::string::npos);
    devices.run();
    CHECK(body_of(devices, 0, first.entity) == "hello world");
    CHECK(body_of(devices, 0, second.entity) == "more");
    CHECK(devices.get<step::EntitiesAnswer>(0, step::EntityList{}).entities.size() == 2);
    (void)devices.get<step::WrittenAnswer>(0, typed(second.entity, 4, "!"));
    devices.run();
    devices.restart(0);
    unlock(devices, 0);
    CHECK(body_of(devices, 0, second.entity) == "more!");
  }
}

TEST_CASE("two devices pair by code and hold the same note") {
  Devices devices(2);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "hello"));
  devices.pair(0, 1);
  CHECK(devices.get<step::PairAnswer>(0, step::PairStatus{}).phase == step::PairPhase::done);
  CHECK(devices.get<step::PairAnswer>(1, step::PairStatus{}).phase == step::PairPhase::done);
  devices.run();
  CHECK(body_of(devices, 1, written.entity) == "hello");
  const auto status = devices.get<step::StatusAnswer>(0, step::SystemStatus{});
  REQUIRE(status.devices.size() == 2);
  CHECK(status.devices[1].level);
  CHECK(status.only_here == 0);
  CHECK(status.devices[1].name == "device-1");
}

TEST_CASE("C7 C10: edits made apart are merged when the devices meet") {
  Devices devices(2);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "middle"));
  devices.pair(0, 1);
  devices.run();
  devices.isolate(1);
  devices.run();
  (void)devices.get<step::WrittenAnswer>(0, typed(written.entity, 0, "start "));
  (void)devices.get<step::WrittenAnswer>(1, typed(written.entity, 6, " end"));
  devices.run();
  CHECK(body_of(devices, 0, written.entity) == "start middle");
  CHECK(body_of(devices, 1, written.entity) == "middle end");
  devices.reconnect(1);
  devices.run();
  CHECK(body_of(devices, 0, written.entity) == "start middle end");
  CHECK(body_of(devices, 1, written.entity) == "start middle end");
  CHECK(devices.get<step::StatusAnswer>(1, step::SystemStatus{}).devices[1].level);
}

TEST_CASE("a locked device in the middle passes on what it cannot read") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(1, 2);
  devices.run();
  devices.isolate(2);
  devices.run();
  (void)devices.get<step::Done>(1, step::VaultLock{});
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "through"));
  devices.run();
  devices.isolate(0);
  devices.reconnect(2);
  devices.run();
  CHECK(body_of(devices, 2, written.entity) == "through");
  CHECK(devices.call(1, step::EntityGet{written.entity}).error().code == Errc::locked);
}

TEST_CASE("C10 C13: concurrent values of one field are both kept and can be settled") {
  Devices devices(2);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "x"));
  devices.pair(0, 1);
  devices.run();
  devices.isolate(1);
  devices.run();
  for (std::size_t i = 0; i < 2; ++i) {
    step::EntityUpdate update;
    update.entity = written.entity;
    update.ops.push_back(
        crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar("from " + std::to_string(i))}});
    (void)devices.get<step::WrittenAnswer>(i, std::move(update));
  }
  devices.reconnect(1);
  devices.run();
  const auto conflicts = devices.get<step::ConflictsAnswer>(0, step::ConflictList{});
  REQUIRE(conflicts.conflicts.size() == 1);
  CHECK(conflicts.conflicts[0].values.size() == 2);
  step::ConflictResolve resolve;
  resolve.entity = written.entity;
  resolve.slot = {std::string("title")};
  resolve.choose = 1;
  (void)devices.get<step::WrittenAnswer>(0, std::move(resolve));
  devices.run();
  CHECK(devices.get<step::ConflictsAnswer>(0, step::ConflictList{}).conflicts.empty());
  CHECK(devices.get<step::ConflictsAnswer>(1, step::ConflictList{}).conflicts.empty());
}

TEST_CASE("an unchanged reconnect costs less than a kilobyte each way") {
  Devices devices(2);
  devices.make_vault(0);
  for (int i = 0; i < 50; ++i)
    (void)devices.get<step::WrittenAnswer>(0, note("n" + std::to_string(i), "x"));
  devices.pair(0, 1);
  devices.run();
  devices.isolate(1);
  devices.run();
  devices.reconnect(1);
  devices.bytes_carried = 0;
  devices.run(std::chrono::seconds(1));
  CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).devices[1].level);
  MESSAGE("bytes of an unchanged reconnect: ", devices.bytes_carried);
  CHECK(devices.bytes_carried <= 2048);
}

TEST_CASE("a password change re-wraps one key and the old password is refused") {
  Devices devices(2);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "kept"));
  devices.pair(0, 1);
  step::VaultPasswd change;
  change.old_password = step::SecretText("correct horse");
  change.new_password = step::SecretText("battery staple");
  (void)devices.get<step::Done>(0, std::move(change));
  devices.run();
  (void)devices.get<step::Done>(1, step::VaultLock{});
  step::VaultUnlock old;
  old.password = step::SecretText("correct horse");
  CHECK(devices.call(1, std::move(old)).error().code == Errc::wrong_password);
  step::VaultUnlock fresh;
  fresh.password = step::SecretText("battery staple");
  CHECK(devices.call(1, std::move(fresh)).has_value());
  CHECK(body_of(devices, 1, written.entity) == "kept");
}

TEST_CASE("C18: a deletion is undone by an edit that did not know of it, visibly") {
  Devices devices(2);
  devices.make_vault(0);
  const auto written = devices.get<step::WrittenAnswer>(0, note("first", "x"));
  devices.pair(0, 1);
  devices.run();
  devices.isolate(1);
  devices.run();
  step::EntityDelete remove;
  remove.entity = written.entity;
  (void)devices.get<step::WrittenAnswer>(0, std::move(remove));
  CHECK(devices.get<step::EntitiesAnswer>(0, step::EntityList{}).entities.empty());
  (void)devices.get<step::WrittenAnswer>(1, typed(written.entity, 0, "still here: "));
  devices.reconnect(1);
  devices.run();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(devices.get<step::EntitiesAnswer>(i, step::EntityList{}).entities.size() == 1);
    CHECK(devices.get<step::ConflictsAnswer>(i, step::ConflictList{}).conflicts.size() == 1);
  }
}

TEST_CASE("a wrong pairing code gets nothing and voids the invitation") {
  Devices devices(2);
  devices.make_vault(0);
  const auto invite = devices.get<step::InviteAnswer>(0, step::PairInvite{});
  step::PairJoin join;
  std::string wrong = invite.code;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  join.code_or_uri = step::SecretText(wrong);
  join.addresses = {devices[0].address};
  join.device_name = "stranger";
  (void)devices.get<step::PairAnswer>(1, std::move(join));
  devices.run();
  CHECK(devices.get<step::PairAnswer>(1, step::PairStatus{}).phase == step::PairPhase::failed);
  CHECK(devices.get<step::PairAnswer>(0, step::PairStatus{}).phase == step::PairPhase::failed);
  CHECK(devices.get<step::StatusAnswer>(1, step::SystemStatus{}).vault == step::VaultState::none);
}

}  // namespace syncline::node
