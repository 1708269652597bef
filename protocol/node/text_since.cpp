// SPDX-License-Identifier: Apache-2.0
//
// A character is known by its event and by how many the event put down before it: that is the same
// in every replay. Characters that are in two versions have the same order in both.
#include "protocol/node/text_since.h"

#include <algorithm>
#include <map>

namespace syncline::node {

namespace {

using text::CharId;

// Characters that follow each other in an event and in the order of the text.
struct Run {
  CharId first = 0;
  std::uint64_t count = 0;
};

// Where the characters of each event are in one replay.
class Places {
 public:
  explicit Places(const text::TextLog& log) : log_(log) {}

  struct Piece {
    std::uint64_t offset = 0;  // among all characters of the event
    Run run;
  };
  const std::vector<Piece>& of(const text::EventRef& event) {
    const auto [known, is_new] = pieces_.try_emplace({event.log, event.seq});
    std::vector<Piece>& pieces = known->second;
    const auto units = is_new ? log_.authors().units_of(event) : std::nullopt;
    if (!units) return pieces;
    std::uint64_t offset = 0;
    std::size_t row = log_.ops().find(units->from, 0);
    for (text::Lv at = units->from; at < units->to; ++row) {
      const text::OpRun& op = log_.ops().run(row);
      const text::Lv end = std::min(units->to, op.from + op.count);
      if (op.kind == text::OpKind::insert) {
        pieces.push_back({offset, {at, end - at}});
        offset += end - at;
      }
      at = end;
    }
    return pieces;
  }
  // How many characters the event put down before this one of its own.
  std::uint64_t offset_of(const text::EventRef& event, CharId id) {
    const auto& pieces = of(event);
    const auto behind = std::ranges::upper_bound(
        pieces, id, {}, [](const Piece& piece) { return piece.run.first; });
    if (behind == pieces.begin()) return 0;
    const Piece& piece = *std::prev(behind);
    return piece.offset + (id - piece.run.first);
  }

 private:
  const text::TextLog& log_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Piece>> pieces_;
};

// Adds the characters [offset, offset + count) of an event; false if they are not all there.
bool add_runs(const std::vector<Places::Piece>& pieces, std::uint64_t offset, std::uint64_t count,
              std::vector<Run>& runs) {
  auto piece = std::ranges::upper_bound(pieces, offset, {}, &Places::Piece::offset);
  if (piece == pieces.begin()) return false;
  for (--piece; count > 0; ++piece) {
    if (piece == pieces.end() || offset < piece->offset) return false;
    const std::uint64_t skipped = offset - piece->offset;
    if (skipped >= piece->run.count) return false;
    const std::uint64_t taken = std::min(count, piece->run.count - skipped);
    runs.push_back({piece->run.first + static_cast<CharId>(skipped), taken});
    offset += taken;
    count -= taken;
  }
  return true;
}

// What `then` shows, in its order, as characters of `now`.
std::optional<std::vector<Run>> shown_then(const crdt::TextContainer& then,
                                           const crdt::TextContainer& now) {
  const text::Authors& authors = then.history()->authors();
  Places places_then(*then.history());
  Places places_now(*now.history());
  std::vector<Run> runs;
  bool is_whole = true;
  then.whole().tree().for_each([&](const text::OrderTree::Record& record) {
    if (record.gone) return;
    for (std::uint64_t id = record.id; is_whole && id <= record.last();) {
      const CharId first = static_cast<CharId>(id);
      const text::EventRef event = authors.event_of(first);
      const auto units = authors.units_of(event).value_or(text::LvRange{first, first + 1});
      const std::uint64_t end = std::min<std::uint64_t>(units.to, std::uint64_t{record.last()} + 1);
      is_whole =
          add_runs(places_now.of(event), places_then.offset_of(event, first), end - id, runs);
      id = end;
    }
  });
  if (!is_whole) return std::nullopt;
  return runs;
}

// Gathers what was kept, removed and put in, in the order of the text.
class Script {
 public:
  void keep(std::uint64_t count) {
    close();
    then_ += count;
    now_ += count;
  }
  void remove(std::uint64_t count) {
    removed_ += count;
    then_ += count;
  }
  void insert(std::uint64_t count) {
    inserted_ += count;
    now_ += count;
  }
  std::vector<crdt::TextChange> finish(const text::Rope& rope) {
    close();
    std::vector<crdt::TextChange> changes;
    for (const Change& change : changes_)
      changes.push_back(
          {change.position, change.removed, rope.slice(change.from, change.inserted)});
    return changes;
  }

 private:
  struct Change {
    std::uint64_t position = 0, removed = 0;
    std::uint64_t from = 0, inserted = 0;  // in the text as it is now
  };
  void close() {
    if (removed_ + inserted_ > 0)
      changes_.push_back({then_ - removed_, removed_, now_ - inserted_, inserted_});
    removed_ = inserted_ = 0;
  }

  std::vector<Change> changes_;
  std::uint64_t then_ = 0, now_ = 0;
  std::uint64_t removed_ = 0, inserted_ = 0;
};

}  // namespace

std::optional<std::vector<crdt::TextChange>> changes_since(const crdt::TextContainer& then,
                                                           const crdt::TextContainer& now) {
  const auto runs = shown_then(then, now);
  if (!runs) return std::nullopt;
  Script script;
  std::size_t next = 0;
  std::uint64_t used = 0;  // of the next run
  now.whole().tree().for_each([&](const text::OrderTree::Record& record) {
    for (std::uint64_t id = record.id; id <= record.last();) {
      const std::uint64_t left = std::uint64_t{record.last()} + 1 - id;
      std::uint64_t unknown = left;
      if (next < runs->size()) {
        const std::uint64_t from = (*runs)[next].first + used;
        if (from >= id && from < id + left) unknown = from - id;
      }
      if (unknown > 0) {
        if (!record.gone) script.insert(unknown);
        id += unknown;
        continue;
      }
      const std::uint64_t count = std::min(left, (*runs)[next].count - used);
      record.gone ? script.remove(count) : script.keep(count);
      id += count;
      used += count;
      if (used == (*runs)[next].count) {
        ++next;
        used = 0;
      }
    }
  });
  if (next < runs->size()) return std::nullopt;
  return script.finish(now.rope());
}

}  // namespace syncline::node
