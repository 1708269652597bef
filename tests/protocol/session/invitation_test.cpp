// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/invitation.h"

#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

using testing::at;
using testing::SeededRandom;

TEST_CASE("P3: an invitation is open for five minutes and not a moment longer") {
  SeededRandom random(1);
  InvitationBook book;
  CHECK(book.open(at(0s)) == nullptr);
  CHECK_FALSE(book.status(at(0s)));
  const auto made = book.invite(random, {}, at(10s));
  REQUIRE(made);
  const std::uint64_t number = (*made)->number;
  CHECK(book.open(at(10s + limits::invite_lifetime - 1ns)) != nullptr);
  CHECK(book.open(at(10s + limits::invite_lifetime)) == nullptr);
  CHECK(book.status(at(400s))->state == InvitationState::expired);
  CHECK(book.claim(number, at(400s)).error().code == Errc::not_found);
}

TEST_CASE("P3: one device claims an invitation, a burned one is nobody's") {
  SeededRandom random(1);
  InvitationBook book;
  const auto first = book.invite(random, {}, at(0s)).value()->number;
  CHECK(book.claim(first + 1, at(0s)).error().code == Errc::not_found);
  CHECK(book.claim(first, at(0s)));
  CHECK(book.claim(first, at(0s)).error().code == Errc::not_found);
  CHECK(book.status(at(0s))->state == InvitationState::claimed);
  const auto second = book.invite(random, {}, at(0s)).value()->number;
  CHECK(second != first);
  book.burn(first);  // of no consequence for the second
  CHECK(book.open(at(0s)) != nullptr);
  book.burn(second);
  CHECK(book.open(at(0s)) == nullptr);
  CHECK(book.status(at(0s))->state == InvitationState::burned);
  CHECK(book.claim(second, at(0s)).error().code == Errc::not_found);
  book.close(second);
  CHECK(book.status(at(0s))->state == InvitationState::burned);
}

TEST_CASE("P3: a new invitation replaces the one before") {
  SeededRandom random(1);
  InvitationBook book;
  const std::string first = book.invite(random, {}, at(0s)).value()->code.text();
  const std::string second = book.invite(random, {}, at(1s)).value()->code.text();
  CHECK(first != second);
  CHECK(book.open(at(1s))->code.text() == second);
}

TEST_CASE("P3: five invitations in ten minutes, no more") {
  SeededRandom random(1);
  InvitationBook book;
  for (int i = 0; i < 5; ++i) CHECK(book.invite(random, {}, at(std::chrono::seconds(i * 60))));
  CHECK(book.invite(random, {}, at(599s)).error().code == Errc::limit);
  CHECK(book.invite(random, {}, at(600s)));
  CHECK(book.invite(random, {}, at(659s)).error().code == Errc::limit);
}

TEST_CASE("P3: the secrets of an invitation do not outlive it") {
  SeededRandom random(1);
  const std::size_t before = crypto::SecretArena::shared().used();
  InvitationBook book;
  const auto number = book.invite(random, {}, at(0s)).value()->number;
  CHECK(crypto::SecretArena::shared().used() > before);
  book.burn(number);
  CHECK(crypto::SecretArena::shared().used() == before);
  CHECK(crypto::SecretArena::shared().free_slots_are_zero());
}

}  // namespace
}  // namespace syncline::session
