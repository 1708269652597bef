// SPDX-License-Identifier: Apache-2.0
//
//   proof = version u8 (1) ‖ space 32 ‖ log key 32 ‖ incarnation u32 ‖ admitted by 32
//         ‖ seq varint ‖ hash 32 ‖ signature 64
//         ‖ other 32 ‖ count varint ‖ leaf 32 * count ‖ signature 64
#include "protocol/log/proof.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t proof_version = 1;

SignedHead other_head(const Proof& proof) {
  SignedHead head{{proof.head.at.seq + proof.leaves.size(), proof.other}, proof.signature};
  for (const Digest& leaf : proof.leaves) head.at.hash = chain_step(head.at.hash, leaf);
  return head;
}

}  // namespace

Buffer encode_proof(const Proof& proof) {
  wire::Writer out;
  out.u8(proof_version).id(proof.origin.space).id(proof.origin.key);
  out.u32(proof.origin.incarnation).id(proof.origin.admitted_by);
  out.varint(proof.head.at.seq).id(proof.head.at.hash).id(proof.head.signature);
  out.id(proof.other).varint(proof.leaves.size());
  for (const Digest& leaf : proof.leaves) out.id(leaf);
  out.id(proof.signature);
  return out.take();
}

Result<Proof> decode_proof(Bytes bytes) {
  wire::Reader in(bytes);
  if (in.u8() != proof_version) in.fail_with(Errc::unsupported);
  Proof proof;
  proof.origin.space = in.id<SpaceId>();
  proof.origin.key = in.id<crypto::VerifyKey>();
  proof.origin.incarnation = in.u32();
  proof.origin.admitted_by = in.id<RecordId>();
  proof.head.at.seq = in.varint(seq_max - limits::batch_events_max);
  proof.head.at.hash = in.id<Digest>();
  proof.head.signature = in.id<crypto::Signature>();
  proof.other = in.id<Digest>();
  const std::uint64_t count = in.varint(limits::batch_events_max);
  if (proof.head.at.seq == 0) in.fail_with(Errc::invalid);
  if (in.left() < count * Digest::size) in.fail_with(Errc::truncated);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) proof.leaves.push_back(in.id<Digest>());
  proof.signature = in.id<crypto::Signature>();
  return in.finish(std::move(proof));
}

Status verify_proof(const Proof& proof) {
  if (proof.head.at.seq == 0 || proof.leaves.size() > limits::batch_events_max)
    return fail(Errc::invalid, "a proof is out of bounds");
  if (proof.head.at.hash == proof.other)
    return fail(Errc::invalid, "both branches of a proof are the same");
  if (!verify_head(proof.origin, proof.head) || !verify_head(proof.origin, other_head(proof)))
    return fail(Errc::bad_signature, "a branch of a proof is not signed by the log's key");
  return {};
}

Status freeze(Draft& draft, const Proof& proof) {
  const LogId log = log_id_of(proof.origin);
  auto record = find_head(draft, log);
  if (!record) return pass(record);
  if (!*record || (*record)->origin != proof.origin)
    return fail(Errc::not_admitted, "the log is not in the roster of its space");
  if (const Status verified = verify_proof(proof); !verified) return verified;
  if ((*record)->frozen) return {};
  draft.put(Family::proofs, to_buffer(log.view()), encode_proof(proof));
  (*record)->frozen = true;
  return put_head(draft, std::move(**record));
}

Result<std::optional<Proof>> find_proof(const StoreReader& reader, const LogId& log) {
  const auto stored = reader.get(Family::proofs, log.view());
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<Proof>();
  auto proof = decode_proof(**stored);
  if (!proof) return fail(Errc::corrupt, "a stored proof is damaged");
  return std::optional<Proof>(std::move(*proof));
}

Result<std::optional<Proof>> prove_against(const StoreReader& reader, const LogId& log,
                                           const SignedHead& shown) {
  const auto record = find_head(reader, log);
  if (!record) return pass(record);
  if (!*record) return fail(Errc::not_admitted, "the log is not in the roster of its space");
  const HeadRecord& known = **record;
  if (shown.at.seq == 0 || !verify_head(known.origin, shown))
    return fail(Errc::bad_signature, "a head is not signed by the log's key");
  if (shown.at.seq > known.seq()) return std::optional<Proof>();
  const auto stored = read_block(reader, log, shown.at.seq);
  if (!stored) return fail(Errc::corrupt, "a block below the head is missing");
  const auto block = decode_block(*stored);
  if (!block) return fail(Errc::corrupt, "a stored block is damaged");
  const auto until = static_cast<std::size_t>(shown.at.seq + 1 - block->header.first_seq);
  const std::span<const EventView> events(block->events);
  Proof proof{known.origin, shown, {}, {}, block->header.signature};
  proof.other = chain_over(block->header.hash_before, events.first(until));
  if (proof.other == shown.at.hash) return std::optional<Proof>();
  chain_over(proof.other, events.subspan(until), &proof.leaves);
  return std::optional<Proof>(std::move(proof));
}

}  // namespace syncline::log
