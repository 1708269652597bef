// SPDX-License-Identifier: Apache-2.0
//
// StoreHealth: what went wrong first in an open store, and the watch over RocksDB's own
// threads.
//
// It notices failed background writes before the next commit meets them, stops a
// compaction that would lose data, and keeps the manifest witness up to date.
#pragma once

#include "protocol/base/result.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>

#include <rocksdb/listener.h>

namespace syncline::storage {

class StoreHealth final : public rocksdb::EventListener {
 public:
  // What was once found damaged stays so when the store is opened anew.
  explicit StoreHealth(std::filesystem::path store, std::optional<Error> damage = std::nullopt)
      : store_(std::move(store)), damage_(std::move(damage)) {}

  // The first report counts; from then on writes are to be refused.
  void report(Error error);
  bool is_degraded() const { return degraded_; }
  std::optional<Error> reason() const;

  // Something could not be read because it is damaged; writes go on. The first one counts.
  void note_damage(const Error& error);
  std::optional<Error> damage() const;

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnCompactionBegin(rocksdb::DB* database, const rocksdb::CompactionJobInfo& job) override;
  void OnCompactionCompleted(rocksdb::DB* database, const rocksdb::CompactionJobInfo& job) override;
  void OnFlushCompleted(rocksdb::DB* database, const rocksdb::FlushJobInfo& job) override;

 private:
  void remember_manifest();

  std::filesystem::path store_;
  std::atomic<bool> degraded_ = false;
  mutable std::mutex first_guard_;
  std::optional<Error> first_;
  std::optional<Error> damage_;
  std::mutex witness_guard_;  // flush and compaction end on different threads
};

}  // namespace syncline::storage
