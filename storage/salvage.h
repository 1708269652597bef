// SPDX-License-Identifier: Apache-2.0
//
// open_salvage: opens what is left of a damaged store, never silently.
//
// Only when a person asked for it, after RocksStore::open or verify() said Errc::corrupt. What
// comes back may lack events this device has acknowledged, so the caller must mark itself
// rolled back: stop authoring, fetch its own logs from other devices, open a new incarnation.
#pragma once

#include "storage/rebuild.h"

#include <filesystem>
#include <memory>

namespace syncline::storage {

enum class SalvageMethod : std::uint8_t {
  truncated,  // read up to the first damage in the log
  // The list of files was lost, or a file it names; the store was made anew from the files that
  // are there. What lay in a lost or damaged one is missing, also in the middle of a log whose head
  // says otherwise: that is what `mend` is for.
  rebuilt,
};

struct Salvaged {
  std::unique_ptr<RocksStore> store;
  std::filesystem::path damaged_copy;  // as it was before: store.damaged-1 and so on
  SalvageMethod method = SalvageMethod::truncated;
};

// Requires: the lock of the home is held. Errc::corrupt if nothing can be opened; the copy then
// holds everything that was there. `mend` is for a store that was made anew, before it takes its
// place.
Result<Salvaged> open_salvage(const std::filesystem::path& directory,
                              const RocksStore::Options& options, const Mend& mend);

}  // namespace syncline::storage
