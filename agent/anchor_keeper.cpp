// SPDX-License-Identifier: Apache-2.0
#include "agent/anchor_keeper.h"

#include <algorithm>

namespace syncline::agent {

AnchorKeeper::AnchorKeeper(WriteFile write_file, const std::vector<step::AnchorHead>& kept)
    : write_file_(std::move(write_file)) {
  for (const step::AnchorHead& head : kept)
    if (head.seq > 0) heads_.emplace(head.log, head);
}

void AnchorKeeper::forget() {
  heads_.clear();
  unwritten_ = 0;
  deadline_.reset();
}

void AnchorKeeper::update(const std::vector<step::AnchorHead>& heads, Instant now) {
  for (const step::AnchorHead& head : heads) {
    const auto [found, is_new] = heads_.try_emplace(head.log, head);
    const std::uint64_t before = is_new ? 0 : found->second.seq;
    if (!is_new && before == head.seq && found->second.head == head.head) continue;
    // A new incarnation counts from the start; never less than one event happened.
    unwritten_ += head.seq > before ? head.seq - before : 1;
    found->second = head;
  }
  if (unwritten_ == 0) return;
  const Instant latest = unwritten_ >= events_max ? now : now + delay_max;
  deadline_ = deadline_ ? std::min(*deadline_, latest) : latest;
}

Status AnchorKeeper::write(Instant now, const std::function<Status()>& sync) {
  if (unwritten_ == 0) return {};
  std::vector<step::AnchorHead> all;
  all.reserve(heads_.size());
  for (const auto& [log, head] : heads_) all.push_back(head);
  Status written = sync();
  if (written) written = write_file_(all);
  if (!written) {
    deadline_ = now + retry;
    return written;
  }
  unwritten_ = 0;
  deadline_.reset();
  return {};
}

}  // namespace syncline::agent
