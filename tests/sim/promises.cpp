// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/promises.h"

namespace syncline::sim {

namespace {

bool holds(const Heads& heads, const Promise& promise) {
  const auto found = heads.find(promise.log);
  return found != heads.end() && found->second.seq >= promise.at.seq;
}

std::string name_of(const Promise& promise) {
  return "event " + std::to_string(promise.at.seq) + " of log " + promise.log.hex().substr(0, 8) +
         " (d" + std::to_string(promise.author) + " " + promise.marker + ")";
}

}  // namespace

void Promises::power_cut(std::size_t author, const Watch& watch) {
  for (Promise& promise : promises_)
    if (promise.author == author && promise.durability == Durability::buffered &&
        !holds(watch.durable(author), promise))
      promise.void_now = true;
}

void Promises::restored(std::size_t device, const Watch& watch) {
  for (Promise& promise : promises_) {
    promise.with_others |= promise.author == device && !holds(watch.durable(device), promise);
    bool held = false;
    for (std::size_t i = 0; i < watch.devices(); ++i)
      held = held || holds(watch.durable(i), promise);
    promise.void_now = promise.void_now || !held;
  }
}

void Promises::check_store(std::size_t author, const StoreReader& store) {
  log::ChainHashes hashes;
  for (const Promise& promise : promises_) {
    if (promise.author != author || promise.void_now || promise.with_others) continue;
    const auto hash = hashes.at(store, promise.log, promise.at.seq);
    if (!hash)
      return verdict_.fail("I1: after a start d" + std::to_string(author) + " lacks " +
                           sim::name_of(promise));
    if (*hash != promise.at.hash)
      return verdict_.fail("I1: d" + std::to_string(author) + " wrote another " +
                           sim::name_of(promise));
  }
}

void Promises::check_everywhere(const Watch& watch, const std::set<LogId>& frozen) {
  for (const Promise& promise : promises_)
    for (std::size_t i = 0; i < watch.devices(); ++i)
      if (!promise.void_now && !frozen.contains(promise.log) && !holds(watch.stored(i), promise))
        return verdict_.fail("I1: in the end d" + std::to_string(i) + " lacks " +
                             sim::name_of(promise));
}

}  // namespace syncline::sim
