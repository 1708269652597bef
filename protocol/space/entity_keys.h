// SPDX-License-Identifier: Apache-2.0
//
// EntityKeys: every entity key this device knows, sealed at rest, a few thousand in memory.
//
// Found by the tag that events carry (masked) or by the entity. Rows are sealed under the
// local key; an entity is looked up by a keyed hash, so the store links nothing while locked.
#pragma once

#include "protocol/space/device.h"

#include <list>
#include <map>

namespace syncline::space {

struct KnownEntity {
  SpaceId space;
  EntityId entity;
  log::EventKey key;
};

class EntityKeys {
 public:
  static constexpr std::size_t cached_default = 4096;  // two arena slots each

  explicit EntityKeys(const crypto::LocalKey& local, std::size_t cached_max = cached_default);

  struct NewKey {
    SpaceId space;
    EntityId entity;
    std::uint32_t epoch = 0;
    const crypto::EntityKey& key;
  };
  // Adding a key again changes nothing. Errors: Errc::already_exists if another key has the
  // same tag (nobody honest will ever see that).
  Status add(log::Draft& draft, const NewKey& key, Random& random);

  // nullptr: unknown here. Valid until the next call. Errors: Errc::corrupt, Errc::io.
  Result<const KnownEntity*> by_tag(const StoreReader& reader, const EntityTag8& tag);
  // The newest key of an entity, to write with.
  Result<const KnownEntity*> by_entity(const StoreReader& reader, const SpaceId& space,
                                       const EntityId& entity);

  // After a commit was lost: rows that were added may not exist.
  void clear();
  std::size_t cached() const { return cached_.size(); }

 private:
  struct Cached {
    KnownEntity known;
    std::list<EntityTag8>::iterator used;
  };
  Buffer index_of(const SpaceId& space, const EntityId& entity) const;
  const KnownEntity* remember(const EntityTag8& tag, KnownEntity known);

  crypto::SubKey row_key_;
  crypto::SubKey index_key_;
  std::size_t cached_max_;
  std::map<EntityTag8, Cached> cached_;
  std::list<EntityTag8> order_;  // most recently used first
};

}  // namespace syncline::space
