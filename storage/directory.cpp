// SPDX-License-Identifier: Apache-2.0
#include "storage/directory.h"

#include "protocol/base/check.h"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

namespace syncline::storage {

namespace fs = std::filesystem;

tl::unexpected<Error> from_errno(int error, const std::string& doing) {
  const std::string context = doing + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT: return fail(Errc::disk_full, context + "; free some space");
    case EACCES:
    case EPERM: return fail(Errc::forbidden, context + "; check owner and permissions");
    case EROFS: return fail(Errc::forbidden, context + "; make it writable or use another place");
    case ELOOP: return fail(Errc::forbidden, context + "; symbolic links are not followed here");
    default: return fail(Errc::io, context);
  }
}

namespace {

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// A name that stays in its directory and is no temporary of ours.
bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Status check_private(const struct stat& about, const std::string& what) {
  if (about.st_uid != ::geteuid())
    return fail(Errc::forbidden, what + " belongs to user " + std::to_string(about.st_uid) +
                                     ", not to you (" + std::to_string(::geteuid()) +
                                     "); run as its owner or change the owner");
  if ((about.st_mode & 077) != 0)
    return fail(Errc::forbidden, what + " can be reached by other users (mode " +
                                     octal(about.st_mode) + "); run `chmod go= " + what + "`");
  return {};
}

Status write_all(int descriptor, Bytes content, const std::string& what) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_errno(errno, "writing " + what);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<Buffer> read_all(int descriptor, std::size_t size_max, const std::string& what) {
  Buffer content;
  std::uint8_t part[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(descriptor, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return from_errno(errno, "reading " + what);
    if (got == 0) return content;
    append(content, {part, static_cast<std::size_t>(got)});
    if (content.size() > size_max)
      return fail(Errc::oversized, what + " is larger than " + std::to_string(size_max) +
                                       " bytes; it was not written by Syncline");
  }
}

}  // namespace

Result<Directory> Directory::open(const fs::path& path) {
  FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open()) {
    const int error = errno;
    struct stat about {};
    // O_DIRECTORY reports a link as "not a directory"; say what it really is.
    if (::lstat(path.c_str(), &about) == 0 && S_ISLNK(about.st_mode))
      return fail(Errc::forbidden,
                  path.string() + " is a symbolic link; name the directory it leads to");
    return from_errno(error, "opening the directory " + path.string());
  }
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) return from_errno(errno, "looking at " + path.string());
  if (auto is_private = check_private(about, path.string()); !is_private) return pass(is_private);
  // Asked of the mode as well, because root may write in any directory.
  if ((about.st_mode & 0300) != 0300)
    return fail(Errc::forbidden, path.string() + " cannot be written by its owner (mode " +
                                     octal(about.st_mode) + "); run `chmod u+rwx " + path.string() +
                                     "`");
  if (::faccessat(opened.get(), ".", W_OK | X_OK, AT_EACCESS) != 0)
    return from_errno(errno, "writing in " + path.string());
  return Directory(path, std::move(opened));
}

Result<std::optional<Buffer>> Directory::read(std::string_view name, std::size_t size_max) const {
  SYNCLINE_CHECK(is_plain(name));
  const std::string file(name);
  // Not blocking: somebody may have put a pipe there.
  const FileDescriptor opened(
      ::openat(descriptor_.get(), file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!opened.is_open()) {
    if (errno == ENOENT) return std::optional<Buffer>();
    return from_errno(errno, "opening " + full(name));
  }
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) return from_errno(errno, "looking at " + full(name));
  if (!S_ISREG(about.st_mode))
    return fail(Errc::forbidden, full(name) + " is not a regular file; remove it");
  if (auto is_private = check_private(about, full(name)); !is_private) return pass(is_private);
  auto content = read_all(opened.get(), size_max, full(name));
  if (!content) return pass(content);
  return std::optional<Buffer>(std::move(*content));
}

Status Directory::write_new(const std::string& name, Bytes content) const {
  const FileDescriptor opened(::openat(descriptor_.get(), name.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!opened.is_open()) return from_errno(errno, "creating " + full(name));
  if (auto written = write_all(opened.get(), content, full(name)); !written) return written;
  if (::fsync(opened.get()) != 0) return from_errno(errno, "syncing " + full(name));
  return {};
}

Status Directory::write(std::string_view name, Bytes content) const {
  SYNCLINE_CHECK(is_plain(name));
  const std::string file(name);
  const std::string temporary = file + ".tmp";
  // Left over from a crash, or a link put there to lead us astray.
  if (::unlinkat(descriptor_.get(), temporary.c_str(), 0) != 0 && errno != ENOENT)
    return from_errno(errno, "removing " + full(temporary));
  if (auto written = write_new(temporary, content); !written) {
    ::unlinkat(descriptor_.get(), temporary.c_str(), 0);
    return written;
  }
  if (::renameat(descriptor_.get(), temporary.c_str(), descriptor_.get(), file.c_str()) != 0)
    return from_errno(errno, "replacing " + full(name));
  if (::fsync(descriptor_.get()) != 0) return from_errno(errno, "syncing " + path_.string());
  return {};
}

Status Directory::remove(std::string_view name) const {
  SYNCLINE_CHECK(is_plain(name));
  const std::string file(name);
  if (::unlinkat(descriptor_.get(), file.c_str(), 0) != 0) {
    if (errno == ENOENT) return {};
    return from_errno(errno, "removing " + full(name));
  }
  if (::fsync(descriptor_.get()) != 0) return from_errno(errno, "syncing " + path_.string());
  return {};
}

Status make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    return sync_directory(parent);
  }
  if (errno == EEXIST) return {};
  if (errno != ENOENT || !path.has_parent_path() || path.parent_path() == path)
    return from_errno(errno, "creating the directory " + path.string());
  if (auto made = make_private_directory(path.parent_path()); !made) return made;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return from_errno(errno, "creating the directory " + path.string());
  return sync_directory(path.parent_path());
}

Status sync_directory(const fs::path& path) {
  const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return from_errno(errno, "opening the directory " + path.string());
  if (::fsync(opened.get()) != 0) return from_errno(errno, "syncing " + path.string());
  return {};
}

namespace {

Status sync_parent(const fs::path& path) {
  return sync_directory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace

Status move_directory(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return from_errno(errno, "moving " + from.string() + " to " + to.string());
  return sync_parent(to);
}

Status exchange_directories(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0)
    return from_errno(errno, "exchanging " + a.string() + " and " + b.string());
  if (auto synced = sync_parent(a); !synced) return synced;
  return sync_parent(b);
}

Result<std::uint64_t> directory_size(const fs::path& path) {
  std::error_code error;
  fs::recursive_directory_iterator at(path, error);
  if (error) return fail(Errc::io, "looking into " + path.string() + ": " + error.message());
  std::uint64_t total = 0;
  while (at != fs::recursive_directory_iterator()) {
    std::error_code vanished;
    if (at->is_regular_file(vanished)) {
      const auto size = at->file_size(vanished);
      if (!vanished) total += size;
    }
    at.increment(error);
    if (error) return fail(Errc::io, "looking into " + path.string() + ": " + error.message());
  }
  return total;
}

}  // namespace syncline::storage
