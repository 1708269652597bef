// SPDX-License-Identifier: Apache-2.0
//
// View: the entities of an unlocked vault, read from and written to sealed rows.
//
// Keeps the entities in use in memory and writes changed ones back in groups, together with
// the merge cursors, so that after a crash the log is replayed from exactly where the rows
// stand. Everything here is derived, but for what is kept: losing it costs time, never data. Row
// keys are keyed hashes and rows are sealed under the local key: nothing can be linked while
// locked.
#pragma once

#include "protocol/log/draft.h"
#include "protocol/node/type_rules.h"
#include "protocol/space/device.h"

#include <functional>
#include <list>
#include <map>
#include <memory>

namespace syncline::node {

class View {
 public:
  // Errors: Errc::corrupt if it is damaged or of another version: forget() it; Errc::io.
  static Result<std::unique_ptr<View>> open(const StoreReader& reader,
                                            const crypto::LocalKey& local);
  // Removes every row but the kept ones: the next view begins with nothing and is merged from the
  // log.
  static Status forget(log::Draft& draft);
  // A row was found that cannot be read.
  bool is_damaged() const { return is_damaged_; }

  // Nothing is known of the entity: nullptr. Valid until the next call of trim().
  Result<EntityState*> find(const StoreReader& reader, const EntityId& entity);
  // A new entity, empty. Requires: find() gave nullptr.
  EntityState& create(const EntityId& entity, const SpaceId& space);
  // Must be called after every change of a state.
  void changed(EntityState& state);

  // Every event of the entity: segments in order.
  Result<std::vector<Buffer>> history(const StoreReader& reader, EntityState& state) const;
  // Gives the document its history back (Document::wants_history). It counts like all that is kept
  // in memory, until the entity is written or forgotten.
  Status recall(const StoreReader& reader, EntityState& state, const crdt::LogTable& logs);

  // Named small values that belong to the same snapshot: cursors, tables. At most 64 KiB each.
  void put_extra(std::string_view name, Bytes subject, Buffer value);
  Result<std::optional<Buffer>> find_extra(const StoreReader& reader, std::string_view name,
                                           Bytes subject) const;

  // The same for what is in no log, and therefore outlives the snapshot. It is written at once, not
  // with the snapshot: a crash parts it from no event of the same draft. What cannot be read is
  // gone.
  void keep(log::Draft& draft, std::string_view name, Bytes subject, Bytes value, Random& random);
  void drop_kept(log::Draft& draft, std::string_view name, Bytes subject);
  Result<std::optional<Buffer>> find_kept(const StoreReader& reader, std::string_view name,
                                          Bytes subject) const;

  bool is_dirty() const { return dirty_count_ > 0 || !extras_.empty(); }
  // Enough has gathered that it should be written now.
  bool is_full() const { return dirty_count_ >= dirty_max || extras_.size() >= dirty_max; }
  // Writes everything that changed.
  void flush(log::Draft& draft, Random& random);
  // Forgets entities beyond the budget that need no writing. Pointers from find() die.
  void trim();

  // Entities in the order of their row keys. `cursor` is empty or what an earlier page gave.
  // Requires: nothing is dirty.
  using Visitor = std::function<bool(EntityState& state)>;
  Result<std::string> page(const StoreReader& reader, const std::string& cursor,
                           const Visitor& visit);
  // The entities that have conflicts which no rule settles. Requires: nothing is dirty.
  Status conflicting(const StoreReader& reader,
                     const std::function<bool(const EntityId&)>& visit) const;

  // Without those that rules of the type settle.
  std::uint32_t open_conflicts(const EntityState& state) const;
  // What the types of this vault's entities declare.
  const TypeRules& types() const { return types_; }

  std::uint64_t entity_count() const { return counts_.entities; }
  std::uint64_t conflict_count() const { return counts_.conflicting; }

  static constexpr std::size_t dirty_max = 8192;
  static constexpr std::size_t cached_bytes_max = 24 * 1024 * 1024;

 private:
  struct Cached {
    EntityState state;
    bool dirty = false;
    bool counted = false;      // stored, alive and therefore in counts_.entities
    bool conflicting = false;  // as stored: conflicts that no rule settles
    bool marked = false;       // as stored: any conflicts
    std::size_t bytes = 0;
    std::list<EntityId>::iterator used;
  };
  struct Counts {
    std::uint64_t entities = 0;  // that exist and are not deleted
    std::uint64_t conflicting = 0;
  };
  explicit View(const crypto::LocalKey& local);

  Error damage(const std::string& what) const;
  Buffer row_key(char kind, Bytes subject) const;
  Buffer seal_row(Bytes key, Bytes value, Random& random) const;
  Result<Buffer> open_row(Bytes key, Bytes sealed) const;
  Result<Cached> load(Bytes key, Bytes sealed) const;
  Buffer named_key(char kind, std::string_view name, Bytes subject) const;
  EntityState& remember(Cached cached);
  void measure(Cached& cached);
  Buffer history_key(const EntityId& entity, std::size_t number) const;
  Result<std::vector<Buffer>> history_rows(const StoreReader& reader, const EntityState& state,
                                           std::size_t from) const;
  void spill_history(log::Draft& draft, EntityState& state, Random& random);
  Status load_types(const StoreReader& reader);
  void mark(log::Draft& draft, const Cached& cached, Bytes key, Random& random);
  void touch_conflicting(const log::Draft& draft);
  void write(log::Draft& draft, Cached& cached, Random& random);

  crypto::SubKey seal_key_;
  crypto::SubKey nonce_key_;
  crypto::SubKey index_key_;
  std::map<EntityId, Cached> cached_;
  std::list<EntityId> order_;  // most recently used first
  std::size_t cached_bytes_ = 0;
  std::size_t dirty_count_ = 0;
  std::map<Buffer, Buffer> extras_;  // row key -> value
  Counts counts_;
  TypeRules types_;
  bool rules_changed_ = false;       // since the last flush
  mutable bool is_damaged_ = false;  // also found by those who only read
};

}  // namespace syncline::node
