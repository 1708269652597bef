// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/replicator.h"

#include "protocol/sync/replicator_state.h"

#include <algorithm>

namespace syncline::sync {

namespace {
const Buffer epoch_key = {'e', 'p', 'o', 'c', 'h'};

Status load(State& state, const StoreReader& reader) {
  const Status spaces = load_spaces(state, reader);
  if (!spaces) return spaces;
  const Status mine = load_mine(state, reader);
  if (!mine) return mine;
  return load_devices(state, reader);
}
}  // namespace

Replicator::Replicator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Replicator::~Replicator() = default;

Result<std::unique_ptr<Replicator>> Replicator::open(const Setup& setup, log::Draft& draft) {
  std::unique_ptr<Replicator> made(new Replicator(std::make_unique<State>(setup)));
  State& state = *made->state_;
  const auto stored = draft.get(Family::meta, epoch_key);
  if (!stored) return pass(stored);
  const auto epoch = *stored ? StoreEpoch::from(**stored) : std::nullopt;
  if (epoch) {
    state.epoch = *epoch;
  } else {
    const Status renewed = made->new_epoch(draft);
    if (!renewed) return pass(renewed);
  }
  const Status loaded = load(state, draft);
  if (!loaded) return pass(loaded);
  return made;
}

Status Replicator::new_epoch(log::Draft& draft) {
  state_->setup.random.fill(state_->epoch.bytes);
  draft.put(Family::meta, epoch_key, to_buffer(state_->epoch.view()));
  // What others hold was learned by a store that was ahead of this one: ask again.
  for (auto& [id, device] : state_->devices) device.change = 0;
  return {};
}

Status Replicator::reload(log::Draft& draft) {
  state_->links.clear();
  state_->pulls.clear();
  state_->changed.clear();
  state_->news = {};
  state_->hashes.clear();
  for (auto& [id, device] : state_->devices) device.link.reset();
  state_->devices.clear();
  return load(*state_, draft);
}

// ---- links -------------------------------------------------------------------------------------

void Replicator::link_ready(const NewLink& link, Now) {
  LinkState& made = state_->links[link.link];
  made = LinkState{};
  made.link = link.link;
  made.device = link.device;
  made.outlet = &link.outlet;
  state_->devices[link.device].link = link.link;
  say_hello(*state_, made);
}

void Replicator::link_gone(Link link, Now now) {
  const auto found = state_->links.find(link);
  if (found == state_->links.end()) return;
  OtherDevice& device = state_->devices[found->second.device];
  if (device.link == link) device.link.reset();
  drop_pulls_of(*state_, link);
  state_->links.erase(found);
  schedule_pulls(*state_, now);
}

Status Replicator::handle(Link link, std::uint8_t type, Bytes body, log::Draft& draft, Now now) {
  const auto found = state_->links.find(link);
  if (found == state_->links.end()) return fail(Errc::invalid, "no such link");
  State& state = *state_;
  LinkState& from = found->second;
  if (!from.hello_received && type != static_cast<std::uint8_t>(MessageType::hello))
    return fail(Errc::invalid, "something came before the hello");
  switch (static_cast<MessageType>(type)) {
    case MessageType::hello: return handle_hello(state, from, body, now);
    case MessageType::rows: return handle_rows(state, from, body, draft);
    case MessageType::rows_end: return handle_rows_end(state, from, body);
    case MessageType::pull: return handle_pull(state, from, body);
    case MessageType::batch: return handle_batch(state, from, body, draft, now);
    case MessageType::record_ids: return handle_record_ids(state, from, body, draft);
    case MessageType::records: return handle_records(state, from, body, draft);
    case MessageType::receipt: return handle_receipt(state, from, body, draft);
    case MessageType::head_wanted: return handle_head_wanted(state, from, body, draft);
    case MessageType::head: return handle_head(state, from, body, draft);
    case MessageType::proof: return handle_proof(state, from, body, draft);
    case MessageType::addresses: return handle_addresses(state, from, body);
    case MessageType::full: {
      const Status read = decode_full(body);
      return read ? send_all_rows(state, from, draft) : read;
    }
    case MessageType::prune: {
      const auto prune = decode_prune(body);
      if (!prune) return pass(prune);
      if (state.spaces.contains(prune->space)) from.lazy.insert(prune->space);
      return {};
    }
    case MessageType::graft: {
      const auto graft = decode_graft(body);
      if (!graft) return pass(graft);
      from.lazy.erase(graft->space);
      return {};
    }
  }
  return type >= 0x80 ? Status() : fail(Errc::unsupported, "an unknown message");
}

void Replicator::pump(Link link, Now) {
  const auto found = state_->links.find(link);
  if (found != state_->links.end()) serve(*state_, found->second);
}

// ---- the end of a group ------------------------------------------------------------------------

namespace {

// Quiet on both sides and still unlike: something is wrong that rows alone did not show.
void ask_everything_if_unlike(LinkState& link, const Digest& digest, Now now) {
  const bool quiet = link.exchanged && link.wanted.empty() && link.asking.empty() &&
                     link.announce.empty() && !link.must_end && link.serving.empty() &&
                     link.told_digest == digest;
  if (!quiet || link.their_digest == digest || link.send_paused || link.receive_paused)
    return link.full_due.reset();
  if (!link.full_due) {
    link.full_due = now.instant + unlike_patience;
    if (link.full_asked_at)
      link.full_due = std::max(*link.full_due, *link.full_asked_at + full_interval);
  }
  if (*link.full_due > now.instant) return;
  link.full_due.reset();
  link.full_asked_at = now.instant;
  (void)link.outlet
      ->send(session::Channel::control, static_cast<std::uint8_t>(MessageType::full), encode_full())
      .has_value();
}

}  // namespace

Status Replicator::settle(log::Draft& draft, Now now) {
  State& state = *state_;
  schedule_pulls(state, now);
  for (auto& [id, link] : state.links) {
    const Status pushed = push_live(state, link, draft);
    if (!pushed) return pushed;
  }
  state.changed.clear();
  bool quiet = true;
  for (auto& [id, link] : state.links) {
    if (!is_live(link)) continue;
    const Status announced = announce(state, link, draft, now);
    if (!announced) return announced;
    quiet = quiet && link.wanted.empty();
  }
  if (quiet) {
    const Status receipt = make_receipt(state, draft, now);
    if (!receipt) return receipt;
  }
  if (!state.links.empty()) {
    const auto digest = total_digest(state, draft);
    if (!digest) return pass(digest);
    for (auto& [id, link] : state.links)
      if (state.pauses == Pauses{}) ask_everything_if_unlike(link, *digest, now);
  }
  if (state.next_write_down && *state.next_write_down > now.instant) return {};
  bool wrote = false;
  for (auto& [id, device] : state.devices) {
    if (!device.dirty) continue;
    write_down(draft, id, device);
    wrote = true;
  }
  if (wrote) state.next_write_down = now.instant + write_down_interval;
  return {};
}

void Replicator::tick(log::Draft&, Now now) { retry_late_pulls(*state_, now); }

std::optional<Instant> Replicator::deadline() const {
  std::optional<Instant> first = pull_deadline(*state_);
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!first || *at < *first)) first = at;
  };
  bool dirty = false;
  for (const auto& [id, device] : state_->devices) dirty = dirty || device.dirty;
  for (const auto& [id, link] : state_->links) {
    consider(announce_deadline(link));
    consider(link.full_due);
  }
  if (dirty && state_->next_write_down) consider(state_->next_write_down);
  // Only where settle() would make one: a deadline that nothing answers would never pass.
  const bool quiet = std::ranges::all_of(state_->links, [](const auto& entry) {
    return !is_live(entry.second) || entry.second.wanted.empty();
  });
  const bool owes_receipt = state_->receipt_key != nullptr && !state_->links.empty() &&
                            state_->pulls.empty() && quiet && state_->stale_receipt;
  if (owes_receipt && state_->receipt_at) consider(*state_->receipt_at + receipt_interval);
  return first;
}

// ---- changes made here -------------------------------------------------------------------------

void Replicator::appended(const SpaceId& space, const LogId& log, const log::SignedHead& head) {
  state_->mine[log].space = space;
  state_->own_logs.insert(log);
  grew(*state_, log, head.at);
}

Status Replicator::roster_changed(const SpaceId& space, const StoreReader& reader) {
  for (auto& [id, link] : state_->links) link.announce_rosters.insert(space);
  state_->stale_receipt = true;
  return load_spaces(*state_, reader);
}

void Replicator::set_pauses(const Pauses& pauses, Now now) {
  if (state_->pauses == pauses) return;
  state_->pauses = pauses;
  for (auto& [id, link] : state_->links) {
    link.full_due.reset();
    say_hello(*state_, link);
    serve(*state_, link);
  }
  schedule_pulls(*state_, now);
}

void Replicator::set_own_logs(std::vector<LogId> logs) {
  state_->own_logs.insert(logs.begin(), logs.end());
}

void Replicator::set_receipt_key(const crypto::SigningKey* key) { state_->receipt_key = key; }

News Replicator::take_news() { return std::exchange(state_->news, {}); }

// ---- queries -----------------------------------------------------------------------------------

Standing Replicator::standing_of(const DeviceId& id) const {
  Standing standing;
  const auto found = state_->devices.find(id);
  if (found == state_->devices.end()) return standing;
  const OtherDevice& device = found->second;
  for (const auto& [log, mine] : state_->mine) {
    const std::uint64_t theirs = held_seq(device, log);
    if (mine.seq > theirs) standing.missing_there += mine.seq - theirs;
    if (theirs > mine.seq && !mine.frozen) standing.missing_here += theirs - mine.seq;
  }
  const auto digest = total_digest(*state_, state_->setup.store);
  if (device.receipt) {
    standing.receipt_at = device.receipt->at;
    // Its own signature says that it holds exactly what is here.
    standing.level = digest && device.receipt->set_digest == *digest;
  }
  if (device.link) {
    const LinkState& link = state_->links.at(*device.link);
    standing.linked = true;
    standing.exchanged = link.exchanged;
    const bool equal = digest && link.their_digest == *digest && link.told_digest == *digest;
    standing.level = standing.level || (link.exchanged && equal);
  }
  // Equal digests prove what rows of an earlier link already said.
  if (standing.level) standing.missing_there = standing.missing_here = 0;
  return standing;
}

bool Replicator::holds(const DeviceId& id, const LogId& log, std::uint64_t seq) const {
  const auto found = state_->devices.find(id);
  if (found == state_->devices.end()) return false;
  return held_seq(found->second, log) >= seq;
}

std::uint64_t Replicator::only_here(const std::vector<DeviceId>& others) const {
  std::uint64_t sum = 0;
  for (const auto& [log, mine] : state_->mine) {
    std::uint64_t elsewhere = 0;
    for (const DeviceId& id : others) {
      const auto found = state_->devices.find(id);
      if (found != state_->devices.end())
        elsewhere = std::max(elsewhere, held_seq(found->second, log));
    }
    if (mine.seq > elsewhere) sum += mine.seq - elsewhere;
  }
  return sum;
}

bool Replicator::has_links() const { return !state_->links.empty(); }

bool Replicator::has_greeted(Link link) const {
  const auto found = state_->links.find(link);
  return found != state_->links.end() && found->second.hello_received;
}

bool Replicator::is_settled() const {
  const auto digest = total_digest(*state_, state_->setup.store);
  return digest && std::ranges::all_of(state_->links, [&](const auto& entry) {
           const LinkState& link = entry.second;
           const bool taken =
               state_->pauses.receive || (link.wanted.empty() && link.asking.empty());
           const bool given =
               state_->pauses.send || link.receive_paused || link.their_digest == *digest;
           return link.exchanged && taken && (given || state_->pauses.receive);
         });
}

const StoreEpoch& Replicator::epoch() const { return state_->epoch; }

}  // namespace syncline::sync
