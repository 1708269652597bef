// SPDX-License-Identifier: Apache-2.0
//
// RocksStore: the Store of a real agent, over RocksDB.
//
// A failed write makes it degraded: reads go on, every commit is refused until reopen()
// succeeds, whatever the reason was. It does not know what its keys mean, and it never
// repairs by itself: a damaged store does not open (see salvage.h), and damage that only shows
// when something is read is remembered.
// Reads may come from any thread; commit, reopen and close from one, with no read under way.
#pragma once

#include "protocol/base/store.h"
#include "storage/file_boundaries.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Status;
}  // namespace rocksdb

namespace syncline::storage {

class StoreHealth;

// Errc::corrupt, with what a person can do about it.
Error store_damaged(const std::filesystem::path& directory, std::string_view what);

class RocksStore final : public Store {
 public:
  struct Options {
    std::size_t write_buffer_size = std::size_t{8} << 20;
    std::size_t cache_size = std::size_t{8} << 20;
    // With less free space the store is opened for reading only: opening for writing has to write.
    std::uint64_t open_space_min = std::uint64_t{32} << 20;
  };

  // Creates the store if `directory` is missing or empty; its parent must exist. A damaged one is
  // Errc::corrupt, one in use Errc::busy, one of a newer version Errc::unsupported. On a full disk
  // an existing store opens degraded, for reading.
  static Result<std::unique_ptr<RocksStore>> open(const std::filesystem::path& directory,
                                                  const Options& options);
  // Opens a damaged store as far as its log can be read and drops the rest. For salvage.h only,
  // which keeps a copy first.
  static Result<std::unique_ptr<RocksStore>> open_truncating(const std::filesystem::path& directory,
                                                             const Options& options);
  ~RocksStore() override;
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override;
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override;
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override;
  // After an error the writes may or may not be there once the store was reopened, all or none.
  Status commit(const std::vector<Write>& writes, Durability durability) override;

  bool is_degraded() const;
  // Why writes are refused, for a person; empty while they are not.
  std::string degraded_reason() const;
  // Closes and opens again. On failure the store stays degraded, and readable if at all possible.
  Status reopen();

  // Reads everything there is. Errc::corrupt for damage that opening does not look for.
  Status verify() const;
  // What reading found damaged, with the next step; empty while nothing was.
  std::string damage() const;

  // Makes everything durable and closes; the destructor does the same without telling how it went.
  // Afterwards every call fails with Errc::degraded.
  Status close();

  Result<std::uint64_t> size_on_disk() const;
  // Write buffers, cached blocks and open tables: what RocksDB accounts for.
  std::uint64_t memory_size() const;

 private:
  enum class Recovery { strict, truncating };
  RocksStore(std::filesystem::path directory, const Options& options);
  Status open_database(Recovery recovery);
  Status open_for_reading();
  Status check_readable() const;
  Status read_failed(const rocksdb::Status& status) const;
  Status check_space() const;
  void take(rocksdb::DB* database, const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  void release();
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

  std::filesystem::path directory_;
  Options options_;
  std::shared_ptr<StoreHealth> health_;
  std::shared_ptr<rocksdb::Cache> cache_;
  mutable FileBoundaries boundaries_;
  std::unique_ptr<rocksdb::DB> database_;
  // The families in their order, then RocksDB's own default one.
  std::array<rocksdb::ColumnFamilyHandle*, family_count + 1> handles_{};
};

}  // namespace syncline::storage
