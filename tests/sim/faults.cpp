// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults.h"

#include <algorithm>

namespace syncline::sim {

namespace {

constexpr std::array<std::string_view, Faults::kinds> names = {
    "cut",       "stall", "partition", "one-way", "kill",     "power-cut", "restart",
    "disk-full", "clock", "lock",      "pause",   "password", "restore"};

// The ends of what clocks can say, and what people do to them.
constexpr std::int64_t year_1970 = 0;
constexpr std::int64_t year_2106 = 4'294'967'296'000;
constexpr std::int64_t exact_max = std::int64_t{1} << 53;  // the largest number JSON carries

}  // namespace

Faults::Options Faults::draw(SeededRandom& random) {
  Options options;
  const unsigned likely = static_cast<unsigned>(random.between(10, 70));
  for (bool& one : options.on) one = random.chance(likely);
  options.pause = random.spread(500ms, 20s);
  return options;
}

std::string Faults::describe(const Options& options) {
  std::string out;
  for (std::size_t i = 0; i < kinds; ++i)
    if (options.on[i]) out += (out.empty() ? "" : " ") + std::string(names[i]);
  return out.empty() ? "none" : out;
}

Faults::Faults(World& world, const Options& options)
    : world_(world), options_(options), random_(world.random().fork()) {}

void Faults::start() {
  if (std::ranges::none_of(options_.on, [](bool one) { return one; })) return;
  plan();
}

void Faults::plan() {
  world_.schedule().after(random_.between(options_.pause / 8, options_.pause * 2),
                          [this, shift = shift_] {
                            if (shift != shift_) return;
                            std::size_t kind = random_.below(kinds);
                            while (!options_.on[kind]) kind = (kind + 1) % kinds;
                            strike(static_cast<Kind>(kind));
                            plan();
                          });
}

std::optional<std::size_t> Faults::running() {
  std::vector<std::size_t> up;
  for (std::size_t i = 0; i < world_.size(); ++i)
    if (world_[i].is_up()) up.push_back(i);
  if (up.empty()) return std::nullopt;
  return up[random_.below(up.size())];
}

void Faults::strike(Kind kind) {
  ++count_;
  if (kind <= Kind::one_way) return strike_network(kind);
  const auto index = running();
  if (!index) return;
  if (kind <= Kind::restart) return strike_process(*index, kind);
  if (kind == Kind::restore) return restore(*index);
  strike_person(*index, kind);
}

// ---- the network -------------------------------------------------------------------------------

void Faults::strike_network(Kind kind) {
  Network& network = world_.network();
  const std::vector<std::size_t> streams = network.streams();
  if (kind == Kind::partition) {
    std::vector<unsigned> group_of(world_.size());
    for (unsigned& group : group_of) group = static_cast<unsigned>(random_.below(2));
    if (random_.chance(30)) group_of.clear();
    return network.partition(std::move(group_of));
  }
  if (kind == Kind::one_way) {
    if (random_.chance(30)) return network.heal();
    return network.refuse_dials(random_.below(world_.size()), random_.below(world_.size()));
  }
  if (streams.empty()) return;
  const std::size_t stream = streams[random_.below(streams.size())];
  if (kind == Kind::cut) return network.cut(stream);
  network.stall(stream);
  if (random_.chance(60))
    world_.schedule().after(random_.spread(100ms, 90s),
                            [this, stream] { world_.network().release(stream); });
}

// ---- processes and disks -----------------------------------------------------------------------

void Faults::restart_later(std::size_t index) {
  world_.schedule().after(random_.spread(10ms, 30s), [this, index, shift = shift_] {
    if (shift != shift_ || world_[index].is_up()) return;
    world_[index].start();
    unlock_later(index, random_.spread(10ms, 20s));
  });
}

void Faults::strike_process(std::size_t index, Kind kind) {
  Device& device = world_[index];
  const Death death = kind == Kind::kill ? Death::killed : Death::power_cut;
  if (kind == Kind::restart) {
    device.stop();
  } else if (random_.chance(50)) {
    device.die(death);
  } else {
    // It dies in some later group; until then it is up, and the world looks after it.
    device.die_at(random_.between(1, 6), random_.below(6), death);
    world_.schedule().after(5s, [this, index, shift = shift_, run = device.starts()] {
      if (shift != shift_ || world_[index].starts() != run) return;
      world_[index].die(Death::killed);
      restart_later(index);
    });
    return;
  }
  if (random_.chance(25)) backups_.insert_or_assign(index, device.back_up());
  restart_later(index);
}

void Faults::restore(std::size_t index) {
  const auto found = backups_.find(index);
  if (found == backups_.end()) {
    backups_.emplace(index, world_[index].back_up());
    return;
  }
  world_[index].die(Death::killed);
  world_[index].restore(found->second, AnchorAfterRestore::newest);
  backups_.erase(found);
  restart_later(index);
}

// ---- people ------------------------------------------------------------------------------------

void Faults::strike_person(std::size_t index, Kind kind) {
  Device& device = world_[index];
  const auto ignore = [](const Result<step::Answer>&) {};
  switch (kind) {
    case Kind::disk_full:
      device.fill_disk(random_.below(10));
      world_.schedule().after(random_.spread(100ms, 40s),
                              [this, index] { world_[index].empty_disk(); });
      return;
    case Kind::clock: {
      const std::int64_t now = device.now().wall.unix_ms;
      const std::int64_t day = 86'400'000;
      const std::int64_t choices[] = {year_1970, year_2106, exact_max,
                                      now + day, now - day, now + 365 * day};
      return device.set_clock(choices[random_.below(std::size(choices))]);
    }
    case Kind::lock:
      device.ask(step::VaultLock{}, ignore);
      return unlock_later(index, random_.spread(100ms, 60s));
    case Kind::pause: {
      const auto direction = static_cast<step::SyncDirection>(random_.below(3));
      device.ask(step::SyncPause{direction}, ignore);
      world_.schedule().after(random_.spread(1s, 30s), [this, index, ignore] {
        world_[index].ask(step::SyncResume{}, ignore);
      });
      return;
    }
    case Kind::password: {
      step::VaultPasswd change;
      const std::vector<std::string> known = world_.passwords();
      change.old_password = step::SecretText(
          known[known.size() - 1 - random_.below(std::min<std::size_t>(known.size(), 2))]);
      if (known.size() < 6) change.new_password = world_.new_password();
      device.ask(std::move(change), ignore);
      return;
    }
    default: return;
  }
}

void Faults::unlock_later(std::size_t index, Duration wait) {
  world_.schedule().after(wait, [this, index, shift = shift_] {
    if (shift == shift_ && world_[index].is_up()) try_unlock(index, 0);
  });
}

// A change of the password may arrive between two tries, so one round proves nothing.
void Faults::try_unlock(std::size_t index, std::size_t nth) {
  const std::vector<std::string> known = world_.passwords();
  if (nth >= known.size()) return unlock_later(index, random_.spread(100ms, 10s));
  step::VaultUnlock unlock;
  unlock.password = step::SecretText(known[known.size() - 1 - nth]);
  world_[index].ask(std::move(unlock), [this, index, nth](const Result<step::Answer>& answer) {
    if (!answer && answer.error().code == Errc::wrong_password) try_unlock(index, nth + 1);
  });
}

// ---- the end of it -----------------------------------------------------------------------------

void Faults::heal() {
  ++shift_;
  world_.network().heal();
  for (std::size_t i = 0; i < world_.size(); ++i) {
    Device& device = world_[i];
    device.empty_disk();
    device.cancel_death();
    if (!device.is_up()) device.start();
  }
  // Long enough for a store to be reopened.
  world_.run(35s);
  for (std::size_t i = 0; i < world_.size() && world_.verdict().is_good(); ++i) {
    world_[i].set_clock(1'760'000'000'000);
    if (!world_.unlock(i)) world_.verdict().fail("d" + std::to_string(i) + " cannot be unlocked");
    (void)world_.call(i, step::SyncResume{}).has_value();
    world_[i].ask(step::SyncNow{}, [](const Result<step::Answer>&) {});
  }
}

}  // namespace syncline::sim
