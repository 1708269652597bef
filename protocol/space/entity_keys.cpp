// SPDX-License-Identifier: Apache-2.0
//
//   keys entity tag 8          -> sealed under KDF(local, "entity-keys") with "ent1" ‖ tag:
//                                 space 32 ‖ entity id 16 ‖ epoch u32 ‖ key 32
//   keys index 16              -> tag 8 of the entity's newest key;
//                                 index = KDF(local, "entity-index", space ‖ entity id), 16 bytes
#include "protocol/space/entity_keys.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

Buffer owner_of(const EntityTag8& tag) {
  Buffer owner = to_buffer(as_bytes("ent1"));
  append(owner, tag.view());
  return owner;
}

Result<KnownEntity> open_row(const crypto::SubKey& row_key, const EntityTag8& tag, Bytes row) {
  auto plaintext = crypto::open(row_key.expose(), owner_of(tag), row);
  if (!plaintext) return fail(Errc::corrupt, "a stored entity key is damaged");
  wire::Reader in(*plaintext);
  const auto space = in.id<SpaceId>();
  const auto entity = in.id<EntityId>();
  const std::uint32_t epoch = in.u32();
  const Bytes raw = in.fixed(crypto::EntityKey::size);
  if (const auto read = in.finish(true); !read)
    return fail(Errc::corrupt, "a stored entity key is damaged");
  auto key = crypto::EntityKey::copy_of(crypto::KeyView(raw.data(), raw.size()));
  crypto::wipe(*plaintext);
  return KnownEntity{space, entity, log::EventKey::of(std::move(key), epoch)};
}

}  // namespace

EntityKeys::EntityKeys(const crypto::LocalKey& local, std::size_t cached_max)
    : row_key_(crypto::derive<crypto::SubKey>(local.expose(), "entity-keys")),
      index_key_(crypto::derive<crypto::SubKey>(local.expose(), "entity-index")),
      cached_max_(std::max<std::size_t>(cached_max, 1)) {}

Buffer EntityKeys::index_of(const SpaceId& space, const EntityId& entity) const {
  wire::Writer owner;
  owner.id(space).id(entity);
  const auto full = crypto::derive<crypto::SubKey>(index_key_.expose(), "index", owner.view());
  return to_buffer(full.expose().first(16));
}

Status EntityKeys::add(log::Draft& draft, const NewKey& key, Random& random) {
  const KeyId id = crypto::key_id(key.key.expose());
  const EntityTag8 tag = log::tag_of(id);
  const auto known = by_tag(draft, tag);
  if (!known) return pass(known);
  if (*known) {
    const KnownEntity& held = **known;
    if (held.key.id == id && held.space == key.space && held.entity == key.entity &&
        held.key.epoch == key.epoch)
      return {};
    return fail(Errc::already_exists, "another entity key has the same tag");
  }
  const auto current = by_entity(draft, key.space, key.entity);
  if (!current) return pass(current);
  const bool is_newest = !*current || (*current)->key.epoch < key.epoch ||
                         ((*current)->key.epoch == key.epoch && id < (*current)->key.id);

  wire::Writer row(SpaceId::size + EntityId::size + 4 + crypto::EntityKey::size);
  row.id(key.space).id(key.entity).u32(key.epoch).fixed(key.key.expose());
  Buffer plaintext = row.take();
  draft.put(Family::keys, to_buffer(tag.view()),
            crypto::seal(row_key_.expose(), owner_of(tag), plaintext, random));
  crypto::wipe(plaintext);
  if (is_newest) draft.put(Family::keys, index_of(key.space, key.entity), to_buffer(tag.view()));
  remember(tag, {key.space, key.entity, log::EventKey::of(key.key.clone(), key.epoch)});
  return {};
}

Result<const KnownEntity*> EntityKeys::by_tag(const StoreReader& reader, const EntityTag8& tag) {
  if (const auto found = cached_.find(tag); found != cached_.end()) {
    order_.splice(order_.begin(), order_, found->second.used);
    return &found->second.known;
  }
  const auto row = reader.get(Family::keys, tag.view());
  if (!row) return pass(row);
  if (!*row) return nullptr;
  auto known = open_row(row_key_, tag, **row);
  if (!known) return pass(known);
  return remember(tag, std::move(*known));
}

Result<const KnownEntity*> EntityKeys::by_entity(const StoreReader& reader, const SpaceId& space,
                                                 const EntityId& entity) {
  const auto row = reader.get(Family::keys, index_of(space, entity));
  if (!row) return pass(row);
  if (!*row) return nullptr;
  const auto tag = EntityTag8::from(**row);
  if (!tag) return fail(Errc::corrupt, "the index of entity keys is damaged");
  const auto known = by_tag(reader, *tag);
  if (!known) return known;
  if (!*known || (*known)->entity != entity || (*known)->space != space)
    return fail(Errc::corrupt, "the index of entity keys is damaged");
  return known;
}

void EntityKeys::clear() {
  cached_.clear();
  order_.clear();
}

const KnownEntity* EntityKeys::remember(const EntityTag8& tag, KnownEntity known) {
  if (cached_.size() >= cached_max_) {
    cached_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(tag);
  const auto made = cached_.emplace(tag, Cached{std::move(known), order_.begin()});
  return &made.first->second.known;
}

}  // namespace syncline::space
