// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the ops that made two documents: the first is turned into the second and has to
// read like it, in one way and the other; and any bytes as the pattern of a rule.
//
// input = size:u16 ops[size] ops     ops as in an event
#include "protocol/base/check.h"
#include "protocol/crdt/rules.h"
#include "protocol/crdt/value_diff.h"
#include "tests/protocol/crdt/history.h"

#include <algorithm>

namespace {

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

constexpr std::size_t ops_max = 64;

// What somebody alone made of `bytes`; nothing if they are no ops.
bool write(Replica& replica, Bytes bytes) {
  auto ops = decode_ops(bytes);
  if (!ops || ops->size() > ops_max) return false;
  replica.apply({0, replica.seen(0) + 1, replica.seen(), std::move(*ops)});
  return true;
}

void turn(Replica& from, const Shape& wanted) {
  const auto ops = ops_to_put(from.document, {}, wanted, Naming::in_passing);
  // Only what is nested beyond every bound.
  if (!ops) return;
  if (!ops->empty())
    SYNCLINE_CHECK(from.apply({0, from.seen(0) + 1, from.seen(), *ops}).void_ops == 0);
  SYNCLINE_CHECK(reads_as(*from.document.shape(), wanted));
  SYNCLINE_CHECK(ops_to_put(from.document, {}, wanted, Naming::in_passing)->empty());
  SYNCLINE_CHECK(!from.document.check());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  RuleSet rules;
  if (rules.add(to_text(input), Rule::max)) SYNCLINE_CHECK(rules.list().size() == 1);
  if (size < 2) return 0;
  const std::size_t first = std::min<std::size_t>(data[0] * 256U + data[1], size - 2);
  Replica a, b;
  if (!write(a, input.subspan(2, first)) || !write(b, input.subspan(2 + first))) return 0;
  const Shape before = *a.document.shape();
  turn(a, *b.document.shape());
  turn(a, before);
  return 0;
}
