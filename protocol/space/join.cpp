// SPDX-License-Identifier: Apache-2.0
//
//   join material = version u8 (1) ‖ vault 32 ‖ generation u32 ‖ S_g 32
//                 ‖ count varint ‖ (record: length varint ‖ bytes) * count
#include "protocol/space/vault_setup.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::space {
namespace {

constexpr std::uint8_t material_version = 1;
constexpr std::size_t material_overhead = 1 + 32 + 4 + 32 + 2;
// A record is at least this long: version, scope, kind, two lengths, key and signature.
constexpr std::size_t record_size_min = 1 + 32 + 1 + 1 + 1 + 32 + 64;

// What the new device cannot do without comes first; devices it can learn of by sync, last.
int rank_of(const Record& record, const DeviceId& newcomer) {
  switch (record.kind) {
    case RecordKind::vault_genesis: return 0;
    case RecordKind::device_admit: {
      const auto admit = decode_device_admit(record.body);
      return admit && admit->cert.id() == newcomer ? 1 : 4;
    }
    case RecordKind::recipient_add:
    case RecordKind::recipient_remove:
    case RecordKind::grant: return 2;
    case RecordKind::space_add: return 3;
    case RecordKind::space_genesis:
    case RecordKind::log_admit: break;
  }
  return 5;
}

}  // namespace

Result<JoinMaterial> admit_device(log::Draft& draft, const UnlockedKeys& keys,
                                  const Introduction& introduction, Random& random) {
  if (const Status done = admit_introduced(draft, keys, introduction, random); !done)
    return pass(done);
  const auto records = load_records(draft, keys.vault());
  if (!records) return pass(records);
  std::vector<std::pair<int, Buffer>> ranked;
  for (const Record& record : *records)
    ranked.emplace_back(rank_of(record, introduction.cert.id()), encode_record(record));
  std::ranges::stable_sort(ranked, {}, &std::pair<int, Buffer>::first);

  JoinMaterial material{keys.vault(), keys.generation(), keys.account().clone(), {}};
  std::size_t size = material_overhead;
  for (auto& [rank, encoded] : ranked) {
    size += wire::varint_size(encoded.size()) + encoded.size();
    if (size > join_material_size_max) break;
    material.vault_records.push_back(std::move(encoded));
  }
  return material;
}

Buffer encode_join_material(const JoinMaterial& material) {
  wire::Writer out(join_material_size_max);
  out.u8(material_version).id(material.vault).u32(material.generation);
  out.fixed(material.account.expose()).varint(material.vault_records.size());
  for (const Buffer& record : material.vault_records) out.bytes(record);
  return out.take();
}

Result<JoinMaterial> decode_join_material(Bytes bytes) {
  if (bytes.size() > join_material_size_max)
    return fail(Errc::oversized, "what a new device is given is too large");
  wire::Reader in(bytes);
  if (in.u8() != material_version) in.fail_with(Errc::unsupported);
  const auto vault = in.id<SpaceId>();
  const std::uint32_t generation = in.u32();
  const Bytes account = in.fixed(crypto::AccountKey::size);
  const std::uint64_t count = in.varint(join_material_size_max / record_size_min);
  std::vector<Buffer> records;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i)
    records.push_back(to_buffer(in.bytes(limits::record_size_max)));
  if (generation == 0 || records.empty()) in.fail_with(Errc::invalid);
  if (const auto read = in.finish(true); !read) return pass(read);
  return JoinMaterial{vault, generation,
                      crypto::AccountKey::copy_of(crypto::KeyView(account.data(), account.size())),
                      std::move(records)};
}

Result<MemberDevice> join_vault(log::Draft& draft, const JoinMaterial& material, Newcomer newcomer,
                                Random& random) {
  const auto present = find_vault(draft);
  if (!present) return pass(present);
  if (*present) return fail(Errc::already_exists, "this device already has a vault");
  const auto accepted = accept_records(draft, material.vault, material.vault_records);
  if (!accepted) return pass(accepted);
  const auto roster = load_vault_roster(draft, material.vault);
  if (!roster) return pass(roster);
  const auto self = roster->devices().find(newcomer.introduction.cert.id());
  if (self == roster->devices().end() || self->second.cert != newcomer.introduction.cert)
    return fail(Errc::unknown_device, "the vault does not admit this device");
  auto keys = UnlockedKeys::open(*roster, material.account.clone());
  if (!keys) return pass(keys);
  MemberDevice member = settle(draft, std::move(*keys), std::move(newcomer), random);
  for (const auto& [name, add] : roster->spaces())
    if (add.kind == SpaceKind::home) member.home = add.space;
  return member;
}

}  // namespace syncline::space
