// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/waits.h"

#include "protocol/log/log_store.h"

#include <algorithm>

namespace syncline::node {

namespace {
// Longer than any round trip, short enough that a person does not think the program hangs.
constexpr auto write_wait_max = 30s;
constexpr auto sync_wait_max = 60s;
constexpr std::size_t waiting_max = 4096;
}  // namespace

void Waits::add_write(House& house, Turn& turn, RequestId request, step::Wait wait,
                      Library::Written written) {
  if (wait != step::Wait::local_buffered) turn.durability = Durability::synced;
  const bool others = wait == step::Wait::one_device || wait == step::Wait::all_devices;
  if (!others || written.seq == 0 || writes_.size() >= waiting_max)
    return turn.reply(request, step::Answer(std::move(written.answer)));
  if (house.roster.devices().size() < 2)
    return turn.reply_error(request, {Errc::unreachable,
                                      "the change is stored, but this vault has no other device; "
                                      "invite one with `syncline invite`"});
  writes_.push_back({request, wait, std::move(written), turn.now.instant + write_wait_max});
}

void Waits::add_sync(Turn& turn, RequestId request) {
  syncs_.push_back({request, turn.now.instant + sync_wait_max});
  turn.must_settle = true;
}

void Waits::forget(RequestId request) {
  std::erase_if(writes_, [&](const Write& write) { return write.request == request; });
  std::erase_if(syncs_, [&](const Sync& sync) { return sync.request == request; });
}

// Its place in the log is free again: the event that is written there next is another one.
void Waits::refuse_unwritten(const StoreReader& store, Turn& turn) {
  std::erase_if(writes_, [&](const Write& write) {
    const auto head = log::find_head(store, write.written.log);
    if (head && *head && (*head)->seq() >= write.written.seq) return false;
    turn.reply_error(
        write.request,
        {Errc::degraded,
         "nothing was saved, because the store refuses writes; see `syncline status`"});
    return true;
  });
}

bool Waits::is_held(const House& house, const Write& write) {
  std::size_t others = 0;
  std::size_t holding = 0;
  for (const auto& [device, admit] : house.roster.devices()) {
    if (device == house.identity->device) continue;
    ++others;
    holding += house.replicator->holds(device, write.written.log, write.written.seq);
  }
  return write.wait == step::Wait::one_device ? holding > 0 : holding == others;
}

void Waits::check(const House& house, Turn& turn, Dialling dialling) {
  std::erase_if(writes_, [&](Write& write) {
    if (is_held(house, write)) {
      turn.reply(write.request, step::Answer(std::move(write.written.answer)));
      return true;
    }
    if (write.until > turn.now.instant) return false;
    turn.reply_error(write.request, {Errc::timeout,
                                     "the change is stored here, but not every device asked for "
                                     "holds it yet; `syncline status` shows who is missing"});
    return true;
  });
  const bool level = dialling == Dialling::no && house.replicator &&
                     house.replicator->is_settled() &&
                     (!house.vault || house.vault->backlog() == 0);
  std::erase_if(syncs_, [&](const Sync& sync) {
    if (!level && sync.until > turn.now.instant) return false;
    if (level)
      turn.reply(sync.request, step::Answer(step::Done{}));
    else
      turn.reply_error(
          sync.request,
          {Errc::timeout,
           "not level with every device after a minute; `syncline status` shows who is missing"});
    return true;
  });
}

std::optional<Instant> Waits::deadline() const {
  std::optional<Instant> first;
  for (const Write& write : writes_)
    if (!first || write.until < *first) first = write.until;
  for (const Sync& sync : syncs_)
    if (!first || sync.until < *first) first = sync.until;
  return first;
}

}  // namespace syncline::node
