// SPDX-License-Identifier: Apache-2.0
#include "agent/paths/port_mapper.h"

#include <utility>

namespace syncline::agent {

PortMapper::PortMapper(std::function<void(const State&)> changed, std::vector<Find> finds)
    : changed_(std::move(changed)), finds_(std::move(finds)), thread_([this] { run(); }) {}

PortMapper::~PortMapper() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void PortMapper::want(std::uint16_t port) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (wanted_ == port) return;
    wanted_ = port;
    is_due_ = true;
  }
  wake_.notify_one();
}

void PortMapper::look_again() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_due_ = is_new_network_ = true;
  }
  wake_.notify_one();
}

void PortMapper::run() {
  Clock::time_point next = Clock::time_point::max();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const auto is_due = [this] { return is_due_ || stopping_.load(); };
    if (next == Clock::time_point::max())
      wake_.wait(lock, is_due);
    else
      wake_.wait_until(lock, next, is_due);
    if (stopping_) break;
    is_due_ = false;
    const bool is_new_network = std::exchange(is_new_network_, false);
    const std::uint16_t port = wanted_;
    lock.unlock();
    next = work(port, is_new_network);
    lock.lock();
  }
  lock.unlock();
  stopping_ = false;  // what was made is still to be taken back
  take_back();
}

auto PortMapper::work(std::uint16_t port, bool is_new_network) -> Clock::time_point {
  if (is_new_network || port != mapped_) take_back();
  if (is_new_network) gateway_.reset();
  if (port == 0) {
    tell({std::nullopt, "no port is to be reached from outside"});
    return Clock::time_point::max();
  }
  const auto made = map(port);
  if (!made) {
    mapped_ = 0;
    tell({std::nullopt, "no router here opens a port (" + made.error().context + ")"});
    return Clock::now() + retry;
  }
  mapped_ = port;
  outside_ = made->port;
  const std::string address = made->host + ":" + std::to_string(made->port);
  tell({address, std::string("the router passes ") + address + " on to this device (" +
                     gateway_->protocol() + ")"});
  return Clock::now() + std::max(made->lifetime / 2, std::chrono::seconds(30));
}

Result<MappedPort> PortMapper::map(std::uint16_t port) {
  if (gateway_) {
    auto again = gateway_->map(port, outside_);
    if (again) return again;
    gateway_.reset();
  }
  std::string why;
  for (const Find find : finds_) {
    if (stopping_) break;
    auto found = find(stopping_);
    auto made = found ? (*found)->map(port, outside_) : Result<MappedPort>(pass(found));
    if (made) {
      gateway_ = std::move(*found);
      return made;
    }
    why += (why.empty() ? "" : "; ") + made.error().context;
  }
  return fail(Errc::not_found, why);
}

void PortMapper::take_back() {
  if (mapped_ != 0 && gateway_) gateway_->unmap(mapped_, outside_);
  mapped_ = outside_ = 0;
}

void PortMapper::tell(State state) {
  if (state == told_) return;
  told_ = state;
  changed_(state);
}

}  // namespace syncline::agent
