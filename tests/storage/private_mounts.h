// SPDX-License-Identifier: Apache-2.0
//
// Small and read-only file systems for tests, seen by this process alone.
//
// Needs root or unprivileged user namespaces; without either a test says that it is
// skipped. Call before the first store is opened: RocksDB's threads must be inside too.
#pragma once

#include "storage/file_descriptor.h"

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace syncline::storage {

inline bool write_proc(const char* file, const std::string& text) {
  const FileDescriptor opened(::open(file, O_WRONLY | O_CLOEXEC));
  return opened.is_open() &&
         ::write(opened.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

inline bool enter_private_mounts() {
  static const bool entered = [] {
    const auto user = std::to_string(::getuid());
    const auto group = std::to_string(::getgid());
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
      if (!write_proc("/proc/self/setgroups", "deny") ||
          !write_proc("/proc/self/uid_map", user + " " + user + " 1") ||
          !write_proc("/proc/self/gid_map", group + " " + group + " 1"))
        return false;
    }
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  return entered;
}

// Unmounted with the process at the latest.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path at, const std::string& size) : at_(std::move(at)) {
    std::filesystem::create_directories(at_);
    mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", MS_NODEV | MS_NOSUID,
                       ("mode=0700,size=" + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return at_; }
  bool make_read_only() const {
    return ::mount("none", at_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY | MS_NODEV | MS_NOSUID,
                   nullptr) == 0;
  }

 private:
  std::filesystem::path at_;
  bool mounted_ = false;
};

}  // namespace syncline::storage
