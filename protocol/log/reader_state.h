// SPDX-License-Identifier: Apache-2.0
//
// LogReaderState: what must be remembered between two events of one log to read the next.
//
// Because an event lists everything its author newly knew, the running version of the log
// is all there is: no look-ups in other logs. Author and readers advance the same state by
// the same events. Persisted sealed; it tells who read whom. Spec E4.
#pragma once

#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/log/event.h"

#include <map>
#include <vector>

namespace syncline::log {

struct KnownLog {
  LogId log;
  std::uint64_t seq = 0;

  auto operator<=>(const KnownLog&) const = default;
};

class LogReaderState {
 public:
  LogReaderState(const SpaceId& space, const LogId& log) : space_(space), log_(log) {}

  const SpaceId& space() const { return space_; }
  const LogId& log() const { return log_; }
  // Events read (or skipped) so far: the next one is seq() + 1.
  std::uint64_t seq() const { return seq_; }
  // What the author knew of other logs at event seq(), by order of first mention.
  const std::vector<KnownLog>& known() const { return known_; }
  // 0 for a log that was never mentioned.
  std::uint64_t known_seq(const LogId& log) const;
  WallTime wall() const { return wall_; }

  // Passes over an event that can be opened but not understood: it is nothing to everybody.
  void skip() { ++seq_; }

  Buffer encode() const;
  // Errors: as Reader.
  static Result<LogReaderState> decode(const SpaceId& space, const LogId& log, Bytes bytes);

 private:
  friend class EventCodec;

  SpaceId space_;
  LogId log_;
  std::uint64_t seq_ = 0;
  WallTime wall_;
  std::vector<KnownLog> known_;  // the dictionary: position = index
  std::map<LogId, std::uint32_t> index_of_;
};

}  // namespace syncline::log
