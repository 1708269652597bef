// SPDX-License-Identifier: Apache-2.0
#include "ipc/socket_place.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace syncline::ipc {

namespace {

tl::unexpected<Error> system_failure(Errc code, const std::string& what) {
  return fail(code, what + ": " + system_error_text());
}

Result<OpenFile> open_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure(Errc::io, "cannot make the directory " + path);
  }
  OpenFile directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) {
    if (errno == ELOOP || errno == ENOTDIR) {
      return fail(Errc::forbidden,
                  path + " has to be a directory, and no symbolic link: remove it");
    }
    return system_failure(Errc::io, "cannot open the directory " + path);
  }
  struct stat facts {};
  if (::fstat(directory.get(), &facts) != 0) {
    return system_failure(Errc::io, "cannot look at the directory " + path);
  }
  if (facts.st_uid != ::geteuid()) {
    return fail(Errc::forbidden, "the directory " + path + " belongs to another user: remove it");
  }
  if ((facts.st_mode & 077U) != 0) {
    return fail(Errc::forbidden,
                "others can get at the directory " + path + ": run `chmod 700 " + path + "`");
  }
  return directory;
}

Result<OpenFile> take_lock(int directory, const std::string& name) {
  OpenFile lock(::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock.is_open()) return system_failure(Errc::io, "cannot open the lock file " + name);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return fail(Errc::busy, "another agent serves this socket: stop it first");
    }
    return system_failure(Errc::io, "cannot lock " + name);
  }
  return lock;
}

// Requires: the lock is held, so that nobody listens at a socket found here.
Status remove_stale(int directory, const std::string& name, const std::string& path) {
  struct stat facts {};
  if (::fstatat(directory, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return system_failure(Errc::io, "cannot look at " + path);
  }
  if (!S_ISSOCK(facts.st_mode)) {
    return fail(Errc::forbidden, path + " is in the way and is no socket: remove it");
  }
  if (::unlinkat(directory, name.c_str(), 0) != 0) {
    return system_failure(Errc::io, "cannot remove the old socket " + path);
  }
  return {};
}

}  // namespace

std::string system_error_text() { return std::strerror(errno); }

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

int OpenFile::release() { return std::exchange(fd_, -1); }

SocketPlace::SocketPlace(std::string path, OpenFile directory, OpenFile lock)
    : path_(std::move(path)),
      name_(path_.substr(path_.rfind('/') + 1)),
      directory_(std::move(directory)),
      lock_(std::move(lock)) {}

SocketPlace::SocketPlace(SocketPlace&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      directory_(std::move(other.directory_)),
      lock_(std::move(other.lock_)),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

SocketPlace::~SocketPlace() {
  struct stat facts {};
  if (inode_ == 0) return;
  if (::fstatat(directory_.get(), name_.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (facts.st_ino == inode_ && facts.st_dev == device_) {
    ::unlinkat(directory_.get(), name_.c_str(), 0);
  }
}

Result<SocketPlace> SocketPlace::claim(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (path.empty() || path[0] != '/' || slash + 1 == path.size() || slash == 0) {
    return fail(Errc::invalid,
                "the socket's path has to be absolute and inside a directory: " + path);
  }
  if (path.size() > socket_path_size_max) {
    return fail(Errc::invalid, "the socket's path is longer than " +
                                   std::to_string(socket_path_size_max) +
                                   " bytes: choose a shorter one than " + path);
  }
  Result<OpenFile> directory = open_directory(path.substr(0, slash));
  if (!directory) return pass(directory);
  const std::string name = path.substr(slash + 1);
  Result<OpenFile> lock = take_lock(directory->get(), name + ".lock");
  if (!lock) return pass(lock);
  if (Status removed = remove_stale(directory->get(), name, path); !removed) return pass(removed);
  return SocketPlace(path, std::move(*directory), std::move(*lock));
}

Result<OpenFile> SocketPlace::listen() {
  OpenFile socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return system_failure(Errc::io, "cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, socket_path_size_max);
  // The mode has to be right from the first moment: after bind() would be too late.
  const mode_t before = ::umask(0177);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int bind_errno = errno;
  ::umask(before);
  errno = bind_errno;
  if (bound != 0) return system_failure(Errc::io, "cannot make the socket " + path_);
  struct stat facts {};
  if (::fstatat(directory_.get(), name_.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISSOCK(facts.st_mode)) {
    return fail(Errc::forbidden, "the directory of " + path_ + " was exchanged meanwhile");
  }
  device_ = facts.st_dev;
  inode_ = facts.st_ino;
  if (::listen(socket.get(), SOMAXCONN) != 0) {
    return system_failure(Errc::io, "cannot listen at " + path_);
  }
  return socket;
}

}  // namespace syncline::ipc
