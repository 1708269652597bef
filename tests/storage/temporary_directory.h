// SPDX-License-Identifier: Apache-2.0
//
// TemporaryDirectory: a private directory that is removed with everything in it.
//
// It honours TMPDIR; tests that damage files by the hundred ask for memory instead, where
// syncing costs nothing. Nothing of a test is shared with another test.
#pragma once

#include "protocol/base/check.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace syncline::storage {

class TemporaryDirectory {
 public:
  enum class Place { disk, memory };

  explicit TemporaryDirectory(Place place = Place::disk) {
    std::string name = "/dev/shm/syncline-XXXXXX";
    if (place == Place::disk || ::mkdtemp(name.data()) == nullptr) {
      name = (std::filesystem::temp_directory_path() / "syncline-XXXXXX").string();
      SYNCLINE_CHECK(::mkdtemp(name.data()) != nullptr);
    }
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace syncline::storage
