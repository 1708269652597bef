// SPDX-License-Identifier: Apache-2.0
#include "tests/ipc/vectors.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace syncline::ipc::testing {

namespace {

std::filesystem::path vectors_folder() {
  if (const char* const folder = std::getenv("SYNCLINE_VECTORS")) return folder;
  return SYNCLINE_SOURCE_DIR "/../shared/vectors";
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::optional<std::string> vector_text(std::string_view relative_path) {
  const std::filesystem::path path = vectors_folder() / relative_path;
  if (std::filesystem::exists(path)) return text_of(path);
  std::printf("skipped: no published vectors at %s\n", path.c_str());
  return std::nullopt;
}

std::vector<SuiteFile> json_test_suite() {
  std::vector<SuiteFile> files;
  const std::filesystem::path folder = vectors_folder() / "json/JSONTestSuite/test_parsing";
  if (!std::filesystem::exists(folder)) {
    std::printf("skipped: no published vectors at %s\n", folder.c_str());
    return files;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back({entry.path().filename().string(), text_of(entry.path())});
  }
  std::sort(files.begin(), files.end(),
            [](const SuiteFile& a, const SuiteFile& b) { return a.name < b.name; });
  return files;
}

std::string_view refused_by_limits(std::string_view suite_file) {
  constexpr std::pair<std::string_view, std::string_view> refused[] = {
      {"y_object_duplicated_key.json", "a key that was there before"},
      {"y_object_duplicated_key_and_value.json", "a key that was there before"},
      {"y_object_escaped_null_in_key.json", "an escaped NUL"},
      {"y_string_null_escape.json", "an escaped NUL"},
  };
  for (const auto& [name, reason] : refused) {
    if (name == suite_file) return reason;
  }
  return {};
}

}  // namespace syncline::ipc::testing
