// SPDX-License-Identifier: Apache-2.0
//
// Devices that received the same events are equal, whatever the order, and are what the oracle
// says. A failure prints the seed of its history.
#include "tests/protocol/crdt/history.h"

#include <cstdlib>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

// SYNCLINE_HISTORIES is how many of each flavour; the long run makes 100,000.
std::size_t histories() {
  const char* wanted = std::getenv("SYNCLINE_HISTORIES");
  return wanted ? static_cast<std::size_t>(std::strtoull(wanted, nullptr, 10)) : 10'000;
}

// Applies `history` in `order`, with duplicates and reloads if `dice` says so, and compares.
std::string deliver(const History& history, const std::vector<std::size_t>& order, Replica& replica,
                    const reference::Verdict& verdict, Dice* dice) {
  for (const std::size_t i : order) {
    const Applied applied = replica.apply(history[i]);
    const auto id = std::pair(log_ids()[history[i].log], history[i].seq);
    if (applied.void_ops != verdict.void_ops.at(id)) return "another number of void ops";
    if (!dice) continue;
    if (dice->one_in(3) && replica.apply(history[i]).effect != Effect::duplicate)
      return "an event was applied twice";
    // Who reads brings in what waits; then the next event may go another way.
    if (dice->one_in(3)) replica.document.read();
    if (dice->one_in(4) && !replica.reload()) return "a snapshot was refused";
  }
  if (const auto broken = replica.document.check()) return *broken;
  return difference(replica, verdict);
}

void converge(Flavour flavour) {
  for (std::uint64_t seed = 1; seed <= histories(); ++seed) {
    Dice dice(seed * 8 + static_cast<std::uint64_t>(flavour));
    const std::size_t least = flavour == Flavour::items ? 8 : 4;
    const History history = random_history(dice, flavour, least + dice.pick(9));
    const auto verdict = reference::judge(for_oracle(history));
    Buffer expected;
    for (std::size_t numbering = 0; numbering < 3; ++numbering) {
      Replica replica(dice.pick(6));
      const auto order = random_order(dice, history);
      std::string wrong =
          deliver(history, order, replica, verdict, numbering > 0 ? &dice : nullptr);
      const Buffer canonical = replica.canonical();
      if (numbering == 0) expected = canonical;
      if (wrong.empty() && canonical != expected) wrong = "states differ in bytes";
      INFO("history " << seed << "\n" << describe(history));
      REQUIRE(wrong == "");
    }
  }
}

void every_order_converges(Flavour flavour) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    Dice dice(seed * 8 + static_cast<std::uint64_t>(flavour) + 5'000'000);
    const History history = random_history(dice, flavour, 3 + seed % 4);
    const auto verdict = reference::judge(for_oracle(history));
    Buffer expected;
    std::string wrong;
    every_order(history, [&](const std::vector<std::size_t>& order) {
      if (!wrong.empty()) return;
      Replica replica(seed % 6);
      wrong = deliver(history, order, replica, verdict, nullptr);
      const Buffer canonical = replica.canonical();
      if (expected.empty()) expected = canonical;
      if (wrong.empty() && canonical != expected) wrong = "states differ in bytes";
    });
    INFO("history " << seed << "\n" << describe(history));
    REQUIRE(wrong == "");
  }
}

}  // namespace

TEST_CASE("C19: maps converge to what the oracle says") { converge(Flavour::map); }
TEST_CASE("C14 C19: lists converge to what the oracle says") { converge(Flavour::list); }
TEST_CASE("C14 C19: texts converge to what the oracle says") { converge(Flavour::text); }
TEST_CASE("C19: counters converge to what the oracle says") { converge(Flavour::counter); }
TEST_CASE("C19: sets converge to what the oracle says") { converge(Flavour::set); }
TEST_CASE("C19: trees converge to what the oracle says") { converge(Flavour::tree); }
TEST_CASE("C19: nested documents converge to what the oracle says") { converge(Flavour::nested); }
TEST_CASE("C15 C19: items used and removed by turns converge to what the oracle says") {
  converge(Flavour::items);
}

TEST_CASE("C19: small maps converge under every delivery order") {
  every_order_converges(Flavour::map);
}
TEST_CASE("C19: small lists converge under every delivery order") {
  every_order_converges(Flavour::list);
}
TEST_CASE("C19: small texts converge under every delivery order") {
  every_order_converges(Flavour::text);
}
TEST_CASE("C19: small counters converge under every delivery order") {
  every_order_converges(Flavour::counter);
}
TEST_CASE("C19: small sets converge under every delivery order") {
  every_order_converges(Flavour::set);
}
TEST_CASE("C19: small trees converge under every delivery order") {
  every_order_converges(Flavour::tree);
}
TEST_CASE("C19: small nested documents converge under every delivery order") {
  every_order_converges(Flavour::nested);
}
