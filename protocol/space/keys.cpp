// SPDX-License-Identifier: Apache-2.0
//
//   from S_g:     "acct-sign" (Ed25519 seed), "disc", "wrap-acct", "spuser" ‖ salt (Ed25519 seed)
//   from K_space: "ctl" (K_ctl), "hdr" (K_hdr)
//   sealed name  = under wrap-acct with "nam1" ‖ vault ‖ owner:
//                  text: length varint ‖ bytes, then zeros to a padded size
//   sealed space = under wrap-acct with
//                  "wsp1" ‖ vault ‖ space ‖ epoch u32 ‖ generation u32 ‖ key id 16
#include "protocol/space/keys.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::size_t name_size_max = 128;

Buffer name_owner(const SpaceId& vault, Bytes owner) {
  wire::Writer out;
  out.fixed(as_bytes("nam1")).id(vault).fixed(owner);
  return out.take();
}

Buffer space_owner(const SpaceId& vault, const SpaceAdd& add) {
  wire::Writer out;
  out.fixed(as_bytes("wsp1")).id(vault).id(add.space).u32(add.epoch).u32(add.generation);
  out.id(add.key_id);
  return out.take();
}

}  // namespace

SpaceKeys SpaceKeys::of(crypto::SpaceKey root, std::uint32_t epoch) {
  auto control = crypto::derive<crypto::EntityKey>(root.expose(), "ctl");
  auto header = crypto::derive<crypto::SubKey>(root.expose(), "hdr");
  return {std::move(root), log::EventKey::of(std::move(control), epoch), std::move(header), epoch};
}

UnlockedKeys::UnlockedKeys(const SpaceId& vault, std::uint32_t generation,
                           crypto::AccountKey account)
    : vault_(vault),
      generation_(generation),
      account_(std::move(account)),
      signing_(account_signing_key(account_)),
      discovery_(crypto::derive<crypto::DiscoveryKey>(account_.expose(), "disc")),
      wrap_(crypto::derive<crypto::SubKey>(account_.expose(), "wrap-acct")) {}

crypto::SigningKey account_signing_key(const crypto::AccountKey& account) {
  return crypto::SigningKey::from_seed(
      crypto::derive<crypto::SigningSeed>(account.expose(), "acct-sign"));
}

UnlockedKeys UnlockedKeys::create(const SpaceId& vault, crypto::AccountKey account) {
  return UnlockedKeys(vault, 1, std::move(account));
}

Result<UnlockedKeys> UnlockedKeys::open(const VaultRoster& roster, crypto::AccountKey account) {
  UnlockedKeys keys(roster.id(), std::max(roster.generation(), 1u), std::move(account));
  if (keys.signing_.verify_key() != roster.genesis().account_key)
    return fail(Errc::bad_signature, "this account key belongs to another vault");
  if (const Status added = keys.add_spaces(roster); !added) return pass(added);
  return keys;
}

crypto::SigningKey UnlockedKeys::space_user_key(const std::array<std::uint8_t, 32>& salt) const {
  return crypto::SigningKey::from_seed(
      crypto::derive<crypto::SigningSeed>(account_.expose(), "spuser", salt));
}

Status UnlockedKeys::add_spaces(const VaultRoster& roster) {
  for (const auto& [name, add] : roster.spaces()) {
    if (spaces_.contains(name)) continue;
    auto opened = unwrap_space(*this, add);
    if (!opened) return pass(opened);
    if (const Status added = add_space(add.space, std::move(*opened)); !added) return added;
  }
  return {};
}

Status UnlockedKeys::add_space(const SpaceId& space, SpaceKeys keys) {
  if (spaces_.size() >= space_epochs_max)
    return fail(Errc::limit, "the vault has more spaces than this device can hold open");
  const std::uint32_t epoch = keys.epoch;
  spaces_.emplace(std::pair(space, epoch), std::move(keys));
  return {};
}

const SpaceKeys* UnlockedKeys::newest(const SpaceId& space) const {
  const auto above = spaces_.upper_bound(std::pair(space, UINT32_MAX));
  if (above == spaces_.begin()) return nullptr;
  const auto& [name, keys] = *std::prev(above);
  return name.first == space ? &keys : nullptr;
}

const SpaceKeys* UnlockedKeys::at(const SpaceId& space, std::uint32_t epoch) const {
  const auto found = spaces_.find(std::pair(space, epoch));
  return found == spaces_.end() ? nullptr : &found->second;
}

std::vector<const SpaceKeys*> UnlockedKeys::epochs(const SpaceId& space) const {
  std::vector<const SpaceKeys*> found;
  for (auto at = spaces_.lower_bound(std::pair(space, 0u));
       at != spaces_.end() && at->first.first == space; ++at)
    found.insert(found.begin(), &at->second);
  return found;
}

Buffer seal_name(const UnlockedKeys& keys, Bytes owner, std::string_view name, Random& random) {
  wire::Writer out;
  out.text(name);
  Buffer padded = out.take();
  padded.resize(log::padded_size(padded.size()));
  return crypto::seal(keys.wrap().expose(), name_owner(keys.vault(), owner), padded, random);
}

Result<std::string> open_name(const UnlockedKeys& keys, Bytes owner, Bytes sealed) {
  const auto padded = crypto::open(keys.wrap().expose(), name_owner(keys.vault(), owner), sealed);
  if (!padded) return pass(padded);
  wire::Reader in(*padded);
  std::string name = in.text(name_size_max);
  in.rest();
  return in.finish(std::move(name));
}

SpaceAdd wrap_space(const UnlockedKeys& keys, const NewSpace& space, const SpaceKeys& space_keys,
                    Random& random) {
  SpaceAdd add;
  add.space = space.space;
  add.kind = space.kind;
  add.epoch = space_keys.epoch;
  add.generation = keys.generation();
  add.key_id = crypto::key_id(space_keys.root.expose());
  add.sealed_key = crypto::seal(keys.wrap().expose(), space_owner(keys.vault(), add),
                                space_keys.root.expose(), random);
  add.sealed_name = seal_name(keys, space.space.view(), space.name, random);
  return add;
}

Result<SpaceKeys> unwrap_space(const UnlockedKeys& keys, const SpaceAdd& add) {
  auto root = crypto::open_secret<crypto::SpaceKey>(keys.wrap().expose(),
                                                    space_owner(keys.vault(), add), add.sealed_key);
  if (!root) return pass(root);
  if (crypto::key_id(root->expose()) != add.key_id)
    return fail(Errc::bad_signature, "a space key is not the one its record names");
  return SpaceKeys::of(std::move(*root), add.epoch);
}

}  // namespace syncline::space
