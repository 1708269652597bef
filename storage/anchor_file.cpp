// SPDX-License-Identifier: Apache-2.0
#include "storage/anchor_file.h"

#include "protocol/base/check.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace syncline::storage {

namespace {
constexpr std::array<std::string_view, 2> copies = {"anchor.0", "anchor.1"};
}  // namespace

Result<std::optional<Anchor>> AnchorFile::read() {
  std::optional<Anchor> newest;
  std::string damage;
  for (const std::string_view name : copies) {
    const auto content = directory_.read(name, anchor_size(anchor_logs_max));
    if (!content && content.error().code != Errc::oversized) return pass(content);
    if (content && !*content) continue;
    auto anchor = content ? decode_anchor(**content, key_.expose())
                          : Result<Anchor>(fail(content.error().code));
    if (anchor) {
      if (!newest || anchor->generation > newest->generation) newest = std::move(*anchor);
      continue;
    }
    if (anchor.error().code == Errc::unsupported) return pass(anchor);
    damage += std::string(damage.empty() ? "" : ", ") + std::string(name) + ": " +
              std::string(name_of(anchor.error().code));
  }
  if (!newest && !damage.empty())
    return fail(Errc::corrupt, "no valid copy of the anchor is left in " +
                                   directory_.path().string() + " (" + damage +
                                   "), so this device counts as restored from a backup: it fetches "
                                   "its own logs from your other devices before it writes");
  generation_ = newest ? newest->generation : 0;
  return newest;
}

Status AnchorFile::write(StoreEpoch epoch, std::vector<AnchoredLog> logs) {
  SYNCLINE_CHECK(generation_.has_value());
  std::ranges::sort(logs);
  const Anchor anchor{epoch, *generation_ + 1, std::move(logs)};
  // The parity decides, so the copy that is replaced is always the older or the damaged one.
  const std::string_view name = copies[anchor.generation % copies.size()];
  if (auto written = directory_.write(name, encode_anchor(anchor, key_.expose())); !written)
    return written;
  generation_ = anchor.generation;
  return {};
}

}  // namespace syncline::storage
