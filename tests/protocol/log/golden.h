// SPDX-License-Identifier: Apache-2.0
//
// Golden vectors: one value of each hashed or signed layout, fixed in tests/vectors/*.json.
//
// CounterRandom is reproducible by anybody: block i is H("vec1" ‖ seed ‖ i), see the note in
// each file. SYNCLINE_WRITE_VECTORS=1 writes the files instead of comparing with them.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/random.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace syncline::test {

// Byte k of the stream is byte k % 32 of H("vec1" ‖ seed u64 ‖ k / 32 as u64).
class CounterRandom final : public Random {
 public:
  explicit CounterRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t position_ = 0;
};

// A file of named hexadecimal values.
class Golden {
 public:
  explicit Golden(std::string file) : file_(std::move(file)) {}
  // At the end of its test: compares every value with the file, or writes the file.
  ~Golden();
  Golden(const Golden&) = delete;
  Golden& operator=(const Golden&) = delete;

  void add(const std::string& name, Bytes value) { values_[name] = to_hex(value); }

 private:
  std::string file_;
  std::map<std::string, std::string> values_;
};

}  // namespace syncline::test
