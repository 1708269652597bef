// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crypto/vectors.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace syncline::crypto::testing {
namespace {

std::string vectors_folder() {
  if (const char* const folder = std::getenv("SYNCLINE_VECTORS")) return folder;
  return SYNCLINE_SOURCE_DIR "/../shared/vectors";
}

}  // namespace

std::optional<std::string> vector_text(std::string_view relative_path) {
  const std::string path = vectors_folder() + "/" + std::string(relative_path);
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::printf("skipped: no published vectors at %s\n", path.c_str());
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<nlohmann::json> vector_json(std::string_view relative_path) {
  const auto text = vector_text(relative_path);
  if (!text) return std::nullopt;
  return nlohmann::json::parse(*text);
}

void report(std::string_view what, std::size_t run, std::size_t skipped, std::string_view why) {
  std::printf("%.*s: %zu run, %zu skipped%s%.*s\n", static_cast<int>(what.size()), what.data(), run,
              skipped, why.empty() ? "" : ": ", static_cast<int>(why.size()), why.data());
}

Buffer bytes_of(std::string_view hex) { return from_hex(hex).value(); }

Buffer field(const nlohmann::json& test, const char* name) {
  return bytes_of(test.at(name).get<std::string>());
}

// SplitMix64.
void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
}

}  // namespace syncline::crypto::testing
