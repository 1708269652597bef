// SPDX-License-Identifier: Apache-2.0
//
// The oracle's half that reads: the value of a document and what is disputed in it.
#include "tests/reference/judge.h"
#include "tests/reference/long_number.h"

#include <cstdlib>
#include <map>

namespace syncline::reference {

std::vector<std::size_t> Judge::ranked(const std::string& slot) const {
  auto puts = living(FactKind::put, slot, now_);
  rank(puts);
  return puts;
}

void Judge::rank(std::vector<std::size_t>& facts) const {
  std::sort(facts.begin(), facts.end(), [this](std::size_t a, std::size_t b) {
    const OpRef& x = facts_[a].by;
    const OpRef& y = facts_[b].by;
    return std::tuple(events_[x.event].lamport(), events_[x.event].log, x.op) >
           std::tuple(events_[y.event].lamport(), events_[y.event].log, y.op);
  });
}

Value Judge::read_value(const std::string& slot, const ItemValue& value) {
  if (const Scalar* scalar = std::get_if<Scalar>(&value)) return Value{*scalar};
  return read(child(slot, std::get<Kind>(value)), std::get<Kind>(value));
}

std::vector<std::string> Judge::keys(const std::string& container) const {
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

Value Judge::read(const std::string& container, Kind kind) {
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
  if (kind == Kind::tree) {
    crdt::ValueList out;
    TreeJudge& judge = tree(container);
    judge.decide();
    for (const std::string& node : judge.shown()) {
      const std::string& parent = judge.parent_of(node);
      out.push_back(Value{
          crdt::ValueMap{{"id", Value{Scalar{node}}},
                         {"parent", Value{parent.empty() ? Scalar{crdt::Null{}} : Scalar{parent}}},
                         {"value", read(node_map(container, node), Kind::map)}}});
    }
    return Value{out};
  }
  if (kind == Kind::counter) return Value{read_counter(container)};
  return Value{read_set(container)};
}

Scalar Judge::read_counter(const std::string& container) const {
  struct Balance {
    LongNumber gains, losses;
    bool has_zero = false;
  };
  Balance all;
  std::map<unsigned, Balance> of_scale;
  for (const std::size_t index : living(FactKind::increment, container, now_)) {
    const Fact& fact = facts_[index];
    Balance& own = of_scale[fact.scale];
    own.has_zero = own.has_zero || fact.amount == 0;
    for (Balance* balance : {&all, &own})
      (fact.amount < 0 ? balance->losses : balance->gains)
          .add(std::to_string(fact.amount), fact.scale);
  }
  unsigned places = 0;
  for (const auto& [scale, own] : of_scale)
    if (own.has_zero || own.gains < own.losses || own.losses < own.gains) places = scale;
  const LongNumber &gains = all.gains, &losses = all.losses;
  const bool negative = gains < losses;
  const std::string text =
      (negative ? "-" : "") + (negative ? losses.less(gains) : gains.less(losses)).text(places);
  const bool fits =
      text.size() < 19 || std::to_string(std::strtoll(text.c_str(), nullptr, 10)) == text;
  if (places == 0 && fits) return Scalar{std::int64_t{std::strtoll(text.c_str(), nullptr, 10)}};
  return Scalar{text};
}

crdt::ValueList Judge::read_set(const std::string& container) const {
  std::vector<Scalar> elements;
  for (const std::size_t index : living(FactKind::tag, container, now_))
    elements.push_back(std::get<Scalar>(facts_[index].value));
  std::sort(elements.begin(), elements.end(), crdt::scalar_less);
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  crdt::ValueList out;
  for (const Scalar& element : elements) out.push_back(Value{element});
  return out;
}

void Judge::collect(const std::string& container, Kind kind, const crdt::Path& path,
                    std::vector<OracleConflict>& out) {
  std::vector<std::pair<std::string, crdt::Step>> slots;
  if (kind == Kind::map)
    for (const std::string& key : keys(container))
      slots.emplace_back(key_slot(container, key), key);
  if (kind == Kind::tree) return collect_tree(container, path, out);
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

void Judge::collect_slot(const std::string& slot, const crdt::Path& path,
                         std::vector<OracleConflict>& out) {
  const bool is_item = std::holds_alternative<std::uint64_t>(path.back());
  std::vector<std::size_t> values;
  const auto puts = ranked(slot);
  for (const std::size_t index : puts) {
    if (std::none_of(values.begin(), values.end(),
                     [&](std::size_t other) { return facts_[other].value == facts_[index].value; }))
      values.push_back(index);
  }
  if (values.empty()) return;
  bool contested = false;
  for (const std::size_t removal : living(FactKind::removal, slot, now_))
    for (const std::size_t index : is_item ? living(FactKind::use, slot, now_) : puts)
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
  if (is_item) collect_places(slot, path, out);
  for (const Kind kind : {Kind::map, Kind::list, Kind::tree})
    if (std::any_of(values.begin(), values.end(),
                    [&](std::size_t index) { return facts_[index].value == ItemValue{kind}; }))
      collect(child(slot, kind), kind, path, out);
}

void Judge::collect_tree(const std::string& container, const crdt::Path& path,
                         std::vector<OracleConflict>& out) {
  TreeJudge& judge = tree(container);
  judge.decide();
  const auto author = [this](const OpRef& ref) {
    return std::pair(events_[ref.event].log, events_[ref.event].seq);
  };
  for (const std::string& node : judge.shown()) {
    crdt::Path here = path;
    here.push_back(crdt::NodeStep{node});
    const std::string map = node_map(container, node);
    if (const auto use = judge.contested(node))
      out.push_back(
          {here, crdt::ConflictKind::edited_and_deleted, {read(map, Kind::map)}, {author(*use)}});
    const auto wishes = judge.wishes(node);
    if (wishes.size() > 1) {
      OracleConflict conflict{here, crdt::ConflictKind::move_lost, {}, {}};
      for (const TreeJudge::Wish& wish : wishes) {
        crdt::ValueMap place;
        place["parent"] = Value{wish.parent.empty() ? Scalar{crdt::Null{}} : Scalar{wish.parent}};
        if (wish.index) place["index"] = Value{Scalar{static_cast<std::int64_t>(*wish.index)}};
        conflict.values.push_back(Value{place});
        conflict.authors.push_back(author(wish.by));
      }
      out.push_back(std::move(conflict));
    }
    collect(map, Kind::map, here, out);
  }
}

void Judge::collect_places(const std::string& item, const crdt::Path& path,
                           std::vector<OracleConflict>& out) {
  const std::size_t name = item.rfind('i');
  const std::string list = item.substr(0, name);
  const Element origin = std::stoul(item.substr(name + 1));
  OracleConflict conflict{path, crdt::ConflictKind::move_lost, {}, {}};
  const auto moves = moves_of(list, origin, now_);
  for (const std::size_t move : moves) {
    if (std::any_of(moves.begin(), moves.end(), [&](std::size_t other) {
          return other != move && saw(facts_[other].by, facts_[move].by);
        }))
      continue;
    std::int64_t index = 0;
    for (const Element element : orders_[list].in_order()) {
      if (element == facts_[move].element) break;
      const Element other = origin_of(list, element);
      if (other != origin && place_of(list, other, now_) == element &&
          !living(FactKind::use, item_slot(list, other), now_).empty())
        ++index;
    }
    const Value place{crdt::ValueMap{{"index", Value{Scalar{index}}}}};
    if (std::count(conflict.values.begin(), conflict.values.end(), place)) continue;
    conflict.values.push_back(place);
    const Event& event = events_[facts_[move].by.event];
    conflict.authors.emplace_back(event.log, event.seq);
  }
  if (conflict.values.size() > 1) out.push_back(std::move(conflict));
}

}  // namespace syncline::reference
