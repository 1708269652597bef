// SPDX-License-Identifier: Apache-2.0
#include "storage/rebuild.h"

#include "storage/blob_value.h"
#include "storage/directory.h"
#include "storage/rocks_options.h"
#include "storage/rocks_slice.h"
#include "storage/rocks_status.h"
#include "storage/warning_log.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/debug.h>
#include <rocksdb/write_batch.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

// RocksDB's marks of how a version of a key was written; its format keeps them for ever.
constexpr int type_value = 0x01;
constexpr int type_blob_index = 0x11;

// A page of keys with their small values: 4 MiB at most. Large ones are added one by one.
constexpr std::size_t keys_per_page = 256;
constexpr std::size_t batch_size_max = std::size_t{4} << 20;

// Log files keep their order but get numbers that no fresh store has used yet.
constexpr std::uint64_t log_number_shift = 1'000'000;

enum class Use { read, replay, write };

std::vector<rocksdb::ColumnFamilyDescriptor> families(const RocksTuning& tuning, Use use) {
  auto made = family_descriptors(tuning, rocksdb::NewLRUCache(tuning.cache_size));
  // A merge would drop the removals that the logs hold and that are still to be applied.
  for (auto& family : made) family.options.disable_auto_compactions = use == Use::replay;
  return made;
}

// An open database with its families, closed in the right order.
class RawStore {
 public:
  static Result<std::unique_ptr<RawStore>> open(const fs::path& directory,
                                                const RocksTuning& tuning, Use use) {
    rocksdb::DBOptions options = database_options(tuning, std::make_shared<WarningLog>(directory));
    options.create_missing_column_families = true;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    auto made = std::make_unique<RawStore>();
    rocksdb::DB* raw = nullptr;
    const std::string path = directory.string();
    auto wanted = families(tuning, use);
    if (use == Use::read) {
      // Families that were never written out are not known to a repaired store.
      std::vector<std::string> known;
      const auto listed = rocksdb::DB::ListColumnFamilies(options, path, &known);
      if (!listed.ok()) return tl::unexpected<Error>(from_status(listed, "looking into " + path));
      std::erase_if(wanted, [&](const auto& family) {
        return std::find(known.begin(), known.end(), family.name) == known.end();
      });
    }
    const auto opened =
        use == Use::read
            ? rocksdb::DB::OpenForReadOnly(options, path, wanted, &made->handles_, &raw)
            : rocksdb::DB::Open(options, path, wanted, &made->handles_, &raw);
    if (!opened.ok()) return tl::unexpected<Error>(from_status(opened, "opening " + path));
    made->database_.reset(raw);
    return made;
  }
  ~RawStore() {
    if (!database_) return;
    for (rocksdb::ColumnFamilyHandle* handle : handles_)
      database_->DestroyColumnFamilyHandle(handle);
    (void)database_->Close();
  }

  rocksdb::DB& database() { return *database_; }
  // Null if the store does not know the family.
  rocksdb::ColumnFamilyHandle* handle(Family family) {
    for (rocksdb::ColumnFamilyHandle* handle : handles_)
      if (handle->GetName() == name_of(family)) return handle;
    return nullptr;
  }

  // The newest version of every key, removals included, a page at a time. Requires: every sorted
  // file can be read to its end, as after a repair; RocksDB's listing reports no error in between.
  using Visit = std::function<Status(const std::vector<rocksdb::KeyVersion>& newest)>;
  Status visit_versions(Family family, const Visit& visit) {
    if (handle(family) == nullptr) return {};
    const std::string end(128, '\xff');  // no key is as long
    std::string begin;
    for (;;) {
      std::vector<rocksdb::KeyVersion> page;
      const auto listed = rocksdb::GetAllKeyVersions(database_.get(), handle(family), begin, end,
                                                     keys_per_page, &page);
      if (!listed.ok()) return checked(listed, "listing a store");
      if (page.empty()) return {};
      begin = page.back().user_key + std::string(1, '\0');
      // Versions of one key follow each other, newest first.
      std::vector<rocksdb::KeyVersion> newest;
      for (rocksdb::KeyVersion& version : page)
        if (newest.empty() || newest.back().user_key != version.user_key)
          newest.push_back(std::move(version));
      if (auto visited = visit(newest); !visited) return visited;
    }
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

// Everything is made in here, beside the store, which stays as it is until the last step.
struct Workshop {
  explicit Workshop(const fs::path& store) : place(store.string() + ".rebuild") {}

  fs::path place;
  fs::path files = place / "files";
  fs::path logs = place / "logs";
  fs::path rebuilt = place / "store";
};

Status copy_log(const fs::path& log, const fs::path& to) {
  const std::uint64_t number = std::strtoull(log.stem().c_str(), nullptr, 10);
  char name[32];
  std::snprintf(name, sizeof name, "%06llu.log",
                static_cast<unsigned long long>(number + log_number_shift));
  std::error_code error;
  fs::copy_file(log, to / name, error);
  if (error) return from_errno(error.value(), "copying " + log.string());
  return {};
}

// Sorted files go to one place, as second names of the same files; logs to another, as copies.
Status sort_files(const fs::path& from, const Workshop& workshop) {
  if (auto made = make_private_directory(workshop.files); !made) return made;
  std::error_code error;
  fs::directory_iterator at(from, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const fs::path& file = at->path();
    if (file.extension() == ".log")
      if (auto copied = copy_log(file, workshop.logs); !copied) return copied;
    if (file.extension() != ".sst") continue;
    fs::create_hard_link(file, workshop.files / file.filename(), error);
    if (error) fs::copy_file(file, workshop.files / file.filename(), error);
    if (error) break;
  }
  if (error) return from_errno(error.value(), "sorting the files of " + from.string());
  return {};
}

Status repair(const fs::path& files, const RocksTuning& tuning) {
  return checked(rocksdb::RepairDB(files.string(),
                                   database_options(tuning, std::make_shared<WarningLog>(files)),
                                   families(tuning, Use::read)),
                 "rebuilding the store from the files in " + files.string());
}

// Writes to one family, a few MiB at a time.
class Filling {
 public:
  Filling(RawStore& store, Family family) : store_(store), handle_(store.handle(family)) {}

  Status put(const std::string& key, const rocksdb::Slice& value) {
    batch_.Put(handle_, key, value);
    return batch_.GetDataSize() < batch_size_max ? Status() : flush();
  }
  Status remove(const std::string& key) {
    batch_.Delete(handle_, key);
    return {};
  }
  Status flush() {
    const auto written = store_.database().Write(rocksdb::WriteOptions(), &batch_);
    batch_.Clear();
    return checked(written, "writing the rebuilt store");
  }

 private:
  RawStore& store_;
  rocksdb::ColumnFamilyHandle* handle_;
  rocksdb::WriteBatch batch_;
};

// What the sorted files hold, and where they point to a blob file in `original`, what is there.
Status copy_files(RawStore& from, Filling& to, Family family, const fs::path& original) {
  return from.visit_versions(family, [&](const std::vector<rocksdb::KeyVersion>& newest) {
    Status copied;
    for (const rocksdb::KeyVersion& version : newest) {
      if (!copied) return copied;
      if (version.type == type_value) {
        copied = to.put(version.user_key, version.value);
      } else if (version.type == type_blob_index) {
        const auto value =
            find_blob_value(original, as_bytes(version.user_key), as_bytes(version.value));
        if (value) copied = to.put(version.user_key, to_slice(*value));
      }
    }
    return copied ? to.flush() : copied;
  });
}

// What the logs say is newer than anything in a sorted file, or the same.
Status apply_logs(RawStore& from, Filling& to, Family family) {
  return from.visit_versions(family, [&](const std::vector<rocksdb::KeyVersion>& newest) {
    Status applied;
    for (const rocksdb::KeyVersion& version : newest) {
      if (!applied) return applied;
      if (version.type == type_value) {
        applied = to.put(version.user_key, version.value);
      } else if (version.type == type_blob_index) {
        std::string value;
        const auto read = from.database().Get(rocksdb::ReadOptions(), from.handle(family),
                                              version.user_key, &value);
        applied = checked(read, "reading from the logs");
        if (applied) applied = to.put(version.user_key, value);
      } else {
        applied = to.remove(version.user_key);
      }
    }
    return applied ? to.flush() : applied;
  });
}

Status fill(const Workshop& workshop, const fs::path& original, const RocksTuning& tuning) {
  auto sorted = RawStore::open(workshop.files, tuning, Use::read);
  if (!sorted) return pass(sorted);
  auto replayed = RawStore::open(workshop.logs, tuning, Use::replay);
  if (!replayed) return pass(replayed);
  auto to = RawStore::open(workshop.rebuilt, tuning, Use::write);
  if (!to) return pass(to);
  for (std::size_t i = 0; i < family_count; ++i) {
    const auto family = static_cast<Family>(i);
    Filling filling(**to, family);
    if (auto copied = copy_files(**sorted, filling, family, original); !copied) return copied;
    if (auto applied = apply_logs(**replayed, filling, family); !applied) return applied;
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  rocksdb::WriteBatch nothing;
  return checked((*to)->database().Write(synced, &nothing), "syncing the rebuilt store");
}

Status mend_rebuilt(const fs::path& directory, const RocksStore::Options& options,
                    const Mend& mend) {
  auto store = RocksStore::open(directory, options);
  if (!store) return pass(store);
  if (auto mended = mend(**store); !mended) return mended;
  return (*store)->close();
}

Status make_fresh(const fs::path& directory, const RocksStore::Options& options) {
  auto store = RocksStore::open(directory, options);
  if (!store) return pass(store);
  return (*store)->close();
}

}  // namespace

// RocksDB's repair alone is not enough: it knows a family by its sorted files only, drops the logs
// of all others and all blob files, and the result refuses every merge of a file that once named a
// blob file. So it only makes the files readable, and a fresh store is filled from them and from
// the logs.
Status rebuild_store(const fs::path& directory, const RocksStore::Options& options,
                     const Mend& mend) {
  const RocksTuning tuning{.write_buffer_size = options.write_buffer_size,
                           .cache_size = options.cache_size};
  const Workshop workshop(directory);
  std::error_code ignored;
  fs::remove_all(workshop.place, ignored);
  if (auto made = make_private_directory(workshop.place); !made) return made;
  if (auto made = make_fresh(workshop.logs, options); !made) return made;
  if (auto made = make_fresh(workshop.rebuilt, options); !made) return made;
  if (auto sorted = sort_files(directory, workshop); !sorted) return sorted;
  if (auto repaired = repair(workshop.files, tuning); !repaired) return repaired;
  if (auto filled = fill(workshop, directory, tuning); !filled) return filled;
  if (auto mended = mend_rebuilt(workshop.rebuilt, options, mend); !mended) return mended;
  if (auto exchanged = exchange_directories(workshop.rebuilt, directory); !exchanged)
    return exchanged;
  fs::remove_all(workshop.place, ignored);
  return {};
}

}  // namespace syncline::storage
