// SPDX-License-Identifier: Apache-2.0
//
// Workload: what people and their programs do with simulated devices.
//
// Writes every kind of container, reads before it writes as programs do, settles conflicts,
// deletes, subscribes. A refusal that a caller can cause or that a fault explains is fine;
// anything else fails the run. One entity, the ledger, only ever grows: what was acknowledged
// there has to be there in the end, on every device.
#pragma once

#include "tests/sim/world.h"

#include <map>
#include <memory>
#include <set>

namespace syncline::sim {

class Workload {
 public:
  struct Options {
    Duration pause =
        std::chrono::milliseconds(400);  // between two actions of one device, on average
    unsigned deletions = 3;              // percent of actions
    unsigned buffered = 15;  // percent of ledger writes that only ask for local_buffered
    unsigned waiting = 10;   // percent that wait for other devices
  };
  Workload(World& world, const Options& options);

  // Makes the ledger on device 0. Requires: it is unlocked.
  void begin();
  // Every device acts by itself from now on, until stop().
  void start();
  void stop() { ++shift_; }
  // One action of a device, now.
  void act(std::size_t index);
  // A line in the ledger, and a promise once it is acknowledged.
  void write_ledger(std::size_t index, step::Wait wait) { write_ledger(index, wait, {}); }
  // The same, and in the same event a field that others write, too.
  void contend(std::size_t index, const std::string& field);

  const EntityId& ledger() const { return ledger_; }
  // Everything that some device said it has created.
  const std::set<EntityId>& entities() const { return entities_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Subscription {
    std::uint64_t start = 0;  // of the device: subscriptions end with their run
    std::uint64_t sub = 0;
    bool polling = false;
  };

  void plan(std::size_t index);
  void write_ledger(std::size_t index, step::Wait wait, std::vector<step::EditOp> more);
  void create(std::size_t index);
  void edit(std::size_t index);
  void remove(std::size_t index);
  void resolve(std::size_t index);
  void follow(std::size_t index);
  void poll(std::size_t index);
  void read(std::size_t index);
  std::optional<EntityId> pick();
  std::vector<step::EditOp> edits_of(const step::EntityAnswer& seen);
  void promise(std::size_t index, const step::WrittenAnswer& answer, std::string marker,
               step::Wait wait);
  void check_durable_elsewhere(std::size_t index, const Promise& promise, step::Wait wait);
  bool accept(std::size_t index, const Result<step::Answer>& answer);

  World& world_;
  Options options_;
  SeededRandom random_;
  EntityId ledger_;
  SpaceId home_;
  std::set<EntityId> entities_;
  std::map<std::size_t, Subscription> subscriptions_;
  std::uint64_t shift_ = 0;
  std::uint64_t next_ = 1;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
};

// Ops that fit a document of the shape all workloads use, as it was seen.
std::vector<step::EditOp> random_edits(SeededRandom& random, const step::EntityAnswer& seen,
                                       std::uint64_t number);

}  // namespace syncline::sim
