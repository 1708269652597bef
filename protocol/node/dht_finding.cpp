// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/dht_finding.h"

#include <algorithm>

namespace syncline::node {
namespace {

// Places that change again and again are published at most so often, and more rarely still once
// that has put the numbers of the records ahead of the clock.
constexpr Duration change_pause = 3s;
constexpr Duration change_pause_ahead = 60s;
constexpr std::uint32_t minutes_ahead = 2;
constexpr Duration retry_put_first = 30s;
// Between two rounds for one device, however often somebody asks.
constexpr Duration hurry_pause = 5s;

Duration doubled(Duration first, std::uint32_t times, Duration last) {
  return std::min(last, first * (std::int64_t{1} << std::min(times, 16U)));
}

// Between three quarters and five quarters of it: devices that failed together do not ask together.
Duration about(Duration wanted, Random& random) {
  const auto half = static_cast<std::uint64_t>(wanted.count() / 2);
  return wanted * 3 / 4 + Duration(static_cast<std::int64_t>(random.below(half + 1)));
}

bool same_address(const session::CompactAddress& one, const session::CompactAddress& other) {
  return one.ip == other.ip && one.port == other.port;
}

}  // namespace

// ---- what is on ----------------------------------------------------------------------------

bool DhtFinding::is_on(const House& house) const {
  return state_.available && house.network == step::NetworkMode::anywhere && house.identity &&
         house.roster.devices().size() > 1;
}

void DhtFinding::consider(Instant at) {
  if (!deadline_ || at < *deadline_) deadline_ = at;
}

void DhtFinding::settle(House& house, Turn& turn, const Links& links) {
  deadline_.reset();
  if (!is_on(house)) {
    publications_.clear();
    searches_.clear();
    questions_.clear();
    return;
  }
  publish(house, turn);
  search(house, turn, links);
}

void DhtFinding::hurry(Now now) {
  for (auto& [day, publication] : publications_) {
    if (publication.failures == 0) continue;
    publication.failures = 0;
    publication.next = std::min(publication.next, now.instant);
  }
  for (auto& [device, search] : searches_) {
    search.failures = 0;
    const Instant soon = std::max(now.instant, search.began + hurry_pause);
    // What is still to be answered was asked in another network, perhaps.
    if (search.is_running && soon == now.instant) {
      search.is_running = false;
      search.next = soon;
      forget_questions(device);
    }
    search.next = std::min(search.next, soon);
  }
}

// ---- publishing ----------------------------------------------------------------------------

bool DhtFinding::same(const Places& one, const Places& other) {
  return one.is_signed == other.is_signed && one.relays == other.relays &&
         std::ranges::equal(one.addresses, other.addresses, same_address);
}

DhtFinding::Places DhtFinding::places_of(const House& house) {
  Places places;
  places.is_signed = house.vault != nullptr;
  for (const std::string& text : reachable_addresses(house)) {
    auto address = session::compact_address(text);
    if (address && discovery::is_dialable(*address, discovery::AllowLocal::no) &&
        places.addresses.size() < discovery::record_addresses_max)
      places.addresses.push_back(std::move(*address));
  }
  for (const std::string& told : house.relays.told())
    if (places.relays.size() < discovery::record_relays_max)
      places.relays.push_back(relay_of(told));
  return places;
}

Instant DhtFinding::due_of(const Publication& of, const Places& places, Now now) const {
  if (!of.key) return now.instant;
  if (same(of.places, places)) return of.next;
  const bool is_ahead = of.minute > discovery::next_minute(now.wall, 0) + minutes_ahead;
  return std::min(of.next, of.put_at + (is_ahead ? change_pause_ahead : change_pause));
}

void DhtFinding::publish(House& house, Turn& turn) {
  const auto clock = discovery::DayClock::of(house.identity->discovery.expose());
  const std::vector<discovery::Day> days = clock.to_publish(turn.now.wall);
  std::erase_if(publications_, [&days](const auto& each) {
    return std::ranges::find(days, each.first) == days.end();
  });
  const Places places = places_of(house);
  if (places.addresses.empty() && places.relays.empty()) return;
  for (const discovery::Day day : days) {
    Publication& publication = publications_[day];
    if (due_of(publication, places, turn.now) <= turn.now.instant)
      put(house, turn, day, publication, places);
    consider(due_of(publication, places, turn.now));
  }
  consider(turn.now.instant + clock.until_change(turn.now.wall));
}

void DhtFinding::put(House& house, Turn& turn, discovery::Day day, Publication& of, Places places) {
  const auto keys =
      discovery::record_keys(house.identity->discovery.expose(), {house.identity->device, day});
  const crypto::SigningKey* device = places.is_signed ? &house.vault->secrets().sign : nullptr;
  of.minute = discovery::next_minute(turn.now.wall, of.minute);
  discovery::DhtItem item = discovery::seal_record({of.minute, places.addresses, places.relays},
                                                   keys, device, house.random);
  of.key = keys.sign.verify_key();
  of.places = std::move(places);
  of.put_at = turn.now.instant;
  const auto spread = static_cast<std::uint64_t>(renew_spread.count());
  of.next = turn.now.instant + renew_after +
            Duration(static_cast<std::int64_t>(house.random.below(spread)));
  turn.effects.push_back(step::DhtPut{{*of.key, item.seq, std::move(item.value), item.signature}});
}

void DhtFinding::stored(House& house, const step::DhtStored& stored, Now now) {
  for (auto& [day, publication] : publications_) {
    if (publication.key != stored.key || publication.minute != stored.seq) continue;
    if (stored.copies > 0) {
      publication.failures = 0;
      publication.stored_at = now.instant;
      publication.copies = stored.copies;
      return;
    }
    const Duration pause = doubled(retry_put_first, publication.failures++, renew_late);
    publication.next = std::min(publication.next, now.instant + about(pause, house.random));
  }
}

// ---- looking -------------------------------------------------------------------------------

void DhtFinding::search(House& house, Turn& turn, const Links& links) {
  const auto& devices = house.roster.devices();
  std::erase_if(searches_, [&](const auto& each) { return !devices.contains(each.first); });
  std::size_t running = 0;
  for (const auto& [device, search] : searches_) running += search.is_running ? 1 : 0;
  for (const auto& [device, admit] : devices) {
    if (device == house.identity->device) continue;
    const auto [entry, is_new] = searches_.try_emplace(device);
    Search& search = entry->second;
    const bool was_linked = std::exchange(search.is_linked, links.is_linked(device));
    if (search.is_linked) {
      if (search.is_running) end_round(house, device, search, turn.now.instant);
      continue;
    }
    if (is_new || was_linked) {
      search.failures = 0;
      search.next = turn.now.instant + patience;
    }
    if (!search.is_running && search.next <= turn.now.instant && running < rounds_max) {
      search.is_running = true;
      search.has_found = false;
      search.days = search.waiting = 0;
      search.began = turn.now.instant;
      ++running;
    }
    if (search.is_running)
      go_on(house, turn, device, search);
    else if (running < rounds_max)
      consider(search.next);
  }
}

// Asks for the next day, or ends the round.
void DhtFinding::go_on(House& house, Turn& turn, const DeviceId& device, Search& search) {
  const Instant now = turn.now.instant;
  const std::size_t days =
      discovery::DayClock::of(house.identity->discovery.expose()).to_read(turn.now.wall).size();
  const bool is_next_due = search.waiting == 0 || now >= search.asked + next_day_after;
  if (!search.has_found && search.days < days && is_next_due) ask(house, turn, device, search);
  // Nobody waits for the last node of a way where one has answered.
  const bool is_complete = (search.waiting == 0 && (search.has_found || search.days >= days)) ||
                           (search.has_found && now >= search.asked + next_day_after);
  if (is_complete || now >= search.began + round_max) {
    end_round(house, device, search, now);
    return consider(search.next);
  }
  if (search.has_found || search.days < days) consider(search.asked + next_day_after);
  consider(search.began + round_max);
}

void DhtFinding::ask(House& house, Turn& turn, const DeviceId& device, Search& search) {
  const auto discovery = house.identity->discovery.expose();
  const auto days = discovery::DayClock::of(discovery).to_read(turn.now.wall);
  const discovery::Day day = days[search.days++];
  const auto key = discovery::record_keys(discovery, {device, day}).sign.verify_key();
  search.asked = turn.now.instant;
  search.asked_at = turn.now.instant;
  if (questions_.insert_or_assign(key, Question{device, day}).second) ++search.waiting;
  turn.effects.push_back(step::DhtGet{key});
}

void DhtFinding::forget_questions(const DeviceId& device) {
  std::erase_if(questions_, [&device](const auto& each) { return each.second.device == device; });
}

void DhtFinding::end_round(House& house, const DeviceId& device, Search& search, Instant now) {
  search.is_running = false;
  search.waiting = 0;
  forget_questions(device);
  search.next =
      now + about(doubled(look_again_first, search.failures++, look_again_last), house.random);
}

void DhtFinding::found(House& house, Turn& turn, Links& links, const step::DhtFound& found) {
  const auto asked = questions_.find(found.key);
  if (asked == questions_.end() || !is_on(house)) return;
  const Question question = asked->second;
  const auto search = searches_.find(question.device);
  const auto admit = house.roster.devices().find(question.device);
  if (search == searches_.end() || admit == house.roster.devices().end()) return;
  turn.must_settle = true;
  if (found.is_last) {
    questions_.erase(asked);
    if (search->second.waiting > 0) --search->second.waiting;
  }
  if (!found.item || found.item->key != found.key) return;
  const auto keys =
      discovery::record_keys(house.identity->discovery.expose(), {question.device, question.day});
  const auto opened =
      discovery::open_record({found.item->seq, found.item->value, found.item->signature}, keys,
                             {.device = admit->second.cert.sign_key, .now = turn.now.wall});
  if (!opened) {
    turn.note(step::NoteLevel::debug, "dht", "a record was refused: " + opened.error().context);
    return;
  }
  // One that is older than what was believed already is an answer of yesterday.
  if (opened->record.minute < search->second.minute) return;
  search->second.minute = opened->record.minute;
  search->second.has_found = true;
  search->second.found_at = turn.now.instant;
  for (const session::CompactAddress& address : opened->record.addresses)
    links.plan().heard(question.device, session::address_text(address), turn.now.instant);
  for (const std::string& relay : opened->record.relays)
    links.plan().heard(question.device, std::string(relay_prefix) + relay, turn.now.instant);
}

// ---- telling -------------------------------------------------------------------------------

void DhtFinding::describe(step::NetAnswer& answer, Now now) const {
  answer.dht.available = state_.available;
  answer.dht.works = state_.works;
  answer.dht.nodes = state_.nodes;
  answer.dht.sentence = state_.sentence;
  for (const auto& [day, publication] : publications_) {
    if (!publication.stored_at) continue;
    const Duration ago = now.instant - *publication.stored_at;
    if (answer.dht.published && *answer.dht.published <= ago) continue;
    answer.dht.published = ago;
    answer.dht.copies = publication.copies;
  }
  for (step::ReachStatus& reach : answer.devices) {
    const auto search = searches_.find(reach.device);
    if (search == searches_.end()) continue;
    if (search->second.asked_at) reach.dht_asked = now.instant - *search->second.asked_at;
    if (search->second.found_at) reach.dht_found = now.instant - *search->second.found_at;
  }
}

}  // namespace syncline::node
