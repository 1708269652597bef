// SPDX-License-Identifier: Apache-2.0
//
// Row of Family::meta: "doubt" | log id 16 -> 01
#include "protocol/node/doubts.h"

namespace syncline::node {

namespace {
Buffer row_key(const LogId& log) {
  Buffer key = to_buffer(as_bytes("doubt"));
  append(key, log.view());
  return key;
}
}  // namespace

bool is_doubted(const StoreReader& reader, const LogId& log) {
  const auto stored = reader.get(Family::meta, row_key(log));
  // A row that cannot be read is a reason for doubt, too.
  return !stored || stored->has_value();
}

bool mark_doubted(log::Draft& draft, const LogId& log) {
  if (is_doubted(draft, log)) return false;
  draft.put(Family::meta, row_key(log), Buffer{1});
  return true;
}

}  // namespace syncline::node
