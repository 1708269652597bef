// SPDX-License-Identifier: Apache-2.0
//
// Places are strings: a container's is "" (the root) or its slot's + "|" + the number of its
// kind; a slot's is its container's + "k5:title" or "i17.", so that whatever lies inside a
// slot starts with that slot's place and "|".
#include "tests/reference/oracle.h"

#include "protocol/text/utf8.h"
#include "tests/reference/long_number.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace syncline::reference {
namespace {

using crdt::ItemValue;
using crdt::Kind;
using crdt::Scalar;
using crdt::Value;

struct OpRef {
  std::size_t event = 0;
  std::size_t op = 0;
};

enum class FactKind { put, removal, element, increment, tag };

struct Fact {
  FactKind kind{};
  std::string place;  // of the slot for put and removal, else of the container
  OpRef by;
  ItemValue value;  // put, tag: the scalar; element of a text: the character
  Element element = 0;
  std::int64_t amount = 0;
  unsigned scale = 0;
};

struct Cover {
  OpRef by;
  std::string slot;                // everything in it ...
  std::string spared;              // ... but not the inside of this container
  std::vector<std::size_t> facts;  // or these facts
  std::string set;                 // or this element of this set
  Scalar element;
};

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

// Makes single insertions and removals of text edits. Says which ops begin what was one op.
std::vector<bool> take_apart(std::vector<crdt::Op>& ops) {
  std::vector<crdt::Op> parts;
  std::vector<bool> firsts;
  for (crdt::Op& op : ops) {
    const std::size_t before = parts.size();
    if (const auto* edit = std::get_if<crdt::TextEdit>(&op.action)) {
      std::string_view rest = edit->text;
      for (const crdt::TextSplice& splice : edit->splices) {
        const auto count = static_cast<std::size_t>(splice.inserted);
        const std::size_t size = text::byte_of_scalar(rest, count);
        if (splice.removed > 0)
          parts.push_back({op.path, crdt::TextRemove{splice.position, splice.removed}});
        if (count > 0)
          parts.push_back(
              {op.path, crdt::TextInsert{splice.position, std::string(rest.substr(0, size))}});
        rest.remove_prefix(size);
      }
    } else {
      parts.push_back(std::move(op));
    }
    firsts.resize(parts.size());
    firsts[before] = true;
  }
  ops = std::move(parts);
  return firsts;
}

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
    if (cover.slot.empty()) return false;
    if (fact.place == cover.slot) return true;
    const bool spared = !cover.spared.empty() && (fact.place == cover.spared ||
                                                  starts_with(fact.place, cover.spared + "k") ||
                                                  starts_with(fact.place, cover.spared + "i"));
    return starts_with(fact.place, cover.slot + "|") && !spared;
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

  // Elements of a sequence that are shown at `at`, in order: the facts that put them down.
  std::vector<std::size_t> shown(const std::string& container, Kind kind, const OpRef& at) {
    std::vector<std::size_t> out;
    for (const Element element : orders_[container].in_order()) {
      for (std::size_t i = 0; i < facts_.size(); ++i) {
        if (facts_[i].kind != FactKind::element || facts_[i].place != container ||
            facts_[i].element != element)
          continue;
        const bool visible =
            kind == Kind::text ? alive(i, at)
                               : !living(FactKind::put, item_slot(container, element), at).empty();
        if (visible) out.push_back(i);
      }
    }
    return out;
  }

  // ---- performing an op -------------------------------------------------------------------

  bool perform(const crdt::Op& op) {
    if (op.path.empty() ? crdt::kind_of(op.action) != Kind::map
                        : std::holds_alternative<std::uint64_t>(op.path[0]))
      return false;
    std::string at;
    std::vector<std::pair<std::string, Kind>> used;
    for (std::size_t i = 0; i < op.path.size(); ++i) {
      const Kind next = crdt::kind_after(op.path, i, op.action);
      std::string slot;
      if (const std::string* key = std::get_if<std::string>(&op.path[i])) {
        slot = key_slot(at, *key);
      } else {
        const auto items = shown(at, Kind::list, now_);
        const std::uint64_t index = std::get<std::uint64_t>(op.path[i]);
        if (index >= items.size()) return false;
        slot = item_slot(at, facts_[items[index]].element);
      }
      used.emplace_back(slot, next);
      at = child(slot, next);
    }
    // What the action does is collected aside: a void op leaves nothing.
    const std::size_t facts = facts_.size();
    container_ = at;
    if (!std::visit([this](const auto& action) { return act(action); }, op.action)) {
      facts_.resize(facts);
      return false;
    }
    for (const auto& [slot, kind] : used) put(slot, kind);
    return true;
  }

  void put(const std::string& slot, const ItemValue& value) {
    facts_.push_back({FactKind::put, slot, now_, value, 0, 0, 0});
  }
  void cover(const std::string& slot, const std::string& spared = {}) {
    covers_.push_back({now_, slot, spared, {}, {}, {}});
  }

  bool act(const crdt::MapSet& a) {
    cover(key_slot(container_, a.key));
    put(key_slot(container_, a.key), a.value);
    return true;
  }
  bool act(const crdt::MapRemove& a) {
    cover(key_slot(container_, a.key));
    facts_.push_back({FactKind::removal, key_slot(container_, a.key), now_, {}, 0, 0, 0});
    return true;
  }
  bool act(const crdt::MapKeep& a) { return keep(key_slot(container_, a.key), a.kind); }
  bool keep(const std::string& slot, Kind kind) {
    cover(slot, child(slot, kind));
    put(slot, kind);
    return true;
  }

  bool act(const crdt::ListInsert& a) {
    const auto items = shown(container_, Kind::list, now_);
    if (a.items.empty() || a.index > items.size()) return false;
    std::optional<Element> left;
    if (a.index > 0) left = facts_[items[a.index - 1]].element;
    for (const ItemValue& value : a.items) {
      left = put_down(left, {});
      put(item_slot(container_, *left), value);
    }
    return true;
  }
  bool act(const crdt::ListRemove& a) {
    const auto items = shown(container_, Kind::list, now_);
    if (a.count == 0 || a.index > items.size() || a.count > items.size() - a.index) return false;
    for (std::uint64_t i = a.index; i < a.index + a.count; ++i) {
      const std::string slot = item_slot(container_, facts_[items[i]].element);
      cover(slot);
      facts_.push_back({FactKind::removal, slot, now_, {}, 0, 0, 0});
    }
    return true;
  }
  bool act(const crdt::ListSet& a) {
    const auto items = shown(container_, Kind::list, now_);
    if (a.index >= items.size()) return false;
    const std::string slot = item_slot(container_, facts_[items[a.index]].element);
    cover(slot);
    put(slot, a.value);
    return true;
  }
  bool act(const crdt::ListKeep& a) {
    const auto items = shown(container_, Kind::list, now_);
    if (a.index >= items.size()) return false;
    return keep(item_slot(container_, facts_[items[a.index]].element), a.kind);
  }

  bool act(const crdt::TextInsert& a) {
    const auto characters = shown(container_, Kind::text, now_);
    if (a.text.empty()) return false;
    std::optional<Element> left;
    const std::size_t position = std::min<std::size_t>(a.position, characters.size());
    if (position > 0) left = facts_[characters[position - 1]].element;
    std::string character;
    for (std::size_t i = 0; i < a.text.size(); ++i) {
      character += a.text[i];
      if (i + 1 < a.text.size() && (static_cast<unsigned char>(a.text[i + 1]) & 0xc0) == 0x80)
        continue;
      left = put_down(left, Scalar{character});
      character.clear();
    }
    return true;
  }
  bool act(const crdt::TextRemove& a) {
    const auto characters = shown(container_, Kind::text, now_);
    if (a.count == 0) return false;
    const std::size_t position = std::min<std::size_t>(a.position, characters.size());
    const std::size_t count = std::min<std::size_t>(a.count, characters.size() - position);
    const auto first = characters.begin() + static_cast<std::ptrdiff_t>(position);
    covers_.push_back({now_, {}, {}, {first, first + static_cast<std::ptrdiff_t>(count)}, {}, {}});
    return true;
  }
  // Taken apart before it is judged.
  bool act(const crdt::TextEdit&) { return false; }

  bool act(const crdt::CounterAdd& a) {
    facts_.push_back({FactKind::increment, container_, now_, {}, 0, a.amount, a.scale});
    return true;
  }
  bool act(const crdt::SetAdd& a) {
    facts_.push_back({FactKind::tag, container_, now_, a.value, 0, 0, 0});
    return true;
  }
  bool act(const crdt::SetRemove& a) {
    covers_.push_back({now_, {}, {}, {}, container_, a.value});
    return true;
  }

  Element put_down(std::optional<Element> left, const ItemValue& value) {
    std::set<Element> known;
    for (const Fact& fact : facts_) {
      // An op knows the elements it has put down itself so far.
      const bool own = fact.by.event == now_.event && fact.by.op == now_.op;
      if (fact.kind == FactKind::element && fact.place == container_ && (own || saw(now_, fact.by)))
        known.insert(fact.element);
    }
    const Element element = orders_[container_].insert(events_[now_.event].log, left, known);
    facts_.push_back({FactKind::element, container_, now_, value, element, 0, 0});
    return element;
  }

  // ---- reading ----------------------------------------------------------------------------

  // Living values, the one that is shown first.
  std::vector<std::size_t> ranked(const std::string& slot) const {
    auto puts = living(FactKind::put, slot, now_);
    std::sort(puts.begin(), puts.end(), [this](std::size_t a, std::size_t b) {
      const OpRef& x = facts_[a].by;
      const OpRef& y = facts_[b].by;
      return std::tuple(events_[x.event].lamport(), events_[x.event].log, x.op) >
             std::tuple(events_[y.event].lamport(), events_[y.event].log, y.op);
    });
    return puts;
  }

  Value read_value(const std::string& slot, const ItemValue& value) {
    if (const Scalar* scalar = std::get_if<Scalar>(&value)) return Value{*scalar};
    return read(child(slot, std::get<Kind>(value)), std::get<Kind>(value));
  }

  std::vector<std::string> keys(const std::string& container) const {
    std::vector<std::string> out;
    for (const Fact& fact : facts_) {
      if (fact.kind != FactKind::put || !starts_with(fact.place, container + "k")) continue;
      const std::string rest = fact.place.substr(container.size() + 1);
      const std::size_t colon = rest.find(':');
      const std::size_t size = std::stoul(rest.substr(0, colon));
      if (rest.size() == colon + 1 + size) out.push_back(rest.substr(colon + 1));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  Value read(const std::string& container, Kind kind) {
    if (kind == Kind::map) {
      crdt::ValueMap out;
      for (const std::string& key : keys(container)) {
        const std::string slot = key_slot(container, key);
        const auto puts = ranked(slot);
        if (!puts.empty()) out[key] = read_value(slot, facts_[puts[0]].value);
      }
      return Value{out};
    }
    if (kind == Kind::list) {
      crdt::ValueList out;
      for (const std::size_t index : shown(container, kind, now_)) {
        const std::string slot = item_slot(container, facts_[index].element);
        out.push_back(read_value(slot, facts_[ranked(slot)[0]].value));
      }
      return Value{out};
    }
    if (kind == Kind::text) {
      std::string out;
      for (const std::size_t index : shown(container, kind, now_))
        out += std::get<std::string>(std::get<Scalar>(facts_[index].value));
      return Value{Scalar{out}};
    }
    if (kind == Kind::counter) return Value{read_counter(container)};
    return Value{read_set(container)};
  }

  // As on paper: two columns of digits, what is added and what is taken away.
  Scalar read_counter(const std::string& container) const {
    LongNumber gains, losses;
    unsigned places = 0;
    for (const std::size_t index : living(FactKind::increment, container, now_)) {
      const Fact& fact = facts_[index];
      (fact.amount < 0 ? losses : gains).add(std::to_string(fact.amount), fact.scale);
      places = std::max(places, fact.scale);
    }
    const bool negative = gains < losses;
    const std::string text =
        (negative ? "-" : "") + (negative ? losses.less(gains) : gains.less(losses)).text(places);
    const bool fits =
        text.size() < 19 || std::to_string(std::strtoll(text.c_str(), nullptr, 10)) == text;
    if (places == 0 && fits) return Scalar{std::int64_t{std::strtoll(text.c_str(), nullptr, 10)}};
    return Scalar{text};
  }

  crdt::ValueList read_set(const std::string& container) const {
    std::vector<Scalar> elements;
    for (const std::size_t index : living(FactKind::tag, container, now_))
      elements.push_back(std::get<Scalar>(facts_[index].value));
    std::sort(elements.begin(), elements.end(), crdt::scalar_less);
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    crdt::ValueList out;
    for (const Scalar& element : elements) out.push_back(Value{element});
    return out;
  }

  void collect(const std::string& container, Kind kind, const crdt::Path& path,
               std::vector<OracleConflict>& out) {
    std::vector<std::pair<std::string, crdt::Step>> slots;
    if (kind == Kind::map)
      for (const std::string& key : keys(container))
        slots.emplace_back(key_slot(container, key), key);
    if (kind == Kind::list) {
      std::uint64_t index = 0;
      for (const std::size_t fact : shown(container, kind, now_))
        slots.emplace_back(item_slot(container, facts_[fact].element), index++);
    }
    for (const auto& [slot, step] : slots) {
      crdt::Path here = path;
      here.push_back(step);
      collect_slot(slot, here, out);
    }
  }

  void collect_slot(const std::string& slot, const crdt::Path& path,
                    std::vector<OracleConflict>& out) {
    std::vector<std::size_t> values;
    const auto puts = ranked(slot);
    for (const std::size_t index : puts) {
      if (std::none_of(values.begin(), values.end(), [&](std::size_t other) {
            return facts_[other].value == facts_[index].value;
          }))
        values.push_back(index);
    }
    if (values.empty()) return;
    bool contested = false;
    for (const std::size_t removal : living(FactKind::removal, slot, now_))
      for (const std::size_t index : puts)
        contested = contested || (!saw(facts_[removal].by, facts_[index].by) &&
                                  !saw(facts_[index].by, facts_[removal].by));
    if (values.size() > 1 || contested) {
      OracleConflict conflict{path,
                              values.size() > 1 ? crdt::ConflictKind::concurrent_values
                                                : crdt::ConflictKind::edited_and_deleted,
                              {},
                              {}};
      for (const std::size_t index : values) {
        conflict.values.push_back(read_value(slot, facts_[index].value));
        const Event& event = events_[facts_[index].by.event];
        conflict.authors.emplace_back(event.log, event.seq);
      }
      out.push_back(conflict);
    }
    for (const Kind kind : {Kind::map, Kind::list})
      if (std::any_of(values.begin(), values.end(),
                      [&](std::size_t index) { return facts_[index].value == ItemValue{kind}; }))
        collect(child(slot, kind), kind, path, out);
  }

  std::vector<Event> events_;
  std::vector<std::vector<bool>> firsts_;  // of each event's ops, see take_apart
  std::vector<Fact> facts_;
  std::vector<Cover> covers_;
  std::map<std::string, TreeOrder> orders_;
  OpRef now_;
  std::string container_;
};

}  // namespace

std::uint64_t Event::lamport() const {
  std::uint64_t sum = 1;
  for (const auto& row : past) sum += row.second;
  return sum;
}

Verdict judge(std::vector<Event> events) { return Judge(std::move(events)).run(); }

}  // namespace syncline::reference
