// SPDX-License-Identifier: Apache-2.0
//
// Socket place: the path of a Unix socket that only this user can reach.
//
// Claiming checks the directory, takes a lock beside the socket, and removes a socket that a
// dead agent left; the lock, held until the end, is what makes that removal safe. Who may
// connect to the socket is looked at again for every connection, by the server.
#pragma once

#include "protocol/base/result.h"

#include <string>

#include <sys/types.h>

namespace syncline::ipc {

// An open file, closed at the end.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(other.release()) {}
  OpenFile& operator=(OpenFile&& other) noexcept;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release();

 private:
  int fd_ = -1;
};

class SocketPlace {
 public:
  // The directory is made if it is missing, its parent is not.
  // `forbidden` if others could get at the directory or the path is taken by something else,
  // `busy` while another agent serves it, `invalid` for a path no Unix socket can have.
  static Result<SocketPlace> claim(const std::string& path);

  SocketPlace(SocketPlace&& other) noexcept;
  SocketPlace& operator=(SocketPlace&&) = delete;
  SocketPlace(const SocketPlace&) = delete;
  SocketPlace& operator=(const SocketPlace&) = delete;
  // Removes the socket if it is still the one that listen() made.
  ~SocketPlace();

  // Makes the socket, mode 0600. Changes the process's umask for a moment: call it before
  // other threads make files.
  Result<OpenFile> listen();

 private:
  SocketPlace(std::string path, OpenFile directory, OpenFile lock);

  std::string path_;
  std::string name_;  // of the socket in its directory
  OpenFile directory_;
  OpenFile lock_;
  dev_t device_ = 0;  // of the socket that listen() made
  ino_t inode_ = 0;
};

// The longest path that fits into a socket's address.
inline constexpr std::size_t socket_path_size_max = 107;

// "No such file or directory"; of the present errno.
std::string system_error_text();

}  // namespace syncline::ipc
