// SPDX-License-Identifier: Apache-2.0
#include "storage/vault_home.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

constexpr const char* lock_name = "lock";

// Empty if the file holds no number: the other agent may be about to write it.
std::string process_in(int descriptor) {
  char text[16];
  const ssize_t got = ::pread(descriptor, text, sizeof text, 0);
  std::string digits;
  for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; ++i) digits += text[i];
  return digits;
}

tl::unexpected<Error> taken(const Directory& home, int descriptor) {
  const std::string process = process_in(descriptor);
  return fail(Errc::busy, "another agent" + (process.empty() ? "" : " (pid " + process + ")") +
                              " is already running on this home, " + home.path().string() +
                              "; stop it first, or set SYNCLINE_HOME to another directory");
}

Result<FileDescriptor> take_lock(const Directory& home) {
  FileDescriptor lock(::openat(home.descriptor(), lock_name,
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  const std::string name = (home.path() / lock_name).string();
  if (!lock.is_open()) return from_errno(errno, "opening " + name);
  struct stat about {};
  if (::fstat(lock.get(), &about) != 0) return from_errno(errno, "looking at " + name);
  if (!S_ISREG(about.st_mode)) return fail(Errc::forbidden, name + " is not a file; remove it");
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return taken(home, lock.get());
    if (errno != EINTR) return from_errno(errno, "locking " + name);
  }
  // For the message of a second agent only; the lock is what counts, so a full disk is no obstacle.
  const std::string process = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) == 0)
    (void)!::pwrite(lock.get(), process.data(), process.size(), 0);
  return lock;
}

}  // namespace

Result<VaultHome> VaultHome::open(const fs::path& path) {
  if (path.empty() || !path.is_absolute())
    return fail(Errc::invalid,
                "the home of the agent must be an absolute path, not \"" + path.string() + "\"");
  if (auto made = make_private_directory(path); !made) return pass(made);
  auto directory = Directory::open(path);
  if (!directory) return pass(directory);
  auto lock = take_lock(*directory);
  if (!lock) return pass(lock);
  return VaultHome(std::move(*directory), std::move(*lock));
}

Result<fs::path> VaultHome::default_path() {
  if (const char* home = std::getenv("SYNCLINE_HOME"); home != nullptr && *home != '\0')
    return fs::path(home);
  // The base directory specification: a relative path there is to be ignored.
  if (const char* base = std::getenv("XDG_DATA_HOME"); base != nullptr && *base == '/')
    return fs::path(base) / "syncline";
  if (const char* user = std::getenv("HOME"); user != nullptr && *user == '/')
    return fs::path(user) / ".local" / "share" / "syncline";
  return fail(Errc::invalid,
              "neither SYNCLINE_HOME nor HOME is set; set SYNCLINE_HOME to the "
              "directory the agent keeps its vault in");
}

Status VaultHome::write_file(std::string_view name, Bytes content) const {
  if (content.size() > file_size_max)
    return fail(Errc::oversized, std::string(name) + " would be larger than " +
                                     std::to_string(file_size_max) + " bytes");
  return directory_.write(name, content);
}

}  // namespace syncline::storage
