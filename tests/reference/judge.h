// SPDX-License-Identifier: Apache-2.0
//
// Judge: the oracle at work, for the files it consists of; others use oracle.h.
//
// Places are strings: a container's is "" (the root) or its slot's + "|" + the number of its
// kind; a slot's is its container's + "k5:title" or "i17.", a node's "n1:a", so that whatever lies
// inside of one starts with its place and "|".
#pragma once

#include "tests/reference/oracle.h"
#include "tests/reference/tree_judge.h"
#include "tests/reference/tree_order.h"

#include <algorithm>
#include <tuple>

namespace syncline::reference {

using crdt::ItemValue;
using crdt::Kind;
using crdt::Scalar;
using crdt::Value;

// A use makes an item of a list be there; a move gives it another element.
enum class FactKind { put, removal, use, move, element, increment, tag };

struct Fact {
  FactKind kind{};
  std::string place;  // of the slot for put and removal, else of the container
  OpRef by;
  ItemValue value;  // put, tag: the scalar; element of a text: the character
  Element element = 0;
  std::int64_t amount = 0;
  unsigned scale = 0;
  Element origin = 0;  // move: the element the item was inserted as
};

struct Cover {
  OpRef by;
  std::string slot;                // everything in it ...
  std::string spared;              // ... but not the inside of this container
  std::vector<std::size_t> facts;  // or these facts
  std::string item;                // or that this item is there, and removals of it
  std::string settled;             // or removals of this item
  std::string set;                 // or this element of this set
  Scalar element;
};

// Before or after an element; of none: the end of the text, or its start.
struct MarkEnd {
  bool before = true;
  std::optional<Element> element;
};
struct Mark {
  std::string text;
  OpRef by;
  std::string key;
  Scalar value;
  MarkEnd start, end;
};

bool starts_with(const std::string& text, const std::string& start);
// Makes single insertions and removals of text edits. Says which ops begin what was one op.
std::vector<bool> take_apart(std::vector<crdt::Op>& ops);

class Judge {
 public:
  explicit Judge(std::vector<Event> events) : events_(std::move(events)) {
    std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
      return std::tuple(a.lamport(), a.log) < std::tuple(b.lamport(), b.log);
    });
    for (Event& event : events_) firsts_.push_back(take_apart(event.ops));
  }

  Verdict run() {
    Verdict verdict;
    for (std::size_t e = 0; e < events_.size(); ++e) {
      std::size_t void_ops = 0;
      for (std::size_t i = 0; i < events_[e].ops.size(); ++i) {
        now_ = {e, i};
        if (!perform(events_[e].ops[i]) && firsts_[e][i]) ++void_ops;
      }
      verdict.void_ops[{events_[e].log, events_[e].seq}] = void_ops;
    }
    now_ = {events_.size(), 0};
    verdict.value = read("", Kind::map);
    collect_marks("", Kind::map, {}, verdict.marks);
    collect("", Kind::map, {}, verdict.conflicts);
    return verdict;
  }

 private:
  // Did `reader` know of `other` when it was made?
  bool saw(const OpRef& reader, const OpRef& other) const {
    if (reader.event == events_.size()) return true;
    if (reader.event == other.event) return other.op < reader.op;
    const Event& mine = events_[reader.event];
    const Event& theirs = events_[other.event];
    if (mine.log == theirs.log) return theirs.seq < mine.seq;
    const auto known = mine.past.find(theirs.log);
    return known != mine.past.end() && known->second >= theirs.seq;
  }

  bool ends(const Cover& cover, std::size_t index) const {
    const Fact& fact = facts_[index];
    if (!saw(cover.by, fact.by)) return false;
    if (std::count(cover.facts.begin(), cover.facts.end(), index)) return true;
    if (fact.kind == FactKind::tag && !cover.set.empty() && fact.place == cover.set &&
        fact.value == ItemValue{cover.element})
      return true;
    if (!cover.item.empty() && fact.place == cover.item)
      return fact.kind == FactKind::use || fact.kind == FactKind::removal;
    if (!cover.settled.empty() && fact.place == cover.settled)
      return fact.kind == FactKind::removal;
    if (cover.slot.empty()) return false;
    if (fact.place == cover.slot) return fact.kind != FactKind::use;
    const bool spared = is_in(fact.place, cover.spared);
    if (!starts_with(fact.place, cover.slot + "|") || spared) return false;
    // Items go, but what is inside of them stays with them.
    const std::size_t item = end_of_item(fact.place, cover.slot.size());
    if (item == std::string::npos) return true;
    return item == fact.place.size() &&
           (fact.kind == FactKind::use || fact.kind == FactKind::removal);
  }

  // Whether a place is that of a container or inside of it.
  static bool is_in(const std::string& place, const std::string& container) {
    if (container.empty()) return false;
    return place == container || starts_with(place, container + "k") ||
           starts_with(place, container + "i") || starts_with(place, container + "n");
  }

  // Where the name of the first item or node after `at` ends in a place.
  static std::size_t end_of_item(const std::string& place, std::size_t at) {
    while (at + 2 < place.size()) {
      at += 2;  // the kind
      if (place[at] == 'i') return place.find('.', at) + 1;
      const bool is_node = place[at] == 'n';
      const std::size_t colon = place.find(':', at);
      at = colon + 1 + std::stoul(place.substr(at + 1, colon - at - 1));
      if (is_node) return at;
    }
    return std::string::npos;
  }

  bool alive(std::size_t index, const OpRef& at) const {
    if (!saw(at, facts_[index].by)) return false;
    return std::none_of(covers_.begin(), covers_.end(), [&](const Cover& cover) {
      return saw(at, cover.by) && ends(cover, index);
    });
  }

  std::vector<std::size_t> living(FactKind kind, const std::string& place, const OpRef& at) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < facts_.size(); ++i)
      if (facts_[i].kind == kind && facts_[i].place == place && alive(i, at)) out.push_back(i);
    return out;
  }

  static std::string child(const std::string& slot, Kind kind) {
    return slot + "|" + std::to_string(static_cast<int>(kind));
  }
  static std::string key_slot(const std::string& container, const std::string& key) {
    return container + "k" + std::to_string(key.size()) + ":" + key;
  }
  static std::string item_slot(const std::string& container, Element element) {
    return container + "i" + std::to_string(element) + ".";
  }

  // The moves of the item that was inserted as `origin`, the one that wins first.
  std::vector<std::size_t> moves_of(const std::string& list, Element origin,
                                    const OpRef& at) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < facts_.size(); ++i)
      if (facts_[i].kind == FactKind::move && facts_[i].place == list &&
          facts_[i].origin == origin && saw(at, facts_[i].by))
        out.push_back(i);
    rank(out);
    return out;
  }
  // The element that shows it.
  Element place_of(const std::string& list, Element origin, const OpRef& at) const {
    const auto moves = moves_of(list, origin, at);
    return moves.empty() ? origin : facts_[moves[0]].element;
  }
  Element origin_of(const std::string& list, Element element) const {
    for (const Fact& fact : facts_)
      if (fact.kind == FactKind::move && fact.place == list && fact.element == element)
        return fact.origin;
    return element;
  }

  // Elements of a sequence that are shown at `at`, in order: the facts that put them down, of a
  // moved item the one that inserted it.
  std::vector<std::size_t> shown(const std::string& container, Kind kind, const OpRef& at) {
    std::vector<std::size_t> out;
    for (const Element place : orders_[container].in_order()) {
      const Element element = origin_of(container, place);
      if (kind == Kind::list && place_of(container, element, at) != place) continue;
      for (std::size_t i = 0; i < facts_.size(); ++i) {
        if (facts_[i].kind != FactKind::element || facts_[i].place != container ||
            facts_[i].element != element)
          continue;
        const bool visible =
            kind == Kind::text ? alive(i, at)
                               : !living(FactKind::use, item_slot(container, element), at).empty();
        if (visible) out.push_back(i);
      }
    }
    return out;
  }

  // Performing an op.

  bool perform(const crdt::Op& op);
  void put(const std::string& slot, const ItemValue& value);
  void use(const std::string& item);
  void cover(const std::string& slot, const std::string& spared = {});
  TreeJudge& tree(const std::string& place);
  static std::string node_map(const std::string& tree, const std::string& node);
  bool act(const crdt::TreeInsert& a);
  bool act(const crdt::TreeMove& a);
  bool act(const crdt::TreeRemove& a);
  bool act(const crdt::MapSet& a);
  bool act(const crdt::MapRemove& a);
  bool act(const crdt::MapKeep& a);
  bool keep(const std::string& slot, Kind kind);
  bool act(const crdt::ListInsert& a);
  bool act(const crdt::ListRemove& a);
  bool act(const crdt::ListSet& a);
  bool act(const crdt::ListMove& a);
  bool act(const crdt::ListKeep& a);
  bool act(const crdt::TextInsert& a);
  bool act(const crdt::TextRemove& a);
  // Taken apart before it is judged.
  bool act(const crdt::TextEdit&);
  bool act(const crdt::TextMark& a);
  bool act(const crdt::CounterAdd& a);
  bool act(const crdt::SetAdd& a);
  bool act(const crdt::SetRemove& a);
  Element put_down(std::optional<Element> left, const ItemValue& value);

  // Reading.

  // Living values, the one that is shown first.
  std::vector<std::size_t> ranked(const std::string& slot) const;
  void rank(std::vector<std::size_t>& facts) const;
  Value read_value(const std::string& slot, const ItemValue& value);
  std::vector<std::string> keys(const std::string& container) const;
  Value read(const std::string& container, Kind kind);
  // As on paper: two columns of digits, what is added and what is taken away.
  Scalar read_counter(const std::string& container) const;
  crdt::ValueList read_set(const std::string& container) const;
  void collect(const std::string& container, Kind kind, const crdt::Path& path,
               std::vector<OracleConflict>& out);
  void collect_slot(const std::string& slot, const crdt::Path& path,
                    std::vector<OracleConflict>& out);
  void collect_tree(const std::string& container, const crdt::Path& path,
                    std::vector<OracleConflict>& out);
  // Where an item is and where others wanted it.
  void collect_places(const std::string& item, const crdt::Path& path,
                      std::vector<OracleConflict>& out);

  static bool is_behind(const MarkEnd& end, const std::vector<Element>& order, std::size_t place);
  CharacterMarks marks_at(const std::string& container, const std::vector<Element>& order,
                          std::size_t place) const;
  void collect_marks(const std::string& container, Kind kind, const crdt::Path& path,
                     std::vector<TextMarksVerdict>& out);

  std::vector<Event> events_;
  std::vector<std::vector<bool>> firsts_;  // of each event's ops, see take_apart
  std::vector<Fact> facts_;
  std::vector<Cover> covers_;
  std::vector<Mark> marks_;
  std::map<std::string, TreeOrder> orders_;
  std::map<std::string, TreeJudge> trees_;
  OpRef now_;
  std::string container_;
};

}  // namespace syncline::reference
