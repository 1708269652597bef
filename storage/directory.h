// SPDX-License-Identifier: Apache-2.0
//
// Directory: a private directory and the small files directly in it.
//
// Files are replaced whole: a reader sees the old content or the new one, also after a
// power cut. Everything goes through the directory's descriptor, so a path that is
// swapped behind our back changes nothing. Not for large or growing files.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "storage/file_descriptor.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace syncline::storage {

class Directory {
 public:
  // Refuses, with the next step: a symbolic link, another owner, access for group or others,
  // a directory its owner cannot write to.
  static Result<Directory> open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_.get(); }

  // Nothing if there is no such file. Errc::oversized above `size_max`, Errc::forbidden if anyone
  // else could read or write it, or if it is not a regular file.
  Result<std::optional<Buffer>> read(std::string_view name, std::size_t size_max) const;
  // On disk when it returns; mode 0600. Requires: `name` is a plain file name.
  Status write(std::string_view name, Bytes content) const;
  // No error if it was not there.
  Status remove(std::string_view name) const;

 private:
  Directory(std::filesystem::path path, FileDescriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}
  Status write_new(const std::string& name, Bytes content) const;
  std::string full(std::string_view name) const { return (path_ / name).string(); }

  std::filesystem::path path_;
  FileDescriptor descriptor_;
};

// The reason for a failed system call, with what was tried and the system's own words.
tl::unexpected<Error> from_errno(int error, const std::string& doing);

// Mode 0700; missing parents are made the same way. No error if it is there already.
Status make_private_directory(const std::filesystem::path& path);
// Renames, replacing an empty directory, and makes the new name durable.
Status move_directory(const std::filesystem::path& from, const std::filesystem::path& to);
// Each under the other's name, at one stroke, and durable; both on the same file system.
Status exchange_directories(const std::filesystem::path& a, const std::filesystem::path& b);
Status sync_directory(const std::filesystem::path& path);
// Of all files below; files that vanish meanwhile count as nothing.
Result<std::uint64_t> directory_size(const std::filesystem::path& path);

}  // namespace syncline::storage
