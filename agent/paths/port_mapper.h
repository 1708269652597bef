// SPDX-License-Identifier: Apache-2.0
//
// PortMapper: keeps one port of the router open for this device, as long as it is wanted.
//
// A thread of its own asks by NAT-PMP, then by UPnP, renews at half of the lease, tries again where
// nobody answered, and takes back what it made when it ends or is not wanted any more. What it
// exposes: the router passes connections from everywhere on to the port that this device listens
// on, where only devices of the vault get an answer.
#pragma once

#include "agent/paths/gateway.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace syncline::agent {

class PortMapper {
 public:
  struct State {
    std::optional<std::string> address;  // "host:port", as others dial it
    std::string sentence;                // how it is, for people

    bool operator==(const State&) const = default;
  };
  using Find = Result<std::unique_ptr<Gateway>> (*)(const std::atomic<bool>& stopping);

  // `changed` is called on the mapper's thread, whenever the state is another one.
  explicit PortMapper(std::function<void(const State&)> changed,
                      std::vector<Find> finds = {find_natpmp, find_upnp});
  // Takes the mapping back. A router that does not answer costs a few seconds.
  ~PortMapper();
  PortMapper(const PortMapper&) = delete;
  PortMapper& operator=(const PortMapper&) = delete;

  // The port to be mapped; 0: none.
  void want(std::uint16_t port);
  // Another network: maybe another router.
  void look_again();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto retry = std::chrono::minutes(10);

  void run();
  // Outside of the lock. Gives when to come back.
  Clock::time_point work(std::uint16_t port, bool is_new_network);
  Result<MappedPort> map(std::uint16_t port);
  void take_back();
  void tell(State state);

  std::function<void(const State&)> changed_;
  std::vector<Find> finds_;

  // Of the thread alone.
  std::unique_ptr<Gateway> gateway_;
  std::uint16_t mapped_ = 0, outside_ = 0;
  State told_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::uint16_t wanted_ = 0;
  bool is_due_ = false, is_new_network_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace syncline::agent
