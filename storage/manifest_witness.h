// SPDX-License-Identifier: Apache-2.0
//
// The manifest witness: how RocksDB's list of files looked when it was last known durable.
//
// RocksDB reads a manifest that lost its end, or that a flipped bit seems to end early, as
// if the later changes had never been made, and opens with a hole in the middle of a log.
// A second, small file remembers length and hash of the list and tells. Losing the
// witness itself only means that this one check is not made.
#pragma once

#include "protocol/base/result.h"

#include <filesystem>

namespace syncline::storage {

// Errc::corrupt if the manifest in `store` is shorter than, older than or different from what the
// witness saw. Nothing to report without a witness.
Status check_manifest(const std::filesystem::path& store);

// Syncs the present manifest and remembers it. Best effort: what fails is a check less next time.
void witness_manifest(const std::filesystem::path& store);

}  // namespace syncline::storage
