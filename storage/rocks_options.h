// SPDX-License-Identifier: Apache-2.0
//
// Every RocksDB option Syncline sets, with its reason. Options are fixed when a store
// is opened and never changed while it is open.
#pragma once

#include "protocol/base/store.h"

#include <cstddef>
#include <memory>
#include <vector>

#include <rocksdb/db.h>

namespace syncline::storage {

struct RocksTuning {
  // A family's newest writes, in memory until they are written out as a sorted file.
  std::size_t write_buffer_size = std::size_t{8} << 20;
  // Blocks, indexes and filters of all families together.
  std::size_t cache_size = std::size_t{8} << 20;
};

// `log` takes RocksDB's own messages: see warning_log.h for why it must not keep its own.
rocksdb::DBOptions database_options(const RocksTuning& tuning,
                                    std::shared_ptr<rocksdb::Logger> log);

// The families in the order of Family, RocksDB's unavoidable "default" last.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(
    const RocksTuning& tuning, const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace syncline::storage
