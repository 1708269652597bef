// SPDX-License-Identifier: Apache-2.0
//
// Reading the logs of a space in causal order: what waits, what means nothing, what is read
// again after a restart. One device with two logs writes; readers have parts of them.
#include "protocol/node/space_merge.h"

#include "protocol/node/open_vault.h"
#include "tests/protocol/space/space_fixture.h"

#include <doctest/doctest.h>

namespace syncline::node {
namespace {

using test::commit;
using test::TestVault;

const Buffer own_prefix = to_buffer(as_bytes("own/"));

// An unlocked vault on a store.
struct Opened {
  Opened(const TestVault& of, storage::MemoryStore& on) : store(on), home(of.member.home) {
    auto account = test::open_with(*space::load_vault_roster(store, of.id()), "first");
    REQUIRE(account);
    auto unlocked = space::unlock_vault(store, of.member.identity, std::move(*account));
    REQUIRE(unlocked);
    log::Draft draft(store);
    auto opened = OpenVault::open(draft, std::move(*unlocked), of.member.cert.id(), random);
    REQUIRE(opened);
    commit(store, draft);
    vault = std::move(*opened);
  }

  // Reads all that can be read; how many events still wait.
  std::uint64_t merge() {
    log::Draft draft(store);
    REQUIRE(vault->merge(draft, 1000));
    commit(store, draft);
    return vault->backlog();
  }
  // As locking does: everything derived is written, so that a later one goes on from there.
  void close() {
    log::Draft draft(store);
    vault->flush_view(draft, OpenVault::Flush::now);
    commit(store, draft);
    vault.reset();
  }
  EntityState* state(const EntityId& entity) {
    const auto found = vault->view().find(store, entity);
    REQUIRE(found);
    return *found;
  }

  storage::MemoryStore& store;
  SpaceId home;
  test::CounterRandom random{7};
  std::unique_ptr<OpenVault> vault;
};

// The device that writes, on the store that has everything.
class Writer {
 public:
  Writer() { entity_.bytes[0] = 0xe1; }

  const TestVault& vault() const { return vault_; }
  storage::MemoryStore& store() { return vault_.store; }
  const EntityId& entity() const { return entity_; }

  void create() {
    in_one_session([&](Opened& at, SpaceMerge::Desk& desk, Author& author) {
      REQUIRE(author.grant(desk, merge_of(at), entity_, WallTime{1}));
      EntityState& state = at.vault->view().create(entity_, at.home);
      REQUIRE(author.write(desk, merge_of(at), state, {BodyKind::create, "note", {}}, {}));
    });
  }
  void write(const EntityBody& body) {
    in_one_session([&](Opened& at, SpaceMerge::Desk& desk, Author& author) {
      REQUIRE(author.write(desk, merge_of(at), *at.state(entity_), body, WallTime{2}));
    });
  }
  void set(const std::string& key, bool value) {
    write({BodyKind::edit, {}, {{{}, crdt::MapSet{key, crdt::Scalar(value)}}}});
  }

  void seal_under_control_key(log::EventKind kind, const Buffer& body) {
    in_one_session([&](Opened& at, SpaceMerge::Desk&, Author& author) {
      const space::SpaceKeys& keys = *at.vault->keys().newest(at.home);
      auto sealed = log::EventCodec::seal(merge_of(at).own_state(author.log()), keys.control,
                                          keys.header, {kind, WallTime{2}, {}, body}, at.random);
      REQUIRE(sealed);
      auto appender = space::open_appender(store(), at.vault->secrets(), author.origin());
      REQUIRE(appender);
      appender->queue(std::move(*sealed));
      log::Draft draft(store());
      REQUIRE(appender->flush(draft));
      commit(store(), draft);
    });
  }

  // From here on writes to its other log; gives back the one it wrote to so far.
  LogId change_log() {
    const Buffer key = own_key();
    const Buffer before = store().get(Family::meta, key).value().value();
    if (other_own_) {
      REQUIRE(store().commit({{Family::meta, key, *other_own_}}, Durability::synced));
    } else {
      Opened at(vault_, store());
      log::Draft draft(store());
      REQUIRE(space::next_incarnation(draft, {at.vault->keys(), at.vault->secrets()}, at.home,
                                      vault_.random));
      commit(store(), draft);
    }
    other_own_ = before;
    return *LogId::from(Bytes(before).subspan(4));
  }

 private:
  static SpaceMerge& merge_of(Opened& at) { return *at.vault->merge_of(at.home); }
  Buffer own_key() const {
    Buffer key = own_prefix;
    append(key, vault_.member.home.view());
    return key;
  }
  // Each time a new one, without a view: what it knows comes from the logs.
  template <class Use>
  void in_one_session(Use use) {
    Opened at(vault_, store());
    REQUIRE(at.merge() == 0);
    log::Draft draft(store());
    const auto author = at.vault->author(draft, at.home);
    REQUIRE(author);
    SpaceMerge::Desk desk = at.vault->desk(draft);
    use(at, desk, **author);
    REQUIRE(at.vault->flush_authors(draft));
    commit(store(), draft);
  }

  TestVault vault_;
  EntityId entity_;
  std::optional<Buffer> other_own_;
};

// Every row of one log in a store.
std::vector<Write> rows_of(const StoreReader& store, const LogId& log) {
  std::vector<Write> rows;
  for (const Family family : {Family::events, Family::heads}) {
    REQUIRE(store.scan(family, {}, {}, [&](Bytes key, Bytes value) {
      if (equal(key.first(LogId::size), log.view()))
        rows.push_back({family, to_buffer(key), to_buffer(value)});
      return true;
    }));
  }
  REQUIRE(!rows.empty());
  return rows;
}

storage::MemoryStore without(const storage::MemoryStore& store, const LogId& log) {
  storage::MemoryStore copy = store.copy();
  std::vector<Write> gone = rows_of(store, log);
  for (Write& row : gone) row.value.reset();
  REQUIRE(copy.commit(gone, Durability::synced));
  return copy;
}

void bring(Opened& reader, const StoreReader& from, const LogId& log) {
  REQUIRE(reader.store.commit(rows_of(from, log), Durability::synced));
  reader.vault->grew(reader.home, log, log::find_head(reader.store, log).value()->seq());
}

bool reads_true(const EntityState& state, const std::string& key) {
  const auto value = state.document.read(crdt::Path{key});
  return value && value->node == decltype(value->node)(crdt::Scalar(true));
}

}  // namespace

TEST_CASE("C6: an event waits for what its author had seen, and what follows it waits too") {
  Writer writer;
  writer.create();
  const LogId first = writer.change_log();
  writer.set("b", true);
  writer.set("c", true);
  storage::MemoryStore part = without(writer.store(), first);
  Opened reader(writer.vault(), part);
  CHECK(reader.merge() == 3);  // the certificate of the second log and two edits
  CHECK(reader.state(writer.entity()) == nullptr);
  bring(reader, writer.store(), first);
  CHECK(reader.merge() == 0);
  REQUIRE(reader.state(writer.entity()) != nullptr);
  CHECK(reads_true(*reader.state(writer.entity()), "c"));
}

TEST_CASE("C1: a body that does not decode means nothing as a whole, and its log goes on") {
  Writer writer;
  writer.create();
  // The second op removes nothing, which no encoding may say.
  writer.write({BodyKind::edit,
                {},
                {{{}, crdt::MapSet{"a", crdt::Scalar(true)}},
                 {{std::string("l")}, crdt::ListRemove{0, 0}}}});
  writer.set("b", true);
  Opened reader(writer.vault(), writer.store());
  CHECK(reader.merge() == 0);
  const EntityState& state = *reader.state(writer.entity());
  CHECK_FALSE(state.document.read(crdt::Path{std::string("a")}));
  CHECK(reads_true(state, "b"));
  CHECK(state.document.age().events == 2);
}

TEST_CASE("E7: an event under the key of the other kind means nothing, and its log goes on") {
  Writer writer;
  writer.create();
  const EntityId nobody{};
  writer.seal_under_control_key(
      log::EventKind::entity,
      encode_body({BodyKind::create, "note", {{{}, crdt::MapSet{"a", crdt::Scalar(true)}}}}));
  writer.set("b", true);
  Opened reader(writer.vault(), writer.store());
  CHECK(reader.merge() == 0);
  CHECK(reader.state(nobody) == nullptr);
  CHECK(reads_true(*reader.state(writer.entity()), "b"));
}

TEST_CASE("C19: events that are read again after a restart change nothing") {
  Writer writer;
  writer.create();
  writer.write({BodyKind::remove, {}, {}});
  writer.set("a", true);  // knows of the deletion, and so settles it
  writer.change_log();
  writer.set("b", true);
  const LogId second = writer.change_log();
  writer.set("c", true);  // has seen the second log

  storage::MemoryStore part = without(writer.store(), second);
  Opened waiting(writer.vault(), part);
  CHECK(waiting.merge() == 1);
  CHECK(reads_true(*waiting.state(writer.entity()), "a"));
  waiting.close();
  Opened reader(writer.vault(), part);
  CHECK(reader.merge() == 1);
  CHECK_FALSE(reader.state(writer.entity())->is_revived());
  bring(reader, writer.store(), second);
  CHECK(reader.merge() == 0);
  const EntityState& state = *reader.state(writer.entity());
  CHECK(reads_true(state, "c"));
  CHECK_FALSE(state.is_revived());
  CHECK_FALSE(state.is_deleted());
}

}  // namespace syncline::node
