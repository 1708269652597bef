// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/appender.h"

#include "protocol/base/check.h"

namespace syncline::log {

Result<LogAppender> LogAppender::open(const StoreReader& reader, const LogOrigin& origin,
                                      crypto::SigningKey key) {
  if (key.verify_key() != origin.key) return fail(Errc::invalid, "this key is another log's");
  LogAppender appender(origin, std::move(key), 0);
  if (const Status loaded = appender.reload(reader); !loaded) return pass(loaded);
  return appender;
}

Status LogAppender::reload(const StoreReader& reader) {
  const auto record = find_head(reader, id_);
  if (!record) return pass(record);
  if (!*record || (*record)->origin != origin_)
    return fail(Errc::not_admitted, "the log is not in the roster of its space");
  if ((*record)->frozen) return fail(Errc::equivocation, "the log is frozen");
  queued_.clear();
  seq_ = (*record)->seq();
  return {};
}

void LogAppender::queue(SealedEvent event) {
  SYNCLINE_CHECK(next_seq() < seq_max - limits::batch_events_max);
  SYNCLINE_CHECK(event.ciphertext.size() >= crypto::aead_tag_size &&
                 event.ciphertext.size() <= limits::event_ciphertext_size_max);
  queued_.push_back(std::move(event));
}

Result<std::optional<SignedHead>> LogAppender::flush(Draft& draft) {
  if (queued_.empty()) return std::optional<SignedHead>();
  std::vector<EventView> events;
  std::size_t size = block_overhead_max;
  for (const SealedEvent& sealed : queued_) {
    const EventView event = sealed.view();
    const bool full = size + event_size_in_block_max(event) > limits::batch_size_max;
    if (!events.empty() && (full || ends_range(seq_ + events.size()))) {
      if (const Status appended = append(draft, events); !appended) return pass(appended);
      events.clear();
      size = block_overhead_max;
    }
    size += event_size_in_block_max(event);
    events.push_back(event);
  }
  if (const Status appended = append(draft, events); !appended) return pass(appended);
  queued_.clear();
  const auto record = find_head(draft, id_);
  if (!record) return pass(record);
  return std::optional<SignedHead>((*record)->head);
}

Status LogAppender::append(Draft& draft, std::span<const EventView> events) {
  auto record = find_head(draft, id_);
  if (!record) return pass(record);
  if (!*record || (*record)->frozen) return fail(Errc::equivocation, "the log is frozen");
  // Somebody handed this log's own events back: the queued ones were sealed for other places.
  if ((*record)->seq() != seq_) return fail(Errc::rolled_back, "the log grew by another hand");
  const Digest before = (*record)->head.at.hash;
  const Position at{seq_ + events.size(), chain_over(before, events)};
  const SignedHead head = sign_head(key_, origin_.space, id_, at);
  const Buffer block = encode_block({seq_ + 1, before, head.signature}, events);
  const Status appended = append_block(draft, std::move(**record), block, head);
  if (appended) seq_ = at.seq;
  return appended;
}

}  // namespace syncline::log
