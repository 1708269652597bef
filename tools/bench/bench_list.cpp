// SPDX-License-Identifier: Apache-2.0
//
// A list of about 10,000 numbers: a third of the changes insert one, a third remove one, a third
// move one, all anywhere; every hundredth comes from another device that had not seen the last
// hundred. The limit is a std::vector under a single author. See structure.h.
//
//   bench_list [OPERATIONS...]
#include "tools/bench/structure.h"

#include <algorithm>
#include <memory>

using namespace syncline;
using namespace syncline::bench;

namespace {

constexpr std::uint64_t items = 10'000;

struct Change {
  enum class Kind : std::uint8_t { insert, remove, move };
  Kind kind;
  std::uint32_t index, to;
};

std::vector<Change> changes(std::size_t start, std::size_t count) {
  Roll roll(2);
  std::vector<Change> out;
  std::uint64_t size = 0;
  const auto any = [&](std::uint64_t limit) {
    return static_cast<std::uint32_t>(roll.below(limit));
  };
  while (out.size() < start + count) {
    const std::uint64_t which = out.size() < start ? 0 : roll.below(3);
    if (which == 2) {
      out.push_back({Change::Kind::move, any(size), any(size)});
    } else if (which == 1 && size > items / 2) {
      out.push_back({Change::Kind::remove, any(size--), 0});
    } else {
      out.push_back({Change::Kind::insert, any(size + 1), 0});
      ++size;
    }
  }
  return out;
}

crdt::Action action_of(const Change& change, std::size_t number) {
  switch (change.kind) {
    case Change::Kind::insert:
      return crdt::ListInsert{change.index, {crdt::Scalar(std::int64_t(number))}};
    case Change::Kind::remove: return crdt::ListRemove{change.index, 1};
    case Change::Kind::move: break;
  }
  return crdt::ListMove{change.index, change.to};
}

void apply(std::vector<std::int64_t>& list, const Change& change, std::size_t number) {
  const auto at = list.begin() + change.index;
  switch (change.kind) {
    case Change::Kind::insert: list.insert(at, std::int64_t(number)); return;
    case Change::Kind::remove: list.erase(at); return;
    case Change::Kind::move: break;
  }
  const auto to = list.begin() + change.to;
  if (at < to) {
    std::rotate(at, at + 1, to + 1);
  } else {
    std::rotate(to, at, at + 1);
  }
}

bool measure(std::size_t count) {
  const auto made = changes(items, count);
  const crdt::Path path{crdt::Step{std::string("list")}};
  Course course;
  course.start = items;
  course.count = count;
  course.late_every = 100;
  course.op = [&](std::size_t i) { return crdt::Op{path, action_of(made[i], i)}; };
  return measure_structure("list", course, [&] {
    const auto list = std::make_shared<std::vector<std::int64_t>>();
    return Plain{[&, list](std::size_t i) { apply(*list, made[i], i); },
                 [list] { std::vector<std::int64_t>(*list).swap(*list); }};
  });
}

}  // namespace

int main(int argc, char** argv) { return run_structure(argc, argv, measure); }
