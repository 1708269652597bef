// SPDX-License-Identifier: Apache-2.0
//
// What linked devices tell each other of where devices of the vault can be reached. Spec Y18.
#include "protocol/sync/replicator_state.h"

namespace syncline::sync {

namespace {

void send_addresses(LinkState& link, const Addresses& message) {
  // A queue that is full holds what matters more.
  (void)link.outlet
      ->send(session::Channel::control, static_cast<std::uint8_t>(MessageType::addresses),
             encode(message))
      .has_value();
}

Addresses::Of bounded(Addresses::Of of) {
  std::erase_if(of.addresses,
                [](const std::string& each) { return each.size() > address_size_max; });
  if (of.addresses.size() > hello_addresses_max) of.addresses.resize(hello_addresses_max);
  return of;
}

}  // namespace

Status handle_addresses(State& state, const LinkState& link, Bytes body) {
  auto message = decode_addresses(body);
  if (!message) return pass(message);
  for (Addresses::Of& of : message->devices)
    if (of.device != state.setup.self)
      state.news.learned.push_back({of.device, std::move(of.addresses), link.device});
  return {};
}

void Replicator::set_addresses(std::vector<std::string> addresses) {
  if (state_->addresses == addresses) return;
  state_->addresses = std::move(addresses);
  for (auto& [id, link] : state_->links)
    send_addresses(link, {{bounded({state_->setup.self, state_->addresses})}});
}

void Replicator::tell_addresses(const DeviceId& to, std::vector<Addresses::Of> known) {
  const auto device = state_->devices.find(to);
  if (device == state_->devices.end() || !device->second.link || known.empty()) return;
  Addresses message;
  for (Addresses::Of& of : known)
    if (message.devices.size() < addresses_devices_max)
      message.devices.push_back(bounded(std::move(of)));
  send_addresses(state_->links.at(*device->second.link), message);
}

}  // namespace syncline::sync
