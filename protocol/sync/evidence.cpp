// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/proof.h"
#include "protocol/sync/replicator_state.h"

#include <algorithm>

namespace syncline::sync {

namespace {

using session::Channel;

template <class Message>
void send(LinkState& link, MessageType type, const Message& message) {
  // Evidence that finds no room is shown again on the next link.
  (void)link.outlet->send(Channel::control, static_cast<std::uint8_t>(type), encode(message))
      .has_value();
}

Status take_proof(State& state, const log::Proof& proof, log::Draft& draft) {
  const LogId log = log::log_id_of(proof.origin);
  const auto mine = state.mine.find(log);
  if (mine == state.mine.end() || mine->second.frozen) return {};
  const Status frozen = log::freeze(draft, proof);
  if (!frozen) return frozen;
  spread_proof(state, log, draft);
  return {};
}

}  // namespace

// ---- heads and proofs ------------------------------------------------------------------------

void show_head(State&, LinkState& link, const LogId& log, const StoreReader& reader) {
  const auto record = log::find_head(reader, log);
  if (record && *record && (*record)->seq() > 0)
    send(link, MessageType::head, Head{log, (*record)->head});
}

Status handle_head_wanted(State& state, LinkState& link, Bytes body, const StoreReader& reader) {
  const auto wanted = decode_head_wanted(body);
  if (!wanted) return pass(wanted);
  show_head(state, link, wanted->log, reader);
  return {};
}

Status handle_head(State& state, LinkState&, Bytes body, log::Draft& draft) {
  const auto shown = decode_head(body);
  if (!shown) return pass(shown);
  if (!state.mine.contains(shown->log)) return {};
  const auto proof = log::prove_against(draft, shown->log, shown->head);
  if (!proof) return pass(proof);
  if (!*proof) return {};
  return take_proof(state, **proof, draft);
}

Status handle_proof(State& state, LinkState&, Bytes body, log::Draft& draft) {
  const auto message = decode_proof_message(body);
  if (!message) return pass(message);
  const auto proof = log::decode_proof(message->proof);
  if (!proof) return pass(proof);
  const LogId log = log::log_id_of(proof->origin);
  if (!state.mine.contains(log)) return {};
  const Status valid = log::verify_proof(*proof);
  if (!valid) return valid;
  return take_proof(state, *proof, draft);
}

void spread_proof(State& state, const LogId& log, const StoreReader& reader) {
  const auto proof = log::find_proof(reader, log);
  if (!proof || !*proof) return;
  if (auto mine = state.mine.find(log); mine != state.mine.end() && !mine->second.frozen) {
    mine->second.frozen = true;
    state.frozen.insert(log);
    state.stale_receipt = true;
    state.news.frozen.push_back(log);
    // Two histories of a log of this very device: whoever is right, it must not go on here.
    if (state.own_logs.contains(log)) state.news.doubts.push_back({log, (*proof)->head});
  }
  const Buffer encoded = log::encode_proof(**proof);
  for (auto& [id, link] : state.links) {
    link.wanted.erase(log);
    send(link, MessageType::proof, ProofMessage{encoded});
  }
}

void send_proofs(State& state, LinkState& link, const StoreReader& reader) {
  for (const LogId& log : state.frozen) {
    const auto proof = log::find_proof(reader, log);
    if (proof && *proof) send(link, MessageType::proof, ProofMessage{log::encode_proof(**proof)});
  }
}

// ---- receipts ----------------------------------------------------------------------------------

void apply_receipt(OtherDevice& device, const Receipt& receipt) {
  for (const Row& row : receipt.rows) {
    Held& held = device.held[row.log];
    if (held.seq < row.seq) held = {row.seq, row.head};
  }
}

Status handle_receipt(State& state, LinkState& link, Bytes body, log::Draft& draft) {
  auto receipt = decode_receipt(body);
  if (!receipt) return pass(receipt);
  if (receipt->vault != state.setup.vault)
    return fail(Errc::forbidden, "a receipt of another vault");
  if (receipt->device == state.setup.self) return {};
  const auto found = state.devices.find(receipt->device);
  if (found == state.devices.end()) return {};  // its device_admit record is still to come
  OtherDevice& device = found->second;
  const bool newer = !device.receipt || device.receipt->epoch != receipt->epoch ||
                     device.receipt->change < receipt->change;
  if (!newer || (device.receipt && device.receipt->at > receipt->at)) return {};
  const auto roster = space::load_vault_roster(draft, state.setup.vault);
  if (!roster) return pass(roster);
  const auto admit = roster->devices().find(receipt->device);
  if (admit == roster->devices().end()) return {};
  if (!crypto::verify(admit->second.cert.sign_key, signed_part(*receipt), receipt->signature))
    return fail(Errc::bad_signature, "a receipt that its device did not sign");
  apply_receipt(device, *receipt);
  device.receipt = std::move(*receipt);
  device.dirty = true;
  for (auto& [id, other] : state.links)
    if (other.link != link.link && is_live(other) && other.device != device.receipt->device)
      send(other, MessageType::receipt, *device.receipt);
  return {};
}

// What this device durably holds, signed: made when things are quiet, at most every two seconds.
Status make_receipt(State& state, log::Draft& draft, Now now) {
  if (state.receipt_key == nullptr || state.links.empty() || !state.pulls.empty()) return {};
  if (state.receipt_at && *state.receipt_at + receipt_interval > now.instant) return {};
  const auto digest = total_digest(state, draft);
  if (!digest) return pass(digest);
  if (state.receipt_digest == *digest) {
    state.stale_receipt = false;
    return {};
  }
  const auto change = log::last_change(draft);
  if (!change) return pass(change);
  Receipt receipt{state.setup.vault, state.setup.self, state.epoch, *change,
                  now.wall,          *digest,          {},          {}};
  for (const auto& [log, mine] : state.mine) {
    if (mine.seq == 0) continue;
    if (receipt.rows.size() == receipt_rows_max) break;
    receipt.rows.push_back({log, mine.seq, short_hash(mine.hash)});
  }
  const Buffer to_sign = signed_part(receipt);
  receipt.signature = state.receipt_key->sign(to_sign);
  state.receipt_at = now.instant;
  state.stale_receipt = false;
  state.receipt_digest = *digest;
  state.own_receipt = std::move(receipt);
  for (auto& [id, link] : state.links)
    if (is_live(link)) send(link, MessageType::receipt, *state.own_receipt);
  return {};
}

void send_receipts(State& state, LinkState& link) {
  if (state.own_receipt) send(link, MessageType::receipt, *state.own_receipt);
  for (const auto& [id, device] : state.devices)
    if (device.receipt && id != link.device) send(link, MessageType::receipt, *device.receipt);
}

}  // namespace syncline::sync
