// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/value_diff.h"

#include "protocol/crdt/decimal.h"
#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/crdt/tree_diff.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace syncline::crdt {
namespace {

Path below(const Path& path, Step step) {
  Path longer = path;
  longer.push_back(std::move(step));
  return longer;
}

bool is_nothing(const Shape& content, Kind kind) {
  if (const auto* list = std::get_if<ShapeList>(&content.node)) return list->empty();
  if (const auto* map = std::get_if<ShapeMap>(&content.node)) return map->empty();
  const auto& scalar = std::get<Scalar>(content.node);
  if (kind == Kind::text) return std::get<std::string>(scalar).empty();
  const auto amounts = DecimalSum::of(scalar)->amounts();
  return amounts && amounts->empty();
}

// What a text, counter, set or leaf reads as is written as a whole, or by those who see all of it.
bool has_slots(std::optional<Kind> kind) {
  return kind == Kind::map || kind == Kind::list || kind == Kind::tree;
}

// A list on its way to become another one, from its beginning: which of its first items are there,
// in order, and where it is not yet as it should be.
class Lineup {
 public:
  Lineup(std::size_t size, const std::vector<ListMatch::Source>& sources)
      : items_(size), stays_(size) {
    std::iota(items_.begin(), items_.end(), std::size_t{0});
    for (const ListMatch::Source& source : sources)
      if (source.item != ListMatch::nowhere) stays_[source.item] = true;
  }

  std::size_t at() const { return at_; }
  bool is_at(std::size_t item) const { return items_[at_] == item; }
  void step() { ++at_; }
  // Takes away what does not stay; how many that were.
  std::size_t drop() {
    std::size_t end = at_;
    while (end < items_.size() && !stays_[items_[end]]) ++end;
    items_.erase(place(at_), place(end));
    return end - at_;
  }
  void insert(std::size_t count) {
    items_.insert(place(at_), count, ListMatch::nowhere);
    at_ += count;
  }
  // Brings an item here: from where to where.
  std::pair<std::size_t, std::size_t> move(std::size_t item) {
    const auto found = std::find(items_.begin(), items_.end(), item);
    const auto from = static_cast<std::size_t>(found - items_.begin());
    if (from < at_) {
      std::rotate(found, found + 1, place(at_));
      return {from, at_ - 1};
    }
    std::rotate(place(at_), found, found + 1);
    return {from, at_++};
  }

 private:
  std::vector<std::size_t>::iterator place(std::size_t index) {
    return items_.begin() + static_cast<std::ptrdiff_t>(index);
  }

  std::vector<std::size_t> items_;
  std::vector<bool> stays_;
  std::size_t at_ = 0;
};

// Whether what is wanted may leave kinds open.
enum class Kinds : std::uint8_t { open, exact };

class Rewrite {
 public:
  explicit Rewrite(Kinds kinds = Kinds::open) : kinds_(kinds) {}
  std::vector<Op> take() { return std::move(ops_); }

  void put(const Path& parent, const Step& step, const Shape* now, const Shape& wanted,
           Naming naming) {
    if (now == nullptr) return make(parent, step, wanted);
    const std::optional<Kind> kind =
        kinds_ == Kinds::exact ? wanted.kind : kind_wanted(*now, wanted);
    const bool contested = now->standing == Standing::contested && naming == Naming::by_name;
    if (now->standing == Standing::ruled) {
      if (naming == Naming::in_passing && reads_as(*now, wanted)) return;
      return replace(parent, step, wanted, kind);
    }
    if (kind != now->kind || is_far(*now, wanted)) return replace(parent, step, wanted, kind);
    if (!kind) {
      if (contested || now->node != wanted.node) assign(parent, step, leaf_of(wanted));
      return;
    }
    const std::size_t before = ops_.size();
    turn(below(parent, step), *now, wanted, *kind);
    // Whoever writes a value settles what is beside it; who writes inside a container does not.
    const bool written =
        ops_.size() > before && now->standing == Standing::contested && !has_slots(kind);
    if (contested || written)
      ops_.insert(ops_.begin() + static_cast<std::ptrdiff_t>(before), keep(parent, step, *kind));
  }

  // Requires: both are of `kind`.
  void turn(const Path& path, const Shape& now, const Shape& wanted, Kind kind) {
    switch (kind) {
      case Kind::map: return turn_map(path, now, wanted);
      case Kind::list: return turn_list(path, now, wanted);
      case Kind::text: return turn_text(path, now, wanted);
      case Kind::counter: return add(path, amounts_between(now, wanted));
      case Kind::set: return turn_set(path, now, wanted);
      case Kind::tree: return turn_tree(path, &now, wanted);
    }
  }

  void insert(const Path& list, std::uint64_t index, const Shape* wanted, std::size_t count) {
    ListInsert made{index, {}};
    for (std::size_t i = 0; i < count; ++i) {
      const auto kind = kind_of_new(wanted[i]);
      made.items.push_back(kind ? ItemValue(*kind) : ItemValue(leaf_of(wanted[i])));
    }
    ops_.push_back({list, std::move(made)});
    for (std::size_t i = 0; i < count; ++i)
      if (const auto kind = kind_of_new(wanted[i])) fill(below(list, index + i), wanted[i], *kind);
  }

 private:
  static const Scalar& leaf_of(const Shape& shape) { return std::get<Scalar>(shape.node); }

  using Amounts = std::vector<Decimal>;
  // What has to be added to a counter. Requires: both are numbers.
  static Result<Amounts> amounts_between(const Shape& now, const Shape& wanted) {
    if (now.sum && wanted.sum) return now.sum->amounts_to(*wanted.sum);
    const DecimalSum rest = DecimalSum::of(leaf_of(wanted))->minus(*DecimalSum::of(leaf_of(now)));
    return rest.is_zero() ? Amounts() : rest.amounts();
  }
  // A counter so far from what is wanted that no addition leads there.
  static bool is_far(const Shape& now, const Shape& wanted) {
    return now.kind == Kind::counter && !amounts_between(now, wanted);
  }
  void add(const Path& counter, const Result<Amounts>& amounts) {
    if (!amounts) return;
    for (const Decimal& amount : *amounts)
      ops_.push_back({counter, CounterAdd{amount.mantissa, amount.scale}});
  }

  static Op keep(const Path& parent, const Step& step, Kind kind) {
    if (const auto* key = std::get_if<std::string>(&step)) return {parent, MapKeep{*key, kind}};
    return {parent, ListKeep{std::get<std::uint64_t>(step), kind}};
  }

  void assign(const Path& parent, const Step& step, ItemValue value) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      ops_.push_back({parent, MapSet{*key, std::move(value)}});
    } else {
      ops_.push_back({parent, ListSet{std::get<std::uint64_t>(step), std::move(value)}});
    }
  }

  void replace(const Path& parent, const Step& step, const Shape& wanted,
               std::optional<Kind> kind) {
    if (!kind) return assign(parent, step, leaf_of(wanted));
    assign(parent, step, *kind);
    fill(below(parent, step), wanted, *kind);
  }

  // Where nothing is: a container with content comes into being with its first op.
  void make(const Path& parent, const Step& step, const Shape& wanted) {
    const auto kind = kind_of_new(wanted);
    if (!kind || is_nothing(wanted, *kind)) return replace(parent, step, wanted, kind);
    fill(below(parent, step), wanted, *kind);
  }

  void fill(const Path& path, const Shape& wanted, Kind kind) {
    switch (kind) {
      case Kind::map:
        for (const auto& [key, inner] : std::get<ShapeMap>(wanted.node)) make(path, key, inner);
        return;
      case Kind::list: {
        const auto& items = std::get<ShapeList>(wanted.node);
        if (!items.empty()) insert(path, 0, items.data(), items.size());
        return;
      }
      case Kind::text: {
        const auto& text = std::get<std::string>(leaf_of(wanted));
        if (!text.empty()) ops_.push_back({path, TextInsert{0, text}});
        return;
      }
      case Kind::counter:
        return add(path, wanted.sum ? DecimalSum().amounts_to(*wanted.sum)
                                    : DecimalSum::of(leaf_of(wanted))->amounts());
      case Kind::set:
        for (const Shape& item : std::get<ShapeList>(wanted.node))
          ops_.push_back({path, SetAdd{leaf_of(item)}});
        return;
      case Kind::tree: return turn_tree(path, nullptr, wanted);
    }
  }

  void turn_map(const Path& path, const Shape& now, const Shape& wanted) {
    const auto& before = std::get<ShapeMap>(now.node);
    const auto& after = std::get<ShapeMap>(wanted.node);
    for (const auto& [key, inner] : before)
      if (!after.contains(key)) ops_.push_back({path, MapRemove{key}});
    for (const auto& [key, inner] : after) {
      const auto there = before.find(key);
      put(path, key, there == before.end() ? nullptr : &there->second, inner, Naming::in_passing);
    }
  }

  void turn_list(const Path& path, const Shape& now, const Shape& wanted) {
    const auto& before = std::get<ShapeList>(now.node);
    const auto& after = std::get<ShapeList>(wanted.node);
    const auto sources = match_lists(before, after).sources;
    Lineup lineup(before.size(), sources);
    const auto drop = [&] {
      if (const std::size_t count = lineup.drop())
        ops_.push_back({path, ListRemove{lineup.at(), count}});
    };
    const auto turn_item = [&](std::size_t at, std::size_t to) {
      put(path, std::uint64_t{at}, &before[sources[to].item], after[to], Naming::in_passing);
    };
    for (std::size_t to = 0; to < after.size();) {
      drop();
      if (sources[to].item == ListMatch::nowhere) {
        const std::size_t begin = to;
        while (to < after.size() && sources[to].item == ListMatch::nowhere) ++to;
        insert(path, lineup.at(), &after[begin], to - begin);
        lineup.insert(to - begin);
      } else if (sources[to].moved) {
        const auto [from, at] = lineup.move(sources[to].item);
        if (from != at) ops_.push_back({path, ListMove{from, at}});
        turn_item(at, to++);
      } else if (lineup.is_at(sources[to].item)) {
        turn_item(lineup.at(), to++);
        lineup.step();
      } else {
        lineup.step();  // over what is moved later
      }
    }
    drop();
  }

  void turn_tree(const Path& path, const Shape* now, const Shape& wanted) {
    const ShapeList nothing;
    const auto& before = now ? std::get<ShapeList>(now->node) : nothing;
    const auto& after = std::get<ShapeList>(wanted.node);
    for (Action& action : tree_changes(before, after)) ops_.push_back({path, std::move(action)});
    std::map<std::string, const Shape*> values;
    for (const Shape& item : before) {
      const auto node = node_of(item);
      values[node->id] = node->value;
    }
    const Shape empty{Kind::map, ShapeMap(), {}};
    for (const Shape& item : after) {
      const auto node = node_of(item);
      const auto there = values.find(node->id);
      turn_map(below(path, NodeStep{node->id}), there == values.end() ? empty : *there->second,
               node->value ? *node->value : empty);
    }
  }

  void turn_text(const Path& path, const Shape& now, const Shape& wanted) {
    const auto edits =
        diff_texts(std::get<std::string>(leaf_of(now)), std::get<std::string>(leaf_of(wanted)));
    for (Op& op : ops_of(edits, path)) ops_.push_back(std::move(op));
  }

  void turn_set(const Path& path, const Shape& now, const Shape& wanted) {
    const auto elements = [](const Shape& set) {
      std::vector<Scalar> out;
      for (const Shape& item : std::get<ShapeList>(set.node)) out.push_back(leaf_of(item));
      std::sort(out.begin(), out.end(), scalar_less);
      out.erase(std::unique(out.begin(), out.end()), out.end());
      return out;
    };
    const auto before = elements(now), after = elements(wanted);
    std::vector<Scalar> gone, come;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(gone), scalar_less);
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(come), scalar_less);
    for (Scalar& element : gone) ops_.push_back({path, SetRemove{std::move(element)}});
    for (Scalar& element : come) ops_.push_back({path, SetAdd{std::move(element)}});
  }

  Kinds kinds_;
  std::vector<Op> ops_;
};

}  // namespace

std::optional<Kind> kind_wanted(const Shape& now, const Shape& wanted) {
  if (wanted.kind) return wanted.kind;
  if (std::holds_alternative<ShapeMap>(wanted.node)) return Kind::map;
  if (const auto* list = std::get_if<ShapeList>(&wanted.node)) {
    const bool fits_set = std::all_of(list->begin(), list->end(), [](const Shape& item) {
      return !item.kind && std::holds_alternative<Scalar>(item.node);
    });
    if (now.kind == Kind::tree && check_shape({Kind::tree, *list, {}})) return Kind::tree;
    return now.kind == Kind::set && fits_set ? Kind::set : Kind::list;
  }
  const auto& scalar = std::get<Scalar>(wanted.node);
  if (now.kind == Kind::text && std::holds_alternative<std::string>(scalar)) return Kind::text;
  if (now.kind == Kind::counter && DecimalSum::of(scalar)) return Kind::counter;
  if (is_too_long(wanted)) return Kind::text;
  return std::nullopt;
}

std::vector<Op> ops_to_turn(const Shape* now, const Path& slot, const Shape& wanted,
                            Naming naming) {
  Rewrite rewrite;
  rewrite.put(Path(slot.begin(), slot.end() - 1), slot.back(), now, wanted, naming);
  return rewrite.take();
}

std::vector<Op> ops_to_insert(const Path& list, std::uint64_t index, const Shape& wanted) {
  Rewrite rewrite;
  rewrite.insert(list, index, &wanted, 1);
  return rewrite.take();
}

Result<std::vector<Op>> ops_to_put(const Document& now, const Path& slot, const Shape& wanted,
                                   Naming naming, const RuleSet* rules) {
  if (Status checked = check_shape(wanted); !checked) return pass(checked);
  const auto there = shape_under(rules, now, slot);
  if (!slot.empty() && std::holds_alternative<NodeStep>(slot.back())) {
    if (!there) return fail(Errc::invalid, "the tree has no such node; tree.insert makes one");
    if (kind_of_new(wanted) != Kind::map)
      return fail(Errc::invalid, "a node holds a map; put an object");
    Rewrite rewrite;
    rewrite.turn(slot, *there, wanted, Kind::map);
    return rewrite.take();
  }
  if (!slot.empty()) return ops_to_turn(there ? &*there : nullptr, slot, wanted, naming);
  if (kind_of_new(wanted) != Kind::map)
    return fail(Errc::invalid, "the document itself is a map; put an object");
  Rewrite rewrite;
  rewrite.turn({}, *there, wanted, Kind::map);
  return rewrite.take();
}

Result<std::vector<Op>> ops_to_become(const Document& now, const Shape& wanted,
                                      const RuleSet* rules) {
  if (Status checked = check_shape(wanted); !checked) return pass(checked);
  Rewrite rewrite(Kinds::exact);
  rewrite.turn({}, *shape_under(rules, now, {}), wanted, Kind::map);
  return rewrite.take();
}

}  // namespace syncline::crdt
