// SPDX-License-Identifier: Apache-2.0
//
// Published vectors for the tests of ipc/: files beside the project.
//
// A test that needs them says that it skips when they are not there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::ipc::testing {

// Nothing, after a line that says what is skipped, if the file is not there.
std::optional<std::string> vector_text(std::string_view relative_path);

struct SuiteFile {
  std::string name;  // "y_array.json": y has to be accepted, n refused, i is free
  std::string text;
};
// JSONTestSuite's parsing files, in order of their names; empty after the line about skipping.
std::vector<SuiteFile> json_test_suite();

// Why our documented limits refuse a file that is valid JSON; empty: they do not.
std::string_view refused_by_limits(std::string_view suite_file);

}  // namespace syncline::ipc::testing
