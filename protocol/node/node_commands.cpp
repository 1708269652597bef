// SPDX-License-Identifier: Apache-2.0
//
// The commands of local programs: who answers which.
#include "protocol/node/node.h"

namespace syncline::node {

namespace {

template <class T>
Result<step::Answer> as_answer(Result<T> result) {
  if (!result) return pass(result);
  return step::Answer(std::move(*result));
}

Result<step::Answer> as_answer(Status status) {
  if (!status) return pass(status);
  return step::Answer(step::Done{});
}

}  // namespace

template <class Run>
void Node::with_open_vault(Turn& turn, RequestId request, Run run) {
  if (!house_.has_vault())
    return turn.reply_error(
        request, {Errc::not_found,
                  "there is no vault here yet; make one with `syncline init` or `syncline join`"});
  if (!house_.vault)
    return turn.reply_error(
        request, {Errc::locked, "the vault is locked; unlock it with `syncline unlock`"});
  if (rebuild_.is_running())
    return turn.reply_error(
        request,
        {Errc::busy, "all entities are made anew from the log just now; try again in a moment"});
  turn.must_settle = true;
  Library::Desk desk{*house_.vault, turn.draft, house_.random, turn.now.wall};
  run(desk);
}

template <class Run>
void Node::with_vault(Turn& turn, RequestId request, Run run) {
  with_open_vault(turn, request, [&](Library::Desk& desk) {
    flush_typing(turn);
    run(desk);
  });
}

template <class Run>
void Node::write(Turn& turn, RequestId request, step::Wait wait, Run run) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    if (house_.degraded)
      return turn.reply_error(
          request,
          {Errc::degraded,
           "the disk refuses writes; free some space, the agent reopens its store by itself"});
    Result<Library::Written> written = run(desk);
    if (!written) return turn.reply_error(request, written.error());
    waits_.add_write(house_, turn, request, wait, std::move(*written));
  });
}

// What the caller changes is no news to it.
template <class Run>
void Node::write_entity(Turn& turn, RequestId request, const Change& change, Run run) {
  write(turn, request, change.wait, [&](Library::Desk& desk) {
    house_.typing.shown().before_write(desk, change.caller, change.entity);
    Result<Library::Written> written = run(desk);
    if (written)
      house_.typing.shown().after_write(desk, change.caller, change.entity,
                                        written->answer.version);
    return written;
  });
}

// ---- system, vault, device, space, pair ------------------------------------------------------

void Node::answer(Turn& turn, RequestId request, step::SystemStatus&) {
  if (house_.vault && view_due_) {
    house_.vault->flush_view(turn.draft, OpenVault::Flush::now);
    view_due_.reset();
  }
  turn.reply(request,
             step::Answer(status_of(house_, links_, pairing_, pauses_, turn.draft, turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::SystemRebuild&) {
  with_vault(turn, request, [&](Library::Desk&) {
    if (house_.degraded)
      return turn.reply_error(
          request, {Errc::degraded, "the disk refuses writes; free some space, then try again"});
    rebuild_.start(house_, turn, request);
  });
}

void Node::answer(Turn& turn, RequestId request, step::SyncStatus&) {
  turn.reply(request,
             step::Answer(status_of(house_, links_, pairing_, pauses_, turn.draft, turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::VaultInit& command) {
  door_.init(house_, turn, request, std::move(command));
}

void Node::answer(Turn& turn, RequestId request, step::VaultUnlock& command) {
  door_.unlock(house_, turn, request, std::move(command));
}

void Node::answer(Turn& turn, RequestId request, step::VaultLock&) {
  if (house_.vault) flush_typing(turn);
  door_.lock(house_, turn, request);
}

void Node::answer(Turn& turn, RequestId request, step::VaultPasswd& command) {
  door_.change_password(house_, turn, request, std::move(command));
}

void Node::answer(Turn& turn, RequestId request, step::DeviceList&) {
  turn.reply(request, step::Answer(step::DevicesAnswer{devices_of(house_, links_, turn.now)}));
}

void Node::answer(Turn& turn, RequestId request, step::SpaceList&) {
  turn.reply(request, as_answer(spaces_of(house_, turn.draft)));
}

void Node::answer(Turn& turn, RequestId request, step::LogList&) {
  turn.reply(request, as_answer(logs_of(house_, turn.draft)));
}

void Node::answer(Turn& turn, RequestId request, step::PairInvite&) {
  pairing_.invite(house_, turn, request);
}

void Node::answer(Turn& turn, RequestId request, step::PairJoin& command) {
  pairing_.join(house_, turn, request, std::move(command));
}

void Node::answer(Turn& turn, RequestId request, step::PairStatus&) {
  turn.reply(request, step::Answer(pairing_.status(turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::PairConfirm& command) {
  pairing_.confirm(house_, turn, request, command);
}

void Node::answer(Turn& turn, RequestId request, step::PairCancel&) {
  pairing_.cancel(turn, request);
}

// ---- entities --------------------------------------------------------------------------------

void Node::answer(Turn& turn, RequestId request, step::EntityCreate& command) {
  write(turn, request, command.wait, [&](Library::Desk& desk) {
    const CallerId caller = command.caller;
    auto written = Library::create(desk, std::move(command));
    if (written)
      house_.typing.shown().saw({caller, written->answer.entity, {}}, written->answer.version);
    return written;
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityUpdate& command) {
  const Change change{command.caller, command.entity, command.wait};
  const bool is_whole = command.rewrite && std::holds_alternative<step::WholePut>(*command.rewrite);
  write_entity(turn, request, change, [&](Library::Desk& desk) {
    auto written = Library::update(desk, std::move(command));
    // Who gives the whole document shows what it gave.
    if (written && is_whole)
      house_.typing.shown().saw({change.caller, change.entity, {}}, written->answer.version);
    return written;
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityDelete& command) {
  write(turn, request, command.wait,
        [&](Library::Desk& desk) { return Library::remove(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::ConflictResolve& command) {
  write_entity(turn, request, {command.caller, command.entity, step::Wait::local},
               [&](Library::Desk& desk) { return Library::resolve(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::TypeDeclare& command) {
  write(turn, request, command.wait,
        [&](Library::Desk& desk) { return Library::declare(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::TypeList&) {
  with_vault(turn, request,
             [&](Library::Desk& desk) { turn.reply(request, as_answer(Library::types(desk))); });
}

void Node::answer(Turn& turn, RequestId request, step::EntityGet& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    auto answer = Library::get(desk, command);
    if (answer && command.at.empty())
      house_.typing.shown().saw({command.caller, command.entity, command.path}, answer->version);
    turn.reply(request, as_answer(std::move(answer)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityList& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::list(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityHistory& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::history(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityDiff& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::diff(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::EntityRestore& command) {
  write_entity(turn, request, {command.caller, command.entity, command.wait},
               [&](Library::Desk& desk) { return Library::restore(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::EntityUndo& command) {
  write_entity(turn, request, {command.caller, command.entity, command.wait},
               [&](Library::Desk& desk) { return Library::undo(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::TextCursor& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::cursor(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::TextResolve& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::places(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::TextType& command) {
  with_open_vault(turn, request, [&](Library::Desk& desk) {
    if (house_.degraded)
      return turn.reply_error(
          request, {Errc::degraded, "the disk refuses writes; free some space, then type again"});
    const auto stage = [&](const EntityId& entity, const Preview& preview) {
      PresenceDesk shown = presence_desk(house_, turn);
      // Too much at once, or nobody who could see it: then the event shows it.
      if (!house_.presence->publish_preview(shown, entity, preview))
        house_.presence->withdraw_preview(shown, entity);
    };
    turn.reply(request, as_answer(house_.typing.type(desk, command, turn.now.instant, stage)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::TextFlush& command) {
  const EntityId entity = command.entity;
  const auto flush = [&](Library::Desk& desk) -> Result<Library::Written> {
    auto written = house_.typing.flush(desk, entity);
    if (!written) return pass(written);
    if (*written) return std::move(**written);
    return Library::unchanged(desk, entity);
  };
  with_open_vault(turn, request, [&](Library::Desk& desk) {
    auto written = flush(desk);
    if (!written) return turn.reply_error(request, written.error());
    waits_.add_write(house_, turn, request, command.wait, std::move(*written));
  });
}

void Node::answer(Turn& turn, RequestId request, step::TextBlame& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::blame(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::VersionName& command) {
  write(turn, request, command.wait,
        [&](Library::Desk& desk) { return Library::name_version(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::VersionList& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::names(desk, command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::VersionRemove& command) {
  write(turn, request, command.wait,
        [&](Library::Desk& desk) { return Library::remove_name(desk, command); });
}

void Node::answer(Turn& turn, RequestId request, step::ConflictList& command) {
  with_vault(turn, request, [&](Library::Desk& desk) {
    turn.reply(request, as_answer(Library::conflicts(desk, command)));
  });
}

// ---- sync, subscriptions ----------------------------------------------------------------------

void Node::answer(Turn& turn, RequestId request, step::SyncNow&) {
  dial_now(turn);
  waits_.add_sync(turn, request);
}

void Node::answer(Turn& turn, RequestId request, step::SyncPause& command) {
  if (command.direction != step::SyncDirection::send) pauses_.receive = true;
  if (command.direction != step::SyncDirection::receive) pauses_.send = true;
  if (house_.replicator) house_.replicator->set_pauses(pauses_, turn.now);
  if (house_.relay) house_.relay->set_pauses(pauses_);
  turn.must_settle = true;
  turn.reply(request, step::Answer(step::Done{}));
}

void Node::answer(Turn& turn, RequestId request, step::SyncResume& command) {
  if (command.direction != step::SyncDirection::send) pauses_.receive = false;
  if (command.direction != step::SyncDirection::receive) pauses_.send = false;
  if (house_.replicator) house_.replicator->set_pauses(pauses_, turn.now);
  if (house_.relay) house_.relay->set_pauses(pauses_);
  turn.must_settle = true;
  turn.reply(request, step::Answer(step::Done{}));
}

void Node::answer(Turn& turn, RequestId request, step::SyncConnect& command) {
  if (!house_.has_vault())
    return turn.reply_error(
        request, {Errc::not_found, "there is no vault here yet; make one with `syncline init`"});
  if (!is_address(command.address))
    return turn.reply_error(request, {Errc::invalid, "that is not an address; write HOST:PORT"});
  if (!links_.is_allowed(house_, command.address))
    return turn.reply_error(
        request,
        {Errc::forbidden, house_.network == step::NetworkMode::off
                              ? "the network is off; `syncline net mode anywhere` opens it"
                              : "that address is not on the local network, and the mode is "
                                "lan-only; `syncline net mode anywhere` allows it"});
  links_.connect(turn, command.address);
  turn.must_settle = true;
  turn.reply(request, step::Answer(step::Done{}));
}

step::NetAnswer Node::net_status(Now now) const {
  step::NetAnswer answer = finding_.status_of(house_, links_, now);
  dht_finding_.describe(answer, now);
  return answer;
}

void Node::dial_now(Turn& turn) {
  links_.dial_now(house_, turn);
  dht_finding_.hurry(turn.now);
}

void Node::answer(Turn& turn, RequestId request, step::NetStatus&) {
  turn.reply(request, step::Answer(net_status(turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::NetMode& command) {
  if (house_.degraded)
    return turn.reply_error(request,
                            {Errc::degraded,
                             "the disk refuses writes, so the mode would be forgotten; free "
                             "some space, then choose it again"});
  const bool narrows = command.mode > house_.network;
  Finding::set_mode(house_, turn, command.mode);
  // Those that are allowed are dialled again at once.
  if (narrows && house_.has_vault())
    links_.close_all(house_, turn, pairing_, "the network mode was narrowed");
  dial_now(turn);
  turn.reply(request, step::Answer(net_status(turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::NetRelay& command) {
  if (house_.degraded)
    return turn.reply_error(request, {Errc::degraded,
                                      "the disk refuses writes, so the relay would be forgotten; "
                                      "free some space, then try again"});
  const bool adds = command.action == step::NetRelay::Action::add;
  const Status done = adds ? house_.relays.add(turn.draft, command.address, turn.now.instant)
                           : house_.relays.remove(turn.draft, command.address);
  if (!done) return turn.reply_error(request, done.error());
  turn.durability = Durability::synced;
  turn.must_settle = true;
  if (!adds) links_.leave_relay(house_, turn, pairing_, command.address);
  tell_addresses(house_);
  turn.reply(request, step::Answer(net_status(turn.now)));
}

void Node::answer(Turn& turn, RequestId request, step::SubOpen& command) {
  with_open_vault(turn, request, [&](Library::Desk&) {
    turn.reply(request, as_answer(house_.changes.open(command)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::SubClose& command) {
  turn.reply(request, as_answer(house_.changes.close(command, turn.effects)));
}

void Node::answer(Turn& turn, RequestId request, step::SubAck& command) {
  turn.reply(request, as_answer(house_.changes.acknowledge(command)));
}

void Node::answer(Turn& turn, RequestId request, step::EventsPoll& command) {
  house_.changes.poll(request, command, turn.now.instant, turn.effects);
}

// ---- presence ---------------------------------------------------------------------------------

void Node::answer(Turn& turn, RequestId request, step::PresenceSet& command) {
  with_open_vault(turn, request, [&](Library::Desk&) {
    PresenceDesk desk = presence_desk(house_, turn);
    auto shown = house_.presence->set(desk, command);
    turn.reply(request, as_answer(std::move(shown)));
  });
}

void Node::answer(Turn& turn, RequestId request, step::PresenceClear& command) {
  with_open_vault(turn, request, [&](Library::Desk&) {
    PresenceDesk desk = presence_desk(house_, turn);
    house_.presence->clear(desk, command);
    turn.reply(request, step::Answer(step::Done{}));
  });
}

void Node::answer(Turn& turn, RequestId request, step::PresenceList& command) {
  with_open_vault(turn, request, [&](Library::Desk&) {
    PresenceDesk desk = presence_desk(house_, turn);
    turn.reply(request, as_answer(Presence::list(desk, command)));
  });
}

void Node::route(Turn& turn, step::Request& input) {
  const RequestId request = input.id;
  std::visit([&](auto& command) { answer(turn, request, command); }, input.command);
}

}  // namespace syncline::node
