// SPDX-License-Identifier: Apache-2.0
//
// A map of 10,000 keys, each set again and again; the limit is a std::map. See structure.h.
//
//   bench_map [OPERATIONS...]
#include "tools/bench/structure.h"

#include <map>
#include <memory>

using namespace syncline;
using namespace syncline::bench;

namespace {

constexpr std::size_t keys = 10'000;

std::string key_of(std::uint64_t number) { return "key " + std::to_string(number); }

std::vector<std::uint64_t> choices(std::size_t count) {
  Roll roll(1);
  std::vector<std::uint64_t> out(count);
  for (std::uint64_t& each : out) each = roll.below(keys);
  return out;
}

bool measure(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys; ++i) names.push_back(key_of(i));
  const auto chosen = choices(count);
  const crdt::Path path{crdt::Step{std::string("map")}};
  Course course;
  course.count = count;
  course.op = [&](std::size_t i) {
    return crdt::Op{path, crdt::MapSet{names[chosen[i]], crdt::Scalar(std::int64_t(i))}};
  };
  return measure_structure("map", course, [&] {
    const auto map = std::make_shared<std::map<std::string, std::int64_t>>();
    return Plain{[&, map](std::size_t i) { (*map)[names[chosen[i]]] = std::int64_t(i); },
                 [map] { std::map<std::string, std::int64_t>(*map).swap(*map); }};
  });
}

}  // namespace

int main(int argc, char** argv) { return run_structure(argc, argv, measure); }
