// SPDX-License-Identifier: Apache-2.0
//
//   log id    = H("log1" ‖ space ‖ log key ‖ incarnation u32), its first 16 bytes
//   h_0       = H("lg1" ‖ space ‖ log key ‖ incarnation u32 ‖ admitting record id)
//   content   = H("ct1" ‖ nonce ‖ ciphertext)
//   leaf      = H("lf1" ‖ flags & 0x3f ‖ entity tag ‖ ciphertext size u32 ‖ content)
//   h_i       = H("ch1" ‖ h_{i-1} ‖ leaf_i)
//   head      = signature over "hd1" ‖ space ‖ log id ‖ seq u64 ‖ h_seq
#include "protocol/log/chain.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

Buffer head_message(const SpaceId& space, const LogId& log, const Position& at) {
  wire::Writer out;
  out.fixed(as_bytes("hd1")).id(space).id(log).u64(at.seq).id(at.hash);
  return out.take();
}

}  // namespace

LogId log_id_of(const SpaceId& space, const crypto::VerifyKey& key, std::uint32_t incarnation) {
  return crypto::truncated<LogId>(
      crypto::Hasher("log1").add(space).add(key).add_u32(incarnation).finish());
}

Digest chain_start(const LogOrigin& origin) {
  return crypto::Hasher("lg1")
      .add(origin.space)
      .add(origin.key)
      .add_u32(origin.incarnation)
      .add(origin.admitted_by)
      .finish();
}

// The ciphertext enters by its hash, so that a chain can still be checked after a payload
// was dropped.
Digest leaf_of(const EventView& event) {
  const Digest content = crypto::Hasher("ct1").add(event.nonce).add(event.ciphertext).finish();
  std::array<std::uint8_t, 1 + EntityTag8::size + 4> front;
  front[0] = event.flags & authored_flags;
  std::copy(event.etag.bytes.begin(), event.etag.bytes.end(), front.begin() + 1);
  const auto size = static_cast<std::uint32_t>(event.ciphertext.size());
  for (std::size_t i = 0; i < 4; ++i)
    front[1 + EntityTag8::size + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
  return crypto::Hasher("lf1").add(front).add(content).finish();
}

Digest chain_step(const Digest& before, const Digest& leaf) {
  return crypto::Hasher("ch1").add(before).add(leaf).finish();
}

Digest chain_over(Digest before, std::span<const EventView> events, std::vector<Digest>* leaves) {
  for (const EventView& event : events) {
    const Digest leaf = leaf_of(event);
    if (leaves) leaves->push_back(leaf);
    before = chain_step(before, leaf);
  }
  return before;
}

SignedHead sign_head(const crypto::SigningKey& key, const SpaceId& space, const LogId& log,
                     const Position& at) {
  return {at, key.sign(head_message(space, log, at))};
}

bool verify_head(const LogOrigin& origin, const SignedHead& head) {
  return crypto::verify(origin.key, head_message(origin.space, log_id_of(origin), head.at),
                        head.signature);
}

}  // namespace syncline::log
