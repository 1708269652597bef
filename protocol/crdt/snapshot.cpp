// SPDX-License-Identifier: Apache-2.0
//
// document  = version:u8 (3) frontier:version age map
// canonical = n:varint n*log_id document     logs are named by their place in this sorted list
// age       = events:varint ops:varint [log:varint lamport:varint wall:zigzag]    if any events
// slot      = flags:u8 [n] n*value [n:varint n*removal] [n:varint n*(kind container)]
//             the low four bits of flags are n, or 15: n follows; 10h: removals, 20h: children
// value     = log seq op lamport:varint wall:zigzag item
// removal   = log seq wall:zigzag contested:version
//             lamport and wall count back from the newest event
// container = map | sequence | text | counter | set | tree, by its kind
// map       = n:varint n*(key:text slot)     ascending
// counter   = n:varint n*(log k:varint k*(gap:varint scale:u8 amount:zigzag))
// set       = n:varint n*(scalar version)    ascending
// text      = first:version touched:version utf8:bytes marks
// sequence  = see snapshot_sequence.cpp; tree = see snapshot_tree.cpp; marks = snapshot_marks.cpp
#include "protocol/crdt/snapshot.h"

#include "protocol/crdt/apply.h"
#include "protocol/crdt/item_codec.h"

namespace syncline::crdt {
namespace {

constexpr std::uint8_t snapshot_version = 3;
constexpr std::uint8_t many_values = 15, has_removals = 0x10, has_children = 0x20;

// They wrap around: a clock may say anything.
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

template <class List>
std::vector<const typename List::value_type*> by_log(const List& list, const LogNames& names) {
  std::vector<const typename List::value_type*> out;
  for (const auto& each : list) out.push_back(&each);
  std::sort(out.begin(), out.end(),
            [&names](const auto* a, const auto* b) { return names.of(a->log) < names.of(b->log); });
  return out;
}

struct ContainerWriter {
  const SnapshotWriter& to;

  void operator()(const MapContainer& map) const {
    to.out.varint(map.slots.size());
    for (const auto& [key, slot] : map.slots) {
      to.out.text(key);
      to.slot(slot);
    }
  }
  void operator()(const ListContainer& list) const { to.sequence(list); }
  void operator()(const TextContainer& text) const {
    to.version(text.first());
    to.version(text.touched());
    to.out.varint(text.rope().bytes());
    text.rope().for_each_chunk([this](std::string_view piece) { to.out.fixed(as_bytes(piece)); });
    to.marks(text.marks());
  }
  void operator()(const CounterContainer& counter) const {
    to.out.varint(counter.authors.size());
    for (const auto* author : by_log(counter.authors, to.names)) {
      to.out.varint(to.names.of(author->log)).varint(author->increments.size());
      std::uint64_t before = 0;
      for (const auto& step : author->increments) {
        to.out.varint(step.seq - before).u8(step.amount.scale).zigzag(step.amount.mantissa);
        before = step.seq;
      }
    }
  }
  void operator()(const TreeContainer& tree) const { to.tree(tree); }
  void operator()(const SetContainer& set) const {
    to.out.varint(set.tags.size());
    for (const auto& [element, tags] : set.tags) {
      encode_scalar(to.out, element);
      to.version(tags);
    }
  }
};

struct ContainerReader {
  SnapshotReader& from;

  void operator()(MapContainer& map) const {
    const std::uint64_t count = from.in.varint();
    for (std::uint64_t i = 0; i < count && from.in.ok(); ++i) {
      std::string key = from.in.text(limits::map_key_size_max);
      if (!map.slots.empty() && key <= map.slots.rbegin()->first) return from.corrupt();
      const auto slot = map.slots.try_emplace(map.slots.end(), std::move(key));
      from.slot(slot->second);
      if (slot->second.pristine()) from.corrupt();
    }
  }
  void operator()(ListContainer& list) const { from.sequence(list); }
  void operator()(TextContainer& text) const {
    VersionVector first = from.version();
    VersionVector touched = from.version();
    const std::string utf8 = from.in.text(SIZE_MAX);
    if (touched.empty() && !utf8.empty()) return from.corrupt();
    if (!touched.covers(first) || first.empty() != touched.empty()) return from.corrupt();
    std::vector<TextMarks::Row> marks = from.marks(count_scalars(utf8));
    if (touched.empty() && !marks.empty()) return from.corrupt();
    if (from.in.ok()) text.restore(utf8, std::move(first), std::move(touched), std::move(marks));
  }
  void operator()(CounterContainer& counter) const {
    const std::uint64_t authors = from.in.varint();
    for (std::uint64_t a = 0; a < authors && from.in.ok(); ++a) {
      const auto log = static_cast<LogIndex>(from.in.varint(UINT32_MAX));
      const std::uint64_t steps = from.in.varint();
      if (steps == 0 || (!counter.authors.empty() && counter.authors.back().log >= log))
        return from.corrupt();
      std::uint64_t seq = 0;
      for (std::uint64_t i = 0; i < steps && from.in.ok(); ++i) {
        seq += from.in.varint(from.frontier.get(log) - seq);
        const std::uint8_t scale = from.in.u8();
        const std::int64_t mantissa = from.in.zigzag();
        if (seq == 0 || scale > Decimal::scale_max) return from.corrupt();
        if (from.in.ok()) counter.add({log, seq}, {mantissa, scale});
      }
    }
  }
  void operator()(TreeContainer& tree) const { from.tree(tree); }
  void operator()(SetContainer& set) const {
    const std::uint64_t count = from.in.varint();
    for (std::uint64_t i = 0; i < count && from.in.ok(); ++i) {
      Scalar element = decode_scalar(from.in);
      if (!set.tags.empty() && !scalar_less(set.tags.rbegin()->first, element))
        return from.corrupt();
      VersionVector tags = from.version();
      if (tags.empty()) return from.corrupt();
      set.tags.emplace_hint(set.tags.end(), std::move(element), std::move(tags));
    }
  }
};

void encode_age(const SnapshotWriter& to, const Age& age) {
  to.out.varint(age.events).varint(age.ops);
  if (age.events > 0)
    to.out.varint(to.names.of(age.log)).varint(age.lamport).zigzag(age.wall.unix_ms);
}

Age decode_age(wire::Reader& in, const VersionVector& frontier) {
  Age age;
  age.events = in.varint();
  age.ops = in.varint();
  if (age.events > 0) {
    age.log = static_cast<LogIndex>(in.varint(UINT32_MAX));
    age.lamport = in.varint();
    age.wall.unix_ms = in.zigzag();
  }
  if (frontier.empty() != (age.events == 0)) in.fail_with(Errc::corrupt);
  return age;
}

void decode_entry(SnapshotReader& from, Entry& entry) {
  entry.event = from.event();
  entry.op = static_cast<std::uint32_t>(from.in.varint(limits::ops_per_event_max));
  entry.lamport = from.base.lamport - from.in.varint(from.base.lamport);
  entry.wall = from.wall();
  entry.value = decode_item(from.in);
}

void encode_state(const SnapshotWriter& to, const VersionVector& frontier, const Age& age,
                  const Container& root) {
  to.out.u8(snapshot_version);
  to.version(frontier);
  encode_age(to, age);
  to.container(root);
}

}  // namespace

std::vector<EventId> SnapshotWriter::sorted(const std::vector<EventId>& events) const {
  std::vector<EventId> named;
  named.reserve(events.size());
  for (const EventId& event : events) named.push_back({names.of(event.log), event.seq});
  std::sort(named.begin(), named.end());
  return named;
}

void SnapshotWriter::wall(WallTime time) const {
  out.zigzag(difference(time.unix_ms, base.unix_ms));
}

void SnapshotWriter::events(const std::vector<EventId>& events) const {
  out.varint(events.size());
  for (const EventId& event : sorted(events)) out.varint(event.log).varint(event.seq);
}

void SnapshotWriter::version(const VersionVector& version) const {
  if (!names.renames()) return version.encode(out);
  VersionVector(sorted(version.rows())).encode(out);
}

void SnapshotWriter::removals(const std::vector<Removal>& removals) const {
  std::vector<const Removal*> sorted;
  for (const Removal& removal : removals) sorted.push_back(&removal);
  std::sort(sorted.begin(), sorted.end(), [this](const Removal* a, const Removal* b) {
    return EventId{names.of(a->event.log), a->event.seq} <
           EventId{names.of(b->event.log), b->event.seq};
  });
  out.varint(removals.size());
  for (const Removal* removal : sorted) {
    event(removal->event);
    wall(removal->wall);
    version(removal->contested_by);
  }
}

void SnapshotWriter::slot(const Slot& slot) const {
  const std::size_t values = std::min<std::size_t>(slot.entries.size(), many_values);
  out.u8(static_cast<std::uint8_t>(values | (slot.removals.empty() ? 0u : has_removals) |
                                   (slot.children.empty() ? 0u : has_children)));
  if (values == many_values) out.varint(slot.entries.size());
  for (const Entry& entry : slot.entries) {
    event(entry.event);
    out.varint(entry.op).varint(base.lamport - entry.lamport);
    wall(entry.wall);
    encode_item(out, entry.value);
  }
  if (!slot.removals.empty()) {
    removals(slot.removals);
  }
  if (slot.children.empty()) return;
  out.varint(slot.children.size());
  for (const Child& child : slot.children) {
    encode_kind(out, child.kind);
    container(*child.container);
  }
}

void SnapshotWriter::container(const Container& container) const {
  std::visit(ContainerWriter{*this}, container.node);
}

WallTime SnapshotReader::wall() const { return {sum(base.unix_ms, in.zigzag())}; }

EventId SnapshotReader::event() const {
  EventId event;
  event.log = static_cast<LogIndex>(in.varint(UINT32_MAX));
  event.seq = in.varint();
  if (event.seq == 0 || !frontier.covers(event)) corrupt();
  return event;
}

std::vector<EventId> SnapshotReader::events() const {
  const std::uint64_t count = in.varint();
  std::vector<EventId> events;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const EventId next = event();
    if (!events.empty() && !(events.back() < next)) corrupt();
    events.push_back(next);
  }
  return events;
}

VersionVector SnapshotReader::version() const {
  VersionVector version = VersionVector::decode(in, limits::logs_per_space_max);
  if (!frontier.covers(version)) corrupt();
  return version;
}

void SnapshotReader::removals(std::vector<Removal>& removals) const {
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Removal removal;
    removal.event = event();
    removal.wall = wall();
    removal.contested_by = version();
    removals.push_back(std::move(removal));
  }
  if (removals.empty()) corrupt();
}

void SnapshotReader::slot(Slot& slot) {
  const std::uint8_t flags = in.u8();
  if (flags >= 2 * has_children) return corrupt();
  const std::uint64_t values = (flags & 15) == many_values ? in.varint() : flags & 15;
  for (std::uint64_t i = 0; i < values && in.ok(); ++i) {
    decode_entry(*this, slot.entries.emplace_back());
    if (i > 0 && slot.entries[i - 1].lamport < slot.entries[i].lamport) return corrupt();
  }
  if (flags & has_removals) removals(slot.removals);
  const std::uint64_t children = flags & has_children ? in.varint(kind_count) : 0;
  if (++depth > limits::container_depth_max + 1 && children > 0) corrupt();
  for (std::uint64_t i = 0; i < children && in.ok(); ++i) {
    const Kind kind = decode_kind(in);
    if (i > 0 && slot.children.back().kind >= kind) return corrupt();
    slot.children.push_back({kind, std::make_unique<Container>(kind)});
    container(*slot.children.back().container);
    if (!slot.holds(kind) && slot.children.back().container->pristine()) corrupt();
  }
  --depth;
  for (const Entry& entry : slot.entries) {
    const Kind* kind = std::get_if<Kind>(&entry.value);
    if (kind && !slot.child(*kind)) corrupt();
  }
}

void SnapshotReader::container(Container& container) {
  if (in.ok()) std::visit(ContainerReader{*this}, container.node);
}

void Document::encode(wire::Writer& out) const {
  const LogNames names;
  encode_state({out, names, TimeBase(state_->age)}, state_->frontier, state_->age, state_->root);
}

Result<Document> Document::decode(wire::Reader& in) {
  Document document;
  State& state = *document.state_;
  if (in.u8() != snapshot_version) in.fail_with(Errc::corrupt);
  state.frontier = VersionVector::decode(in, limits::logs_per_space_max);
  state.age = decode_age(in, state.frontier);
  SnapshotReader from{in, state.frontier, TimeBase(state.age), state.age.ops};
  from.container(state.root);
  if (!in.ok() || in.left() != 0) return fail(Errc::corrupt, "document snapshot");
  document.look_for_history();
  return document;
}

Buffer Document::canonical(const LogTable& logs) const {
  std::vector<std::pair<LogId, LogIndex>> ids;
  for (const EventId& row : state_->frontier.rows()) ids.emplace_back(logs.at(row.log), row.log);
  std::sort(ids.begin(), ids.end());
  std::vector<LogIndex> place(logs.size());
  wire::Writer out;
  out.varint(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out.id(ids[i].first);
    place[ids[i].second] = static_cast<LogIndex>(i);
  }
  const LogNames names(std::move(place));
  encode_state({out, names, TimeBase(state_->age)}, state_->frontier, state_->age, state_->root);
  return out.take();
}

}  // namespace syncline::crdt
