// SPDX-License-Identifier: Apache-2.0
//
// Histories: events as several devices could really have made them, and ways to deliver them.
//
// A history is made by devices that edit and now and then read each other's events. Each
// device numbers logs in its own way, so that nothing can depend on a LogIndex.
#pragma once

#include "protocol/base/random.h"
#include "protocol/crdt/document.h"
#include "tests/reference/oracle.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace syncline::crdt::test {

// A repeatable Random (SplitMix64).
class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;
  std::size_t pick(std::size_t bound) { return static_cast<std::size_t>(below(bound)); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

inline constexpr std::size_t log_count = 3;
// Ids in another order than the numbers the histories use for logs.
const std::vector<LogId>& log_ids();

struct TestEvent {
  std::size_t log = 0;
  std::uint64_t seq = 0;
  std::vector<std::uint64_t> past = std::vector<std::uint64_t>(log_count);  // seq of each log
  std::vector<Op> ops;
};
using History = std::vector<TestEvent>;  // in an order that causality allows

// A document on a device that calls the logs by other numbers.
class Replica {
 public:
  explicit Replica(std::size_t numbering = 0);
  Applied apply(const TestEvent& event);
  // Goes on from a snapshot of itself; false if that is refused.
  bool reload();
  // What reload() left behind, made again by way of stored segments.
  bool recall_history();
  Buffer canonical() const { return document.canonical(logs_); }
  std::uint64_t seen(std::size_t log) const { return seen_[log]; }
  const std::vector<std::uint64_t>& seen() const { return seen_; }
  std::size_t log_of(LogIndex index) const;
  const LogTable& logs() const { return logs_; }

  Document document;

 private:
  std::vector<LogIndex> index_of_;
  LogTable logs_;
  std::vector<std::uint64_t> seen_ = std::vector<std::uint64_t>(log_count);
  std::vector<TestEvent> applied_;
};

// Which ops a history is made of.
enum class Flavour { map, list, text, counter, set, tree, nested, items };
const char* name_of(Flavour flavour);

// Ops that mostly make sense to somebody who sees `document`.
std::vector<Op> random_ops(Dice& dice, Flavour flavour, const Document& document);

History random_history(Dice& dice, Flavour flavour, std::size_t events);

// Another order that causality allows, as indices into `history`.
std::vector<std::size_t> random_order(Dice& dice, const History& history);
// Calls `visit` with every order that causality allows.
void every_order(const History& history,
                 const std::function<void(const std::vector<std::size_t>&)>& visit);

std::vector<reference::Event> for_oracle(const History& history);

// Whether `replica` is what the oracle says: content, conflicts with their authors, void ops.
std::string difference(const Replica& replica, const reference::Verdict& verdict);

std::string describe(const History& history);
std::string describe(const Value& value);

}  // namespace syncline::crdt::test
