// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/value_limits.h"

#include "protocol/base/advice.h"
#include "protocol/base/limits.h"

#include <algorithm>
#include <string>

namespace syncline::crdt {

namespace {

Status check_size(std::string_view text, std::size_t most, std::string_view what,
                  std::string_view advice) {
  if (text.size() <= most) return {};
  return fail_with_advice(Errc::oversized,
                          std::string(what) + " has " + std::to_string(text.size()) +
                              " bytes, and may have at most " + std::to_string(most),
                          advice);
}

std::string_view advice_for(LeafUse use) {
  switch (use) {
    case LeafUse::place: return R"(make it a text, which may be longer: {"$text": "..."})";
    case LeafUse::set: return "keep long strings in a map or a list; a set is for short ones";
    case LeafUse::mark: return "keep it elsewhere in the document, and its key in the mark";
  }
  return {};
}

std::string_view name_for(LeafUse use) {
  switch (use) {
    case LeafUse::place: return "the string";
    case LeafUse::set: return "the string in a set";
    case LeafUse::mark: return "the value of a mark";
  }
  return {};
}

Status check_item(const ItemValue& item) {
  const auto* leaf = std::get_if<Scalar>(&item);
  return leaf ? check_leaf(*leaf, LeafUse::place) : Status();
}

struct CheckAction {
  const Op& op;

  Status operator()(const MapSet& a) const {
    if (Status key = check_key(a.key); !key) return key;
    if (Status depth = check_depth(op.path.size() + 1); !depth) return depth;
    return check_item(a.value);
  }
  Status operator()(const MapRemove& a) const { return check_key(a.key); }
  Status operator()(const MapKeep& a) const { return check_key(a.key); }
  Status operator()(const ListInsert& a) const {
    if (Status depth = check_depth(op.path.size() + 1); !depth) return depth;
    for (const ItemValue& item : a.items)
      if (Status checked = check_item(item); !checked) return checked;
    return {};
  }
  Status operator()(const ListSet& a) const {
    if (Status depth = check_depth(op.path.size() + 1); !depth) return depth;
    return check_item(a.value);
  }
  Status operator()(const TreeInsert&) const { return check_depth(op.path.size() + 1); }
  Status operator()(const SetAdd& a) const { return check_leaf(a.value, LeafUse::set); }
  Status operator()(const SetRemove& a) const { return check_leaf(a.value, LeafUse::set); }
  Status operator()(const TextMark& a) const {
    if (Status key = check_mark_key(a.key); !key) return key;
    return check_leaf(a.value, LeafUse::mark);
  }
  template <class Other>
  Status operator()(const Other&) const {
    return {};
  }
};

}  // namespace

Status check_leaf(const Scalar& value, LeafUse use) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return {};
  return check_size(*text, limits::value_size_max, name_for(use), advice_for(use));
}

Status check_key(std::string_view key) {
  return check_size(key, limits::map_key_size_max, "the key",
                    "keep long names in a value, and use a short key");
}

Status check_mark_key(std::string_view key) {
  return check_size(key, limits::map_key_size_max, "the key of a mark",
                    "keep long names in its value, and use a short key");
}

Status check_depth(std::size_t steps) {
  if (steps <= limits::container_depth_max) return {};
  return fail_with_advice(Errc::oversized,
                          "a value would be " + std::to_string(steps) +
                              " steps below the document, and may be at most " +
                              std::to_string(limits::container_depth_max) + " below it",
                          "nest less deeply, or keep what is inside in an entity of its own");
}

Status check_sizes(const Op& op) {
  if (Status depth = check_depth(op.path.size()); !depth) return depth;
  for (const Step& step : op.path)
    if (const auto* key = std::get_if<std::string>(&step))
      if (Status checked = check_key(*key); !checked) return checked;
  return std::visit(CheckAction{op}, op.action);
}

}  // namespace syncline::crdt
