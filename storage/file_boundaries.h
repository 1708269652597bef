// SPDX-License-Identifier: Apache-2.0
//
// FileBoundaries: the first keys of a family's sorted files, for walks that must not skip.
//
// RocksDB up to 8.6 loses the error when a walk forward enters a file whose first block
// it cannot read, and goes on behind the level. Seeking to the key instead reports it; so a
// scan seeks at each of these keys. Keyed by RocksDB's version number, fetched once each.
#pragma once

#include "protocol/base/store.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Iterator;
struct ReadOptions;
}  // namespace rocksdb

namespace syncline::storage {

using Boundaries = std::vector<std::string>;  // ascending

class FileBoundaries {
 public:
  struct Walk {
    std::unique_ptr<rocksdb::Iterator> iterator;
    std::shared_ptr<const Boundaries> boundaries;
  };
  // An iterator and the boundaries of exactly the files it reads.
  Walk begin(rocksdb::DB& database, Family family, rocksdb::ColumnFamilyHandle* handle,
             const rocksdb::ReadOptions& options);
  // Version numbers start anew with every opened database.
  void forget();

 private:
  struct Known {
    std::uint64_t version = 0;
    std::shared_ptr<const Boundaries> boundaries;
  };

  std::mutex guard_;
  std::array<Known, family_count> known_;
};

}  // namespace syncline::storage
