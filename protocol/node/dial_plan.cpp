// SPDX-License-Identifier: Apache-2.0
//
// Row of Family::devices: device id 16 | 'a' -> 01 | n v | address*n
#include "protocol/node/dial_plan.h"

#include "protocol/discovery/dialable.h"
#include "protocol/discovery/nearby.h"
#include "protocol/sync/messages.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::node {

namespace {
// The first retry comes quickly: most losses are a restart of the other side.
constexpr auto retry_first = 500ms;
constexpr auto retry_last = 120s;
// A link by a relay is there; direct ones may take a little longer.
constexpr auto direct_after_relay = 2s;
constexpr std::size_t typed_max = 64;
constexpr std::size_t appearances_max = 10;  // a minute, that make a device be tried at once

Buffer row_key(const DeviceId& device) {
  Buffer key = to_buffer(device.view());
  key.push_back('a');
  return key;
}
}  // namespace

Status DialPlan::load(const StoreReader& reader, const DeviceId& device) {
  Device& entry = devices_[device];
  if (entry.is_loaded) return {};
  const auto stored = reader.get(Family::devices, row_key(device));
  if (!stored) return pass(stored);
  entry.is_loaded = true;
  if (!*stored) return {};
  wire::Reader in(**stored);
  in.u8();
  const std::uint64_t count = in.varint(addresses_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string address = in.text(sync::address_size_max);
    if (is_address(address)) entry.addresses.push_back(std::move(address));
  }
  return {};
}

void DialPlan::remember(log::Draft& draft, const DeviceId& device, const std::string& address) {
  if (!is_address(address)) return;
  Device& entry = devices_[device];
  if (!entry.addresses.empty() && entry.addresses.front() == address) return;
  std::erase(entry.addresses, address);
  entry.addresses.insert(entry.addresses.begin(), address);
  if (entry.addresses.size() > addresses_max) entry.addresses.resize(addresses_max);
  prune(entry);
  wire::Writer out;
  out.u8(1).varint(entry.addresses.size());
  for (const std::string& one : entry.addresses) out.text(one);
  draft.put(Family::devices, row_key(device), out.take());
}

const std::vector<std::string>& DialPlan::addresses(const DeviceId& device) const {
  static const std::vector<std::string> none;
  const auto found = devices_.find(device);
  return found == devices_.end() ? none : found->second.addresses;
}

void DialPlan::typed(const std::string& address, Instant) {
  if (typed_.size() < typed_max) typed_.push_back(address);
}

void DialPlan::appeared(const DeviceId& device, const std::string& address, Instant now) {
  if (!is_address(address)) return;
  Device& entry = devices_[device];
  const bool is_new = std::ranges::find(entry.nearby, address) == entry.nearby.end();
  std::erase(entry.nearby, address);
  entry.nearby.insert(entry.nearby.begin(), address);
  if (entry.nearby.size() > nearby_max) entry.nearby.resize(nearby_max);
  prune(entry);
  if (is_new) appear(entry, address, now);
}

void DialPlan::appear(Device& device, const std::string& address, Instant now) {
  if (device.appearances_since + 60s <= now || device.appearances == 0) {
    device.appearances_since = now;
    device.appearances = 0;
  }
  if (++device.appearances > appearances_max) return;
  device.urgent.push_back(address);
  device.course_of(address).failures = 0;
}

void DialPlan::heard(const DeviceId& device, const std::string& address, Instant now) {
  if (!is_address(address)) return;
  Device& entry = devices_[device];
  for (const auto* known : {&entry.addresses, &entry.nearby, &entry.hearsay})
    if (std::ranges::find(*known, address) != known->end()) return;
  entry.hearsay.insert(entry.hearsay.begin(), address);
  if (entry.hearsay.size() > nearby_max) entry.hearsay.resize(nearby_max);
  prune(entry);
  appear(entry, address, now);
}

void DialPlan::vanished(const DeviceId& device, const std::string& address) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  std::erase(found->second.nearby, address);
  prune(found->second);
}

void DialPlan::prune(Device& device) {
  std::erase_if(device.tries, [&device](const auto& each) {
    return std::ranges::find(device.addresses, each.first) == device.addresses.end() &&
           std::ranges::find(device.nearby, each.first) == device.nearby.end() &&
           std::ranges::find(device.hearsay, each.first) == device.hearsay.end();
  });
}

void DialPlan::set_mode(step::NetworkMode mode) {
  mode_ = mode;
  if (mode == step::NetworkMode::off) typed_.clear();
}

bool DialPlan::is_allowed(const std::string& address) const {
  if (mode_ == step::NetworkMode::lan_only) return discovery::is_nearby(address);
  return mode_ == step::NetworkMode::anywhere;
}

std::vector<std::string> DialPlan::candidates(const Device& device) const {
  std::vector<std::string> out;
  for (const std::string& address : device.nearby)
    if (is_allowed(address)) out.push_back(address);
  for (const auto* more : {&device.addresses, &device.hearsay})
    for (const std::string& address : *more)
      if (is_allowed(address) && std::ranges::find(out, address) == out.end())
        out.push_back(address);
  return out;
}

std::vector<std::string> DialPlan::candidates(const Device& device, Way way) const {
  std::vector<std::string> out = candidates(device);
  std::erase_if(
      out, [way](const std::string& each) { return is_relayed(each) != (way == Way::relayed); });
  return out;
}

std::vector<std::string> DialPlan::round_of(Device& device) const {
  std::vector<std::string> direct = candidates(device, Way::direct);
  if (device.next >= direct.size()) device.next = 0;
  const std::size_t begin = device.next, end = std::min(direct.size(), begin + parallel_max);
  device.next = end >= direct.size() ? 0 : end;
  direct.resize(end);
  direct.erase(direct.begin(), direct.begin() + static_cast<std::ptrdiff_t>(begin));
  return direct;
}

std::vector<DialPurpose> DialPlan::due(const Standing& standing, Instant now) {
  std::vector<DialPurpose> out;
  for (std::string& address : typed_)
    if (is_allowed(address)) out.push_back({DialTyped{}, std::move(address)});
  typed_.clear();
  for (auto& [device, entry] : devices_) {
    std::vector<std::string> addresses;
    addresses.swap(entry.urgent);
    if (standing.linked.contains(device)) continue;
    std::erase_if(addresses, [this](const std::string& each) { return !is_allowed(each); });
    const auto add = [&addresses](std::vector<std::string> more) {
      for (std::string& address : more)
        if (std::ranges::find(addresses, address) == addresses.end())
          addresses.push_back(std::move(address));
    };
    if (!standing.dialling.contains(device) && entry.direct.not_before <= now) {
      entry.direct.outstanding = 0;
      add(round_of(entry));
    }
    if (!standing.relayed.contains(device) && !standing.calling.contains(device) &&
        entry.relayed.not_before <= now) {
      entry.relayed.outstanding = 0;
      add(candidates(entry, Way::relayed));
    }
    for (std::string& address : addresses) {
      entry.tries[address] = {now, {}};
      ++entry.course_of(address).outstanding;
      out.push_back({DialDevice{device}, std::move(address)});
    }
  }
  return out;
}

void DialPlan::failed(const DialPurpose& purpose, const std::string& reason, Instant now) {
  const auto* whom = std::get_if<DialDevice>(&purpose.whom);
  if (whom == nullptr) return;
  Device& entry = devices_[whom->device];
  if (const auto tried = entry.tries.find(purpose.address); tried != entry.tries.end())
    tried->second.result = reason;
  Course& course = entry.course_of(purpose.address);
  if (course.outstanding > 0) --course.outstanding;
  // The next addresses at once; after the last of them a pause that doubles.
  const bool has_more = !is_relayed(purpose.address) && entry.next != 0;
  if (course.outstanding > 0 || has_more) return;
  const Duration pause = std::min<Duration>(
      retry_last, Duration(retry_first) * (std::int64_t{1} << std::min(course.failures, 10U)));
  ++course.failures;
  course.not_before = now + pause;
}

void DialPlan::linked(const DeviceId& device) {
  Device& entry = devices_[device];
  entry.next = 0;
  entry.direct = entry.relayed = {};
}

std::size_t DialPlan::failures(const DeviceId& device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? 0 : found->second.relayed.failures;
}

void DialPlan::linked_by_relay(const DeviceId& device, Instant now) {
  linked(device);
  devices_[device].direct.not_before = now + Duration(direct_after_relay);
}

void DialPlan::lost(const DeviceId& device, Instant now) {
  Device& entry = devices_[device];
  entry.direct.not_before = entry.relayed.not_before = now + Duration(retry_first);
}

void DialPlan::hurry(const space::VaultRoster& roster, Instant now) {
  for (const auto& [device, admit] : roster.devices()) {
    Device& entry = devices_[device];
    entry.direct.failures = entry.relayed.failures = 0;
    entry.direct.not_before = entry.relayed.not_before = now;
  }
}

std::optional<Instant> DialPlan::deadline(const Standing& standing) const {
  if (!typed_.empty()) return Instant{};
  std::optional<Instant> first;
  const auto consider = [&first](Instant at) {
    if (!first || at < *first) first = at;
  };
  for (const auto& [device, entry] : devices_) {
    if (standing.linked.contains(device)) continue;
    if (!entry.urgent.empty()) return Instant{};
    if (!standing.dialling.contains(device) && !candidates(entry, Way::direct).empty())
      consider(entry.direct.not_before);
    if (!standing.relayed.contains(device) && !standing.calling.contains(device) &&
        !candidates(entry, Way::relayed).empty())
      consider(entry.relayed.not_before);
  }
  return first;
}

std::vector<step::AddressStatus> DialPlan::addresses_of(const DeviceId& device, Instant now) const {
  std::vector<step::AddressStatus> out;
  const auto found = devices_.find(device);
  if (found == devices_.end()) return out;
  const auto add = [&](const std::string& address, step::AddressSource source) {
    step::AddressStatus status{address, source, is_allowed(address), {}, {}};
    if (const auto tried = found->second.tries.find(address); tried != found->second.tries.end()) {
      status.tried = now - tried->second.at;
      status.result = tried->second.result;
    }
    out.push_back(std::move(status));
  };
  const Device& entry = found->second;
  for (const std::string& address : entry.nearby) add(address, step::AddressSource::nearby);
  for (const std::string& address : entry.addresses)
    if (std::ranges::find(entry.nearby, address) == entry.nearby.end())
      add(address, step::AddressSource::remembered);
  for (const std::string& address : entry.hearsay)
    if (std::ranges::find(entry.nearby, address) == entry.nearby.end() &&
        std::ranges::find(entry.addresses, address) == entry.addresses.end())
      add(address, step::AddressSource::told);
  return out;
}

std::optional<Duration> DialPlan::next_try(const DeviceId& device, Instant now) const {
  const auto found = devices_.find(device);
  if (found == devices_.end() || candidates(found->second).empty()) return std::nullopt;
  const Device& entry = found->second;
  const Instant at = candidates(entry, Way::relayed).empty() ? entry.direct.not_before
                     : candidates(entry, Way::direct).empty()
                         ? entry.relayed.not_before
                         : std::min(entry.direct.not_before, entry.relayed.not_before);
  return std::max(Duration{}, at - now);
}

std::string complete_address(const std::string& told, const std::string& host_of_link) {
  if (told.empty() || told.front() != ':') return told;
  const std::size_t colon = host_of_link.rfind(':');
  if (colon == std::string::npos || is_relayed(host_of_link)) return told;
  return host_of_link.substr(0, colon) + told;
}

bool may_be_passed_on(const std::string& address) {
  if (is_relayed(address)) return is_address(relay_of(address));
  const auto compact = session::compact_address(address);
  return compact && discovery::is_dialable(*compact, discovery::AllowLocal::no);
}

bool is_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || text.size() > sync::address_size_max)
    return false;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  const bool clean = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
  return value >= 1 && value <= 65535 && clean;
}

}  // namespace syncline::node
