// SPDX-License-Identifier: Apache-2.0
//
// Document: the content of one entity, made by applying events in any causal order.
//
// Two documents that applied the same events are equal, whatever the order (Spec C19).
// Not here: encryption, storage, the type of an entity, and making sure that the causal past
// of an event comes before it, which is the one rule for a caller.
#pragma once

#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/shape.h"
#include "protocol/crdt/value.h"
#include "protocol/crdt/version.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace syncline::crdt {

struct Edit;
class Document;
class TextContainer;
class Writings;
struct WrittenPlaces;

// Who made an event and what its author had seen.
struct EventContext {
  LogIndex log = 0;
  std::uint64_t seq = 0;
  // Everything its author had seen, in the whole space; the event itself is not in it.
  const VersionVector& past;
  WallTime wall;
  const LogTable& logs;
  // What was derived when the event came first, for one that is replayed with less of its past;
  // 0: to be derived from `past`.
  std::uint64_t lamport = 0;
  // Told which places are written, if anybody wants to know.
  Writings* writings = nullptr;

  std::uint64_t lamport_time() const { return lamport != 0 ? lamport : past.sum() + 1; }
};

enum class Effect : std::uint8_t {
  duplicate,  // applied before: nothing was done
  none,       // every op was void
  changed,
};

struct Applied {
  Effect effect = Effect::none;
  // Ops that made no sense at their author's version; they are void on every device (Spec C8).
  std::size_t void_ops = 0;
  // Ops on texts that named a place beyond the end and took the nearest one. Known for an author
  // who had seen everything; 0 for others.
  std::size_t adapted_ops = 0;
};

// How much happened, and the newest event: by Lamport time, then log id. Spec C12.
struct Age {
  std::uint64_t events = 0;
  std::uint64_t ops = 0;
  LogIndex log = 0;
  std::uint64_t lamport = 0;
  WallTime wall;

  bool operator==(const Age&) const = default;
};

enum class ConflictKind : std::uint8_t {
  concurrent_values,   // several values, none of whose authors knew the others
  edited_and_deleted,  // removed by one, changed by another who did not know; the change stands
  move_lost,           // moved to several places; it is at one, the values are the places
};

struct ConflictValue {
  Value value;
  std::optional<Kind> container;  // nothing for a scalar
  // The newest event that stands for this value.
  LogIndex log = 0;
  std::uint64_t seq = 0;
  WallTime wall;
};

struct Conflict {
  Path path;  // of the slot itself: its last step is a key or an index
  ConflictKind kind = ConflictKind::concurrent_values;
  std::vector<ConflictValue> values;  // the one that is shown comes first
  // The removals that lost, of edited_and_deleted.
  struct Removal {
    LogIndex log = 0;
    std::uint64_t seq = 0;
    WallTime wall;
  };
  std::vector<Removal> removals;
};

// Events first to last of one log.
struct EventSpan {
  LogIndex log = 0;
  std::uint64_t first = 1, last = 0;  // none

  bool holds(const EventId& event) const {
    return event.log == log && first <= event.seq && event.seq <= last;
  }
};

// Whom a conflict is settled for: some of the events that take part in it, or the others.
enum class Side : std::uint8_t {
  others,      // for the highest of what else is there
  own_values,  // for what these put there, though not for their removals
  own,         // for what these put there or removed
};
struct Siding {
  EventSpan events;
  Side side = Side::others;
  // The document without these events, if it is known: what it holds as well is not theirs.
  const Document* apart = nullptr;
};

// Who wrote a place last, or anything inside of it.
struct Note {
  Path path;
  std::optional<Kind> kind;  // nothing: a leaf
  LogIndex log = 0;
  std::uint64_t seq = 0;
  WallTime wall;
};
struct Notes {
  std::vector<Note> notes;
  bool complete = true;
};

class TreeContainer;

class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Requires: every event of `context.past` that concerns this document was applied (Spec C6), and
  // !wants_history(context.past).
  // A local edit is an event whose past is everything applied so far.
  Applied apply(const EventContext& context, std::span<const Op> ops);

  // One event of a person typing in one text, applied keystroke by keystroke. Until commit()
  // nothing else may touch the document; what `context` refers to must live as long.
  class Typing {
   public:
    // Requires: position and count lie within the text.
    void insert(std::uint64_t position, std::string_view utf8);
    void remove(std::uint64_t position, std::uint64_t count);
    // Characters that are there now.
    std::uint64_t length() const;
    // What the event must hold. It counts as applied. Nothing: all that was typed was taken back,
    // and there is no event to make.
    std::optional<Op> commit();
    ~Typing();
    Typing(Typing&&) noexcept;

   private:
    friend class Document;
    struct Session;
    explicit Typing(std::unique_ptr<Session> session);
    std::unique_ptr<Session> session_;
  };
  // Requires: the author has seen everything. Errors: Errc::not_found if the path leads nowhere.
  Result<Typing> type(const EventContext& context, const Path& text);

  // The whole document, conflicts shown by their first value. Texts read as strings, counters
  // as integers or as decimals in a string, sets as sorted lists.
  Value read() const;
  // Nothing if there is nothing at `path`; its last step names a slot, the empty path the root.
  std::optional<Value> read(const Path& path) const;
  // The kind of the container shown at `path`; nothing for a scalar or where nothing is.
  std::optional<Kind> kind_at(const Path& path) const;
  // The tree shown at `path`, for those in this folder.
  const TreeContainer* tree_at(const Path& path) const;
  // The same with its kinds, and with which slots are contested.
  std::optional<Shape> shape(const Path& path = {}) const;

  // Who wrote what, in reading order: `path` itself, unless it is the root, and all inside.
  Notes notes(const Path& path, std::size_t most) const;

  // The text shown at `path`, for cursor.h and blame.h; nullptr if there is none. Valid until the
  // document changes.
  const TextContainer* find_text(const Path& path) const;
  // The items of lists that `path` leads through, the outermost first, as far as it leads. In time
  // proportional to a list's length where an item was moved.
  std::vector<ItemName> items_on(const Path& path) const;

  // Where that is by now. Requires: its events were applied to this document, and all since.
  WrittenPlaces places_of(const Writings& writings) const;

  std::vector<Conflict> conflicts() const;
  // Ops, at the newest version, that settle the conflict at `slot` for value number `keep` of
  // the list above, or for the removal. Errc::not_found if there is no conflict. Without a kind:
  // the first one there.
  Result<std::vector<Op>> ops_to_resolve(const Path& slot, std::optional<std::size_t> keep,
                                         std::optional<ConflictKind> kind = std::nullopt) const;
  // Ops, at the newest version, that settle conflicts in which some events take part. To be asked
  // again once they are applied, until there are none: what is moved changes places.
  std::vector<Op> ops_to_side(const Siding& siding) const;

  // Per log the highest seq that was applied here.
  const VersionVector& frontier() const;
  const Age& age() const;

  // A document read from a snapshot holds its texts without their history. That is needed before
  // an event whose author had not seen everything: the owner replays all events into an empty
  // document and gives it to adopt_history. Requires otherwise: apply() is not called.
  bool wants_history(const VersionVector& past) const;
  // Errc::corrupt if `replayed` is not the same document.
  Status adopt_history(Document&& replayed);
  bool has_history() const;
  // Frees what wants_history() would ask for again.
  void drop_history();

  // The full state, to go on from later on this device: logs stand in it as LogIndex.
  void encode(wire::Writer& out) const;
  // Takes the rest of `in`. Errc::corrupt for anything that encode() cannot have written.
  static Result<Document> decode(wire::Reader& in);
  // The same state with LogIds: equal bytes on every device that applied the same events.
  Buffer canonical(const LogTable& logs) const;

  std::size_t size_estimate_bytes() const;
  // Nothing, or which invariant is broken: for tests and the simulator.
  std::optional<std::string> check() const;

 private:
  struct State;
  void look_for_history();
  void note_event(const Edit& edit, std::size_t ops);

  std::unique_ptr<State> state_;
};

}  // namespace syncline::crdt
