// SPDX-License-Identifier: Apache-2.0
//
// The shape of all documents: title (a value), body (text), items (list), tags (set), hits
// (counter), tree (nodes n0 to n9), deep (map of lists of maps), odd (whatever kind somebody just
// made it).
#include "tests/sim/workload.h"

#include <algorithm>

namespace syncline::sim {

namespace {

using crdt::Kind;
using crdt::Op;
using crdt::Path;
using crdt::Scalar;

const crdt::Value* field(const step::EntityAnswer& seen, const std::string& key) {
  const auto* fields = std::get_if<crdt::ValueMap>(&seen.value.node);
  if (fields == nullptr) return nullptr;
  const auto found = fields->find(key);
  return found == fields->end() ? nullptr : &found->second;
}

std::string text_at(const step::EntityAnswer& seen, const std::string& key) {
  const crdt::Value* value = field(seen, key);
  const auto* scalar = value ? std::get_if<Scalar>(&value->node) : nullptr;
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  return text ? *text : std::string();
}

std::uint64_t items_at(const step::EntityAnswer& seen, const std::string& key) {
  const crdt::Value* value = field(seen, key);
  const auto* list = value ? std::get_if<crdt::ValueList>(&value->node) : nullptr;
  return list ? list->size() : 0;
}

std::string word(SeededRandom& random, std::uint64_t number) {
  static constexpr std::string_view words[] = {"tea", "Grüße", "north ", "ünit", "rain\n", "0"};
  return std::string(words[random.below(6)]) + std::to_string(number);
}

// Typing: a few characters in, or a few out. Everything in these texts is counted in scalars.
step::EditOp edit_text(SeededRandom& random, const step::EntityAnswer& seen, std::uint64_t number) {
  const std::string text = text_at(seen, "body");
  std::uint64_t scalars = 0;
  for (const char c : text) scalars += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  if (scalars > 0 && random.chance(20))
    return step::TextMerge{{"body"}, text, word(random, number) + text};
  if (scalars > 4 && random.chance(30)) {
    const std::uint64_t count = random.between(1, std::min<std::uint64_t>(scalars - 1, 6));
    return Op{{"body"}, crdt::TextRemove{random.below(scalars - count), count}};
  }
  return Op{{"body"}, crdt::TextInsert{random.between(0, scalars), word(random, number)}};
}

step::EditOp edit_list(SeededRandom& random, const step::EntityAnswer& seen, std::uint64_t number) {
  const std::uint64_t size = items_at(seen, "items");
  switch (size < 2 ? 0 : random.below(6)) {
    case 1: return Op{{"items"}, crdt::ListRemove{random.below(size), 1}};
    case 2: return Op{{"items"}, crdt::ListSet{random.below(size), Scalar(word(random, number))}};
    case 3: return Op{{"items"}, crdt::ListSet{random.below(size), Kind::counter}};
    case 4:
    case 5: return Op{{"items"}, crdt::ListMove{random.below(size), random.below(size)}};
    default:
      return Op{{"items"},
                crdt::ListInsert{random.between(0, size),
                                 {Scalar(word(random, number)), Scalar(true), Kind::map}}};
  }
}

std::vector<std::string> nodes_at(const step::EntityAnswer& seen, const std::string& key) {
  std::vector<std::string> ids;
  const crdt::Value* value = field(seen, key);
  const auto* list = value ? std::get_if<crdt::ValueList>(&value->node) : nullptr;
  for (const crdt::Value& node : list ? *list : crdt::ValueList()) {
    const auto& id = std::get<crdt::ValueMap>(node.node).at("id");
    ids.push_back(std::get<std::string>(std::get<Scalar>(id.node)));
  }
  return ids;
}

// Few names, so that devices make and move the same nodes. Some moves would make a circle.
step::EditOp edit_tree(SeededRandom& random, const step::EntityAnswer& seen, std::uint64_t number) {
  const auto ids = nodes_at(seen, "tree");
  const auto any = [&] { return ids[random.below(ids.size())]; };
  const std::string fresh = "n" + std::to_string(random.below(10));
  step::NodeSpot spot;
  if (!ids.empty() && random.chance(70)) spot.parent = any();
  if (random.chance(30)) spot.among = crdt::TreeSpot::Index{0};
  if (std::find(ids.begin(), ids.end(), fresh) == ids.end()) {
    crdt::Shape value;
    value.node = crdt::ShapeMap{{"made", {std::nullopt, Scalar(std::int64_t(number)), {}}}};
    return step::NodeInsert{{"tree"}, fresh, spot, value};
  }
  const std::string id = any();
  switch (random.below(6)) {
    case 0: return Op{{"tree"}, crdt::TreeRemove{id}};
    case 1:
      return Op{{"tree", crdt::NodeStep{id}}, crdt::MapSet{"t", Scalar(word(random, number))}};
    case 2: return Op{{"tree", crdt::NodeStep{id}, "text"}, crdt::TextInsert{0, "leaf "}};
    case 3:
      spot = {};
      spot.among = crdt::TreeSpot::After{any()};
      [[fallthrough]];
    default: return step::NodeMove{{"tree"}, id, spot};
  }
}

step::EditOp edit_odd(SeededRandom& random, std::uint64_t number) {
  switch (random.below(6)) {
    case 0: return Op{{}, crdt::MapSet{"odd", Kind::list}};
    case 1: return Op{{}, crdt::MapSet{"odd", Scalar(std::int64_t(number))}};
    case 2: return Op{{}, crdt::MapRemove{"odd"}};
    case 3: return Op{{"odd"}, crdt::CounterAdd{1}};
    case 4: return Op{{"odd"}, crdt::TextInsert{0, "odd"}};
    default: return Op{{"odd"}, crdt::MapSet{"even", Scalar(1.5)}};
  }
}

}  // namespace

std::vector<step::EditOp> random_edits(SeededRandom& random, const step::EntityAnswer& seen,
                                       std::uint64_t number) {
  std::vector<step::EditOp> edits;
  const std::uint64_t count = random.chance(20) ? random.between(2, 5) : 1;
  // The positions that were seen hold for the first edit only.
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t what = i == 0 ? random.below(12) : random.between(4, 9);
    if (what > 9) {
      edits.push_back(edit_tree(random, seen, number));
    } else if (what < 3) {
      edits.push_back(edit_text(random, seen, number));
    } else if (what == 3) {
      edits.push_back(edit_list(random, seen, number));
    } else if (what == 4) {
      edits.push_back(
          Op{{}, crdt::MapSet{"title", Scalar(std::string(canary) + word(random, number))}});
    } else if (what == 5) {
      const Scalar tag(word(random, random.below(4)));
      edits.push_back(random.chance(60) ? Op{{"tags"}, crdt::SetAdd{tag}}
                                        : Op{{"tags"}, crdt::SetRemove{tag}});
    } else if (what == 6) {
      edits.push_back(
          Op{{"hits"}, crdt::CounterAdd{static_cast<std::int64_t>(random.below(9)) - 3}});
    } else if (what == 7) {
      edits.push_back(edit_odd(random, number));
    } else if (what == 8) {
      edits.push_back(
          Op{{"deep", "map"},
             crdt::MapSet{"k" + std::to_string(random.below(3)), Scalar(std::int64_t(number))}});
    } else {
      edits.push_back(Op{{"deep", "list"}, crdt::ListInsert{0, {Scalar(word(random, number))}}});
    }
  }
  return edits;
}

}  // namespace syncline::sim
