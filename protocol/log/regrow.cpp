// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/regrow.h"

#include "protocol/base/check.h"
#include "protocol/log/proof.h"
#include "protocol/log/rows.h"

namespace syncline::log {
namespace {

// The head after `encoded`, if it is the block that continues the log.
std::optional<SignedHead> head_after(const HeadRecord& record, Bytes encoded) {
  const auto block = decode_block(encoded);
  if (!block || block->header.first_seq != record.seq() + 1 ||
      block->header.hash_before != record.head.at.hash)
    return std::nullopt;
  const SignedHead head{{block->last_seq(), chain_over(record.head.at.hash, block->events)},
                        block->header.signature};
  return verify_head(record.origin, head) ? std::optional(head) : std::nullopt;
}

}  // namespace

Status regrow_log(Draft& draft, const LogId& log) {
  auto known = find_head(draft, log);
  if (!known) return pass(known);
  SYNCLINE_CHECK(known->has_value() && (*known)->seq() == 0);
  HeadRecord record = std::move(**known);
  const Position start = record.head.at;
  std::vector<Buffer> unwanted;
  const Status scanned = draft.scan(Family::events, block_key(log, 0), block_key(log, UINT64_MAX),
                                    [&](Bytes key, Bytes encoded) {
                                      if (const auto head = head_after(record, encoded)) {
                                        record.head = *head;
                                        record.bytes += encoded.size();
                                      } else {
                                        unwanted.push_back(to_buffer(key));
                                      }
                                      return true;
                                    });
  if (!scanned) return scanned;
  for (Buffer& key : unwanted) draft.remove(Family::events, std::move(key));
  const auto proof = find_proof(draft, log);
  record.frozen = proof && *proof;
  if (record.seq() == 0 && !record.frozen) return {};
  if (record.seq() > 0) {
    const Status moved = move_row(draft, {record.origin.space, log, start, record.head.at});
    if (!moved) return moved;
  }
  return put_head(draft, std::move(record));
}

}  // namespace syncline::log
