// SPDX-License-Identifier: Apache-2.0
#include "agent/strangers.h"

#include <algorithm>

#include <arpa/inet.h>

namespace syncline::agent {

std::string source_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  in6_addr raw{};
  if (::inet_pton(AF_INET6, text.c_str(), &raw) != 1) return text;
  char out[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&raw)) {
    ::inet_ntop(AF_INET, &raw.s6_addr[12], out, sizeof out);
    return out;
  }
  std::fill(raw.s6_addr + 8, raw.s6_addr + 16, std::uint8_t{0});
  ::inet_ntop(AF_INET6, &raw, out, sizeof out);
  return std::string(out) + "/64";
}

bool Strangers::take_token(Source& source, Instant now) const {
  const double factor = source.proven ? limits_.proven_factor : 1.0;
  const double elapsed = std::chrono::duration<double>(now - source.counted_at).count();
  source.tokens = std::min(limits_.burst * factor,
                           source.tokens + std::max(0.0, elapsed) * limits_.per_second * factor);
  source.counted_at = now;
  if (source.tokens < 1.0) return false;
  source.tokens -= 1.0;
  return true;
}

Strangers::Source* Strangers::source_at(const std::string& name, Instant now) {
  if (const auto found = sources_.find(name); found != sources_.end()) return &found->second;
  if (sources_.size() >= limits_.sources_max) {
    // A source that has been silent for as long as its bucket takes to fill says nothing any more.
    const auto forgettable =
        std::chrono::duration<double>(limits_.burst / std::max(limits_.per_second, 0.001));
    std::erase_if(sources_, [&](const auto& entry) {
      return !entry.second.proven && entry.second.links == 0 &&
             now - entry.second.counted_at > forgettable;
    });
    if (sources_.size() >= limits_.sources_max) return nullptr;
  }
  Source& made = sources_[name];
  made.tokens = limits_.burst;
  made.counted_at = now;
  return &made;
}

std::optional<Link> Strangers::make_room(const std::string& source) const {
  const auto own = sources_.find(source);
  const bool source_full =
      own != sources_.end() && own->second.links >= limits_.links_per_source_max;
  if (!source_full && waiting_.size() < limits_.links_max) return std::nullopt;
  std::string crowded = source;
  if (!source_full) {
    const auto most = std::max_element(
        sources_.begin(), sources_.end(),
        [](const auto& a, const auto& b) { return a.second.links < b.second.links; });
    crowded = most->first;
  }
  const auto oldest = std::find_if(waiting_.begin(), waiting_.end(),
                                   [&](const auto& entry) { return entry.second == crowded; });
  return oldest == waiting_.end() ? std::nullopt : std::optional<Link>(oldest->first);
}

Strangers::Admission Strangers::admit(Link link, const std::string& source, Instant now) {
  Source* const from = source_at(source, now);
  if (from == nullptr || !take_token(*from, now)) return {};
  Admission admission{.admitted = true, .evicted = make_room(source)};
  if (admission.evicted) left(*admission.evicted);
  waiting_.emplace(link, source);
  ++from->links;
  return admission;
}

void Strangers::left(Link link) {
  const auto found = waiting_.find(link);
  if (found == waiting_.end()) return;
  if (const auto source = sources_.find(found->second); source != sources_.end())
    --source->second.links;
  waiting_.erase(found);
}

void Strangers::proven(Link link) {
  const auto found = waiting_.find(link);
  if (found == waiting_.end()) return;
  if (const auto source = sources_.find(found->second); source != sources_.end())
    source->second.proven = true;
  left(link);
}

}  // namespace syncline::agent
