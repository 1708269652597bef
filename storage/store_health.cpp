// SPDX-License-Identifier: Apache-2.0
#include "storage/store_health.h"

#include "storage/manifest_witness.h"
#include "storage/rocks_status.h"

#include <memory>
#include <utility>

#include <rocksdb/convenience.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>

namespace syncline::storage {

namespace {

// Whether the first key of a sorted file can be read.
rocksdb::Status read_first_key(const std::string& file) {
  rocksdb::Options options;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::SstFileReader reader(options);
  if (const auto opened = reader.Open(file); !opened.ok()) return opened;
  const std::unique_ptr<rocksdb::Iterator> at(reader.NewIterator(rocksdb::ReadOptions()));
  at->SeekToFirst();
  // A value in a blob file cannot be followed from here, but its key was read.
  return at->status().IsNotSupported() ? rocksdb::Status::OK() : at->status();
}

}  // namespace

void StoreHealth::report(Error error) {
  const std::lock_guard<std::mutex> hold(first_guard_);
  if (error.code == Errc::corrupt && !damage_) damage_ = error;
  if (first_) return;
  first_ = std::move(error);
  degraded_ = true;
}

std::optional<Error> StoreHealth::reason() const {
  const std::lock_guard<std::mutex> hold(first_guard_);
  return first_;
}

void StoreHealth::note_damage(const Error& error) {
  const std::lock_guard<std::mutex> hold(first_guard_);
  if (!damage_) damage_ = error;
}

std::optional<Error> StoreHealth::damage() const {
  const std::lock_guard<std::mutex> hold(first_guard_);
  return damage_;
}

void StoreHealth::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) {
  if (status != nullptr && !status->ok())
    report(from_status(*status, "the store failed to write in the background"));
}

// RocksDB up to 8.6 takes a sorted file whose first block it cannot read for the end of its level,
// and would drop everything behind it while merging. So ask first, and stop the merge if need be.
void StoreHealth::OnCompactionBegin(rocksdb::DB* database, const rocksdb::CompactionJobInfo& job) {
  for (const std::string& file : job.input_files) {
    const auto readable = read_first_key(file);
    if (readable.ok()) continue;
    report(from_status(readable, "the store stopped before merging a damaged file"));
    rocksdb::CancelAllBackgroundWork(database, false);
    return;
  }
}

void StoreHealth::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) {
  remember_manifest();
}

void StoreHealth::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo&) {
  remember_manifest();
}

void StoreHealth::remember_manifest() {
  const std::lock_guard<std::mutex> hold(witness_guard_);
  witness_manifest(store_);
}

}  // namespace syncline::storage
