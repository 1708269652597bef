// SPDX-License-Identifier: Apache-2.0
//
// LogAppender: this device's own log of one space, the only way it writes events.
//
// Events are queued already sealed for their sequence number; flush() builds the blocks of
// the group and signs once a block. It never checks for rollback: ask rollback.h first.
#pragma once

#include "protocol/log/log_store.h"

namespace syncline::log {

class LogAppender {
 public:
  // Errors: Errc::not_admitted if open_log was not called for this origin;
  // Errc::equivocation if the log is frozen; Errc::invalid if the key is not the log's.
  static Result<LogAppender> open(const StoreReader& reader, const LogOrigin& origin,
                                  crypto::SigningKey key);

  const LogOrigin& origin() const { return origin_; }
  const LogId& id() const { return id_; }
  // The sequence number that the next queued event will have.
  std::uint64_t next_seq() const { return seq_ + queued_.size() + 1; }
  bool is_idle() const { return queued_.empty(); }

  // Requires: the event was sealed for next_seq().
  void queue(SealedEvent event);
  // Writes the queued events and returns the new head; nothing if none were queued.
  Result<std::optional<SignedHead>> flush(Draft& draft);
  // Forgets what was queued and takes the stored head again: after a commit was lost.
  Status reload(const StoreReader& reader);

 private:
  LogAppender(const LogOrigin& origin, crypto::SigningKey key, std::uint64_t seq)
      : origin_(origin), id_(log_id_of(origin)), key_(std::move(key)), seq_(seq) {}
  Status append(Draft& draft, std::span<const EventView> events);

  LogOrigin origin_;
  LogId id_;
  crypto::SigningKey key_;
  std::uint64_t seq_;
  std::vector<SealedEvent> queued_;
};

}  // namespace syncline::log
