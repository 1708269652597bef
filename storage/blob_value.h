// SPDX-License-Identifier: Apache-2.0
//
// find_blob_value: one value out of RocksDB's blob files, without RocksDB.
//
// For rebuild.cpp alone: RocksDB opens no blob file that its list of files does not name,
// and that list is what was lost. A value counts as found only if its checksums agree.
#pragma once

#include "protocol/base/bytes.h"

#include <filesystem>
#include <optional>

namespace syncline::storage {

// The value of `key`, where `index` (what a sorted file holds in its place) says it lies; nothing
// if it is not there or damaged.
std::optional<Buffer> find_blob_value(const std::filesystem::path& store, Bytes key, Bytes index);

}  // namespace syncline::storage
