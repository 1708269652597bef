// SPDX-License-Identifier: Apache-2.0
//
// Qr: the code that a new device scans, for a terminal and as a picture.
//
// Always dark on light with a quiet zone of four modules: many scanners accept nothing
// else, whatever the colours of the terminal are.
#pragma once

#include "protocol/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::service {

class Qr {
 public:
  // Errc::oversized if the text does not fit into any code.
  static Result<Qr> of(std::string_view text);

  // Modules along one side, the quiet zone included.
  int size() const { return size_; }
  bool is_dark(int x, int y) const;

  // Two modules a character, upper and lower half; columns() wide.
  std::string for_terminal() const;
  std::size_t columns() const { return static_cast<std::size_t>(size_); }
  std::string svg() const;
  // The file is for its owner only and must not exist yet: the code admits a device.
  Status write_png(const std::filesystem::path& file) const;
  Status write_svg(const std::filesystem::path& file) const;

 private:
  int size_ = 0;
  std::vector<bool> dark_;
};

}  // namespace syncline::service
