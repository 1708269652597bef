// SPDX-License-Identifier: Apache-2.0
//
// Authors who write one document, hear of each other when they want to, and take back what they
// did; and the ops they write it with.
#pragma once

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/tree_position.h"
#include "protocol/history/replay.h"
#include "protocol/history/shown_marks.h"
#include "protocol/history/taking_back.h"
#include "protocol/history/text_places.h"
#include "tests/protocol/history/past_events.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::history::taking_back {

using crdt::Action;
using crdt::EventSpan;
using crdt::Kind;
using crdt::Op;
using crdt::Path;
using crdt::Scalar;
using Ops = std::vector<Op>;

inline const crdt::LogTable logs = [] {
  crdt::LogTable table(3);
  for (std::size_t i = 0; i < table.size(); ++i) table[i].bytes[0] = std::uint8_t(i + 1);
  return table;
}();

class Author {
 public:
  explicit Author(crdt::LogIndex log) : log_(log) {}

  EventSpan edit(Ops ops) {
    PastEvent event;
    event.id = {log_, seen_.get(log_) + 1};
    event.lamport = seen_.sum() + 1;
    event.past = seen_;
    event.ops = std::move(ops);
    apply(event);
    return {log_, event.id.seq, event.id.seq};
  }
  EventSpan undo(const EventSpan& change, const EventSpan& redone = {}) {
    auto ops = ops_to_take_back(segments(), {document, seen_, logs, {}}, {change, redone});
    REQUIRE(ops);
    return edit(std::move(*ops));
  }
  // By one more change; nothing if it reads like that already.
  std::size_t restore(const crdt::VersionVector& version, const crdt::RuleSet* rules = nullptr) {
    const auto then = replay(segments(), logs, version);
    REQUIRE(then);
    auto ops = ops_to_restore(*then, {document, seen_, logs, {}, rules});
    REQUIRE(ops);
    const std::size_t count = ops->size();
    if (count > 0) edit(std::move(*ops));
    return count;
  }
  crdt::Document at(const crdt::VersionVector& version) const {
    auto then = replay(segments(), logs, version);
    REQUIRE(then);
    return std::move(*then);
  }
  const crdt::VersionVector& seen() const { return seen_; }
  EventSpan redo(const EventSpan& undoing, const EventSpan& change) {
    return undo(undoing, change);
  }
  void receive(const Author& other) {
    for (const PastEvent& event : other.events_)
      if (!seen_.covers(event.id)) apply(event);
  }
  std::string reads() const { return crdt::test::describe(document.read()); }
  // "bold 0-5 true" for each.
  std::string marks() const {
    std::string out, last;
    std::uint64_t end = 0;
    for (const auto& span : document.find_text({std::string("text")})->marks().spans()) {
      const auto& top = *span.rows.front();
      if (top.value == Scalar(crdt::Null{})) continue;
      const std::string value = crdt::test::describe(crdt::Value{top.value});
      if (value == last && span.from == end)
        out.resize(out.rfind('-') + 1);
      else
        out += (out.empty() ? "bold " : " bold ") + std::to_string(span.from) + "-";
      out += std::to_string(span.to) + " " + value;
      last = value;
      end = span.to;
    }
    return out;
  }

  crdt::Document document;

 private:
  std::vector<Buffer> segments() const {
    SegmentWriter writer;
    for (const PastEvent& event : events_) writer.add(view_of(event));
    return {writer.take()};
  }
  void apply(const PastEvent& event) {
    const crdt::EventContext context{event.id.log, event.id.seq, event.past,
                                     event.wall,   logs,         event.lamport};
    REQUIRE(document.apply(context, event.ops).void_ops == 0);
    seen_.merge(event.past);
    seen_.raise(event.id.log, event.id.seq);
    events_.push_back(event);
  }

  crdt::LogIndex log_;
  crdt::VersionVector seen_;
  std::vector<PastEvent> events_;
};

inline void meet(Author& a, Author& b) {
  a.receive(b);
  b.receive(a);
}

inline Path at(const char* key) { return {std::string(key)}; }
inline Op op(Action action, Path path = {}) { return {std::move(path), std::move(action)}; }
inline crdt::ItemValue number(std::int64_t value) { return Scalar(value); }
inline Op put(const char* key, std::int64_t value, Path path = {}) {
  return op(crdt::MapSet{key, number(value)}, std::move(path));
}
inline Op make(const char* key, Kind kind) { return op(crdt::MapSet{key, kind}); }
inline const std::string top = crdt::tree_position_between({}, {}, 0);
inline Op plant(const char* id, const char* parent = "") {
  return op(crdt::TreeInsert{id, parent, top}, at("tree"));
}
inline Op shift(const char* id, const char* parent) {
  return op(crdt::TreeMove{id, parent, top}, at("tree"));
}
inline Op mark(std::uint64_t from, std::uint64_t count, Scalar value) {
  return op(crdt::TextMark{from, count, 0, "bold", std::move(value)}, at("text"));
}

inline const Ops hello{make("text", Kind::text), op(crdt::TextInsert{0, "hello"}, at("text"))};

// With every mark, as somebody would write it down who wants the same again.
inline std::string whole(const crdt::Document& document) {
  std::string out = crdt::test::describe(document.read());
  const auto shape = document.shape();
  REQUIRE(shape);
  std::size_t number = 0;
  for (const Path& path : paths_of_texts(*shape)) {
    const crdt::TextContainer* text = document.find_text(path);
    REQUIRE(text != nullptr);
    for (const auto& [key, marks] : shown_marks(text->marks()))
      for (const ShownMark& mark : marks)
        out += " " + std::to_string(number) + ":" + key + " " + std::to_string(mark.from) + "-" +
               std::to_string(mark.to) + "+" + std::to_string(int(mark.grows)) + " " +
               crdt::test::describe(crdt::Value{mark.value});
    ++number;
  }
  return out;
}

// Does `own`, takes it back, does it again, and restores what was before it and after it.
inline void there_and_back(const Ops& first, const Ops& own) {
  Author a(0);
  a.edit(first);
  const std::string before = whole(a.document);
  const crdt::VersionVector then = a.seen();
  const EventSpan change = a.edit(own);
  const std::string after = whole(a.document);
  const crdt::VersionVector done = a.seen();
  CHECK(after != before);
  const EventSpan undoing = a.undo(change);
  CHECK(whole(a.document) == before);
  a.redo(undoing, change);
  CHECK(whole(a.document) == after);
  CHECK(a.restore(then) > 0);
  CHECK(whole(a.document) == before);
  CHECK(a.restore(then) == 0);
  CHECK(a.restore(done) > 0);
  CHECK(whole(a.document) == after);
}

// Changes of one author, taken back one by one, done again, and each version restored.
class Changes {
 public:
  explicit Changes(Author& author) : author_(author) { note(); }

  void edit(Ops ops) {
    changes_.push_back(author_.edit(std::move(ops)));
    note();
  }
  void check() {
    std::vector<EventSpan> undoings;
    for (std::size_t i = changes_.size(); i-- > 0;) {
      undoings.push_back(author_.undo(changes_[i]));
      REQUIRE(whole(author_.document) == read_[i]);
    }
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      author_.redo(undoings[changes_.size() - 1 - i], changes_[i]);
      REQUIRE(whole(author_.document) == read_[i + 1]);
    }
    for (std::size_t i = 0; i < versions_.size(); ++i) {
      author_.restore(versions_[i]);
      REQUIRE(whole(author_.document) == read_[i]);
      REQUIRE(author_.restore(versions_[i]) == 0);
    }
  }

 private:
  void note() {
    read_.push_back(whole(author_.document));
    versions_.push_back(author_.seen());
  }

  Author& author_;
  std::vector<EventSpan> changes_;
  std::vector<std::string> read_;  // before the first one, and after each
  std::vector<crdt::VersionVector> versions_;
};

}  // namespace syncline::history::taking_back
