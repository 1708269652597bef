// SPDX-License-Identifier: Apache-2.0
//
// Rows of Family::devices, by device id 16:
//   | 'w' -> 01 | epoch 16 | change v                       watermark
//   | 'h' -> 01 | n v | (log 16 | seq v | head 8)*n          what it holds
//   | 'r' -> receipt                                         its newest receipt
// Family::meta: "epoch" -> store epoch 16
#include "protocol/sync/replicator_state.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::sync {

namespace {
Buffer device_key(const DeviceId& device, char kind) {
  Buffer key = to_buffer(device.view());
  key.push_back(static_cast<std::uint8_t>(kind));
  return key;
}

void read_watermark(OtherDevice& device, Bytes value) {
  wire::Reader in(value);
  in.u8();
  const auto epoch = in.id<StoreEpoch>();
  const std::uint64_t change = in.varint();
  if (!in.ok()) return;  // forgetting it costs one full exchange
  device.epoch = epoch;
  device.change = change;
}

void read_held(OtherDevice& device, Bytes value) {
  wire::Reader in(value);
  in.u8();
  const std::uint64_t count = in.varint(limits::logs_per_space_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto log = in.id<LogId>();
    Held held;
    held.seq = in.varint(log::seq_max);
    held.head = in.id<ShortHash>();
    if (in.ok()) device.held[log] = held;
  }
}
}  // namespace

Status load_mine(State& state, const StoreReader& reader) {
  state.mine.clear();
  state.frozen.clear();
  return log::scan_heads(reader, [&](const LogId& log, const log::HeadRecord& head) {
    if (head.frozen) state.frozen.insert(log);
    state.mine[log] = {head.origin.space, head.seq(), head.head.at.hash, head.frozen};
    return true;
  });
}

Status load_spaces(State& state, const StoreReader& reader) {
  const auto roster = space::load_vault_roster(reader, state.setup.vault);
  if (!roster) return pass(roster);
  state.spaces = {state.setup.vault};
  for (const auto& [place, add] : roster->spaces()) state.spaces.insert(add.space);
  for (const auto& [device, admit] : roster->devices())
    if (device != state.setup.self) state.devices.try_emplace(device);
  return {};
}

Status load_devices(State& state, const StoreReader& reader) {
  for (auto& [id, device] : state.devices) {
    const auto watermark = reader.get(Family::devices, device_key(id, 'w'));
    const auto held = reader.get(Family::devices, device_key(id, 'h'));
    const auto receipt = reader.get(Family::devices, device_key(id, 'r'));
    if (!watermark) return pass(watermark);
    if (!held) return pass(held);
    if (!receipt) return pass(receipt);
    if (*watermark) read_watermark(device, **watermark);
    if (*held) read_held(device, **held);
    if (*receipt)
      if (auto decoded = decode_receipt(**receipt)) device.receipt = std::move(*decoded);
  }
  return {};
}

void write_down(log::Draft& draft, const DeviceId& id, OtherDevice& device) {
  wire::Writer watermark;
  watermark.u8(1).id(device.epoch).varint(device.change);
  draft.put(Family::devices, device_key(id, 'w'), watermark.take());
  wire::Writer held;
  held.u8(1).varint(device.held.size());
  for (const auto& [log, row] : device.held) held.id(log).varint(row.seq).id(row.head);
  draft.put(Family::devices, device_key(id, 'h'), held.take());
  if (device.receipt) draft.put(Family::devices, device_key(id, 'r'), encode(*device.receipt));
  device.dirty = false;
}

Result<Digest> total_digest(const State& state, const StoreReader& reader) {
  Digest sum;
  for (const SpaceId& space : state.spaces) {
    const auto rows = log::rows_of(reader, space);
    if (!rows) return pass(rows);
    sum = log::sum_add(sum, rows->sum);
    // Rosters count too: a device that lacks a record is not level.
    const auto roster = space::find_roster(reader, space);
    if (!roster) return pass(roster);
    if (*roster) sum = log::sum_add(sum, (*roster)->digest);
  }
  // SPEC Y10: how much of a frozen log a device holds can never be made equal.
  for (const LogId& log : state.frozen) {
    const Mine& mine = state.mine.at(log);
    if (mine.seq > 0) sum = log::sum_subtract(sum, log::row_hash(log, {mine.seq, mine.hash}));
  }
  return sum;
}

std::optional<Mark> mark_of(const StoreReader& reader, const SpaceId& space) {
  const auto roster = space::find_roster(reader, space);
  if (!roster || !*roster) return std::nullopt;
  return Mark{(*roster)->count, short_hash((*roster)->digest)};
}

// A log of this store has a new head: everybody is to be told.
void grew(State& state, const LogId& log, const log::Position& head) {
  Mine& mine = state.mine[log];
  mine.seq = head.seq;
  mine.hash = head.hash;
  state.changed.insert(log);
  state.stale_receipt = true;
  for (auto& [id, link] : state.links) link.announce.insert(log);
}

}  // namespace syncline::sync
