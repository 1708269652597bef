// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/sweep.h"

#include "tests/sim/checks.h"
#include "tests/sim/faults.h"

namespace syncline::sim {

namespace {

// A run does about this much, whatever the seed draws.
constexpr std::uint64_t steps_max = 4000;
constexpr auto settle_max = std::chrono::minutes(6);

struct Setting {
  std::size_t devices = 2;
  Weather weather;
  Workload::Options work;
  Faults::Options faults;
  Duration length{};
};

Setting draw(SeededRandom& random) {
  Setting setting;
  setting.devices = random.chance(60) ? random.between(2, 4) : random.between(5, 8);
  setting.weather.latency_min = random.spread(100us, 100ms);
  setting.weather.latency_max =
      setting.weather.latency_min * static_cast<int>(random.between(1, 20));
  if (random.chance(50)) setting.weather.jitter = random.spread(10us, 200ms);
  if (random.chance(20)) setting.weather.bytes_per_second = random.between(20'000, 2'000'000);
  if (random.chance(40)) setting.weather.pieces_max = random.between(2, 5);
  setting.work.pause = random.spread(100ms, 20s);
  setting.work.deletions = static_cast<unsigned>(random.below(8));
  setting.work.buffered = static_cast<unsigned>(random.below(40));
  setting.work.waiting = static_cast<unsigned>(random.below(30));
  setting.faults = Faults::draw(random);
  setting.length = random.spread(30s, 1200s);
  return setting;
}

std::string describe(const Setting& setting) {
  const auto ms = [](Duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(d).count() / 1000) +
           " ms";
  };
  return std::to_string(setting.devices) + " devices, latency " + ms(setting.weather.latency_min) +
         " to " + ms(setting.weather.latency_max) + ", an action each " + ms(setting.work.pause) +
         ", a fault each " + ms(setting.faults.pause) + ": " + Faults::describe(setting.faults);
}

// Faults, with safety checks between slices of time.
void disturb(World& world, Workload& workload, Faults& faults, const Setting& setting) {
  workload.start();
  faults.start();
  const std::uint64_t before = world.steps();
  const Instant until = world.now() + setting.length;
  std::size_t slice = 0;
  while (world.verdict().is_good() && world.now() < until && world.steps() - before < steps_max) {
    world.run(setting.length / 40);
    if (++slice % 8 == 0) check_same_frontier(world, workload.entities());
  }
  workload.stop();
}

bool is_level(World& world) {
  if (!all_heads_equal(world)) return false;
  for (std::size_t i = 0; i < world.size(); ++i) {
    const auto answer = world[i].ask_now(step::SystemStatus{});
    if (!answer) return false;
    const auto& status = std::get<step::StatusAnswer>(*answer);
    if (status.to_merge > 0 || status.only_here > 0) return false;
    for (const step::DeviceStatus& other : status.devices)
      if (!other.level && !other.links.empty()) return false;
  }
  return true;
}

// Without faults everything ends the same, everywhere, within bounded time.
void settle(World& world, Workload& workload) {
  const Instant until = world.now() + settle_max;
  const auto goes_on = [&] {
    return world.verdict().is_good() && world.now() < until && !is_level(world);
  };
  do {
    while (goes_on()) world.run(2s);
    // Whatever waited for something is answered or has given up by then. A second link between two
    // devices may have taken the place of the first.
    if (world.verdict().is_good()) world.run(3s);
  } while (goes_on());
  if (world.verdict().is_good()) check_end(world, workload);
}

// Two and two, then everybody alone, all write the same field; then they meet. Some have seen what
// they replace and some have not; of some logs a device lacks the last event only, and nothing is
// written afterwards that would bring it along.
void part_and_meet(World& world, Workload& workload) {
  Network& network = world.network();
  const auto sync_all = [&] {
    for (std::size_t i = 0; i < world.size(); ++i)
      world[i].ask(step::SyncNow{}, [](const Result<step::Answer>&) {});
  };
  for (const unsigned together : {2U, 1U}) {
    std::vector<unsigned> group_of(world.size());
    for (unsigned i = 0; i < group_of.size(); ++i) group_of[i] = i / together;
    network.partition(std::move(group_of));
    for (const std::size_t stream : network.streams()) network.cut(stream);
    sync_all();
    world.run(5s);
    for (std::size_t i = 0; i < world.size(); ++i) {
      workload.contend(i, together == 1 ? "alone" : "by two");
      world.run(1s);
    }
  }
  network.heal();
  sync_all();
  settle(world, workload);
}

}  // namespace

RunReport run_seed(const RunOptions& options) {
  SeededRandom random(options.seed);
  Setting setting = draw(random);
  bool& restores = setting.faults.on[static_cast<std::size_t>(Faults::Kind::restore)];
  restores = restores && options.restores;
  World world({.seed = random.next(),
               .devices = setting.devices,
               .output = options.output,
               .order = options.order});
  world.set_up();
  Workload workload(world, setting.work);
  Faults faults(world, setting.faults);
  if (world.verdict().is_good()) workload.begin();
  world.run(2s);
  world.network().set_weather(setting.weather);
  if (world.verdict().is_good()) disturb(world, workload, faults, setting);
  if (world.verdict().is_good()) {
    faults.heal();
    settle(world, workload);
  }
  if (world.verdict().is_good()) part_and_meet(world, workload);
  return {world.verdict().failure(),
          describe(setting),
          world.steps(),
          world.trace().hash(),
          workload.acknowledged(),
          faults.count(),
          std::chrono::duration<double>(world.now().since_start).count()};
}

}  // namespace syncline::sim
