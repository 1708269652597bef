// SPDX-License-Identifier: Apache-2.0
//
// World: some devices, the network between them, and virtual time; all of it from one seed.
//
// Here is what scenarios are written with: make a vault, pair, call, wait. A scenario that
// goes wrong shows in verdict(); after that time stands still.
#pragma once

#include "tests/sim/device.h"

#include <memory>
#include <vector>

namespace syncline::sim {

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::size_t devices = 2;
    Trace::Output output = Trace::Output::none;
    ShellOrder order = ShellOrder::persist_then_speak;
  };
  explicit World(const Options& options);

  Device& operator[](std::size_t index) { return *devices_[index]; }
  std::size_t size() const { return devices_.size(); }
  SeededRandom& random() { return random_; }
  Schedule& schedule() { return schedule_; }
  Network& network() { return network_; }
  Watch& watch() { return watch_; }
  Promises& promises() { return promises_; }
  Verdict& verdict() { return verdict_; }
  Trace& trace() { return trace_; }
  Instant now() const { return schedule_.now(); }
  std::uint64_t steps() const;

  // One more device, not running yet.
  Device& add_device();

  // ---- time
  void run(Duration how_long);
  // Until `done`, at most for `how_long`. Whether it came to that.
  bool run_until(const std::function<bool()>& done, Duration how_long);

  // ---- doing
  // One command to its answer; Errc::timeout after two minutes.
  Result<step::Answer> call(std::size_t index, step::Command command);
  template <class T>
  T get(std::size_t index, step::Command command);
  void make_vault(std::size_t index);
  // Through the real flow: invite, join with the code, confirm. False if it did not end well.
  bool pair(std::size_t inviter, std::size_t joiner);
  // Starts what is not running, makes a vault on the first device, and each invites the next.
  void set_up();

  // ---- passwords: any of these may open a vault, whoever heard of the newest change
  step::SecretText new_password();
  std::vector<std::string> passwords() const { return passwords_; }
  // Tries the newest first. False if none opens it.
  bool unlock(std::size_t index);

 private:
  void forget_salts(std::size_t index);

  SeededRandom random_;
  Schedule schedule_;
  Verdict verdict_;
  Trace trace_;
  Watch watch_;
  Promises promises_;
  Network network_;
  ShellOrder order_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::string> passwords_;
};

template <class T>
T World::get(std::size_t index, step::Command command) {
  Result<step::Answer> answer = call(index, std::move(command));
  if (answer && std::holds_alternative<T>(*answer)) return std::get<T>(std::move(*answer));
  verdict_.fail("d" + std::to_string(index) + " refuses: " +
                (answer ? std::string("another kind of answer") : answer.error().context));
  return T{};
}

}  // namespace syncline::sim
