// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/planted.h"
#include "protocol/log/accept.h"
#include "protocol/sync/replicator_state.h"

#include <algorithm>

namespace syncline::sync {

namespace {

using session::Channel;

template <class Message>
Status send(LinkState& link, Channel channel, MessageType type, const Message& message) {
  return link.outlet->send(channel, static_cast<std::uint8_t>(type), encode(message));
}

// The last event of an encoded block, for counting on.
Result<std::uint64_t> last_seq_of(Bytes block) {
  const auto view = log::decode_block(block);
  if (!view) return pass(view);
  return view->last_seq();
}

void end_pull(State& state, const LogId& log) {
  const auto pull = state.pulls.find(log);
  if (pull == state.pulls.end()) return;
  const auto link = state.links.find(pull->second.link);
  if (link != state.links.end() && link->second.pulls > 0) --link->second.pulls;
  state.pulls.erase(pull);
}

}  // namespace

// ---- pulling ---------------------------------------------------------------------------------

void want(State& state, LinkState& link, const LogId& log) {
  const auto mine = state.mine.find(log);
  const bool lacks = mine != state.mine.end() && !mine->second.frozen &&
                     !link.suspect.contains(log) &&
                     held_seq(state.devices[link.device], log) > mine->second.seq;
  if (lacks)
    link.wanted.insert(log);
  else
    link.wanted.erase(log);
}

// One source for each gap: the link that is least busy. Spec Y5.
void schedule_pulls(State& state, Now now) {
  if (state.pauses.receive) return;
  std::vector<LinkState*> by_load;
  for (auto& [id, link] : state.links)
    if (!link.wanted.empty() && !link.send_paused) by_load.push_back(&link);
  std::ranges::sort(by_load,
                    [](const LinkState* a, const LinkState* b) { return a->pulls < b->pulls; });
  for (LinkState* link : by_load) {
    const OtherDevice& device = state.devices[link->device];
    for (const LogId& log : link->wanted) {
      if (link->pulls >= pulls_per_link_max) break;
      if (state.pulls.contains(log)) continue;
      const std::uint64_t from = state.mine.at(log).seq + 1;
      std::uint64_t to = held_seq(device, log);
      if (SYNCLINE_PLANTED(pull_misses_last_event)) --to;
      if (from > to) continue;
      if (!send(*link, Channel::control, MessageType::pull, Pull{log, from, to})) break;
      state.pulls[log] = {link->link, to, now.instant};
      ++link->pulls;
    }
  }
}

void drop_pulls_of(State& state, Link link) {
  std::erase_if(state.pulls, [&](const auto& pull) { return pull.second.link == link; });
}

void retry_late_pulls(State& state, Now now) {
  std::vector<LogId> late;
  for (const auto& [log, pull] : state.pulls)
    if (pull.progress + pull_timeout <= now.instant) late.push_back(log);
  for (const LogId& log : late) end_pull(state, log);
  if (!late.empty()) schedule_pulls(state, now);
}

std::optional<Instant> pull_deadline(const State& state) {
  std::optional<Instant> first;
  for (const auto& [log, pull] : state.pulls) {
    const Instant due = pull.progress + pull_timeout;
    if (!first || due < *first) first = due;
  }
  return first;
}

namespace {

// The block starts after what is held, or its log is not admitted yet: it is an announcement.
void take_as_announcement(State& state, LinkState& link, const Batch& batch) {
  const auto last = last_seq_of(batch.block);
  if (!last) return;
  OtherDevice& device = state.devices[link.device];
  if (device.held.size() >= limits::logs_per_space_max && !device.held.contains(batch.log)) return;
  Held& held = device.held[batch.log];
  held.seq = std::max(held.seq, *last);
  want(state, link, batch.log);
}

void prune_if_pushed_twice(State& state, LinkState& link, const LogId& log) {
  const auto mine = state.mine.find(log);
  if (mine == state.mine.end() || !link.pruned.insert(mine->second.space).second) return;
  (void)send(link, Channel::control, MessageType::prune, Prune{mine->second.space}).has_value();
}

}  // namespace

Status handle_batch(State& state, LinkState& link, Bytes body, log::Draft& draft, Now now) {
  const auto batch = decode_batch(body);
  if (!batch) return pass(batch);
  if (state.pauses.receive) {
    take_as_announcement(state, link, *batch);
    return {};
  }
  const auto pull = state.pulls.find(batch->log);
  const bool pulled = pull != state.pulls.end() && pull->second.link == link.link;
  const auto accepted = log::accept_block(draft, batch->log, batch->block);
  if (!accepted) {
    switch (accepted.error().code) {
      case Errc::not_found:
      case Errc::not_admitted: take_as_announcement(state, link, *batch); return {};
      case Errc::equivocation: spread_proof(state, batch->log, draft); return {};
      case Errc::bad_signature:
        // Another chain than ours, or damage: their device gets our head and can prove a fork.
        link.suspect.insert(batch->log);
        if (pulled) end_pull(state, batch->log);
        want(state, link, batch->log);
        show_head(state, link, batch->log, draft);
        return {};
      default: return pass(accepted);
    }
  }
  if (accepted->count == 0) {
    if (!pulled) prune_if_pushed_twice(state, link, batch->log);
    return {};
  }
  const log::Position head = accepted->head.at;
  const SpaceId space = state.mine.at(batch->log).space;
  grew(state, batch->log, head);
  Held& held = state.devices[link.device].held[batch->log];
  if (held.seq <= head.seq) held = {head.seq, short_hash(head.hash)};
  link.sent[batch->log] = std::max(link.sent[batch->log], head.seq);
  state.news.grew.push_back({space, batch->log, head.seq});
  // An own event that this store lacked: it is older than what this device once wrote.
  if (state.own_logs.contains(batch->log))
    state.news.doubts.push_back({batch->log, accepted->head});
  if (pulled) {
    pull->second.progress = now.instant;
    if (head.seq >= pull->second.to) end_pull(state, batch->log);
  }
  for (auto& [id, other] : state.links) want(state, other, batch->log);
  take_watermark(state, link);
  return {};
}

// ---- serving ---------------------------------------------------------------------------------

Status handle_pull(State& state, LinkState& link, Bytes body) {
  const auto pull = decode_pull(body);
  if (!pull) return pass(pull);
  if (state.pauses.send) return {};
  std::erase_if(link.serving, [&](const Serving& one) { return one.log == pull->log; });
  if (link.serving.size() >= serving_per_link_max)
    return fail(Errc::limit, "too many pulls at once");
  link.serving.push_back({pull->log, pull->from, pull->to});
  serve(state, link);
  return {};
}

// As much as the link has room for; what was queued is never more than a few blocks.
void serve(State& state, LinkState& link) {
  while (!link.serving.empty() && !state.pauses.send &&
         link.outlet->queued_bytes(Channel::bulk) < bulk_queue_max &&
         link.outlet->has_room(Channel::bulk)) {
    Serving& one = link.serving.front();
    const auto block = log::read_batch(state.setup.store, state.hashes, one.log, one.next);
    const auto last = block ? last_seq_of(*block) : Result<std::uint64_t>(fail(Errc::not_found));
    if (!last || !send(link, Channel::bulk, MessageType::batch, Batch{one.log, *block})) {
      link.serving.pop_front();  // not here after all: the other side asks somebody else
      continue;
    }
    one.next = *last + 1;
    link.sent[one.log] = std::max(link.sent[one.log], *last);
    if (one.next > one.to) link.serving.pop_front();
  }
}

// ---- live push ---------------------------------------------------------------------------------

// New events go out at once where the other side has everything before them. Spec Y6.
Status push_live(State& state, LinkState& link, const StoreReader& reader) {
  if (!is_live(link) || state.pauses.send || link.receive_paused) return {};
  const OtherDevice& device = state.devices[link.device];
  for (const LogId& log : state.changed) {
    const auto found = state.mine.find(log);
    if (found == state.mine.end() || link.lazy.contains(found->second.space)) continue;
    const std::uint64_t known = std::max(link.sent[log], held_seq(device, log));
    if (known >= found->second.seq) continue;
    // In the middle of a pull the rest comes that way.
    const bool served =
        std::ranges::any_of(link.serving, [&](const Serving& one) { return one.log == log; });
    if (served || link.outlet->queued_bytes(Channel::live) > live_queue_max) continue;
    const auto block = log::read_batch(reader, state.hashes, log, known + 1);
    if (!block) return pass(block);
    const auto last = last_seq_of(*block);
    if (!last) return pass(last);
    if (*last < found->second.seq) continue;  // more than one batch behind: it will pull
    if (!send(link, Channel::live, MessageType::batch, Batch{log, *block})) continue;
    link.sent[log] = *last;
    link.announce.erase(log);
    link.must_end = true;
  }
  return {};
}

}  // namespace syncline::sync
