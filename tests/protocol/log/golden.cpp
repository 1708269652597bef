// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/log/golden.h"

#include "protocol/crypto/hash.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace syncline::test {
namespace {

std::string as_json(const std::map<std::string, std::string>& values) {
  std::string text =
      "{\n  \"_note\": \"byte k of the random stream is byte k % 32 of "
      "H('vec1' | seed u64 | k / 32 as u64); seed 1; protocol/SPEC.md\"";
  for (const auto& [name, value] : values) text += ",\n  \"" + name + "\": \"" + value + "\"";
  return text + "\n}\n";
}

}  // namespace

void CounterRandom::fill(std::span<std::uint8_t> out) {
  for (std::uint8_t& b : out) {
    const Digest block =
        crypto::Hasher("vec1").add_u64(seed_).add_u64(position_ / Digest::size).finish();
    b = block.bytes[position_ % Digest::size];
    ++position_;
  }
}

Golden::~Golden() {
  const std::string path = std::string(SYNCLINE_SOURCE_DIR) + "/tests/vectors/" + file_;
  const std::string text = as_json(values_);
  if (std::getenv("SYNCLINE_WRITE_VECTORS")) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream in(path);
  std::stringstream expected;
  expected << in.rdbuf();
  CHECK_MESSAGE(in.good(), "cannot read ", path);
  CHECK(expected.str() == text);
}

}  // namespace syncline::test
