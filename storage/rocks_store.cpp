// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"

#include "storage/directory.h"
#include "storage/manifest_witness.h"
#include "storage/rocks_options.h"
#include "storage/rocks_slice.h"
#include "storage/rocks_status.h"
#include "storage/store_health.h"
#include "storage/warning_log.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

Bytes to_bytes(const rocksdb::Slice& slice) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(slice.data())), slice.size()};
}

RocksTuning tuning_of(const RocksStore::Options& options) {
  return {.write_buffer_size = options.write_buffer_size, .cache_size = options.cache_size};
}

tl::unexpected<Error> damaged(const fs::path& directory, std::string_view what) {
  return tl::unexpected<Error>(store_damaged(directory, what));
}

tl::unexpected<Error> open_failed(const fs::path& directory, const rocksdb::Status& status) {
  Error error = from_status(status, "opening the store " + directory.string());
  if (error.code == Errc::corrupt) return damaged(directory, status.ToString());
  return tl::unexpected<Error>(std::move(error));
}

// Made beside its final place and moved there whole: a crash in between leaves no half a store.
Status create_store(const fs::path& directory, const RocksTuning& tuning) {
  fs::path fresh = directory;
  fresh += ".new";
  std::error_code error;
  fs::remove_all(fresh, error);
  if (error) return fail(Errc::io, "cannot remove " + fresh.string() + ": " + error.message());
  if (auto made = make_private_directory(fresh); !made) return made;

  rocksdb::Options options(database_options(tuning, std::make_shared<WarningLog>(fresh)),
                           rocksdb::ColumnFamilyOptions());
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  const auto families = family_descriptors(tuning, rocksdb::NewLRUCache(tuning.cache_size));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto opened = rocksdb::DB::Open(options, fresh.string(), families, &handles, &raw);
  if (!opened.ok()) return checked(opened, "creating the store " + directory.string());
  const std::unique_ptr<rocksdb::DB> database(raw);
  for (rocksdb::ColumnFamilyHandle* handle : handles) database->DestroyColumnFamilyHandle(handle);
  if (auto closed = checked(database->Close(), "closing the new store"); !closed) return closed;
  return move_directory(fresh, directory);
}

// A store whose families are incomplete lost part of its manifest; left to itself, RocksDB would
// make them anew, empty.
Status check_families(const fs::path& directory) {
  std::vector<std::string> listed;
  const auto status = rocksdb::DB::ListColumnFamilies({}, directory.string(), &listed);
  if (!status.ok()) return open_failed(directory, status);
  std::set<std::string> present(listed.begin(), listed.end());
  present.erase(rocksdb::kDefaultColumnFamilyName);
  for (std::size_t i = 0; i < family_count; ++i) {
    const std::string name(name_of(static_cast<Family>(i)));
    if (present.erase(name) == 0) return damaged(directory, "the family " + name + " is missing");
  }
  if (!present.empty())
    return fail(Errc::unsupported, "the store " + directory.string() + " has the unknown family " +
                                       *present.begin() +
                                       ": it was written by a newer Syncline; update this one");
  return {};
}

// That the list of files is the one last seen, with every family.
Status check_list(const fs::path& directory) {
  if (auto seen = check_manifest(directory); !seen) return damaged(directory, seen.error().context);
  return check_families(directory);
}

// RocksDB compares the sizes of sorted files with its list when it opens, but not those of blob
// files: a missing one would be found by whoever reads it, much later.
Status check_blob_files(const fs::path& directory, rocksdb::DB& database,
                        rocksdb::ColumnFamilyHandle* handle) {
  rocksdb::ColumnFamilyMetaData about;
  database.GetColumnFamilyMetaData(handle, &about);
  for (const rocksdb::BlobMetaData& blob : about.blob_files) {
    char name[32];
    std::snprintf(name, sizeof name, "%06llu.blob",
                  static_cast<unsigned long long>(blob.blob_file_number));
    std::error_code error;
    const auto size = fs::file_size(directory / name, error);
    if (error || size != blob.blob_file_size)
      return damaged(directory, std::string(name) + (error ? " is missing" : " has another size"));
  }
  return {};
}

}  // namespace

Error store_damaged(const fs::path& directory, std::string_view what) {
  return {Errc::corrupt, "the store " + directory.string() + " is damaged: " + std::string(what) +
                             ". Start the agent once with --salvage: it keeps a copy, uses what "
                             "can be read and fetches the rest from your other devices"};
}

RocksStore::RocksStore(fs::path directory, const Options& options)
    : directory_(std::move(directory)),
      options_(options),
      health_(std::make_shared<StoreHealth>(directory_)),
      cache_(rocksdb::NewLRUCache(options.cache_size)) {}

Result<std::unique_ptr<RocksStore>> RocksStore::open(const fs::path& directory,
                                                     const Options& options) {
  std::error_code error;
  const bool present = fs::exists(directory / "CURRENT", error);
  const bool fresh = !present && (!fs::exists(directory, error) || fs::is_empty(directory, error));
  if (error)
    return fail(Errc::io, "cannot look into " + directory.string() + ": " + error.message());
  if (!present && !fresh) return damaged(directory, "its file CURRENT is missing");
  if (fresh)
    if (auto made = create_store(directory, tuning_of(options)); !made) return pass(made);
  std::unique_ptr<RocksStore> store(new RocksStore(directory, options));
  auto opened = store->check_space();
  if (opened) opened = store->open_database(Recovery::strict);
  if (opened) return store;
  if (opened.error().code != Errc::disk_full) return pass(opened);
  store->health_->report(opened.error());
  if (auto readable = store->open_for_reading(); !readable)
    return readable.error().code == Errc::corrupt ? pass(readable) : pass(opened);
  return store;
}

Result<std::unique_ptr<RocksStore>> RocksStore::open_truncating(const fs::path& directory,
                                                                const Options& options) {
  std::error_code error;
  if (!fs::exists(directory / "CURRENT", error))
    return damaged(directory, "its file CURRENT is missing");
  std::unique_ptr<RocksStore> store(new RocksStore(directory, options));
  if (auto opened = store->open_database(Recovery::truncating); !opened) return pass(opened);
  return store;
}

Status RocksStore::open_database(Recovery recovery) {
  const RocksTuning tuning = tuning_of(options_);
  auto health = std::make_shared<StoreHealth>(directory_, health_->damage());
  rocksdb::DBOptions options = database_options(tuning, std::make_shared<WarningLog>(directory_));
  if (recovery == Recovery::truncating)
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Also then: with an older list of files the logs would be applied to the wrong ones.
  if (auto listed = check_list(directory_); !listed) return listed;
  options.listeners.push_back(health);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto opened = rocksdb::DB::Open(options, directory_.string(),
                                        family_descriptors(tuning, cache_), &handles, &raw);
  if (!opened.ok()) return open_failed(directory_, opened);
  take(raw, handles);
  health_ = std::move(health);
  witness_manifest(directory_);
  auto whole = check_blob_files(directory_, *database_, handle(Family::events));
  if (!whole) release();
  return whole;
}

void RocksStore::take(rocksdb::DB* database,
                      const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  database_.reset(database);
  std::copy(handles.begin(), handles.end(), handles_.begin());
  boundaries_.forget();
}

// As strict as for writing: what is shown must not be a part that looks like the whole.
Status RocksStore::open_for_reading() {
  if (auto listed = check_list(directory_); !listed) return listed;
  const RocksTuning tuning = tuning_of(options_);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const auto opened = rocksdb::DB::OpenForReadOnly(
      database_options(tuning, std::make_shared<WarningLog>(directory_)), directory_.string(),
      family_descriptors(tuning, cache_), &handles, &raw);
  if (!opened.ok()) return open_failed(directory_, opened);
  take(raw, handles);
  auto whole = check_blob_files(directory_, *database_, handle(Family::events));
  if (!whole) release();
  return whole;
}

RocksStore::~RocksStore() { (void)close(); }

void RocksStore::release() {
  if (!database_) return;
  // Handles first: RocksDB aborts the process if one outlives its database.
  for (rocksdb::ColumnFamilyHandle*& handle : handles_)
    database_->DestroyColumnFamilyHandle(std::exchange(handle, nullptr));
  (void)database_->Close();
  database_.reset();
}

Status RocksStore::close() {
  if (!database_) return {};
  Status outcome;
  if (!is_degraded()) {
    // An empty synced write makes all before it durable. (Not SyncWAL: up to RocksDB 7.9 it
    // confuses the record of log files that rocks_options.cpp asks for.)
    outcome = commit({}, Durability::synced);
    // An empty log makes the next start short.
    const std::vector<rocksdb::ColumnFamilyHandle*> all(handles_.begin(), handles_.end());
    if (outcome)
      outcome = checked(database_->Flush(rocksdb::FlushOptions(), all), "closing the store");
  }
  release();
  health_->report({Errc::degraded, "the store is closed"});
  return outcome;
}

Status RocksStore::check_space() const {
  std::error_code error;
  const auto space = fs::space(directory_, error);
  if (error || space.available >= options_.open_space_min) return {};
  return fail(Errc::disk_full,
              "only " + std::to_string(space.available >> 20) + " MiB are free on the disk of " +
                  directory_.string() + "; free some space, the store needs " +
                  std::to_string(options_.open_space_min >> 20) + " MiB to take writes");
}

Status RocksStore::reopen() {
  // While there is no space, what is open stays open: reads go on undisturbed.
  if (auto space = check_space(); !space) return space;
  release();
  if (auto opened = open_database(Recovery::strict); !opened) {
    health_->report(opened.error());
    (void)open_for_reading();  // reads fail with Errc::degraded if even this is not possible
    return opened;
  }
  return {};
}

bool RocksStore::is_degraded() const { return health_->is_degraded(); }

std::string RocksStore::degraded_reason() const {
  const auto reason = health_->reason();
  return reason ? reason->context : std::string();
}

Status RocksStore::commit(const std::vector<Write>& writes, Durability durability) {
  if (is_degraded())
    return fail(Errc::degraded,
                "writes are refused since an earlier failure: " + degraded_reason());
  std::size_t size = 64;
  for (const Write& write : writes)
    size += write.key.size() + (write.value ? write.value->size() : 0) + 16;
  rocksdb::WriteBatch batch(size);
  for (const Write& write : writes) {
    const auto staged =
        write.value ? batch.Put(handle(write.family), to_slice(write.key), to_slice(*write.value))
                    : batch.Delete(handle(write.family), to_slice(write.key));
    // Nothing has reached the disk yet, so the store itself is still sound.
    if (!staged.ok()) return checked(staged, "preparing a write");
  }
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::synced;
  const auto written = database_->Write(options, &batch);
  if (written.ok()) return {};
  const Error error = from_status(written, "writing to the store");
  health_->report(error);
  return tl::unexpected<Error>(error);
}

Status RocksStore::check_readable() const {
  if (!database_) return fail(Errc::degraded, "the store is not open: " + degraded_reason());
  return {};
}

// Not a reason to refuse writes, but for a person to know.
Status RocksStore::read_failed(const rocksdb::Status& status) const {
  Error error = from_status(status, "reading from the store");
  if (error.code == Errc::corrupt) health_->note_damage(error);
  return tl::unexpected<Error>(std::move(error));
}

std::string RocksStore::damage() const {
  const auto found = health_->damage();
  return found ? store_damaged(directory_, found->context).context : std::string();
}

Status RocksStore::verify() const {
  if (auto open = check_readable(); !open) return open;
  if (const auto sums = database_->VerifyChecksum(); !sums.ok()) return read_failed(sums);
  // Sorted files are whole; values in blob files are read one by one.
  return scan(Family::events, {}, {}, [](Bytes, Bytes) { return true; });
}

Result<std::optional<Buffer>> RocksStore::get(Family family, Bytes key) const {
  if (auto open = check_readable(); !open) return pass(open);
  rocksdb::PinnableSlice value;
  const auto found = database_->Get(rocksdb::ReadOptions(), handle(family), to_slice(key), &value);
  if (found.IsNotFound()) return std::optional<Buffer>();
  if (!found.ok()) return pass(read_failed(found));
  return std::optional<Buffer>(to_buffer(to_bytes(value)));
}

Status RocksStore::scan(Family family, Bytes from, Bytes to, const Visitor& visit) const {
  if (auto open = check_readable(); !open) return open;
  if (!to.empty() && !less(from, to)) return {};
  rocksdb::ReadOptions options;
  const rocksdb::Slice end = to_slice(to);
  if (!to.empty()) options.iterate_upper_bound = &end;
  // A long walk must not push out of the cache what every other read needs.
  options.fill_cache = family != Family::events;
  const auto [at, boundaries] = boundaries_.begin(*database_, family, handle(family), options);
  const rocksdb::Slice start = to_slice(from);
  auto boundary = std::upper_bound(
      boundaries->begin(), boundaries->end(), start,
      [](const rocksdb::Slice& key, const std::string& next) { return key.compare(next) < 0; });
  at->Seek(start);
  for (;;) {
    // Past the start of another file: enter it by a seek, which reports what a step would hide.
    while (at->status().ok() && boundary != boundaries->end() &&
           (!at->Valid() || at->key().compare(*boundary) >= 0)) {
      if (!to.empty() && end.compare(*boundary) <= 0) break;
      at->Seek(*boundary++);
    }
    if (!at->Valid()) return at->status().ok() ? Status() : read_failed(at->status());
    if (!visit(to_bytes(at->key()), to_bytes(at->value()))) return {};
    at->Next();
  }
}

Result<std::optional<StoreReader::Entry>> RocksStore::find_last(Family family, Bytes floor,
                                                                Bytes at) const {
  if (auto open = check_readable(); !open) return pass(open);
  rocksdb::ReadOptions options;
  const rocksdb::Slice lowest = to_slice(floor);
  if (!floor.empty()) options.iterate_lower_bound = &lowest;
  const std::unique_ptr<rocksdb::Iterator> found(database_->NewIterator(options, handle(family)));
  found->SeekForPrev(to_slice(at));
  if (found->Valid())
    return std::optional<Entry>(
        Entry{to_buffer(to_bytes(found->key())), to_buffer(to_bytes(found->value()))});
  if (!found->status().ok()) return pass(read_failed(found->status()));
  return std::optional<Entry>();
}

Result<std::uint64_t> RocksStore::size_on_disk() const { return directory_size(directory_); }

std::uint64_t RocksStore::memory_size() const {
  if (!database_) return 0;
  std::uint64_t total = cache_->GetUsage();
  std::uint64_t part = 0;
  if (database_->GetAggregatedIntProperty("rocksdb.cur-size-all-mem-tables", &part)) total += part;
  if (database_->GetAggregatedIntProperty("rocksdb.estimate-table-readers-mem", &part))
    total += part;
  return total;
}

}  // namespace syncline::storage
