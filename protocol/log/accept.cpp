// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/accept.h"

#include "protocol/log/proof.h"

namespace syncline::log {
namespace {

// The block does not continue what is held. If its own chain ends at a valid signature, the
// log's key signed two histories.
Result<Accepted> refuse(Draft& draft, const HeadRecord& record, const BlockView& block) {
  const auto held = static_cast<std::size_t>(record.seq() + 1 - block.header.first_seq);
  const std::span<const EventView> events(block.events);
  Proof proof{record.origin, record.head, {}, {}, block.header.signature};
  proof.other = chain_over(block.header.hash_before, events.first(held));
  chain_over(proof.other, events.subspan(held), &proof.leaves);
  if (record.seq() == 0 || !verify_proof(proof))
    return fail(Errc::bad_signature, "a block does not continue its log");
  const Status frozen = freeze(draft, proof);
  if (!frozen) return pass(frozen);
  return fail(Errc::equivocation, "a log was signed with two histories");
}

}  // namespace

Result<Accepted> accept_block(Draft& draft, const LogId& log, Bytes encoded, const Cut& cut) {
  const auto block = decode_block(encoded);
  if (!block) return pass(block);
  auto record = find_head(draft, log);
  if (!record) return pass(record);
  if (!*record) return fail(Errc::not_admitted, "the log is not in the roster of its space");
  const HeadRecord& known = **record;
  const std::uint64_t first = block->header.first_seq;
  if (block->last_seq() <= known.seq()) return Accepted{known.seq() + 1, 0, known.head};
  if (known.frozen) return fail(Errc::equivocation, "the log is frozen");
  if (first > known.seq() + 1) return fail(Errc::not_found, "events before this block are missing");
  if (block->last_seq() > cut.seq)
    return fail(Errc::forbidden, "the block is beyond the log's cut");
  if (first == known.seq() + 1 && block->header.hash_before != known.head.at.hash)
    return refuse(draft, known, *block);

  const auto held = static_cast<std::size_t>(known.seq() + 1 - first);
  const std::span<const EventView> fresh = std::span(block->events).subspan(held);
  const SignedHead head{{block->last_seq(), chain_over(known.head.at.hash, fresh)},
                        block->header.signature};
  if (!verify_head(known.origin, head)) return refuse(draft, known, *block);

  const Accepted accepted{known.seq() + 1, fresh.size(), head};
  const Buffer sliced =
      held == 0 ? Buffer() : slice_block(*block, accepted.first_seq, known.head.at.hash);
  const Bytes stored = held == 0 ? encoded : Bytes(sliced);
  if (const Status appended = append_block(draft, std::move(**record), stored, head); !appended)
    return pass(appended);
  return accepted;
}

}  // namespace syncline::log
