// SPDX-License-Identifier: Apache-2.0
//
// What is measured of a document that is written op by op, and of a plain structure of the
// standard library to which the same is done: its figures are the limits.
//
// The changes come from two closures, by number; making the ops is not measured. Not a part of
// the product: for benchmarks only.
#pragma once

#include "protocol/crdt/document.h"

#include <cstdint>
#include <functional>
#include <string>

namespace syncline::bench {

// Small, and the same everywhere.
class Roll {
 public:
  explicit Roll(std::uint64_t seed) : state_(seed * 2 + 1) {}
  // Requires: limit > 0.
  std::uint64_t below(std::uint64_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % limit;
  }

 private:
  std::uint64_t state_;
};

// Each change is an event of its own.
struct Course {
  std::size_t start = 0;  // changes that come first and are not measured
  std::size_t count = 0;  // and those that are
  std::function<crdt::Op(std::size_t)> op;
  // Reads what a program reads before its next change; nothing: none does.
  std::function<void(const crdt::Document&)> read = {};
  // Every so many comes from another device, which had not seen that many; 0: none does.
  std::size_t late_every = 0;
};

// The same on a structure that only this process knows.
struct Plain {
  std::function<void(std::size_t)> change;
  // Makes another one of the same content, and drops the one before.
  std::function<void()> copy;
};

// Prints apply, load_snapshot, snapshot and memory of the case. False: a snapshot of the document
// is not the document.
bool measure_structure(const std::string& bench, const Course& course,
                       const std::function<Plain()>& plain);

// 100,000 and 1,000,000, or what the command line says.
int run_structure(int argc, char** argv, const std::function<bool(std::size_t)>& measure);

}  // namespace syncline::bench
