// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/node/relay_of_devices.h"

#include "protocol/discovery/day_keys.h"

namespace syncline::node {

using namespace discovery;

RelayOfDevices::Outputs RelayOfDevices::dialled(const End& end) {
  connections_[end];
  RelayHello hello;
  hello.observed = *session::compact_address(outer(end.first));
  hello.ttl_s = 120;
  return {{end, encode_relay_message(hello)}};
}

RelayOfDevices::Outputs RelayOfDevices::received(const End& end, Bytes bytes) {
  Outputs out;
  Connection& connection = connections_.at(end);
  while (!connection.spliced) {
    const auto message = connection.frames.take(bytes);
    if (!message || !*message) return out;
    take(end, **message, out);
  }
  if (!bytes.empty()) out.push_back({*connection.spliced, to_buffer(bytes)});
  return out;
}

void RelayOfDevices::take(const End& end, const RelayMessage& message, Outputs& out) {
  if (const auto* reg = std::get_if<RelayRegister>(&message)) {
    for (const Registration& one : reg->registrations) registered_[rendezvous_id(one.key)] = end;
    const auto count = static_cast<std::uint8_t>(reg->registrations.size());
    out.push_back({end, encode_relay_message(RelayRegistered{count})});
  } else if (const auto* call = std::get_if<RelayCall>(&message)) {
    const auto callee = registered_.find(call->callee);
    if (callee == registered_.end()) {
      out.push_back({end, encode_relay_message(RelayFailed{RelayFailure::absent})});
      return;
    }
    const SpliceToken token{{++tokens_}};
    calls_[token] = end;
    out.push_back({callee->second, encode_relay_message(RelayRing{token})});
  } else if (const auto* taken = std::get_if<RelayTake>(&message)) {
    const auto caller = calls_.find(taken->token);
    if (caller == calls_.end() || !connections_.contains(caller->second)) return;
    connections_[end].spliced = caller->second;
    connections_[caller->second].spliced = end;
    for (const End& side : {end, caller->second})
      out.push_back({side, encode_relay_message(RelaySpliced{})});
  } else if (std::holds_alternative<RelayPing>(message)) {
    out.push_back({end, encode_relay_message(RelayPong{})});
  }
}

RelayOfDevices::Outputs RelayOfDevices::closed(const End& end) {
  const auto found = connections_.find(end);
  if (found == connections_.end()) return {};
  const std::optional<End> other = found->second.spliced;
  connections_.erase(found);
  std::erase_if(registered_, [&end](const auto& each) { return each.second == end; });
  if (!other || connections_.erase(*other) == 0) return {};
  return {{*other, {}}};
}

}  // namespace syncline::node
