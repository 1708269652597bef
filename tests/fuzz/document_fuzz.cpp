// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as events of three devices, applied in two orders and held against the oracle; and
// any bytes as a snapshot.
//
// input = kind:u8 (even: events, odd: a snapshot) rest
// event = log:u8 known:u8 k:varint k*op      as many as there are; `known` says how many events
//         of each other log the author has read since, two bits each
#include "protocol/base/check.h"
#include "protocol/crdt/document.h"
#include "tests/protocol/crdt/history.h"

#include <algorithm>

namespace {

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

// The oracle takes its time.
constexpr std::size_t events_max = 12, ops_max = 40, characters_max = 200;

std::size_t weight(const Op& op) {
  if (const auto* typed = std::get_if<TextInsert>(&op.action)) return typed->text.size();
  if (const auto* items = std::get_if<ListInsert>(&op.action)) return 8 * items->items.size();
  return 1;
}

History events_of(wire::Reader& in) {
  History history;
  std::size_t ops = 0, characters = 0;
  std::vector<std::vector<std::uint64_t>> seen(log_count, std::vector<std::uint64_t>(log_count));
  // What an author knows after each of its events.
  std::vector<std::vector<std::vector<std::uint64_t>>> after(log_count);
  while (in.ok() && in.left() > 0 && history.size() < events_max) {
    TestEvent event;
    event.log = in.u8() % log_count;
    const std::uint8_t known = in.u8();
    auto& mine = seen[event.log];
    for (std::size_t other = 0; other < log_count; ++other) {
      if (other == event.log) continue;
      const std::uint64_t more = known >> (2 * other) & 3;
      const std::uint64_t upto = std::min<std::uint64_t>(mine[other] + more, after[other].size());
      // Reading an event means having read what its author had.
      if (upto > mine[other])
        for (std::size_t i = 0; i < log_count; ++i)
          mine[i] = std::max(mine[i], after[other][upto - 1][i]);
    }
    event.past = mine;
    event.seq = ++mine[event.log];
    event.ops = decode_ops(in);
    after[event.log].push_back(mine);
    for (const Op& op : event.ops) characters += weight(op);
    ops += event.ops.size();
    if (ops > ops_max || characters > characters_max) break;
    if (in.ok()) history.push_back(std::move(event));
  }
  return history;
}

void try_events(wire::Reader& in) {
  const History history = events_of(in);
  const auto verdict = reference::judge(for_oracle(history));
  Replica straight(0), other(5);
  for (const TestEvent& event : history) {
    const Applied applied = straight.apply(event);
    SYNCLINE_CHECK(applied.void_ops == verdict.void_ops.at({log_ids()[event.log], event.seq}));
  }
  Dice dice(history.size());
  for (const std::size_t i : random_order(dice, history)) {
    other.apply(history[i]);
    SYNCLINE_CHECK(other.reload());
  }
  SYNCLINE_CHECK(!straight.document.check());
  SYNCLINE_CHECK(!other.document.check());
  SYNCLINE_CHECK(difference(straight, verdict).empty());
  SYNCLINE_CHECK(straight.canonical() == other.canonical());
  for (const Conflict& conflict : straight.document.conflicts()) {
    const auto ops = straight.document.ops_to_resolve(conflict.path, 0);
    SYNCLINE_CHECK(ops && check_ops(*ops));
  }
}

// A snapshot that loads need not make sense, but everything can be done with it.
void try_snapshot(wire::Reader& in) {
  auto document = Document::decode(in);
  if (!document) return;
  wire::Writer first;
  document->encode(first);
  wire::Reader again(first.view());
  const auto reloaded = Document::decode(again);
  SYNCLINE_CHECK(reloaded);
  wire::Writer second;
  reloaded->encode(second);
  SYNCLINE_CHECK(equal(first.view(), second.view()));
  document->read();
  document->conflicts();
  document->size_estimate_bytes();
  const LogTable logs(log_count);
  Dice dice(1);
  for (int i = 0; i < 8; ++i) {
    VersionVector past = document->frontier();
    if (i % 2 == 1) past.set(1, past.get(1) / 2);
    const std::uint64_t seq = document->frontier().get(0) + 1;
    if (seq == 0) return;
    if (document->wants_history(past)) past = document->frontier();
    document->apply({0, seq, past, {}, logs}, random_ops(dice, Flavour::nested, *document));
  }
  document->read();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wire::Reader in{Bytes(data, size)};
  if (in.u8() % 2 == 0) {
    try_events(in);
  } else {
    try_snapshot(in);
  }
  return 0;
}
