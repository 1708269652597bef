// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary bytes as the strings of a TXT record. Promise: no crash, nothing beyond the bounds is
// read, and without the key nobody is found.
//
// Input: the strings, each ended by a zero byte.
#include "protocol/base/check.h"
#include "protocol/discovery/lan_tag.h"
#include "tests/protocol/discovery/finding.h"

namespace syncline::discovery {
namespace {

void run(Bytes bytes) {
  std::vector<std::string> txt(1);
  std::size_t size = 0;
  for (const std::uint8_t byte : bytes) {
    if (byte == 0) {
      txt.emplace_back();
    } else {
      txt.back() += static_cast<char>(byte);
    }
  }
  for (const auto& text : txt) size += 1 + text.size();
  std::vector<LanAudience> audiences;
  audiences.push_back(LanAudience::of(testing::discovery_key(7).expose(),
                                      {testing::device(1), testing::device(2)}));
  audiences.push_back(LanAudience::of(testing::discovery_key(8).expose(), {}));
  const auto seen = recognise(txt, audiences);
  if (size > lan_txt_size_max || txt.size() > lan_txt_strings_max)
    SYNCLINE_CHECK(!seen.has_value());
  if (!seen) return;
  // Tags of these keys are in the saved inputs alone; with any other keys there is nothing to find.
  std::vector<LanAudience> strangers;
  strangers.push_back(LanAudience::of(testing::discovery_key(99).expose(), {testing::device(1)}));
  SYNCLINE_CHECK(!recognise(txt, strangers)->match);
  SYNCLINE_CHECK(!seen->match || seen->match->audience < audiences.size());
}

}  // namespace
}  // namespace syncline::discovery

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  syncline::discovery::run(syncline::Bytes(data, size));
  return 0;
}
