// SPDX-License-Identifier: Apache-2.0
//
// AddressWatch: tells when this computer's addresses or networks may have changed.
//
// The kernel says so (rtnetlink(7)); what has changed is for whoever asks. Several changes in a
// row, as when a cable is plugged in, are told once they pause.
#pragma once

#include "agent/asio.h"

#include <array>
#include <functional>

#include <boost/asio/posix/stream_descriptor.hpp>

namespace syncline::agent {

class AddressWatch {
 public:
  static constexpr auto pause = std::chrono::milliseconds(50);
  // Of a series without a pause.
  static constexpr auto longest = std::chrono::milliseconds(500);

  AddressWatch(asio::io_context& io, std::function<void()> changed);
  ~AddressWatch();
  AddressWatch(const AddressWatch&) = delete;
  AddressWatch& operator=(const AddressWatch&) = delete;

  // False where the kernel does not tell: then somebody has to look now and then.
  bool works() const { return descriptor_.is_open(); }

 private:
  void read_next();
  void note_change();

  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer timer_;
  std::function<void()> changed_;
  std::array<char, 8192> scratch_{};
  std::optional<std::chrono::steady_clock::time_point> first_;
};

}  // namespace syncline::agent
