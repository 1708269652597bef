// SPDX-License-Identifier: Apache-2.0
//
//   phase  = the first 8 bytes of KDF(K, "phase") as u64, mod 86400 (seconds)
//   day    = floor((unix seconds + phase) / 86400), 0 to 2^32 - 1
//   record = Ed25519 from the seed KDF(K, "dht" ‖ day u32 ‖ device 16), sealed under
//            KDF(K, "rec" ‖ day u32 ‖ device 16)
//   relay  = Ed25519 from the seed KDF(K, "rel" ‖ day u32 ‖ device 16 ‖ name of the relay)
//   rendezvous id = H("rdv1" ‖ relay key), its first 16 bytes
#include "protocol/discovery/day_keys.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>
#include <limits>

namespace syncline::discovery {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t overlap_ms = 2 * 3'600'000;
constexpr std::int64_t last_day = std::numeric_limits<std::uint32_t>::max();
// No sum of a clock in this range and a phase overflows.
constexpr std::int64_t clock_max = (last_day + 1) * day_ms;

Buffer context_of(const DeviceDay& whose) {
  return wire::Writer().u32(whose.day.number).id(whose.device).take();
}

}  // namespace

DayClock DayClock::of(crypto::KeyView discovery) {
  const auto derived = crypto::derive<crypto::SubKey>(discovery, "phase");
  const std::uint64_t number = wire::Reader(derived.expose()).u64();
  return DayClock(static_cast<std::int64_t>(number % 86'400) * 1000);
}

Day DayClock::at(WallTime now) const {
  const std::int64_t shifted = std::clamp<std::int64_t>(now.unix_ms, 0, clock_max) + phase_ms_;
  return {static_cast<std::uint32_t>(std::min(shifted / day_ms, last_day))};
}

WallTime DayClock::begin_of(Day day) const { return {day.number * day_ms - phase_ms_}; }

std::vector<Day> DayClock::to_publish(WallTime now) const {
  const Day today = at(now);
  const std::int64_t end = begin_of(today).unix_ms + day_ms;
  if (today.number == last_day || now.unix_ms < end - overlap_ms) return {today};
  return {today, Day{today.number + 1}};
}

std::chrono::milliseconds DayClock::until_change(WallTime now) const {
  const std::int64_t clock = std::clamp<std::int64_t>(now.unix_ms, 0, clock_max);
  const Day today = at(now);
  if (today.number == last_day) return std::chrono::milliseconds(day_ms);
  const std::int64_t left = begin_of(today).unix_ms + day_ms - clock;
  return std::chrono::milliseconds(left > overlap_ms ? left - overlap_ms : left);
}

std::vector<Day> DayClock::to_read(WallTime now) const {
  const Day today = at(now);
  const bool is_early = now.unix_ms - begin_of(today).unix_ms < day_ms / 2;
  std::vector<Day> days{today};
  if (today.number > 0) days.push_back({today.number - 1});
  if (today.number < last_day) days.push_back({today.number + 1});
  if (!is_early && days.size() == 3) std::swap(days[1], days[2]);
  return days;
}

RecordKeys record_keys(crypto::KeyView discovery, const DeviceDay& whose) {
  const Buffer context = context_of(whose);
  return {
      whose.day,
      crypto::SigningKey::from_seed(crypto::derive<crypto::SigningSeed>(discovery, "dht", context)),
      crypto::derive<crypto::SubKey>(discovery, "rec", context)};
}

crypto::SigningKey relay_key(crypto::KeyView discovery, const DeviceDay& whose,
                             std::string_view relay) {
  Buffer context = context_of(whose);
  append(context, as_bytes(relay));
  return crypto::SigningKey::from_seed(
      crypto::derive<crypto::SigningSeed>(discovery, "rel", context));
}

RendezvousId rendezvous_id(const crypto::VerifyKey& relay_key) {
  return crypto::truncated<RendezvousId>(crypto::hash("rdv1", relay_key.view()));
}

}  // namespace syncline::discovery
