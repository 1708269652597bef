// SPDX-License-Identifier: Apache-2.0
//
//   anchor = magic "SLAN" ‖ version u8 = 1 ‖ epoch[16] ‖ generation u64 ‖ count u32
//            ‖ count × (log[16] ‖ seq u64 ‖ head[32]) ‖ mac[32]
//   mac    = H(key; "anchor1" ‖ every byte before it)
//
// Integers are big-endian; logs ascend strictly; nothing follows the mac.
#include "storage/anchor.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <string>

namespace syncline::storage {

namespace {

constexpr std::string_view magic = "SLAN";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t entry_size = LogId::size + 8 + Digest::size;
constexpr std::size_t fixed_size = 4 + 1 + StoreEpoch::size + 8 + 4 + Digest::size;

Digest mac_of(Bytes authenticated, crypto::KeyView key) {
  return crypto::Hasher(key, "anchor1").add(authenticated).finish();
}

Result<Anchor> decode_fields(wire::Reader in) {
  Anchor anchor;
  anchor.epoch = in.id<StoreEpoch>();
  anchor.generation = in.u64();
  const std::uint32_t count = in.u32();
  if (count > anchor_logs_max) in.fail_with(Errc::oversized);
  // Bounded by what is really there before anything is allocated.
  if (in.ok() && in.left() < count * entry_size) in.fail_with(Errc::truncated);
  if (in.ok()) anchor.logs.reserve(count);
  for (std::uint32_t i = 0; in.ok() && i < count; ++i) {
    AnchoredLog entry{in.id<LogId>(), in.u64(), in.id<Digest>()};
    if (!anchor.logs.empty() && anchor.logs.back().log >= entry.log)
      in.fail_with(Errc::non_canonical);
    anchor.logs.push_back(entry);
  }
  return in.finish(std::move(anchor));
}

}  // namespace

std::size_t anchor_size(std::size_t log_count) { return fixed_size + log_count * entry_size; }

Buffer encode_anchor(const Anchor& anchor, crypto::KeyView key) {
  SYNCLINE_CHECK(anchor.logs.size() <= anchor_logs_max);
  wire::Writer out;
  out.fixed(as_bytes(magic)).u8(format_version).id(anchor.epoch).u64(anchor.generation);
  out.u32(static_cast<std::uint32_t>(anchor.logs.size()));
  for (std::size_t i = 0; i < anchor.logs.size(); ++i) {
    const AnchoredLog& entry = anchor.logs[i];
    SYNCLINE_CHECK(i == 0 || anchor.logs[i - 1].log < entry.log);
    out.id(entry.log).u64(entry.seq).id(entry.head);
  }
  out.id(mac_of(out.view(), key));
  return out.take();
}

Result<Anchor> decode_anchor(Bytes bytes, crypto::KeyView key) {
  if (bytes.size() < fixed_size) return fail(Errc::truncated);
  if (bytes.size() > anchor_size(anchor_logs_max)) return fail(Errc::oversized);
  const Bytes authenticated = bytes.first(bytes.size() - Digest::size);
  wire::Reader in(authenticated);
  if (!equal(in.fixed(magic.size()), as_bytes(magic))) return fail(Errc::invalid);
  // Before the mac: a newer version may compute it differently.
  const std::uint8_t version = in.u8();
  if (version > format_version)
    return fail(Errc::unsupported, "the anchor was written by a newer Syncline; update this one");
  if (version == 0) return fail(Errc::invalid);
  if (!crypto::equal_secret(mac_of(authenticated, key).view(), bytes.last(Digest::size)))
    return fail(Errc::bad_signature);
  return decode_fields(in);
}

Status compare_with_store(const Anchor& anchor, StoreEpoch store_epoch,
                          const ChainHashAt& hash_at) {
  if (anchor.epoch != store_epoch)
    return fail(Errc::rolled_back, "the store is not the one this device last wrote to");
  for (const AnchoredLog& entry : anchor.logs) {
    const auto hash = hash_at(entry.log, entry.seq);
    if (!hash) return pass(hash);
    const std::string which = "own log " + entry.log.hex() + " at " + std::to_string(entry.seq);
    if (!*hash) return fail(Errc::rolled_back, which + " is missing from the store");
    if (**hash != entry.head) return fail(Errc::rolled_back, which + " differs in the store");
  }
  return {};
}

}  // namespace syncline::storage
