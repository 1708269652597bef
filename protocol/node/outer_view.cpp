// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/outer_view.h"

#include "protocol/discovery/dialable.h"
#include "protocol/discovery/nearby.h"

#include <algorithm>
#include <optional>

namespace syncline::node {
namespace {

std::uint16_t local_port(const OuterView::Sight& sight) {
  const auto local = session::compact_address(sight.local);
  return local ? local->port : std::uint16_t{0};
}

bool keeps_port(const OuterView::Sight& sight) { return sight.seen.port == local_port(sight); }

// At which the door is seen: that connection came from it, or the router keeps ports.
std::optional<session::CompactAddress> door_of(const OuterView::Sight& sight) {
  if (sight.door == 0 || sight.seen.port == 0) return std::nullopt;
  session::CompactAddress at = sight.seen;
  if (local_port(sight) == sight.door) return at;
  if (!keeps_port(sight)) return std::nullopt;
  at.port = sight.door;
  return at;
}

}  // namespace

void OuterView::saw(const std::string& relay, Sight sight) {
  sights_.insert_or_assign(relay, std::move(sight));
}

void OuterView::lost(const std::string& relay) { sights_.erase(relay); }

std::vector<std::string> OuterView::addresses(const std::vector<std::string>& listening) const {
  std::vector<std::string> out;
  const auto add = [&out](const session::CompactAddress& at) {
    if (!discovery::is_dialable(at, discovery::AllowLocal::no)) return;
    std::string text = session::address_text(at);
    if (out.size() < addresses_max && std::ranges::find(out, text) == out.end())
      out.push_back(std::move(text));
  };
  for (const auto& [relay, sight] : sights_)
    if (const auto at = door_of(sight)) add(*at);
  for (const std::string& own : listening) {
    const auto at = session::compact_address(own);
    if (at && at->ip.size() == 16 && !discovery::is_nearby(own)) add(*at);
  }
  return out;
}

step::NatKind OuterView::nat() const {
  using step::NatKind;
  const Sight* first = nullptr;
  bool is_same = true;
  std::size_t count = 0;
  for (const auto& [relay, sight] : sights_) {
    if (sight.seen.ip.size() != 4 || sight.seen.port == 0) continue;  // IPv6 is not translated
    if (session::address_text(sight.seen) == sight.local) return NatKind::none;
    // Of one local port only: others may well be seen as others.
    if (first == nullptr) first = &sight;
    if (local_port(sight) != local_port(*first)) continue;
    is_same = is_same && sight.seen.port == first->seen.port;
    ++count;
  }
  if (first == nullptr) return NatKind::unknown;
  if (!is_same) return NatKind::dependent;
  if (keeps_port(*first)) return NatKind::preserving;
  return count > 1 ? NatKind::independent : NatKind::changing;
}

}  // namespace syncline::node
