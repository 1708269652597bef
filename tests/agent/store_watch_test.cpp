// SPDX-License-Identifier: Apache-2.0
#include "agent/store_watch.h"

#include "tests/protocol/log/log_fixture.h"

#include <fstream>

namespace syncline::agent {
namespace {

std::string no_damage() { return {}; }

step::StatusAnswer told(StoreWatch& watch) {
  step::StatusAnswer answer;
  watch.complete(answer);
  return answer;
}

TEST_CASE("a store that has everything is nothing to speak of") {
  test::TestSpace space;
  test::Author author(space);
  const auto head = author.write(3);
  StoreWatch watch(author.store,
                   {.anchored = {{author.id, head.at.seq, head.at.hash}}, .damage = no_damage});
  CHECK(!told(watch).rolled_back);
  CHECK(told(watch).attention.empty());
}

TEST_CASE("a missing end of an own log is told until it is back") {
  test::TestSpace space;
  test::Author author(space);
  const auto head = author.write(3);
  test::Replica store(author.origin);
  StoreWatch watch(store.store,
                   {.anchored = {{author.id, head.at.seq, head.at.hash}}, .damage = no_damage});
  for (int i = 0; i < 2; ++i) {
    CHECK(told(watch).rolled_back);
    CHECK(told(watch).attention.size() == 1);
  }
  store.catch_up(author);
  CHECK(!told(watch).rolled_back);
  CHECK(told(watch).attention.empty());
}

TEST_CASE("what the core says itself is not said twice") {
  test::TestSpace space;
  test::Author author(space);
  StoreWatch watch(author.store, {.doubted = true, .damage = no_damage});
  step::StatusAnswer answer;
  answer.rolled_back = true;
  watch.complete(answer);
  CHECK(answer.attention.empty());
  CHECK(told(watch).rolled_back);
}

TEST_CASE("damage is a sentence with a next step, and so is the copy a salvage kept") {
  test::TestSpace space;
  test::Author author(space);
  const auto copy =
      std::filesystem::temp_directory_path() / ("syncline-store-watch." + author.id.hex());
  std::ofstream(copy) << "x";
  StoreWatch watch(author.store, {.damaged_copies = {copy}, .damage = [] {
                                    return std::string("the store is damaged. Do this");
                                  }});
  const auto both = told(watch).attention;
  REQUIRE(both.size() == 2);
  CHECK(both[0] == "The store is damaged. Do this.");
  CHECK(both[1].find(copy.string()) != std::string::npos);
  std::filesystem::remove(copy);
  CHECK(told(watch).attention.size() == 1);
  CHECK(!told(watch).rolled_back);
}

}  // namespace
}  // namespace syncline::agent
