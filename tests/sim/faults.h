// SPDX-License-Identifier: Apache-2.0
//
// Faults: what the world does to devices, as each run draws it.
//
// Every seed draws which kinds of faults there are at all, and how often. heal() ends all of
// them: whatever is wrong after that is not the world's fault any more.
#pragma once

#include "tests/sim/world.h"

#include <map>
#include <optional>
#include <string>

namespace syncline::sim {

class Faults {
 public:
  enum class Kind : std::uint8_t {
    cut,        // a stream ends, what is under way is lost
    stall,      // a stream stops moving and nobody is told
    partition,  // groups that cannot reach each other
    one_way,    // dials in one direction are refused
    kill,       // a process ends, also between a commit and its effects
    power_cut,  // and what was not synced is gone
    restart,    // in good order
    disk_full,  // commits fail for a while
    clock,      // the clock on the wall jumps
    lock,       // the vault is locked for a while
    pause,      // somebody stops sending or receiving for a while
    password,   // somebody changes the password
    restore,    // a backup is put in place of the store, the anchor stays
  };
  static constexpr std::size_t kinds = 13;

  struct Options {
    std::array<bool, kinds> on{};
    Duration pause = std::chrono::seconds(5);  // between two faults, on average
  };
  static Options draw(SeededRandom& random);
  static std::string describe(const Options& options);

  Faults(World& world, const Options& options);
  void start();
  // Everything runs, is unlocked, reachable and knows what time it is.
  void heal();
  std::uint64_t count() const { return count_; }

 private:
  void plan();
  void strike(Kind kind);
  void strike_network(Kind kind);
  void strike_process(std::size_t index, Kind kind);
  void strike_person(std::size_t index, Kind kind);
  void restart_later(std::size_t index);
  void unlock_later(std::size_t index, Duration wait);
  // Asks until a password opens it, while the fault phase lasts.
  void try_unlock(std::size_t index, std::size_t nth);
  void restore(std::size_t index);
  std::optional<std::size_t> running();

  World& world_;
  Options options_;
  SeededRandom random_;
  std::map<std::size_t, Backup> backups_;
  std::uint64_t shift_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace syncline::sim
