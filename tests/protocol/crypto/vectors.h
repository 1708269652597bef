// SPDX-License-Identifier: Apache-2.0
//
// What the tests of crypto/ share: published vectors, a random source with a seed, keys from hex.
//
// The vectors are files of others beside the project; a test that needs one says so and
// goes on with its built-in known answers when the folder is absent.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/random.h"
#include "protocol/crypto/secret.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace syncline::crypto::testing {

// The content of a vector file, or nothing, after a line that says what is skipped.
std::optional<std::string> vector_text(std::string_view relative_path);
std::optional<nlohmann::json> vector_json(std::string_view relative_path);

// One line a vector file: what ran, what did not and why.
void report(std::string_view what, std::size_t run, std::size_t skipped, std::string_view why = "");

// Requires: `hex` is hexadecimal.
Buffer bytes_of(std::string_view hex);
Buffer field(const nlohmann::json& test, const char* name);
template <class T>
T key_of(std::string_view hex) {
  const Buffer raw = bytes_of(hex);
  SYNCLINE_CHECK(raw.size() == T::size);
  return T::copy_of(KeyView(raw.data(), T::size));
}
template <class IdType>
IdType id_of(std::string_view hex) {
  return IdType::from_hex_text(hex).value();
}

// The same bytes for the same seed, everywhere.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t state_;
};

// A generator that is stuck: every call gives the same bytes.
class StuckRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = 0x5a;
  }
};

}  // namespace syncline::crypto::testing
