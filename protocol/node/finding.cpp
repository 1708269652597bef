// SPDX-License-Identifier: Apache-2.0
//
// Row of Family::meta: "net" -> mode u8
#include "protocol/node/finding.h"

#include "protocol/discovery/lan_tag.h"
#include "protocol/discovery/nearby.h"

#include <algorithm>

namespace syncline::node {
namespace {

const Buffer mode_key = {'n', 'e', 't'};
// Of one instance: its networks and address families.
constexpr std::size_t addresses_max = 8;

// Whom an announcement may be of: the devices of the vault, or the inviter whose code was scanned.
std::vector<discovery::LanAudience> audiences_of(const House& house, const Pairing& pairing) {
  std::vector<discovery::LanAudience> out;
  if (house.identity) {
    std::vector<DeviceId> devices;
    for (const auto& [device, admit] : house.roster.devices()) devices.push_back(device);
    out.push_back(discovery::LanAudience::of(house.identity->discovery.expose(), devices));
  }
  if (const session::PairingTicket* ticket = pairing.ticket())
    out.push_back(discovery::LanAudience::of(*ticket));
  return out;
}

}  // namespace

// ---- the mode ------------------------------------------------------------------------------

Status Finding::load(House& house, const StoreReader& reader) {
  const auto stored = reader.get(Family::meta, mode_key);
  if (!stored) return pass(stored);
  if (!*stored) return {};
  // A row that cannot be read keeps the network closed rather than open.
  const bool is_known = (*stored)->size() == 1 && (**stored)[0] <= 2;
  house.network = is_known ? static_cast<step::NetworkMode>((**stored)[0]) : step::NetworkMode::off;
  return {};
}

void Finding::set_mode(House& house, Turn& turn, step::NetworkMode mode) {
  house.network = mode;
  turn.draft.put(Family::meta, mode_key, Buffer{static_cast<std::uint8_t>(mode)});
  turn.durability = Durability::synced;
  turn.must_settle = true;
}

// ---- announcing ----------------------------------------------------------------------------

Finding::Subject Finding::subject_of(const House& house, Pairing& pairing, Now now) {
  Subject subject;
  if (house.network == step::NetworkMode::off) return subject;
  subject.announce = house.has_vault();
  subject.search = subject.announce || pairing.is_searching();
  if (!subject.announce) return subject;
  subject.addresses = house.listen_addresses;
  if (const session::Invitation* open = pairing.open_invitation(now.instant))
    subject.invitation = open->number;
  return subject;
}

void Finding::settle(House& house, Turn& turn, Pairing& pairing) {
  if (told_mode_ != house.network) {
    told_mode_ = house.network;
    turn.effects.push_back(step::NetworkReach{house.network});
  }
  const Subject subject = subject_of(house, pairing, turn.now);
  const bool is_old = renew_at_ && *renew_at_ <= turn.now.instant;
  if (subject != told_ || is_old) tell(house, turn, pairing, subject);
}

void Finding::tell(House& house, Turn& turn, Pairing& pairing, const Subject& subject) {
  step::LanPresence presence;
  presence.search = subject.search;
  renew_at_.reset();
  if (subject.announce) {
    std::vector<discovery::LanAudience> audiences;
    audiences.push_back(discovery::LanAudience::of(house.identity->discovery.expose(), {}));
    auto pairing_is = discovery::LanPairing::closed;
    if (const session::Invitation* open = pairing.open_invitation(turn.now.instant)) {
      audiences.push_back(discovery::LanAudience::of(open->ticket));
      pairing_is = discovery::LanPairing::open;
      if (const auto status = pairing.book().status(turn.now.instant)) renew_at_ = status->expires;
    }
    discovery::LanAnnouncement made =
        discovery::announce({house.identity->device, pairing_is}, audiences, house.random);
    presence.announcement = {std::move(made.instance), std::move(made.txt)};
    const Instant end = turn.now.instant + announcement_lifetime;
    renew_at_ = renew_at_ ? std::min(*renew_at_, end) : end;
  }
  if (!subject.search) sightings_.clear();
  told_ = subject;
  turn.effects.push_back(std::move(presence));
}

std::optional<Instant> Finding::deadline() const { return renew_at_; }

// ---- recognising ---------------------------------------------------------------------------

void Finding::seen(House& house, Turn& turn, Links& links, Pairing& pairing,
                   const step::LanSighted& sighting) {
  if (house.network == step::NetworkMode::off || !is_address(sighting.address)) return;
  // Whoever announces an address elsewhere is no neighbour.
  if (house.network == step::NetworkMode::lan_only && !discovery::is_nearby(sighting.address))
    return;
  const auto audiences = audiences_of(house, pairing);
  const auto found = discovery::recognise(sighting.txt, audiences);
  if (!found) return;
  const bool is_ours = found->match && found->match->device;
  if (is_ours && house.identity && *found->match->device == house.identity->device) return;
  const bool is_inviter = found->match && !house.identity;
  if (found->pairing == discovery::LanPairing::open && pairing.is_searching() &&
      (is_inviter || pairing.ticket() == nullptr)) {
    pairing.appeared(sighting.address);
    turn.must_settle = true;
  }
  if (!is_ours) return;
  if (!sightings_.contains(sighting.instance) && sightings_.size() >= sightings_max) return;
  Sighting& entry = sightings_[sighting.instance];
  entry.device = found->match->device;
  if (entry.addresses.size() >= addresses_max) return;
  entry.addresses.push_back(sighting.address);
  links.plan().appeared(*entry.device, sighting.address, turn.now.instant);
  turn.must_settle = true;
}

void Finding::gone(Links& links, const std::string& instance) {
  const auto found = sightings_.find(instance);
  if (found == sightings_.end()) return;
  const Sighting sighting = std::move(found->second);
  sightings_.erase(found);
  for (const std::string& address : sighting.addresses) {
    // Announced again, under another name, before the old one went.
    const bool elsewhere = std::ranges::any_of(sightings_, [&](const auto& each) {
      return each.second.device == sighting.device &&
             std::ranges::find(each.second.addresses, address) != each.second.addresses.end();
    });
    if (!elsewhere) links.plan().vanished(*sighting.device, address);
  }
}

// ---- telling -------------------------------------------------------------------------------

step::NetAnswer Finding::status_of(const House& house, const Links& links, Now now) const {
  step::NetAnswer answer;
  answer.mode = house.network;
  answer.listening = house.listen_addresses;
  answer.lan_works = house.lan.works;
  answer.lan_sentence = house.lan.sentence;
  answer.announced = told_.announce;
  answer.router_address = house.router.address;
  answer.router_sentence = house.router.sentence;
  answer.relays = house.relays.status(now.instant);
  answer.nat = links.outer().nat();
  answer.outer = links.outer().addresses(house.listen_addresses);
  if (!house.has_vault()) return answer;
  for (const auto& [device, admit] : house.roster.devices()) {
    if (device == house.identity->device) continue;
    step::ReachStatus reach;
    reach.device = device;
    if (house.vault) reach.name = house.vault->device_name(device);
    reach.links = links.status_of(device, now);
    reach.addresses = links.plan().addresses_of(device, now.instant);
    reach.punch = links.puncher().status(device, now.instant);
    if (reach.links.empty()) reach.next_try = links.plan().next_try(device, now.instant);
    answer.devices.push_back(std::move(reach));
  }
  return answer;
}

}  // namespace syncline::node
