// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_options.h"

#include <string>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace syncline::storage {

namespace {

// Values from this size on lie in blob files, which compaction does not rewrite: batches received
// from other devices. Measured with 1.6 GB of 256 KiB values in 20 logs: 3.3 GB written instead of
// 12, 124 MB/s instead of 75. Smaller values, nearly all events written here, stay in sorted files,
// where neighbours are read together.
constexpr std::size_t blob_value_size_min = 16 * 1024;

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Indexes and filters count towards the cache, so that memory has one bound, not one per file.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.block_size = 16 * 1024;
  return table;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const RocksTuning& tuning,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = tuning.write_buffer_size;
  options.max_write_buffer_number = 2;
  // Values are ciphertext or signatures: compressing them costs time and saves nothing.
  options.compression = rocksdb::kNoCompression;
  options.bottommost_compression = rocksdb::kNoCompression;
  options.target_file_size_base = 32 << 20;
  options.max_bytes_for_level_base = 128 << 20;
  options.level_compaction_dynamic_level_bytes = true;
  options.force_consistency_checks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
  if (family == Family::events) {
    options.enable_blob_files = true;
    options.min_blob_size = blob_value_size_min;
    options.blob_file_size = 64 << 20;
    // A blob file goes when nothing in it is alive. Collecting earlier would move the oldest live
    // events at every compaction (twice the writes, measured), and events are hardly ever removed.
    options.enable_blob_garbage_collection = false;
  }
  return options;
}

}  // namespace

rocksdb::DBOptions database_options(const RocksTuning& tuning,
                                    std::shared_ptr<rocksdb::Logger> log) {
  rocksdb::DBOptions options;
  // Durability: each of these answers a measured or published failure (DECISIONS.md).
  // Refuses a damaged log; only a record that was cut off by a crash may be missing its end.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.recycle_log_file_num = 0;
  options.manual_wal_flush = false;
  options.WAL_ttl_seconds = 0;
  options.WAL_size_limit_MB = 0;
  options.paranoid_checks = true;
  // A closed log file that is gone is noticed; otherwise a manifest that lost its end would open
  // without what was written out since.
  options.track_and_verify_wals_in_manifest = true;
  // What was read from the log is written and synced anew: after a failed sync the cache of the
  // operating system cannot be trusted to reach the disk.
  options.avoid_flush_during_recovery = false;
  // One way out of an error: close and reopen. RocksDB's own retries would race with it.
  options.max_bgerror_resume_count = 0;

  // Size: one agent of one person, beside everything else on the device.
  options.max_total_wal_size = 4 * tuning.write_buffer_size;
  options.db_write_buffer_size = 3 * tuning.write_buffer_size;
  options.max_background_jobs = 1;
  options.max_open_files = 128;
  options.max_file_opening_threads = 1;
  options.max_manifest_file_size = 1 << 20;
  options.manifest_preallocation_size = 64 * 1024;
  // Space that is reserved but not used would count as used on a small disk.
  options.allow_fallocate = false;
  options.skip_stats_update_on_db_open = true;

  options.info_log = std::move(log);
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(
    const RocksTuning& tuning, const std::shared_ptr<rocksdb::Cache>& cache) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto family = static_cast<Family>(i);
    descriptors.emplace_back(std::string(name_of(family)), family_options(family, tuning, cache));
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           family_options(Family::meta, tuning, cache));
  return descriptors;
}

}  // namespace syncline::storage
