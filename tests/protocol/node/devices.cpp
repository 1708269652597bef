// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/node/devices.h"

#include <algorithm>

namespace syncline::node {

Devices::Devices(std::size_t count) : isolated_(count, false) {
  for (std::size_t i = 0; i < count; ++i) {
    devices_.push_back(std::make_unique<Device>(i + 1));
    devices_.back()->address = "10.0.0." + std::to_string(i + 1) + ":7000";
    restart(i);
  }
}

void Devices::restart(std::size_t index) {
  Device& device = *devices_[index];
  for (const Wire& wire : std::vector<Wire>(wires_))
    for (int side = 0; side < 2; ++side)
      if (wire.device[side] == index) hang_up(index, wire.link[side]);
  device.node.reset();
  device.inputs.clear();
  device.bytes.clear();
  device.staged = std::make_unique<StagedStore>(device.store);
  std::vector<step::AnchorHead> anchor;
  for (const auto& [log, head] : device.anchor) anchor.push_back(head);
  NodeOptions options;
  options.argon = {limits::argon_memory_kib_min, limits::argon_passes_min};
  auto node =
      Node::open({*device.staged, device.random, device.identity, anchor, false, options}, now());
  if (!node) std::fprintf(stderr, "open: %s\n", node.error().context.c_str());
  SYNCLINE_CHECK(node.has_value());
  device.node = std::move(*node);
  SYNCLINE_CHECK(device.staged->commit(Durability::synced).has_value());
  device.inputs.push_back(step::ListenAddresses{{device.address}});
}

bool Devices::step_device(std::size_t index) {
  Device& device = *devices_[index];
  if (device.wake_at && *device.wake_at <= now_) {
    device.wake_at.reset();
    device.inputs.push_back(step::Tick{});
  }
  if (device.inputs.empty()) return false;
  std::vector<step::Effect> effects;
  const auto take = [&](step::Step step) {
    device.staged->add(std::move(step.writes));
    for (step::Effect& effect : step.effects) effects.push_back(std::move(effect));
  };
  for (int taken = 0; !device.inputs.empty() && taken < 64; ++taken) {
    step::Input input = std::move(device.inputs.front());
    device.inputs.pop_front();
    Buffer bytes;
    if (auto* received = std::get_if<step::Received>(&input)) {
      bytes = std::move(device.bytes.front());
      device.bytes.pop_front();
      received->bytes = bytes;
    }
    take(device.node->handle(std::move(input), now()));
  }
  step::Step settled = device.node->settle(now());
  device.wake_at = settled.wake_at;
  take(std::move(settled));
  for (step::Effect& effect : effects)
    if (auto* identity = std::get_if<step::SaveIdentity>(&effect))
      device.identity = identity->bytes;
  SYNCLINE_CHECK(device.staged->commit(Durability::synced).has_value());
  for (step::Effect& effect : effects) perform(index, std::move(effect));
  return true;
}

void Devices::dial(std::size_t from, const step::Dial& dial) {
  if (dial.from == step::DialFrom::door) return shoot(from, dial);
  ++dials;
  ++dials_of_[from];
  if (relay && dial.address == RelayOfDevices::address && !isolated_[from]) {
    // Its router keeps the port, and the door's is 7000.
    const std::string local = "10.0.0." + std::to_string(from + 1) + ":7000";
    devices_[from]->inputs.push_back(step::LinkUp{dial.link, dial.address, true, local, 7000});
    return pass_on(relay->dialled({from, dial.link}));
  }
  for (std::size_t to = 0; to < devices_.size(); ++to) {
    if (devices_[to]->address != dial.address || isolated_[to] || isolated_[from] || to == from ||
        parted_.contains(std::minmax(from, to)))
      continue;
    const Wire wire{{from, to}, {dial.link, Link{next_link_++}}};
    wires_.push_back(wire);
    devices_[from]->inputs.push_back(step::LinkUp{wire.link[0], dial.address, true});
    devices_[to]->inputs.push_back(
        step::LinkUp{wire.link[1], "10.0.0." + std::to_string(from + 1) + ":50000", false});
    return;
  }
  devices_[from]->inputs.push_back(step::DialFailed{dial.link, "nobody listens there"});
}

// The asker shoots last.
void Devices::shoot(std::size_t from, const step::Dial& dial) {
  shots.push_back(dial.address);
  for (const auto& [other, theirs] : shots_) {
    if (RelayOfDevices::outer(from) != theirs.address ||
        RelayOfDevices::outer(other) != dial.address || holes == Holes::none)
      continue;
    const step::Dial first = theirs;
    const std::size_t answerer = other;
    shots_.erase(other);
    Link links[2] = {first.link, dial.link};
    const std::size_t ends[2] = {answerer, from};
    const int taker = holes == Holes::answerer_takes ? 0 : holes == Holes::asker_takes ? 1 : -1;
    for (int side = 0; side < 2; ++side) {
      const std::string there = RelayOfDevices::outer(ends[1 - side]);
      Device& device = *devices_[ends[side]];
      if (side == taker) {
        device.inputs.push_back(step::DialFailed{links[side], "address in use"});
        links[side] = Link{next_link_++};
      }
      device.inputs.push_back(step::LinkUp{links[side], there, side != taker});
    }
    wires_.push_back({{ends[0], ends[1]}, {links[0], links[1]}});
    return;
  }
  if (holes == Holes::none)
    devices_[from]->inputs.push_back(step::DialFailed{dial.link, "no answer"});
  else
    shots_.insert_or_assign(from, dial);
}

void Devices::pass_on(const RelayOfDevices::Outputs& outputs) {
  for (const auto& [to, bytes] : outputs) {
    Device& device = *devices_[to.first];
    if (bytes.empty()) {
      device.inputs.push_back(step::LinkDown{to.second});
      continue;
    }
    device.inputs.push_back(step::Received{to.second, {}});
    device.bytes.push_back(bytes);
  }
}

// Everybody hears everybody, themselves included.
void Devices::announce(std::size_t index, step::LanPresence presence) {
  if (!has_lan) return;
  auto& mine = lan_.try_emplace(index).first->second;
  const auto told = [&](std::size_t to, const step::LanPresence& of, std::size_t from) {
    if (lan_.contains(to) && lan_[to].search && of.announcement)
      devices_[to]->inputs.push_back(step::LanSighted{
          of.announcement->instance, devices_[from]->address, of.announcement->txt});
  };
  const step::LanPresence before = std::exchange(mine, std::move(presence));
  if (!before.search)
    for (const auto& [other, theirs] : lan_)
      if (other != index) told(index, theirs, other);
  for (const auto& [other, theirs] : lan_) {
    if (before.announcement)
      devices_[other]->inputs.push_back(step::LanGone{before.announcement->instance});
    told(other, mine, index);
  }
}

void Devices::hang_up(std::size_t index, Link link) {
  if (relay) pass_on(relay->closed({index, link}));
  for (const Wire& wire : std::vector<Wire>(wires_)) {
    for (int side = 0; side < 2; ++side) {
      if (wire.device[side] != index || wire.link[side] != link) continue;
      devices_[wire.device[1 - side]]->inputs.push_back(step::LinkDown{wire.link[1 - side]});
      std::erase_if(wires_, [&](const Wire& other) {
        return other.device[side] == index && other.link[side] == link;
      });
    }
  }
}

void Devices::perform(std::size_t index, step::Effect effect) {
  Device& device = *devices_[index];
  std::visit(
      step::Overloaded{
          [&](step::Dial& wanted) { dial(index, wanted); },
          [&](step::Send& send) {
            if (relay && relay->knows({index, send.link}))
              pass_on(relay->received({index, send.link}, send.bytes));
            for (const Wire& wire : wires_) {
              for (int side = 0; side < 2; ++side) {
                if (wire.device[side] != index || wire.link[side] != send.link) continue;
                Device& other = *devices_[wire.device[1 - side]];
                bytes_carried += send.bytes.size();
                other.inputs.push_back(step::Received{wire.link[1 - side], {}});
                other.bytes.push_back(send.bytes);
              }
            }
            device.inputs.push_back(step::Drained{send.link, 0});
          },
          [&](step::Hangup& hangup) {
            device.notes.push_back("hangup: " + hangup.reason);
            hang_up(index, hangup.link);
          },
          [&](step::Authenticated&) {},
          [&](step::Reply& reply) {
            device.answers.insert_or_assign(reply.id.value, std::move(reply.answer));
          },
          [&](step::StretchPassword& wanted) {
            // Cheap on purpose: what Argon2id costs is tested where it is implemented.
            device.inputs.push_back(step::Stretched{
                wanted.ticket, crypto::MasterKey::made_by([&](std::span<std::uint8_t, 32> out) {
                  const Digest digest = crypto::Hasher("test-stretch")
                                            .add(wanted.salt)
                                            .add(wanted.password.view())
                                            .finish();
                  std::ranges::copy(digest.bytes, out.begin());
                })});
          },
          [&](step::WriteAnchor& anchor) {
            for (const step::AnchorHead& head : anchor.heads)
              device.anchor.insert_or_assign(head.log, head);
          },
          [&](step::SaveIdentity&) {},
          [&](step::LanPresence& presence) { announce(index, std::move(presence)); },
          [&](step::DhtPut& put) { device.dht_puts.push_back(std::move(put.item)); },
          [&](step::DhtGet& get) { device.dht_gets.push_back(get.key); },
          [](step::NetworkReach&) {},
          [&](step::Note& note) { device.notes.push_back(note.part + ": " + note.text); },
      },
      effect);
}

// Moves time to the next deadline, if there is one before `until`.
bool Devices::advance(Instant until) {
  std::optional<Instant> next;
  for (const auto& device : devices_)
    if (device->wake_at && (!next || *device->wake_at < *next)) next = device->wake_at;
  if (!next || *next > until) return false;
  now_ = std::max(now_, *next);
  return true;
}

void Devices::run(Duration quiet) {
  const Instant until = now_ + quiet;
  for (int rounds = 0; rounds < 2'000'000; ++rounds) {
    bool busy = false;
    for (std::size_t i = 0; i < devices_.size(); ++i) busy = step_device(i) || busy;
    if (!busy && !advance(until)) break;
  }
  now_ = std::max(now_, until);
}

Result<step::Answer> Devices::call(std::size_t index, step::Command command) {
  Device& device = *devices_[index];
  const std::uint64_t id = next_request_++;
  device.inputs.push_back(step::Request{RequestId{id}, std::move(command)});
  const Instant until = now_ + std::chrono::seconds(120);
  while (!device.answers.contains(id)) {
    bool busy = false;
    for (std::size_t i = 0; i < devices_.size(); ++i) busy = step_device(i) || busy;
    if (!busy && !advance(until)) break;
  }
  const auto found = device.answers.find(id);
  if (found == device.answers.end()) return fail(Errc::timeout, "no answer");
  Result<step::Answer> answer = std::move(found->second);
  device.answers.erase(found);
  return answer;
}

void Devices::isolate(std::size_t index) {
  isolated_[index] = true;
  for (const Wire& wire : std::vector<Wire>(wires_)) {
    for (int side = 0; side < 2; ++side) {
      if (wire.device[side] != index) continue;
      devices_[index]->inputs.push_back(step::LinkDown{wire.link[side]});
      hang_up(index, wire.link[side]);
    }
  }
}

void Devices::lose_links(std::size_t index) {
  for (const Wire& wire : wires_)
    for (int side = 0; side < 2; ++side)
      if (wire.device[side] == index)
        devices_[index]->inputs.push_back(step::LinkDown{wire.link[side]});
  std::erase_if(
      wires_, [&](const Wire& wire) { return wire.device[0] == index || wire.device[1] == index; });
}

void Devices::part(std::size_t one, std::size_t other) {
  parted_.insert(std::minmax(one, other));
  for (const Wire& wire : std::vector<Wire>(wires_)) {
    const bool between = std::minmax(wire.device[0], wire.device[1]) == std::minmax(one, other);
    if (!between) continue;
    devices_[wire.device[0]]->inputs.push_back(step::LinkDown{wire.link[0]});
    hang_up(wire.device[0], wire.link[0]);
  }
}

void Devices::reconnect(std::size_t index) {
  isolated_[index] = false;
  devices_[index]->inputs.push_back(step::Request{RequestId{next_request_++}, step::SyncNow{}});
}

void Devices::make_vault(std::size_t index) {
  step::VaultInit init;
  init.password = step::SecretText("correct horse");
  init.device_name = "device-" + std::to_string(index);
  (void)get<step::Done>(index, std::move(init));
}

void Devices::pair(std::size_t inviter, std::size_t joiner) {
  const auto invite = get<step::InviteAnswer>(inviter, step::PairInvite{});
  step::PairJoin join;
  join.code_or_uri = step::SecretText(invite.code);
  join.addresses = {devices_[inviter]->address};
  join.device_name = "device-" + std::to_string(joiner);
  (void)get<step::PairAnswer>(joiner, std::move(join));
  run(std::chrono::seconds(1));
  (void)get<step::Done>(inviter, step::PairConfirm{true});
  run(std::chrono::seconds(5));
}

}  // namespace syncline::node
