// SPDX-License-Identifier: Apache-2.0
#include "storage/file_boundaries.h"

#include <algorithm>
#include <cstdlib>

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>

namespace syncline::storage {

namespace {

std::uint64_t version_of(rocksdb::Iterator& iterator) {
  std::string text;
  if (!iterator.GetProperty("rocksdb.iterator.super-version-number", &text).ok()) return 0;
  return std::strtoull(text.c_str(), nullptr, 10);
}

std::uint64_t current_version(rocksdb::DB& database, rocksdb::ColumnFamilyHandle* handle) {
  std::uint64_t version = 0;
  database.GetIntProperty(handle, rocksdb::DB::Properties::kCurrentSuperVersionNumber, &version);
  return version;
}

std::shared_ptr<const Boundaries> fetch(rocksdb::DB& database,
                                        rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::ColumnFamilyMetaData about;
  database.GetColumnFamilyMetaData(handle, &about);
  auto boundaries = std::make_shared<Boundaries>();
  for (const auto& level : about.levels) {
    // Files of level 0 are walked side by side, each with a seek of its own.
    if (level.level == 0) continue;
    for (const auto& file : level.files) boundaries->push_back(file.smallestkey);
  }
  std::sort(boundaries->begin(), boundaries->end());
  return boundaries;
}

}  // namespace

FileBoundaries::Walk FileBoundaries::begin(rocksdb::DB& database, Family family,
                                           rocksdb::ColumnFamilyHandle* handle,
                                           const rocksdb::ReadOptions& options) {
  const std::lock_guard<std::mutex> hold(guard_);
  Known& known = known_[static_cast<std::size_t>(family)];
  for (;;) {
    std::unique_ptr<rocksdb::Iterator> iterator(database.NewIterator(options, handle));
    const std::uint64_t version = version_of(*iterator);
    if (!known.boundaries || known.version != version) {
      const std::uint64_t before = current_version(database, handle);
      auto fetched = fetch(database, handle);
      // Files that were written out meanwhile make a new version: look again.
      if (before != version || current_version(database, handle) != version) continue;
      known = {version, std::move(fetched)};
    }
    return {std::move(iterator), known.boundaries};
  }
}

void FileBoundaries::forget() {
  const std::lock_guard<std::mutex> hold(guard_);
  known_ = {};
}

}  // namespace syncline::storage
