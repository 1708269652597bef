// SPDX-License-Identifier: Apache-2.0
//
// What the tests of log/ share: a space with keys, logs that write events, replicas that take them.
#pragma once

#include "protocol/log/accept.h"
#include "protocol/log/appender.h"
#include "protocol/log/chain_hashes.h"
#include "protocol/log/event_codec.h"
#include "storage/memory_store.h"
#include "tests/protocol/log/golden.h"

#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace syncline::test {

struct TestSpace {
  explicit TestSpace(std::uint64_t seed = 1) : random(seed) {
    random.fill(id.bytes);
    random.fill(admitted_by.bytes);
  }
  CounterRandom random;
  SpaceId id;
  RecordId admitted_by;
  log::EventKey key = log::EventKey::of(crypto::EntityKey::random(random), 1);
  crypto::SubKey header = crypto::SubKey::random(random);
};

inline void commit(storage::MemoryStore& store, log::Draft& draft) {
  REQUIRE(store.commit(draft.take(), Durability::synced));
}

// A device's own log in its own store.
class Author {
 public:
  explicit Author(TestSpace& space)
      : space_(space),
        key_(crypto::SigningKey::from_seed(crypto::SigningSeed::random(space.random))),
        origin{space.id, key_.verify_key(), 1, space.admitted_by},
        id(log_id_of(origin)),
        state(space.id, id) {
    log::Draft draft(store);
    REQUIRE(log::open_log(draft, origin));
    commit(store, draft);
  }

  crypto::SigningKey key() const { return key_.clone(); }
  log::LogAppender appender() const { return *log::LogAppender::open(store, origin, key()); }

  log::SealedEvent seal(std::string_view body, std::vector<log::Dep> deps = {}) {
    const log::NewEvent event{
        log::EventKind::entity, {1'700'000'000'000}, std::move(deps), as_bytes(body)};
    auto sealed = log::EventCodec::seal(state, space_.key, space_.header, event, space_.random);
    REQUIRE(sealed);
    return *sealed;
  }
  // Writes `count` events as one group.
  log::SignedHead write(std::size_t count, std::string_view body = "one change") {
    auto log = appender();
    for (std::size_t i = 0; i < count; ++i) log.queue(seal(body));
    log::Draft draft(store);
    const auto head = log.flush(draft);
    REQUIRE(head);
    commit(store, draft);
    return **head;
  }
  log::HeadRecord head() const { return **log::find_head(store, id); }
  Buffer batch(std::uint64_t from) const {
    log::ChainHashes hashes;
    const auto block = log::read_batch(store, hashes, id, from);
    REQUIRE(block);
    return *block;
  }

 private:
  TestSpace& space_;
  crypto::SigningKey key_;

 public:
  storage::MemoryStore store;
  log::LogOrigin origin;
  LogId id;
  log::LogReaderState state;
};

// Somebody else's store that knows the log.
class Replica {
 public:
  explicit Replica(const log::LogOrigin& origin) : id_(log_id_of(origin)) {
    log::Draft draft(store);
    REQUIRE(log::open_log(draft, origin));
    commit(store, draft);
  }
  // Commits what the draft holds, also after a refusal: it may hold a proof.
  Result<log::Accepted> accept(Bytes block, const log::Cut& cut = {}) {
    log::Draft draft(store);
    auto accepted = log::accept_block(draft, id_, block, cut);
    commit(store, draft);
    return accepted;
  }
  void catch_up(const Author& author) {
    for (std::uint64_t from = head().seq() + 1; from <= author.head().seq();
         from = head().seq() + 1)
      REQUIRE(accept(author.batch(from)));
  }
  log::HeadRecord head() const { return **log::find_head(store, id_); }

  storage::MemoryStore store;

 private:
  LogId id_;
};

template <class T>
std::optional<Errc> error_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace syncline::test
