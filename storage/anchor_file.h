// SPDX-License-Identifier: Apache-2.0
//
// AnchorFile: the anchor on disk, in two copies that are written in turn.
//
// Whatever happens while one is written, the other one is whole. It lies beside the
// store, never in it. Write it only after what it names is durable in the store.
#pragma once

#include "storage/anchor.h"
#include "storage/directory.h"

#include <optional>

namespace syncline::storage {

class AnchorFile {
 public:
  // Keeps a reference to `directory`, which must outlive this object.
  AnchorFile(const Directory& directory, crypto::SubKey key)
      : directory_(directory), key_(std::move(key)) {}

  // The newest valid copy; nothing if there never was one; Errc::corrupt if there is only damage.
  Result<std::optional<Anchor>> read();
  // Requires: read() succeeded once. Durable when it returns; the logs may come in any order.
  Status write(StoreEpoch epoch, std::vector<AnchoredLog> logs);

 private:
  const Directory& directory_;
  crypto::SubKey key_;
  // Known once read() succeeded: writing must never go back to a lower generation.
  std::optional<std::uint64_t> generation_;
};

}  // namespace syncline::storage
