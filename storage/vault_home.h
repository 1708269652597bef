// SPDX-License-Identifier: Apache-2.0
//
// VaultHome: the one directory an agent owns, and the lock that says so.
//
//   store/            the event log and all state (rocks_store.h)
//   anchor.0 .1       what the store is checked against (anchor_file.h)
//   device.key        this device's secrets, in the format of the folder that owns them
//   lock              held while an agent runs; holds its process id
//   store.damaged-N/  kept by a salvage, removed by the person
//
// It knows names and permissions, not contents. Hold it as long as the store is open.
#pragma once

#include "storage/directory.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace syncline::storage {

class VaultHome {
 public:
  // Small files are keys and settings; anything larger is not ours.
  static constexpr std::size_t file_size_max = 64 * 1024;
  static constexpr std::string_view device_key_file = "device.key";

  // Creates the directory (0700) if it is missing, and takes the lock. Errc::busy names the process
  // of the agent that has it; every refusal names its next step.
  static Result<VaultHome> open(const std::filesystem::path& path);

  // $SYNCLINE_HOME, else $XDG_DATA_HOME/syncline, else ~/.local/share/syncline.
  static Result<std::filesystem::path> default_path();

  const Directory& directory() const { return directory_; }
  std::filesystem::path store_path() const { return directory_.path() / "store"; }

  Result<std::optional<Buffer>> read_file(std::string_view name) const {
    return directory_.read(name, file_size_max);
  }
  // Replaces the file whole; durable when it returns. Errc::oversized above file_size_max.
  Status write_file(std::string_view name, Bytes content) const;
  Status remove_file(std::string_view name) const { return directory_.remove(name); }

 private:
  VaultHome(Directory directory, FileDescriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  Directory directory_;
  FileDescriptor lock_;
};

}  // namespace syncline::storage
