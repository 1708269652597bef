// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/node.h"

#include "protocol/base/planted.h"
#include "protocol/log/rollback.h"
#include "protocol/node/doubts.h"

namespace syncline::node {

namespace {

// A slice of merging between two chances to answer callers: about ten milliseconds.
constexpr std::size_t merge_slice = 2048;
// Beyond it, what is not merged can only be read when the store takes writes again.
constexpr std::size_t scratch_size_max = std::size_t{32} << 20;
// How long a changed entity may wait for its row: what a crash then costs is replaying so much.
constexpr auto view_delay = 1s;

const Buffer runs_key = {'r', 'u', 'n', 's'};

// Change cursors of one run lie above those of all earlier ones.
Result<std::uint64_t> next_run(Turn& turn) {
  const auto stored = turn.draft.get(Family::meta, runs_key);
  if (!stored) return pass(stored);
  const std::uint64_t run = (*stored ? wire::Reader(**stored).u64() : 0) + 1;
  wire::Writer out;
  turn.draft.put(Family::meta, runs_key, out.u64(run).take());
  return run;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(Setup setup, Now now) {
  Turn turn(setup.store, now);
  const auto run = next_run(turn);
  if (!run) return pass(run);
  // Cursors stay below 2^53, the largest number that JSON can carry: 2^21 runs of 2^32 changes.
  std::unique_ptr<Node> node(
      new Node(setup.store, setup.random, setup.options, (*run & 0x1fffff) << 32));
  const Status started = node->start(turn, setup);
  if (!started) return pass(started);
  setup.store.add(turn.draft.take());
  return node;
}

Status Node::start(Turn& turn, Setup& setup) {
  if (const Status loaded = Finding::load(house_, turn.draft); !loaded) return loaded;
  if (const Status loaded = house_.relays.load(turn.draft); !loaded) return loaded;
  const auto vault = space::find_vault(turn.draft);
  if (!vault) return pass(vault);
  if (!*vault) return {};  // an identity without a vault is what a crash while making one leaves
  if (!setup.identity)
    return fail(Errc::not_found,
                "the store holds a vault but device.key is missing; restore that file or the whole "
                "directory");
  auto identity = space::decode_identity(*setup.identity);
  crypto::wipe(*setup.identity);
  if (!identity) return fail(Errc::corrupt, "device.key is damaged; restore it from a backup");
  if (identity->vault != **vault)
    return fail(Errc::not_found,
                "device.key belongs to another vault than the store; restore both together");
  const Status entered = enter_vault(house_, turn, std::move(*identity));
  if (!entered) return entered;
  return check_anchor(turn, setup);
}

// An own log that is shorter than the anchor says was rolled back: it is never written again.
Status Node::check_anchor(Turn& turn, const Setup& setup) {
  log::ChainHashes hashes;
  const log::RollbackCheck check(turn.draft, hashes);
  bool doubted = setup.salvaged;
  for (const step::AnchorHead& head : setup.anchor) {
    const auto state = check.against({head.log, {head.seq, head.head}});
    if (!state) return pass(state);
    if (*state == log::OwnLogState::rolled_back || setup.salvaged) {
      doubt(turn, head.log);
      doubted = true;
    }
  }
  if (!doubted) return {};
  return house_.replicator->new_epoch(turn.draft);
}

void Node::doubt(Turn& turn, const LogId& log) {
  if (SYNCLINE_PLANTED(rollback_ignored)) return;
  doubted_.insert(log);
  if (!mark_doubted(turn.draft, log)) return;
  turn.durability = Durability::synced;
  if (!house_.rolled_back)
    house_.attention.push_back(
        "This device's data is older than what it once wrote (a restored backup?). It continues in "
        "a new log; "
        "connect another device to get the missing changes back.");
  house_.rolled_back = true;
  turn.note(step::NoteLevel::warning, "log",
            "an own log was rolled back; it will not be written again");
  if (house_.vault) house_.vault->forget_doubted_authors(turn.draft);
}

// The commit that was to remember it may be the one that failed.
void Node::doubt_again(Turn& turn) {
  bool forgotten = false;
  for (const LogId& log : doubted_) forgotten |= mark_doubted(turn.draft, log);
  if (!forgotten) return;
  turn.durability = Durability::synced;
  const Status renewed = house_.replicator->new_epoch(turn.draft);
  if (!renewed) turn.note(step::NoteLevel::error, "sync", renewed.error().context);
}

// ---- group ---------------------------------------------------------------------------------

step::Step Node::finish(Turn& turn, std::optional<Instant> wake_at) {
  step::Step step;
  step.writes = turn.draft.take();
  step.durability = turn.durability;
  step.effects = std::move(turn.effects);
  step.wake_at = wake_at;
  step.refused = std::move(turn.refused);
  return step;
}

const StoreReader& Node::reader() const {
  if (scratch_) return *scratch_;
  return house_.store;
}

step::Step Node::handle(step::Input input, Now now) {
  // Before a turn reads through it.
  if (std::holds_alternative<step::StoreFailed>(input))
    scratch_ = std::make_unique<log::Draft>(house_.store);
  if (std::holds_alternative<step::StoreReopened>(input)) scratch_.reset();
  Turn turn(reader(), now);
  route(turn, input);
  return finish(turn, std::nullopt);
}

step::Step Node::settle(Now now) {
  Turn turn(reader(), now);
  merge_more_ = false;
  if (house_.degraded && house_.vault) read_on(turn);
  if (house_.has_vault() && !house_.degraded) {
    take_news(turn);
    if (house_.vault && !rebuild_.is_running())
      write_typing(turn, [&](Library::Desk& desk) {
        if (house_.vault->backlog() > 0) return house_.typing.write_before_merge(desk);
        return house_.typing.flush_due(desk, turn.now.instant);
      });
    if (house_.vault) settle_vault(turn);
    // What another device has seen must not be taken back by a power cut: this device would write
    // other events in the same places.
    if (own_unsynced_ && house_.replicator->has_links()) turn.durability = Durability::synced;
    if (turn.durability == Durability::synced) own_unsynced_ = false;
    const Status settled = house_.replicator->settle(turn.draft, now);
    if (!settled) turn.note(step::NoteLevel::error, "sync", settled.error().context);
    take_news(turn);
    report_changes(turn);
    save_view(turn);
  }
  if (!house_.vault)
    rebuild_.stop(turn, {Errc::locked,
                         "the vault was locked; what is not merged yet is when it is unlocked"});
  if (house_.vault) {
    PresenceDesk desk = presence_desk(house_, turn);
    house_.presence->settle(desk);
  }
  if (house_.relay) house_.relay->pump();
  finding_.settle(house_, turn, pairing_);
  dht_finding_.settle(house_, turn, links_);
  if (!house_.degraded) links_.dial_due(house_, turn, pairing_);
  if (house_.has_vault())
    waits_.check(house_, turn, links_.is_dialling() ? Waits::Dialling::yes : Waits::Dialling::no);
  links_.flush(turn);
  return finish(turn, deadline(turn));
}

void Node::flush_typing(Turn& turn) {
  write_typing(turn, [this](Library::Desk& desk) {
    const auto written = house_.typing.flush(desk, std::nullopt);
    return written ? Status() : pass(written);
  });
}

void Node::write_typing(Turn& turn, const std::function<Status(Library::Desk&)>& run) {
  if (house_.typing.is_empty() || house_.degraded) return;
  Library::Desk desk{*house_.vault, turn.draft, house_.random, turn.now.wall};
  const Status written = run(desk);
  if (written) return;
  turn.note(step::NoteLevel::error, "typing", written.error().context);
  std::string sentence = "What was typed could not be written: " + written.error().context +
                         "; it is kept, and text.flush tries again.";
  if (std::ranges::find(house_.attention, sentence) == house_.attention.end())
    house_.attention.push_back(std::move(sentence));
}

// Once in a run: if it does not help, it would not help the next time.
void Node::mend_view(Turn& turn) {
  if (view_mended_ || !house_.vault->view().is_damaged()) return;
  view_mended_ = true;
  turn.note(step::NoteLevel::warning, "view", "the view is damaged and is made anew from the log");
  Status mended = View::forget(turn.draft);
  if (mended) mended = reopen_vault(house_, turn);
  merge_more_ = true;
  if (!mended) turn.note(step::NoteLevel::error, "view", mended.error().context);
}

void Node::merge_slice_of(Turn& turn) {
  const auto more = house_.vault->merge(turn.draft, merge_slice);
  if (more) merge_more_ = *more;
  if (more) return;
  turn.note(step::NoteLevel::error, "merge", more.error().context);
  rebuild_.stop(turn, more.error());
}

// Merges a slice of what arrived and makes blocks of what was written here.
void Node::settle_vault(Turn& turn) {
  if (!rebuild_.is_reading()) merge_slice_of(turn);
  const auto forgotten = house_.vault->take_forgotten_logs(turn.draft);
  if (forgotten)
    for (const LogId& log : *forgotten) doubt(turn, log);
  for (const SpaceId& space : house_.vault->take_opened()) {
    const Status announced = house_.replicator->roster_changed(space, turn.draft);
    if (!announced) turn.note(step::NoteLevel::error, "sync", announced.error().context);
  }
  const auto appended = house_.vault->flush_authors(turn.draft);
  if (!appended) {
    turn.note(step::NoteLevel::error, "log", appended.error().context);
    const bool forked = appended.error().code == Errc::equivocation;
    turn.refused =
        Error{forked ? Errc::busy : appended.error().code,
              forked ? "nothing was saved, because this device just learned that its log "
                       "was forked; try again, it continues in a new one"
                     : "nothing was saved: " + appended.error().context};
    return;
  }
  own_unsynced_ |= !appended->empty();
  for (const OpenVault::Appended& one : *appended) {
    house_.replicator->appended(one.space, one.log, one.head);
    turn.effects.push_back(step::WriteAnchor{{{one.log, one.head.at.seq, one.head.at.hash}}});
  }
  // Last: what was written here is in its log by now.
  if (rebuild_.is_running())
    rebuild_.advance(house_, turn, merge_more_ ? Rebuild::Merged::partly : Rebuild::Merged::all);
  else
    mend_view(turn);
}

// While the store refuses writes: what was committed but not merged yet is merged for reading, and
// again, for good, when it takes them.
void Node::read_on(Turn& turn) {
  if (scratch_->size_bytes() >= scratch_size_max) return;
  const auto more = house_.vault->merge(turn.draft, merge_slice);
  if (more) merge_more_ = *more;
  if (!more) turn.note(step::NoteLevel::error, "merge", more.error().context);
  house_.vault->touches().clear();
  house_.vault->flush_view(turn.draft, OpenVault::Flush::now);
  for (Write& write : turn.draft.take()) {
    if (write.value)
      scratch_->put(write.family, std::move(write.key), std::move(*write.value));
    else
      scratch_->remove(write.family, std::move(write.key));
  }
}

void Node::take_news(Turn& turn) {
  const sync::News news = house_.replicator->take_news();
  // What is acknowledged after this commit must survive a power cut.
  const bool must_last = !SYNCLINE_PLANTED(receipt_before_sync);
  if (must_last && (!news.grew.empty() || !news.rosters.empty()))
    turn.durability = Durability::synced;
  if (!news.rosters.empty()) {
    const Status reloaded = reload_rosters(house_, turn);
    if (!reloaded) turn.note(step::NoteLevel::error, "vault", reloaded.error().context);
  }
  if (house_.vault)
    for (const sync::News::Grew& grew : news.grew)
      house_.vault->grew(grew.space, grew.log, grew.seq);
  for (const sync::News::Learned& learned : news.learned) links_.learned(house_, turn, learned);
  for (const LogId& frozen : news.frozen) {
    turn.note(step::NoteLevel::warning, "log",
              "log " + frozen.hex().substr(0, 12) + " was forked and is frozen");
    house_.attention.push_back(
        "A device's log was forked (a copied disk or a manipulated device); see `syncline log`.");
  }
  for (const sync::News::Doubt& one : news.doubts) doubt(turn, one.log);
  if (news.store_rewound) {
    const Status renewed = house_.replicator->new_epoch(turn.draft);
    if (!renewed) turn.note(step::NoteLevel::error, "sync", renewed.error().context);
  }
}

void Node::report_changes(Turn& turn) {
  if (!house_.vault) return;
  Touches touches;
  touches.swap(house_.vault->touches());
  if (!touches.empty() && !view_due_) view_due_ = turn.now.instant + view_delay;
  if (touches.empty()) return;
  PresenceDesk desk = presence_desk(house_, turn);
  house_.changes.hold();
  for (const auto& [entity, touch] : touches) {
    house_.presence->entity_changed(desk, entity, touch);
    const auto state = house_.vault->view().find(turn.draft, entity);
    const SpaceMerge* merge = house_.vault->merge_of(touch.space);
    if (!state || *state == nullptr || merge == nullptr) continue;
    step::ChangeRow row;
    row.entity = entity;
    row.space = touch.space;
    row.type = (*state)->type;
    row.change = (*state)->is_deleted() ? "deleted" : touch.created ? "created" : "changed";
    row.version = (*state)->version(merge->table());
    row.local = touch.local;
    house_.changes.add(std::move(row), turn.effects);
  }
  house_.changes.release(turn.effects);
}

void Node::save_view(Turn& turn) {
  if (!house_.vault) {
    view_due_.reset();
    return;
  }
  const bool due = view_due_ && *view_due_ <= turn.now.instant;
  house_.vault->flush_view(turn.draft, due ? OpenVault::Flush::now : OpenVault::Flush::if_full);
  if (due) view_due_.reset();
}

std::optional<Instant> Node::deadline(const Turn& turn) const {
  if (merge_more_ || rebuild_.is_running()) return turn.now.instant;
  std::optional<Instant> first;
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!first || *at < *first)) first = at;
  };
  consider(pairing_.deadline());
  consider(house_.changes.deadline());
  if (house_.presence) consider(house_.presence->deadline());
  consider(waits_.deadline());
  consider(finding_.deadline());
  consider(dht_finding_.deadline());
  // Nothing of the rest is done without a store: its deadlines would never pass.
  if (house_.degraded) return first;
  if (house_.vault) consider(house_.typing.deadline());
  consider(links_.deadline(house_));
  consider(view_due_);
  if (house_.replicator) consider(house_.replicator->deadline());
  return first;
}

// ---- inputs --------------------------------------------------------------------------------

void Node::route(Turn& turn, step::Input& input) {
  std::visit(
      step::Overloaded{
          [&](step::LinkUp& up) {
            if (house_.degraded)
              turn.effects.push_back(step::Hangup{up.link, "the store is degraded"});
            else
              links_.up(house_, turn, pairing_, up);
          },
          [&](step::LinkDown& down) { links_.down(house_, turn, pairing_, down.link); },
          [&](step::DialFailed& failed) { links_.dial_failed(house_, turn, pairing_, failed); },
          [&](step::Received& received) { links_.received(house_, turn, pairing_, received); },
          [&](step::Drained& drained) { links_.drained(house_, turn, drained); },
          [&](step::Request& request) { route(turn, request); },
          [&](step::RequestGone& gone) {
            house_.changes.forget(gone.id);
            waits_.forget(gone.id);
            rebuild_.forget(gone.id);
          },
          [&](step::CallerGone& gone) {
            house_.typing.shown().left(gone.caller);
            if (!house_.presence) return;
            PresenceDesk desk = presence_desk(house_, turn);
            house_.presence->clear(desk, {std::nullopt, gone.caller});
          },
          [&](step::Stretched& stretched) { door_.stretched(house_, turn, std::move(stretched)); },
          [&](step::ListenAddresses& listen) {
            house_.listen_addresses = std::move(listen.addresses);
            tell_addresses(house_);
            // Another network: who was out of reach may be near now.
            if (house_.identity) dial_now(turn);
            turn.must_settle = true;
          },
          [&](step::LanSighted& sighting) {
            finding_.seen(house_, turn, links_, pairing_, sighting);
          },
          [&](step::LanGone& gone) { finding_.gone(links_, gone.instance); },
          [&](step::LanState& state) { finding_.lan_changed(house_, state); },
          [&](step::RouterState& state) {
            house_.router = std::move(state);
            tell_addresses(house_);
            turn.must_settle = true;
          },
          [&](step::DhtState& state) {
            dht_finding_.state_changed(state);
            turn.must_settle = true;
          },
          [&](step::DhtStored& stored) {
            dht_finding_.stored(house_, stored, turn.now);
            turn.must_settle = true;
          },
          [&](step::DhtFound& found) { dht_finding_.found(house_, turn, links_, found); },
          [&](step::StoreFailed&) { store_failed(turn); },
          [&](step::StoreReopened&) {
            house_.degraded = false;
            turn.note(step::NoteLevel::normal, "store", "the store takes writes again");
            read_again(turn);
          },
          [&](step::GroupDropped&) { take_back(turn, "a group of changes was dropped"); },
          [&](step::Tick&) {
            links_.tick(house_, turn, pairing_);
            pairing_.tick(turn);
            house_.changes.tick(turn.now.instant, turn.effects);
            if (house_.replicator && !house_.degraded)
              house_.replicator->tick(turn.draft, turn.now);
          },
      },
      input);
}

// Nothing since the last commit happened.
void Node::store_failed(Turn& turn) {
  house_.degraded = true;
  turn.note(step::NoteLevel::error, "store", "the store refuses writes; reads go on");
  take_back(turn, "the store is degraded");
}

// Other devices may have been told of what did not happen, or have told something that is
// forgotten now: they are met anew.
void Node::take_back(Turn& turn, const std::string& reason) {
  if (!house_.has_vault()) return;
  rebuild_.stop(
      turn, {Errc::degraded, "the store did not take what was made anew; see `syncline status`"});
  waits_.refuse_unwritten(house_.store, turn);
  links_.close_all(house_, turn, pairing_, reason);
  read_again(turn);
}

// Everything derived is read from the store once more; after it was reopened as well, where the
// commit that failed is there or not. The keys stay, so that reads go on.
void Node::read_again(Turn& turn) {
  if (!house_.has_vault()) return;
  log::Draft unwanted(house_.store);
  const Status reloaded = house_.replicator->reload(unwanted);
  if (!reloaded) turn.note(step::NoteLevel::error, "store", reloaded.error().context);
  if (!house_.degraded) doubt_again(turn);
  view_due_.reset();
  merge_more_ = false;
  if (!house_.vault) return;
  const Status reopened = reopen_vault(house_, turn);
  if (!reopened)
    turn.note(step::NoteLevel::error, "store",
              reopened.error().context + "; unlock the vault again");
}

}  // namespace syncline::node
