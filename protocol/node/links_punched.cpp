// SPDX-License-Identifier: Apache-2.0
//
// Punched links: a relayed link agrees on them, and both ends connect at once.
#include "protocol/node/links.h"

#include <algorithm>

namespace syncline::node {

void Links::punch_due(House& house, Turn& turn) {
  // Nothing outlives the mode or the vault: what was agreed is forgotten.
  if (!house.identity || house.network != step::NetworkMode::anywhere) {
    puncher_ = Puncher();
    return;
  }
  puncher_.know(house.identity->device, outer_.addresses(house.listen_addresses), turn.now.instant);
  puncher_.tick(turn.now.instant);
  Puncher::Orders orders = puncher_.take_orders();
  for (const Puncher::Said& said : orders.said) {
    Entry* entry = find_device(said.to);
    // A queue that is full holds what matters more.
    if (entry != nullptr && is_relayed(entry->address))
      (void)entry->send(session::Channel::control, sync::punch_type, sync::encode(said.message))
          .has_value();
  }
  for (Puncher::Shot& shot : orders.shots) {
    const Link link{next_link_++};
    turn.effects.push_back(step::Dial{link, shot.address, step::DialFrom::door, shot.first_ttl});
    const DialPunch punch{shot.device, shot.attempt, shot.role == Puncher::Role::asker};
    dialling_.emplace(link, DialPurpose{punch, std::move(shot.address)});
  }
}

Status Links::hear_punch(House& house, Turn& turn, const Entry& entry,
                         const session::Message& message) {
  if (!house.replicator->has_greeted(entry.link))
    return fail(Errc::invalid, "something came before the hello");
  const auto punch = sync::decode_punch(message.body);
  if (!punch) return pass(punch);
  turn.must_settle = true;
  // What was said before the path was direct may come after it.
  if (is_relayed(entry.address)) puncher_.hear(*entry.device, *punch, turn.now.instant);
  return {};
}

bool Links::begin_punched(House& house, Turn& turn, Entry& entry, const DialPunch& punch) {
  entry.punched = true;
  entry.dialled = punch.begins;
  // Whoever asked chooses which of several connections it is, and begins there.
  if (!punch.begins) return true;
  if (!puncher_.met({punch.device, punch.attempt}, turn.now.instant)) return false;
  stop_punching(turn, punch.device, entry.link);
  const auto audience = session::Audience::of(house.identity->discovery.expose());
  entry.stage = session::Session::dial(common_of(house), audience, turn.now.instant);
  return true;
}

// Their packet was there before this device had sent its own.
void Links::recognise_punched(House& house, Turn& turn, Entry& entry) {
  if (!house.identity || house.network != step::NetworkMode::anywhere) return;
  const auto expected = puncher_.expects(entry.address, turn.now.instant);
  if (!expected) return;
  const DialPunch punch{expected->device, expected->attempt, true};
  if (begin_punched(house, turn, entry, punch))
    dialling_.emplace(entry.link, DialPurpose{punch, entry.address});
}

void Links::stop_punching(Turn& turn, const DeviceId& device, Link but) {
  std::vector<Link> others;
  for (const auto& [link, purpose] : dialling_) {
    const auto* punch = std::get_if<DialPunch>(&purpose.whom);
    if (punch != nullptr && punch->device == device && link != but) others.push_back(link);
  }
  for (const Link link : others) {
    dialling_.erase(link);
    entries_.erase(link);
    turn.effects.push_back(step::Hangup{link, "connected on another path"});
  }
}

}  // namespace syncline::node
