// SPDX-License-Identifier: Apache-2.0
#include "agent/address_watch.h"

#include <algorithm>
#include <cstring>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace syncline::agent {
namespace {

int open_route_socket() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return -1;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  sockaddr_storage any{};
  std::memcpy(&any, &address, sizeof address);
  // The socket interface takes every kind of address by the same pointer type.
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

AddressWatch::AddressWatch(asio::io_context& io, std::function<void()> changed)
    : descriptor_(io), timer_(io), changed_(std::move(changed)) {
  const int fd = open_route_socket();
  if (fd < 0) return;
  descriptor_.assign(fd);
  read_next();
}

AddressWatch::~AddressWatch() {
  ErrorCode ignored;
  descriptor_.close(ignored);
  timer_.cancel();
}

void AddressWatch::read_next() {
  descriptor_.async_read_some(asio::buffer(scratch_), [this](ErrorCode error, std::size_t) {
    if (error == asio::error::operation_aborted) return;
    // Too many at once (ENOBUFS) is a change, too.
    note_change();
    if (!error || error == asio::error::no_buffer_space) return read_next();
    ErrorCode ignored;
    descriptor_.close(ignored);
  });
}

void AddressWatch::note_change() {
  const auto now = std::chrono::steady_clock::now();
  if (!first_) first_ = now;
  timer_.expires_at(std::min(now + pause, *first_ + longest));
  timer_.async_wait([this](ErrorCode error) {
    if (error) return;
    first_.reset();
    changed_();
  });
}

}  // namespace syncline::agent
