// SPDX-License-Identifier: Apache-2.0
#include "storage/salvage.h"

#include "storage/directory.h"
#include "storage/rebuild.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

// Each copy may be as large as the store; a person who needs a tenth has another problem.
constexpr int damaged_copies_max = 9;

Result<fs::path> free_copy_name(const fs::path& directory) {
  for (int n = 1; n <= damaged_copies_max; ++n) {
    fs::path name = directory;
    name += ".damaged-" + std::to_string(n);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(name, error))) return name;
  }
  return fail(Errc::limit, "there are already " + std::to_string(damaged_copies_max) +
                               " damaged copies beside " + directory.string() +
                               "; remove those you do not need");
}

Status sync_file(const fs::path& file) {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) return from_errno(errno, "opening " + file.string());
  if (::fsync(opened.get()) != 0) return from_errno(errno, "syncing " + file.string());
  return {};
}

Status copy_one(const fs::path& from, const fs::path& to) {
  // RocksDB never changes these two once written, so a second name is as good as a copy and needs
  // no space.
  std::error_code error;
  if (from.extension() == ".sst" || from.extension() == ".blob") {
    fs::create_hard_link(from, to, error);
    if (!error) return {};
  }
  fs::copy_file(from, to, error);
  if (error) return from_errno(error.value(), "copying " + from.string() + " to " + to.string());
  return sync_file(to);
}

Status copy_all(const fs::path& from, const fs::path& to) {
  if (auto made = make_private_directory(to); !made) return made;
  std::error_code error;
  fs::directory_iterator at(from, error);
  while (!error && at != fs::directory_iterator()) {
    if (at->is_regular_file(error) && at->path().filename() != "LOCK")
      if (auto copied = copy_one(at->path(), to / at->path().filename()); !copied) return copied;
    if (!error) at.increment(error);
  }
  if (error) return from_errno(error.value(), "looking into " + from.string());
  return sync_directory(to);
}

// Under its final name only once it is complete.
Status copy_aside(const fs::path& directory, const fs::path& copy) {
  fs::path partial = directory;
  partial += ".damaged-partial";
  std::error_code error;
  fs::remove_all(partial, error);
  if (auto copied = copy_all(directory, partial); !copied) {
    fs::remove_all(partial, error);
    return copied;
  }
  return move_directory(partial, copy);
}

}  // namespace

Result<Salvaged> open_salvage(const fs::path& directory, const RocksStore::Options& options,
                              const Mend& mend) {
  auto copy = free_copy_name(directory);
  if (!copy) return pass(copy);
  if (auto copied = copy_aside(directory, *copy); !copied) return pass(copied);
  auto truncated = RocksStore::open_truncating(directory, options);
  // Opening looks at the beginning of a sorted file only.
  if (truncated)
    if (auto whole = (*truncated)->verify(); !whole) truncated = pass(whole);
  if (truncated) return Salvaged{std::move(*truncated), std::move(*copy), SalvageMethod::truncated};
  if (truncated.error().code != Errc::corrupt) return pass(truncated);
  if (auto rebuilt = rebuild_store(directory, options, mend); !rebuilt) return pass(rebuilt);
  auto opened = RocksStore::open(directory, options);
  if (!opened) return pass(opened);
  return Salvaged{std::move(*opened), std::move(*copy), SalvageMethod::rebuilt};
}

}  // namespace syncline::storage
