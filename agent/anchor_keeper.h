// SPDX-License-Identifier: Apache-2.0
//
// AnchorKeeper: decides when the heads of this device's own logs go into the anchor file.
//
// Writing it costs two disk syncs, so it is written after 256 own events, a second after
// the first of fewer, and at the end. A store that lost more than that is noticed; one that
// lost less is told apart by what other devices hold. The file itself: storage/anchor.h.
#pragma once

#include "protocol/base/time.h"
#include "protocol/step/step.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace syncline::agent {

class AnchorKeeper {
 public:
  static constexpr std::uint64_t events_max = 256;
  static constexpr auto delay_max = 1s;
  // After a failure: the disk is full or gone, and the next group says so loudly enough.
  static constexpr auto retry = 10s;

  using WriteFile = std::function<Status(const std::vector<step::AnchorHead>&)>;
  // `kept` is what the file says: logs of this device that it will not write any more stay in it,
  // or nobody would notice that their end is still missing.
  explicit AnchorKeeper(WriteFile write_file, const std::vector<step::AnchorHead>& kept = {});

  // The device is another one from now on.
  void forget();
  // Committed heads; a log that is not named keeps the head it had.
  void update(const std::vector<step::AnchorHead>& heads, Instant now);
  bool is_due(Instant now) const { return deadline_ && *deadline_ <= now; }
  std::optional<Instant> deadline() const { return deadline_; }
  // Writes if anything changed since the last time, after `sync`: what the anchor names must be on
  // disk first, or a power cut looks like a lost store. Either failing is tried again later.
  Status write(Instant now, const std::function<Status()>& sync);

 private:
  WriteFile write_file_;
  std::map<LogId, step::AnchorHead> heads_;
  std::uint64_t unwritten_ = 0;  // own events
  std::optional<Instant> deadline_;
};

}  // namespace syncline::agent
