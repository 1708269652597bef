// SPDX-License-Identifier: Apache-2.0
#include "agent/stretcher.h"

#include <utility>

namespace syncline::agent {

Stretcher::Stretcher(std::function<void()> notify)
    : notify_(std::move(notify)), thread_([this] { run(); }) {}

Stretcher::~Stretcher() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_one();
  thread_.join();
}

void Stretcher::start(step::StretchPassword work) {
  bool refused = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    refused = waiting_.size() >= queued_max;
    if (refused)
      results_.push_back({work.ticket, fail(Errc::busy, "other passwords are being checked")});
    else
      waiting_.push_back(std::move(work));
  }
  if (refused) return notify_();
  wake_.notify_one();
}

std::vector<step::Stretched> Stretcher::take_results() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(results_, {});
}

void Stretcher::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    step::StretchPassword work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    step::Stretched done{work.ticket,
                         crypto::stretch(work.password.view(), work.salt, work.params)};
    work.password.clear();
    lock.lock();
    results_.push_back(std::move(done));
    lock.unlock();
    notify_();
    lock.lock();
  }
}

}  // namespace syncline::agent
