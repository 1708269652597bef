// SPDX-License-Identifier: Apache-2.0
//
// Preview: typing in one text that is no event yet, for other devices to show.
//
// The splices are what the author's next event would say, against the version that the author
// sees. A preview changes nothing: whoever receives one shows it, or does not.
#pragma once

#include "protocol/base/limits.h"
#include "protocol/base/result.h"
#include "protocol/crdt/op.h"

#include <string>
#include <vector>

namespace syncline::node {

// At a position in Unicode scalar values, after the splices before it.
struct PreviewSplice {
  std::uint64_t position = 0;
  std::uint64_t removed = 0;
  std::string inserted;
};

struct Preview {
  crdt::Path path;  // of the text
  std::vector<PreviewSplice> splices;
};

// A preview on its way.
struct SentPreview {
  // The author's last event that changed the entity: with a later one the preview is over.
  LogId log;
  std::uint64_t seq = 0;      // 0: none, whatever the log
  std::string version;        // of the entity, as the author sees it
  std::vector<crdt::Op> ops;  // insertions into and removals from one text
};

inline constexpr std::size_t preview_version_size_max = 4096;

std::vector<crdt::Op> ops_of(const Preview& preview);

// Errors: Errc::oversized beyond limits::preview_size_max; as crdt::check_ops.
Result<Buffer> encode_preview(const SentPreview& preview);
// Errors: as Reader; Errc::invalid for other actions or more than one text.
Result<SentPreview> decode_preview(Bytes bytes);

}  // namespace syncline::node
