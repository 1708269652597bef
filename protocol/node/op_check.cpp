// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/op_check.h"

#include "protocol/base/advice.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/tree.h"
#include "protocol/node/spelling.h"

#include <algorithm>
#include <optional>
#include <string>

namespace syncline::node {

namespace {

using crdt::Document;
using crdt::Kind;
using crdt::Op;
using crdt::Path;

tl::unexpected<Error> refuse(std::string what, const std::string& advice) {
  return fail_with_advice(Errc::invalid, std::move(what), advice);
}

Path first_steps(const Path& path, std::size_t count) {
  return Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(count));
}

Path below(Path path, crdt::Step step) {
  path.push_back(std::move(step));
  return path;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string described_at(const Document& now, const Path& path) {
  const auto value = now.read(path);
  return value ? described(*value, now.kind_at(path)) : "not there";
}

std::size_t items_at(const Document& now, const Path& list) {
  const auto value = now.read(list);
  const auto* items = value ? std::get_if<crdt::ValueList>(&value->node) : nullptr;
  return items ? items->size() : 0;
}

// An op `set` that makes an empty container.
std::string making(const Path& path, Kind kind) {
  static constexpr const char* empty[] = {
      "{}", "[]", R"({"$text": ""})", R"({"$counter": 0})", R"({"$set": []})", R"({"$tree": []})"};
  return R"({"op": "set", "path": ")" + pointer_of(path) + R"(", "value": )" +
         empty[static_cast<std::size_t>(kind)] + "}";
}

// For who named a place where something else is.
std::string replacing(const Path& path, Kind kind) {
  return "correct the path, or replace what is there by a " + std::string(crdt::name_of(kind)) +
         ": " + making(path, kind);
}

// Requires: there are some.
std::string items_there(const Path& list, std::size_t count) {
  return "its items are " + pointer_of(below(list, std::uint64_t{0})) +
         (count > 1 ? " to " + pointer_of(below(list, std::uint64_t{count - 1})) : "");
}

std::string items_advice(const Path& list, std::size_t count) {
  if (count == 0) return "the list is empty: put items in with list.insert at 0";
  return items_there(list, count) + "; list.insert at " + number(count) +
         " puts one behind the last";
}

// ---- another kind of value than a step, or the action, needs -----------------------------------

// What the step is, where a container of `kind` is.
std::string misfit(const crdt::Step& step, Kind kind) {
  if (kind == Kind::text || kind == Kind::counter || kind == Kind::set)
    return ": no path leads into it";
  if (const auto* key = std::get_if<std::string>(&step))
    return kind == Kind::list ? ", and " + quoted(*key) + " is no index"
                              : ", and " + quoted(*key) + " is written like a key";
  if (const auto* index = std::get_if<std::uint64_t>(&step))
    return ", and " + number(*index) + " is written like an index";
  return ", and only a tree has nodes";
}

std::string key_of(const crdt::Step& step) {
  if (const auto* index = std::get_if<std::uint64_t>(&step)) return number(*index);
  if (const auto* node = std::get_if<crdt::NodeStep>(&step)) return node->id;
  return std::get<std::string>(step);
}

std::string advice_inside(const Document& now, const Path& at, const crdt::Step& step, Kind kind) {
  const std::string place = spelled(at);
  switch (kind) {
    case Kind::map:
      return "as a key of this map it is written " + pointer_of(below(at, key_of(step)));
    case Kind::list: return items_advice(at, items_at(now, at));
    case Kind::tree:
      return "a node is written with ~3 before its id: " +
             pointer_of(below(at, crdt::NodeStep{key_of(step)}));
    case Kind::text: return "change it with text.insert and text.remove, path " + place;
    case Kind::counter: return "change it with counter.add, path " + place;
    case Kind::set: return "change it with set.add and set.remove, path " + place;
  }
  return {};
}

tl::unexpected<Error> wrong_inside(const Document& now, const Path& at, const crdt::Step& step,
                                   std::optional<Kind> kind) {
  const std::string what = spelled(at) + " is " + described_at(now, at);
  if (!kind)
    return refuse(what + ", and nothing is inside of it", replacing(at, crdt::kind_entered(step)));
  return refuse((at.empty() ? "the document is a map" : what) + misfit(step, *kind),
                advice_inside(now, at, step, *kind));
}

tl::unexpected<Error> wrong_end(const Document& now, const Path& path, Kind needed) {
  const std::string wanted = ", and not a " + std::string(crdt::name_of(needed));
  if (path.empty()) return refuse("the document is a map" + wanted, "name a place inside of it");
  if (std::holds_alternative<crdt::NodeStep>(path.back()))
    return refuse(spelled(path) + " is a node, which holds a map" + wanted,
                  "name a key of its map");
  return refuse(spelled(path) + " is " + described_at(now, path) + wanted, replacing(path, needed));
}

// Whether a container of this kind is kept at the place, beside what is shown.
bool is_kept_beside(const Document& now, const Path& path, Kind kind) {
  const auto conflicts = now.conflicts();
  return std::ranges::any_of(conflicts, [&](const crdt::Conflict& conflict) {
    return conflict.path == path &&
           std::ranges::any_of(conflict.values, [kind](const crdt::ConflictValue& value) {
             return value.container == kind;
           });
  });
}

// ---- nothing where something is needed ---------------------------------------------------------

std::string no_item_said(const Document& now, const Path& list, std::uint64_t index) {
  if (!now.read(list)) return spelled(list) + " is not there, so it has no item " + number(index);
  return spelled(list) + " is " + described_at(now, list) + ", and has no item " + number(index);
}

tl::unexpected<Error> no_item(const Document& now, const Path& list, std::uint64_t index) {
  return refuse(no_item_said(now, list, index),
                now.read(list) ? items_advice(list, items_at(now, list))
                               : "make the list first: " + making(list, Kind::list));
}

// To be removed or moved: putting one there would be of no use.
tl::unexpected<Error> no_item_to_take(const Document& now, const Path& list, std::uint64_t index) {
  const std::size_t count = items_at(now, list);
  std::string advice = "entity.get shows what is there";
  if (count > 0) advice = items_there(list, count) + "; it may have been removed: " + advice;
  return refuse(no_item_said(now, list, index), advice);
}

tl::unexpected<Error> no_node(const Document& now, const Path& tree, const std::string& id) {
  if (!now.read(tree))
    return refuse(spelled(tree) + " is not there, so it has no node " + quoted(id),
                  "tree.insert makes a tree with its first node");
  return refuse(spelled(tree) + " has no node " + quoted(id),
                "it may have been removed: entity.get shows those it has; tree.insert makes one");
}

// The first step that leads nowhere; nothing if all of them lead somewhere, or name keys.
std::optional<tl::unexpected<Error>> lost_step(const Document& now, const Path& path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (std::holds_alternative<std::string>(path[i])) continue;
    if (now.read(first_steps(path, i + 1))) continue;
    if (const auto* node = std::get_if<crdt::NodeStep>(&path[i]))
      return no_node(now, first_steps(path, i), node->id);
    return no_item(now, first_steps(path, i), std::get<std::uint64_t>(path[i]));
  }
  return std::nullopt;
}

struct WhyVoid {
  const Document& now;
  const Path& path;

  tl::unexpected<Error> operator()(const crdt::ListInsert& a) const {
    if (a.items.empty()) return refuse("no items are given", "give at least one");
    const std::size_t count = items_at(now, path);
    return refuse(spelled(path) + " is " +
                      (now.read(path) ? described_at(now, path) : std::string("not there yet")) +
                      ", and " + number(a.index) + " is beyond its end",
                  count == 0 ? "insert at 0" : "insert at 0 to " + number(count));
  }
  tl::unexpected<Error> operator()(const crdt::ListRemove& a) const {
    const std::size_t count = items_at(now, path);
    if (a.index >= count || a.count == 1) return no_item_to_take(now, path, a.index);
    return refuse(spelled(path) + " is " + described_at(now, path) + ", and has no " +
                      number(a.count) + " of them from item " + number(a.index) + " on",
                  "remove at most " + number(count - a.index) + " there");
  }
  tl::unexpected<Error> operator()(const crdt::ListSet& a) const {
    return no_item(now, path, a.index);
  }
  tl::unexpected<Error> operator()(const crdt::ListKeep& a) const {
    return no_item(now, path, a.index);
  }
  tl::unexpected<Error> operator()(const crdt::ListMove& a) const {
    const std::size_t count = items_at(now, path);
    if (a.index >= count) return no_item_to_take(now, path, a.index);
    return refuse(no_item_said(now, path, a.to),
                  count == 1 ? "the one item stays where it is"
                             : "move it to a place from 0 to " + number(count - 1));
  }
  tl::unexpected<Error> operator()(const crdt::TreeInsert& a) const {
    return no_node(now, path, a.parent);
  }
  tl::unexpected<Error> operator()(const crdt::TreeMove& a) const {
    const crdt::TreeContainer* tree = now.tree_at(path);
    return no_node(now, path, tree && tree->find(a.node) ? a.parent : a.node);
  }
  tl::unexpected<Error> operator()(const crdt::TreeRemove& a) const {
    return no_node(now, path, a.node);
  }
  template <class Other>
  tl::unexpected<Error> operator()(const Other&) const {
    return refuse("it makes no sense at " + spelled(path), "read the entity again with entity.get");
  }
};

Status within(const Document& now, const Path& path, std::uint64_t position, std::uint64_t count,
              crdt::Positions unit) {
  const crdt::TextContainer* text = now.find_text(path);
  const std::uint64_t length = text ? text->length() : 0;
  if (position <= length && count <= length - position) return {};
  const std::string utf8 = text ? text->text() : std::string();
  const std::string there = text ? "" : spelled(path) + " is not there yet: ";
  for (const std::uint64_t place : {position, position + count})
    if (const auto found = crdt::scalars_before(utf8, place, unit); !found)
      return fail(found.error().code, there + found.error().context);
  return {};
}

}  // namespace

Status check_way(const Document& now, const Path& path, Kind end,
                 const std::optional<crdt::Step>& inside) {
  for (std::size_t i = 0; i <= path.size(); ++i) {
    const Kind needed = i == path.size() ? end : crdt::kind_entered(path[i]);
    const Path at = first_steps(path, i);
    const auto kind = now.kind_at(at);
    if (kind == needed) continue;
    // It comes into being, or leads nowhere: that is for the document to say.
    if (!kind && !now.read(at)) return {};
    if (is_kept_beside(now, at, needed)) return {};
    if (i < path.size()) return wrong_inside(now, at, path[i], kind);
    if (inside) return wrong_inside(now, at, *inside, kind);
    return wrong_end(now, path, needed);
  }
  return {};
}

Status check_way(const Document& now, const Op& op) {
  return check_way(now, op.path, crdt::kind_of(op.action), step_of(op.action));
}

Status check_way(const Document& now, const Path& slot) {
  if (slot.empty()) return {};
  return check_way(now, first_steps(slot, slot.size() - 1), crdt::kind_entered(slot.back()),
                   slot.back());
}

std::optional<crdt::Step> step_of(const crdt::Action& action) {
  if (const auto* set = std::get_if<crdt::MapSet>(&action)) return crdt::Step(set->key);
  if (const auto* remove = std::get_if<crdt::MapRemove>(&action)) return crdt::Step(remove->key);
  if (const auto* set = std::get_if<crdt::ListSet>(&action)) return crdt::Step(set->index);
  if (const auto* remove = std::get_if<crdt::ListRemove>(&action); remove && remove->count == 1)
    return crdt::Step(remove->index);
  if (const auto* remove = std::get_if<crdt::TreeRemove>(&action))
    return crdt::Step(crdt::NodeStep{remove->node});
  return std::nullopt;
}

Status check_range(const Document& now, const Op& op, crdt::Positions unit) {
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action))
    return within(now, op.path, insert->position, 0, unit);
  if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action))
    return within(now, op.path, cut->position, cut->count, unit);
  if (const auto* mark = std::get_if<crdt::TextMark>(&op.action))
    return within(now, op.path, mark->position, mark->count, unit);
  return {};
}

tl::unexpected<Error> why_void(const Document& now, const Op& op) {
  if (Status way = check_way(now, op); !way) return tl::unexpected<Error>(way.error());
  if (auto lost = lost_step(now, op.path)) return *lost;
  return std::visit(WhyVoid{now, op.path}, op.action);
}

tl::unexpected<Error> no_text(const Document& now, const Path& path) {
  const auto value = now.read(path);
  const std::string instead = value ? ": there is " + described(*value, now.kind_at(path)) : "";
  std::string advice = "entity.get with \"annotated\" shows where texts are";
  if (value && !path.empty()) advice += "; " + replacing(path, Kind::text);
  if (!value) advice += "; make a text there first: " + making(path, Kind::text);
  return fail_with_advice(Errc::not_found, "no text is at " + spelled(path) + instead, advice);
}

tl::unexpected<Error> no_position(const Error& why, const Path& path) {
  return fail_with_advice(
      why.code, spelled(path) + ": " + why.context,
      "read the text again with entity.get; \"positions\" says how it is counted");
}

tl::unexpected<Error> nothing_at(const Document& now, const Path& path) {
  const std::string what = "nothing is at " + spelled(path);
  auto why = check_way(now, path);
  if (why && !path.empty())
    if (auto lost = lost_step(now, path)) why = std::move(*lost);
  if (why) return fail_with_advice(Errc::not_found, what, "entity.get shows what is there");
  const Advised said = split_advice(why.error().context);
  return fail_with_advice(Errc::not_found, what + ": " + std::string(said.what), said.advice);
}

}  // namespace syncline::node
