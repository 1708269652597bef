// SPDX-License-Identifier: Apache-2.0
#include "ipc/net_answers.h"

#include "ipc/answer_parts.h"

namespace syncline::ipc {

namespace {

std::string_view name_of(step::LinkState state) {
  switch (state) {
    case step::LinkState::connecting: return "connecting";
    case step::LinkState::syncing: return "syncing";
    case step::LinkState::live: return "live";
  }
  return "connecting";
}

std::string_view name_of(step::NetworkMode mode) {
  switch (mode) {
    case step::NetworkMode::anywhere: return "anywhere";
    case step::NetworkMode::lan_only: return "lan-only";
    case step::NetworkMode::off: return "off";
  }
  return "off";
}

const char* show(step::AddressSource source) {
  switch (source) {
    case step::AddressSource::remembered: return "remembered";
    case step::AddressSource::nearby: return "nearby";
    case step::AddressSource::told: return "told";
  }
  return "told";
}

Json show(const step::AddressStatus& address) {
  Json made = {
      {"address", address.address}, {"source", show(address.source)}, {"allowed", address.allowed}};
  if (address.tried) made["tried_s"] = seconds_of(*address.tried);
  put_text(made, "result", address.result);
  return made;
}

std::string_view name_of(step::RelayState state) {
  switch (state) {
    case step::RelayState::waiting: return "waiting";
    case step::RelayState::dialling: return "dialling";
    case step::RelayState::ready: return "ready";
  }
  return "waiting";
}

Json show(const step::RelayStatus& relay) {
  Json made = {{"address", relay.address}, {"state", name_of(relay.state)}};
  put_text(made, "reason", relay.reason);
  if (relay.next_try) made["next_try_s"] = seconds_of(*relay.next_try);
  return made;
}

Json show(const step::PunchStatus& punch) {
  Json made = {{"running", punch.is_running}, {"rounds", punch.rounds}};
  if (punch.tried) made["tried_s"] = seconds_of(*punch.tried);
  put_text(made, "result", punch.result);
  if (punch.next) made["next_try_s"] = seconds_of(*punch.next);
  return made;
}

const char* show(step::NatKind nat) {
  switch (nat) {
    case step::NatKind::unknown: return "unknown";
    case step::NatKind::none: return "none";
    case step::NatKind::preserving: return "preserving";
    case step::NatKind::independent: return "independent";
    case step::NatKind::changing: return "changing";
    case step::NatKind::dependent: return "dependent";
  }
  return "unknown";
}

Json show(const step::ReachStatus& reach) {
  Json made = {
      {"device", reach.device.hex()},
      {"links", rows_of(reach.links, [](const auto& link) { return link_json(link); })},
      {"addresses", rows_of(reach.addresses, [](const auto& address) { return show(address); })}};
  put_text(made, "name", reach.name);
  if (reach.next_try) made["next_try_s"] = seconds_of(*reach.next_try);
  if (reach.dht_asked) made["dht_asked_s"] = seconds_of(*reach.dht_asked);
  if (reach.dht_found) made["dht_found_s"] = seconds_of(*reach.dht_found);
  if (reach.punch) made["punch"] = show(*reach.punch);
  return made;
}

Json show(const step::DhtStatus& dht) {
  Json made = {{"available", dht.available},
               {"works", dht.works},
               {"nodes", dht.nodes},
               {"sentence", dht.sentence}};
  if (dht.published) {
    made["published_s"] = seconds_of(*dht.published);
    made["copies"] = dht.copies;
  }
  return made;
}

}  // namespace

Json link_json(const step::LinkStatus& link) {
  return {{"address", link.address},       {"dialled", link.dialled},
          {"state", name_of(link.state)},  {"up_s", seconds_of(link.since)},
          {"bytes_sent", link.bytes_sent}, {"bytes_received", link.bytes_received},
          {"punched", link.punched}};
}

Json net_json(const step::NetAnswer& net) {
  Json router = {{"sentence", net.router_sentence}};
  if (net.router_address) router["address"] = *net.router_address;
  return {
      {"mode", name_of(net.mode)},
      {"listening", net.listening},
      {"lan",
       {{"works", net.lan_works}, {"sentence", net.lan_sentence}, {"announced", net.announced}}},
      {"router", std::move(router)},
      {"nat", {{"kind", show(net.nat)}, {"outer", net.outer}}},
      {"dht", show(net.dht)},
      {"relays", rows_of(net.relays, [](const auto& row) { return show(row); })},
      {"devices", rows_of(net.devices, [](const auto& row) { return show(row); })}};
}

}  // namespace syncline::ipc
