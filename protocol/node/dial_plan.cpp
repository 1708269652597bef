// SPDX-License-Identifier: Apache-2.0
//
// Row of Family::devices: device id 16 | 'a' -> 01 | n v | address*n
#include "protocol/node/dial_plan.h"

#include "protocol/sync/messages.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::node {

namespace {
// The first retry comes quickly: most losses are a restart of the other side.
constexpr auto retry_first = 500ms;
constexpr auto retry_last = 120s;
constexpr std::size_t typed_max = 64;

Buffer row_key(const DeviceId& device) {
  Buffer key = to_buffer(device.view());
  key.push_back('a');
  return key;
}
}  // namespace

Status DialPlan::load(const StoreReader& reader, const DeviceId& device) {
  if (devices_.contains(device)) return {};
  Device& entry = devices_[device];
  const auto stored = reader.get(Family::devices, row_key(device));
  if (!stored) return pass(stored);
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

std::vector<DialPurpose> DialPlan::due(const std::set<DeviceId>& busy, Instant now) {
  std::vector<DialPurpose> out;
  for (std::string& address : typed_) out.push_back({DialTyped{}, std::move(address)});
  typed_.clear();
  for (auto& [device, entry] : devices_) {
    if (entry.addresses.empty() || busy.contains(device) || entry.not_before > now) continue;
    entry.next %= entry.addresses.size();
    out.push_back({DialDevice{device}, entry.addresses[entry.next]});
  }
  return out;
}

void DialPlan::failed(const DialPurpose& purpose, Instant now) {
  const auto* whom = std::get_if<DialDevice>(&purpose.whom);
  if (whom == nullptr) return;
  Device& entry = devices_[whom->device];
  ++entry.next;
  // The next address at once; after a whole round a pause that doubles.
  if (entry.next < entry.addresses.size()) return;
  entry.next = 0;
  const Duration pause = std::min<Duration>(
      retry_last, Duration(retry_first) * (std::int64_t{1} << std::min(entry.failures, 10U)));
  ++entry.failures;
  entry.not_before = now + pause;
}

void DialPlan::linked(const DeviceId& device) {
  Device& entry = devices_[device];
  entry.failures = 0;
  entry.next = 0;
}

void DialPlan::lost(const DeviceId& device, Instant now) {
  Device& entry = devices_[device];
  entry.not_before = now + Duration(retry_first);
}

void DialPlan::hurry(const space::VaultRoster& roster, Instant now) {
  for (const auto& [device, admit] : roster.devices()) {
    Device& entry = devices_[device];
    entry.failures = 0;
    entry.not_before = now;
  }
}

std::optional<Instant> DialPlan::deadline(const std::set<DeviceId>& busy) const {
  if (!typed_.empty()) return Instant{};
  std::optional<Instant> first;
  for (const auto& [device, entry] : devices_) {
    if (entry.addresses.empty() || busy.contains(device)) continue;
    if (!first || entry.not_before < *first) first = entry.not_before;
  }
  return first;
}

std::string complete_address(const std::string& told, const std::string& host_of_link) {
  if (told.empty() || told.front() != ':') return told;
  const std::size_t colon = host_of_link.rfind(':');
  if (colon == std::string::npos) return told;
  return host_of_link.substr(0, colon) + told;
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
