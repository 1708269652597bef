// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/appender.h"

#include "protocol/log/proof.h"
#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::TestSpace;

TEST_CASE("a group of events is one block with one signature") {
  TestSpace space;
  Author author(space);
  auto log = author.appender();
  CHECK(log.next_seq() == 1);
  CHECK(log.is_idle());
  for (int i = 0; i < 3; ++i) log.queue(author.seal("x"));
  CHECK(log.next_seq() == 4);
  Draft draft(author.store);
  const auto head = log.flush(draft);
  REQUIRE(head);
  REQUIRE(*head);
  CHECK((*head)->at.seq == 3);
  CHECK(verify_head(author.origin, **head));
  CHECK(log.is_idle());
  test::commit(author.store, draft);
  CHECK(author.store.size(Family::events) == 1);
  Draft nothing(author.store);
  CHECK_FALSE(log.flush(nothing)->has_value());
  CHECK(nothing.empty());
}

TEST_CASE("two groups in one draft follow each other") {
  TestSpace space;
  Author author(space);
  auto log = author.appender();
  Draft draft(author.store);
  log.queue(author.seal("x"));
  REQUIRE(log.flush(draft));
  log.queue(author.seal("y"));
  const auto head = log.flush(draft);
  REQUIRE(head);
  CHECK((*head)->at.seq == 2);
  test::commit(author.store, draft);
  CHECK(author.head().head == **head);
  CHECK(*last_change(author.store) == 2);
}

TEST_CASE("after a lost commit the appender goes on from what is stored") {
  TestSpace space;
  Author author(space);
  author.write(2);
  auto log = author.appender();
  log.queue(author.seal("lost"));
  {
    Draft lost(author.store);
    REQUIRE(log.flush(lost));
  }
  CHECK(log.next_seq() == 4);
  REQUIRE(log.reload(author.store));
  CHECK(log.next_seq() == 3);
}

TEST_CASE("only the log's own key may append and only to an admitted log") {
  TestSpace space;
  Author author(space);
  Author other(space);
  CHECK(error_of(LogAppender::open(author.store, author.origin, other.key())) == Errc::invalid);
  CHECK(error_of(LogAppender::open(author.store, other.origin, other.key())) == Errc::not_admitted);
}

TEST_CASE("L8: nothing is appended to a frozen log") {
  TestSpace space;
  Author author(space);
  author.write(1);
  auto log = author.appender();
  Draft draft(author.store);
  HeadRecord frozen = author.head();
  frozen.frozen = true;
  REQUIRE(put_head(draft, frozen));
  test::commit(author.store, draft);
  CHECK(error_of(LogAppender::open(author.store, author.origin, author.key())) ==
        Errc::equivocation);
  log.queue(author.seal("x"));
  Draft refused(author.store);
  CHECK(error_of(log.flush(refused)) == Errc::equivocation);
  CHECK(refused.empty());
}

TEST_CASE("L9: an own log that somebody else made longer is not appended to") {
  TestSpace space;
  Author author(space);
  author.write(1);
  const storage::MemoryStore backup = author.store.copy();
  author.write(1);
  const Buffer lost = author.batch(2);
  author.store.restore(backup);
  auto log = author.appender();
  log.queue(author.seal("sealed for seq 2"));
  Draft draft(author.store);
  REQUIRE(accept_block(draft, author.id, lost));
  CHECK(error_of(log.flush(draft)) == Errc::rolled_back);
}

}  // namespace
}  // namespace syncline::log
