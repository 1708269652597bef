// SPDX-License-Identifier: Apache-2.0
//
// Stretcher: runs password hashing on a thread of its own.
//
// One hash at a time, since each takes hundreds of megabytes, and two more may wait;
// whoever comes then is told Errc::busy. `notify` is called on that thread when results
// are there to be taken.
#pragma once

#include "protocol/step/step.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace syncline::agent {

class Stretcher {
 public:
  static constexpr std::size_t queued_max = 2;

  explicit Stretcher(std::function<void()> notify);
  // Waits for the hash that is running and forgets the others.
  ~Stretcher();
  Stretcher(const Stretcher&) = delete;
  Stretcher& operator=(const Stretcher&) = delete;

  void start(step::StretchPassword work);
  std::vector<step::Stretched> take_results();

 private:
  void run();

  std::function<void()> notify_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<step::StretchPassword> waiting_;
  std::vector<step::Stretched> results_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace syncline::agent
