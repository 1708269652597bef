// SPDX-License-Identifier: Apache-2.0
//
// rebuild_store: makes a store anew from its files when the list of them is lost.
//
// Sorted and blob files give what was written out, logs what came after. Works beside the
// store and takes its place at one stroke; needs as much free space as the store is large.
// Used by salvage.h alone, which has kept a copy of everything before.
#pragma once

#include "storage/rocks_store.h"

#include <filesystem>
#include <functional>

namespace syncline::storage {

// Brings the rest of a store in line with what is missing from it.
using Mend = std::function<Status(Store& store)>;

// Afterwards the store opens. What lay in a file that is gone or damaged is missing, also in the
// middle of a log. On an error, which may be that of `mend`, the store is as it was.
Status rebuild_store(const std::filesystem::path& directory, const RocksStore::Options& options,
                     const Mend& mend);

}  // namespace syncline::storage
