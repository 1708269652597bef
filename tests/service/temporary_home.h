// SPDX-License-Identifier: Apache-2.0
//
// TemporaryHome: a private directory that is gone when the test is over.
//
// Short, because the path of a Unix socket may have 107 bytes only.
#pragma once

#include "protocol/base/check.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace syncline::service {

class TemporaryHome {
 public:
  TemporaryHome() {
    std::string name = (std::filesystem::temp_directory_path() / "sl-XXXXXX").string();
    SYNCLINE_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryHome() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace syncline::service
