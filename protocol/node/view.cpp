// SPDX-License-Identifier: Apache-2.0
//
// Rows of Family::view, all sealed with the row key as associated data:
//   'e' | keyed hash 16 of the entity -> flags u8 | state     (1 counted, 2 conflicting, 4 marked)
//   'h' | keyed hash 16 of the entity and a number -> a segment of its history (history/segment.h)
//   'c' | keyed hash 16 of the entity -> entity 16 | open u8  (only entities with conflicts; open:
//                                                             rules do not settle all of them)
//   't' | keyed hash 16 of the entity -> entity 16            (only declarations of types)
//   'x' | keyed hash 16 of (name, subject) -> value
//   'k' | keyed hash 16 of (name, subject) -> value           (not derived: outlives the others)
//   'n'                                -> format u8 | entities v | conflicting v
#include "protocol/node/view.h"

#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"
#include "protocol/history/replay.h"
#include "protocol/node/version_names.h"

namespace syncline::node {

namespace {
constexpr std::uint8_t flag_counted = 1;
constexpr std::uint8_t flag_conflicting = 2;
constexpr std::uint8_t flag_marked = 4;
const Buffer counts_key = {'n'};
// Of all rows: raise it when a row's layout, or what events mean, changes. Older views are made
// anew.
constexpr std::uint8_t view_format = 8;

Buffer with_prefix(char kind, Bytes key) {
  Buffer out{static_cast<std::uint8_t>(kind)};
  append(out, key.subspan(1));
  return out;
}
}  // namespace

View::View(const crypto::LocalKey& local)
    : seal_key_(crypto::derive<crypto::SubKey>(local.expose(), "view")),
      nonce_key_(crypto::nonce_key_of(seal_key_.expose())),
      index_key_(crypto::derive<crypto::SubKey>(local.expose(), "view-index")) {}

Result<std::unique_ptr<View>> View::open(const StoreReader& reader, const crypto::LocalKey& local) {
  std::unique_ptr<View> view(new View(local));
  const auto stored = reader.get(Family::view, counts_key);
  if (!stored) return pass(stored);
  if (!*stored) return view;
  const auto counts = view->open_row(counts_key, **stored);
  if (!counts) return pass(counts);
  wire::Reader in(*counts);
  if (in.u8() != view_format) return fail(Errc::corrupt, "the view is of another version");
  view->counts_.entities = in.varint();
  view->counts_.conflicting = in.varint();
  if (!in.ok()) return fail(Errc::corrupt, "the entity counts of the view are damaged");
  const Status loaded = view->load_types(reader);
  if (!loaded) return pass(loaded);
  return view;
}

Status View::load_types(const StoreReader& reader) {
  std::vector<EntityId> declarations;
  const Buffer from{'t'}, end{'t' + 1};
  const Status scanned = reader.scan(Family::view, from, end, [&](Bytes key, Bytes sealed) {
    const auto opened = open_row(key, sealed);
    const auto entity = opened ? EntityId::from(*opened) : std::nullopt;
    if (entity) declarations.push_back(*entity);
    return entity.has_value();
  });
  if (!scanned) return scanned;
  if (is_damaged_) return fail(Errc::corrupt, "a declaration's marker of the view does not open");
  for (const EntityId& declaration : declarations) {
    const auto found = find(reader, declaration);
    if (!found) return pass(found);
    if (*found != nullptr) types_.take(**found);
  }
  return {};
}

Status View::forget(log::Draft& draft) {
  std::vector<Buffer> keys;
  const Status scanned = draft.scan(Family::view, {}, {}, [&](Bytes key, Bytes) {
    if (key.empty() || key.front() != 'k') keys.push_back(to_buffer(key));
    return true;
  });
  if (!scanned) return scanned;
  for (Buffer& key : keys) draft.remove(Family::view, std::move(key));
  return {};
}

Error View::damage(const std::string& what) const {
  is_damaged_ = true;
  return {Errc::corrupt, what + "; it is made anew from the log, try again in a moment"};
}

Buffer View::row_key(char kind, Bytes subject) const {
  const Digest digest = crypto::Hasher(index_key_.expose(), "view1").add(subject).finish();
  Buffer key{static_cast<std::uint8_t>(kind)};
  append(key, digest.view().first(16));
  return key;
}

Buffer View::seal_row(Bytes key, Bytes value, Random& random) const {
  const crypto::Nonce nonce = crypto::hedged_nonce(nonce_key_, key, value, random);
  Buffer out = to_buffer(nonce.view());
  out.reserve(out.size() + value.size() + crypto::aead_tag_size);
  crypto::encrypt(out, seal_key_.expose(), nonce, key, value);
  return out;
}

Result<Buffer> View::open_row(Bytes key, Bytes sealed) const {
  auto opened = crypto::open(seal_key_.expose(), key, sealed);
  if (!opened) return tl::unexpected<Error>(damage("a row of the view does not open"));
  return opened;
}

Result<View::Cached> View::load(Bytes key, Bytes sealed) const {
  const auto opened = open_row(key, sealed);
  if (!opened) return pass(opened);
  if (opened->empty()) return tl::unexpected<Error>(damage("a row of the view is empty"));
  auto state = decode_state(Bytes(*opened).subspan(1));
  if (!state) return tl::unexpected<Error>(damage(state.error().context));
  Cached cached;
  cached.state = std::move(*state);
  cached.counted = (opened->front() & flag_counted) != 0;
  cached.conflicting = (opened->front() & flag_conflicting) != 0;
  cached.marked = (opened->front() & flag_marked) != 0;
  return cached;
}

void View::measure(Cached& cached) {
  cached_bytes_ -= cached.bytes;
  cached.bytes = cached.state.document.size_estimate_bytes() + cached.state.history.size_bytes() +
                 sizeof(Cached);
  cached_bytes_ += cached.bytes;
}

EntityState& View::remember(Cached cached) {
  const EntityId entity = cached.state.entity;
  order_.push_front(entity);
  cached.used = order_.begin();
  Cached& kept = cached_.insert_or_assign(entity, std::move(cached)).first->second;
  measure(kept);
  return kept.state;
}

Result<EntityState*> View::find(const StoreReader& reader, const EntityId& entity) {
  if (const auto found = cached_.find(entity); found != cached_.end()) {
    order_.splice(order_.begin(), order_, found->second.used);
    return &found->second.state;
  }
  const Buffer key = row_key('e', entity.view());
  const auto stored = reader.get(Family::view, key);
  if (!stored) return pass(stored);
  if (!*stored) return static_cast<EntityState*>(nullptr);
  auto cached = load(key, **stored);
  if (!cached) return pass(cached);
  return &remember(std::move(*cached));
}

EntityState& View::create(const EntityId& entity, const SpaceId& space) {
  Cached cached;
  cached.state.entity = entity;
  cached.state.space = space;
  return remember(std::move(cached));
}

void View::changed(EntityState& state) {
  Cached& cached = cached_.at(state.entity);
  if (!cached.dirty) ++dirty_count_;
  cached.dirty = true;
  if (is_declaration(state) && types_.take(state)) rules_changed_ = true;
}

Buffer View::named_key(char kind, std::string_view name, Bytes subject) const {
  wire::Writer full;
  full.text(name).fixed(subject);
  return row_key(kind, full.view());
}

void View::put_extra(std::string_view name, Bytes subject, Buffer value) {
  extras_.insert_or_assign(named_key('x', name, subject), std::move(value));
}

Result<std::optional<Buffer>> View::find_extra(const StoreReader& reader, std::string_view name,
                                               Bytes subject) const {
  const Buffer key = named_key('x', name, subject);
  if (const auto found = extras_.find(key); found != extras_.end())
    return std::optional<Buffer>(found->second);
  const auto stored = reader.get(Family::view, key);
  if (!stored || !*stored) return stored;
  auto opened = open_row(key, **stored);
  if (!opened) return pass(opened);
  return std::optional<Buffer>(std::move(*opened));
}

void View::keep(log::Draft& draft, std::string_view name, Bytes subject, Bytes value,
                Random& random) {
  const Buffer key = named_key('k', name, subject);
  draft.put(Family::view, key, seal_row(key, value, random));
}

void View::drop_kept(log::Draft& draft, std::string_view name, Bytes subject) {
  draft.remove(Family::view, named_key('k', name, subject));
}

Result<std::optional<Buffer>> View::find_kept(const StoreReader& reader, std::string_view name,
                                              Bytes subject) const {
  const Buffer key = named_key('k', name, subject);
  const auto stored = reader.get(Family::view, key);
  if (!stored || !*stored) return stored;
  // To make the view anew would not bring it back.
  auto opened = crypto::open(seal_key_.expose(), key, **stored);
  return opened ? std::optional<Buffer>(std::move(*opened)) : std::nullopt;
}

Buffer View::history_key(const EntityId& entity, std::size_t number) const {
  wire::Writer subject;
  subject.id(entity).u32(static_cast<std::uint32_t>(number));
  return row_key('h', subject.view());
}

Result<std::vector<Buffer>> View::history_rows(const StoreReader& reader, const EntityState& state,
                                               std::size_t from) const {
  std::vector<Buffer> rows;
  for (std::size_t i = from; i < state.history.rows().size(); ++i) {
    const Buffer key = history_key(state.entity, i);
    const auto stored = reader.get(Family::view, key);
    if (!stored) return pass(stored);
    if (!*stored) return tl::unexpected<Error>(damage("a row of an entity's history is missing"));
    auto row = open_row(key, **stored);
    if (!row) return pass(row);
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<std::vector<Buffer>> View::history(const StoreReader& reader, EntityState& state) const {
  auto segments = history_rows(reader, state, 0);
  if (segments) segments->push_back(state.history.recent());
  return segments;
}

Status View::recall(const StoreReader& reader, EntityState& state, const crdt::LogTable& logs) {
  const auto segments = history(reader, state);
  if (!segments) return pass(segments);
  auto replayed = history::replay(*segments, logs);
  if (!replayed) return tl::unexpected<Error>(damage("an entity's history is damaged"));
  const Status adopted = state.document.adopt_history(std::move(*replayed));
  if (!adopted) return tl::unexpected<Error>(damage(adopted.error().context));
  measure(cached_.at(state.entity));
  return {};
}

// Moves what gathered into a row of its own once it is enough. A row that cannot be read is noticed
// and left: the view is made anew then.
void View::spill_history(log::Draft& draft, EntityState& state, Random& random) {
  const auto plan = state.history.plan_spill();
  if (!plan) return;
  const std::size_t kept = state.history.rows().size() - plan->joined;
  const auto joined = history_rows(draft, state, kept);
  if (!joined) return;
  const auto row = state.history.spill(*plan, *joined);
  if (!row) {
    damage(row.error().context);
    return;
  }
  for (std::size_t i = kept + 1; i < kept + plan->joined; ++i)
    draft.remove(Family::view, history_key(state.entity, i));
  Buffer key = history_key(state.entity, kept);
  Buffer sealed = seal_row(key, *row, random);
  draft.put(Family::view, std::move(key), std::move(sealed));
}

std::uint32_t View::open_conflicts(const EntityState& state) const {
  const std::uint32_t all = state.conflict_count();
  const crdt::RuleSet* rules = all > 0 ? types_.find(state.space, state.type) : nullptr;
  if (rules == nullptr) return all;
  const crdt::Settlement settlement = crdt::settle(*rules, state.document.conflicts());
  return all - static_cast<std::uint32_t>(settlement.ruled.size());
}

void View::mark(log::Draft& draft, const Cached& cached, Bytes key, Random& random) {
  Buffer marker = with_prefix('c', key);
  if (!cached.marked) return draft.remove(Family::view, std::move(marker));
  Buffer value = to_buffer(cached.state.entity.view());
  value.push_back(cached.conflicting ? 1 : 0);
  Buffer sealed = seal_row(marker, value, random);
  draft.put(Family::view, std::move(marker), std::move(sealed));
}

// Rules came or went: whether the conflicts that are stored are open has to be seen anew. What
// cannot be read is noticed and left: the view is made anew then.
void View::touch_conflicting(const log::Draft& draft) {
  std::vector<EntityId> entities;
  const Buffer from{'c'}, end{'c' + 1};
  const Status scanned = draft.scan(Family::view, from, end, [&](Bytes key, Bytes sealed) {
    const auto opened = open_row(key, sealed);
    if (!opened || opened->size() != EntityId::size + 1) return false;
    entities.push_back(*EntityId::from(Bytes(*opened).first(EntityId::size)));
    return true;
  });
  if (!scanned) is_damaged_ = true;
  for (const EntityId& entity : entities)
    if (const auto found = find(draft, entity); found && *found != nullptr) changed(**found);
}

void View::write(log::Draft& draft, Cached& cached, Random& random) {
  EntityState& state = cached.state;
  spill_history(draft, state, random);
  state.document.drop_history();
  const bool alive = state.exists() && !state.is_deleted();
  const bool counts = alive && !is_our_own(state);
  // Of names that were given twice both are told where they are listed.
  const bool marked = alive && !holds_names(state) && state.conflict_count() > 0;
  const bool conflicting = marked && open_conflicts(state) > 0;
  const Buffer key = row_key('e', state.entity.view());
  Buffer row{static_cast<std::uint8_t>((counts ? flag_counted : 0) |
                                       (conflicting ? flag_conflicting : 0) |
                                       (marked ? flag_marked : 0))};
  append(row, encode_state(state));
  draft.put(Family::view, key, seal_row(key, row, random));
  if (counts != cached.counted) counts_.entities += counts ? 1 : std::uint64_t{0} - 1;
  if (conflicting != cached.conflicting)
    counts_.conflicting += conflicting ? 1 : std::uint64_t{0} - 1;
  const bool remark = marked != cached.marked || conflicting != cached.conflicting;
  cached.counted = counts;
  cached.conflicting = conflicting;
  cached.marked = marked;
  if (remark) mark(draft, cached, key, random);
  if (is_declaration(state)) {
    Buffer marker = with_prefix('t', key);
    Buffer value = seal_row(marker, state.entity.view(), random);
    draft.put(Family::view, std::move(marker), std::move(value));
  }
  cached.dirty = false;
  measure(cached);
}

void View::flush(log::Draft& draft, Random& random) {
  if (!is_dirty()) return;
  if (std::exchange(rules_changed_, false)) touch_conflicting(draft);
  if (dirty_count_ > 0)
    for (auto& [entity, cached] : cached_)
      if (cached.dirty) write(draft, cached, random);
  dirty_count_ = 0;
  for (auto& [key, value] : extras_) draft.put(Family::view, key, seal_row(key, value, random));
  extras_.clear();
  wire::Writer counts;
  counts.u8(view_format).varint(counts_.entities).varint(counts_.conflicting);
  draft.put(Family::view, counts_key, seal_row(counts_key, counts.view(), random));
}

void View::trim() {
  while (cached_bytes_ > cached_bytes_max && !order_.empty()) {
    const auto oldest = cached_.find(order_.back());
    if (oldest->second.dirty) return;
    cached_bytes_ -= oldest->second.bytes;
    cached_.erase(oldest);
    order_.pop_back();
  }
}

Result<std::string> View::page(const StoreReader& reader, const std::string& cursor,
                               const Visitor& visit) {
  Buffer from{'e'};
  if (!cursor.empty()) {
    const auto raw = from_hex(cursor);
    if (!raw || raw->size() != 17 || raw->front() != 'e')
      return fail(Errc::invalid, "the cursor is not one that entity.list gave");
    from = *raw;
  }
  std::string next;
  Status failed;
  const Buffer end{'e' + 1};
  const Status scanned = reader.scan(Family::view, from, end, [&](Bytes key, Bytes sealed) {
    auto cached = load(key, sealed);
    if (!cached) {
      failed = pass(cached);
      return false;
    }
    if (visit(cached->state)) return true;
    next = to_hex(key);
    return false;
  });
  if (!scanned) return pass(scanned);
  if (!failed) return pass(failed);
  return next;
}

Status View::conflicting(const StoreReader& reader,
                         const std::function<bool(const EntityId&)>& visit) const {
  Status failed;
  const Buffer from{'c'};
  const Buffer end{'c' + 1};
  const Status scanned = reader.scan(Family::view, from, end, [&](Bytes key, Bytes sealed) {
    const auto opened = open_row(key, sealed);
    if (!opened || opened->size() != EntityId::size + 1) {
      failed = tl::unexpected<Error>(damage("a conflict marker of the view does not open"));
      return false;
    }
    if (opened->back() == 0) return true;
    return visit(*EntityId::from(Bytes(*opened).first(EntityId::size)));
  });
  return scanned ? failed : scanned;
}

}  // namespace syncline::node
