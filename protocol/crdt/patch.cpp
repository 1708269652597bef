// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/patch.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/value_diff.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

void append(std::vector<Op>& all, std::vector<Op> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

// ---- RFC 7386 ------------------------------------------------------------------------------

bool is_null(const Shape& shape) {
  const auto* scalar = std::get_if<Scalar>(&shape.node);
  return scalar != nullptr && std::holds_alternative<Null>(*scalar);
}

const ShapeMap* patch_map(const Shape& patch) { return std::get_if<ShapeMap>(&patch.node); }

// What a patch makes of nothing.
Shape without_nulls(const Shape& patch) {
  const ShapeMap* map = patch_map(patch);
  if (map == nullptr) return patch;
  ShapeMap kept;
  for (const auto& [key, inner] : *map)
    if (!is_null(inner)) kept.emplace_hint(kept.end(), key, without_nulls(inner));
  return {patch.kind, std::move(kept), {}};
}

void merge(const Path& path, const ShapeMap& now, const ShapeMap& patch, std::vector<Op>& out) {
  for (const auto& [key, inner] : patch) {
    const auto there = now.find(key);
    if (is_null(inner)) {
      if (there != now.end()) out.push_back({path, MapRemove{key}});
      continue;
    }
    Path slot = path;
    slot.emplace_back(key);
    const ShapeMap* deeper = patch_map(inner);
    if (deeper != nullptr && there != now.end() && there->second.kind == Kind::map) {
      merge(slot, std::get<ShapeMap>(there->second.node), *deeper, out);
      continue;
    }
    append(out, ops_to_turn(there == now.end() ? nullptr : &there->second, slot,
                            without_nulls(inner), Naming::by_name));
  }
}

// ---- RFC 6902 ------------------------------------------------------------------------------

using Verb = PatchStep::Verb;

// Where a pointer leads: the container it ends in, and the last token.
struct Target {
  Path container;
  Kind kind = Kind::map;
  std::uint64_t size = 0;  // of a list or set
  std::string token;
  bool behind_last = false;  // "-"
  std::optional<Step> step;  // of a map, a list and a tree
  std::uint64_t index = 0;   // of a list and a set

  bool is_there(const Document& now) const {
    if (kind == Kind::set) return index < size;
    Path slot = container;
    slot.push_back(*step);
    return now.read(slot).has_value();
  }
};

std::optional<std::uint64_t> index_of(const std::string& token) {
  if (token.empty() || token.size() > 10 || (token.size() > 1 && token[0] == '0'))
    return std::nullopt;
  std::uint64_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return index;
}

std::string place_of(const Pointer& pointer, std::size_t tokens) {
  if (tokens == 0) return "the document";
  return text_of(Pointer(pointer.begin(), pointer.begin() + static_cast<std::ptrdiff_t>(tokens)));
}

// A token inside the container at `path`, which is one of the pointer's first `at` tokens.
Result<Step> step_into(const Document& now, const Path& path, const Pointer& pointer,
                       std::size_t at) {
  const auto kind = now.kind_at(path);
  const std::string& token = pointer[at];
  if (!kind) {
    const bool is_leaf = now.read(path).has_value();
    return fail(Errc::invalid, place_of(pointer, at) +
                                   (is_leaf ? " is a leaf: nothing is inside" : " is not there"));
  }
  if (*kind == Kind::map) return Step(token);
  if (*kind == Kind::tree && !token.empty()) return Step(NodeStep{token});
  if (*kind != Kind::list)
    return fail(Errc::invalid, place_of(pointer, at) + " is a " + std::string(name_of(*kind)) +
                                   ": a path does not lead through it");
  const auto index = index_of(token);
  if (!index)
    return fail(Errc::invalid,
                place_of(pointer, at) + " is a list, and \"" + token + "\" is no index in it");
  return Step(*index);
}

std::uint64_t size_at(const Document& now, const Path& path) {
  const auto value = now.read(path);
  const auto* list = value ? std::get_if<ValueList>(&value->node) : nullptr;
  return list ? list->size() : 0;
}

// Requires: the pointer is not empty.
Result<Target> find_target(const Document& now, const Pointer& pointer) {
  if (pointer.size() > limits::container_depth_max + 1)
    return fail(Errc::oversized, "the path has too many steps");
  Target target;
  for (std::size_t i = 0; i + 1 < pointer.size(); ++i) {
    Result<Step> step = step_into(now, target.container, pointer, i);
    if (!step) return pass(step);
    target.container.push_back(std::move(*step));
  }
  const std::size_t last = pointer.size() - 1;
  target.token = pointer.back();
  const auto kind = now.kind_at(target.container);
  if (kind != Kind::set && (kind != Kind::list || target.token != "-")) {
    Result<Step> step = step_into(now, target.container, pointer, last);
    if (!step) return pass(step);
    target.step = std::move(*step);
  }
  target.kind = *kind;
  if (target.kind == Kind::map || target.kind == Kind::tree) return target;
  target.size = size_at(now, target.container);
  target.behind_last = target.token == "-";
  const auto index = target.behind_last ? target.size : index_of(target.token);
  if (!index)
    return fail(Errc::invalid, place_of(pointer, last) + " is a set, and \"" + target.token +
                                   "\" is no place in it");
  target.index = *index;
  if (target.kind == Kind::list) target.step = Step(*index);
  return target;
}

Result<Target> find_existing(const Document& now, const Pointer& pointer) {
  auto target = find_target(now, pointer);
  if (!target || target->is_there(now)) return target;
  return fail(Errc::invalid, text_of(pointer) + " is not there");
}

// Requires: it is there.
Shape shape_at(const Rehearsal& scene, const Target& target) {
  if (target.kind != Kind::set) {
    Path slot = target.container;
    slot.push_back(*target.step);
    return *scene.shape(slot);
  }
  return std::get<ShapeList>(scene.shape(target.container)->node)[target.index];
}

Result<Shape> shape_at(const Rehearsal& scene, const Pointer& pointer) {
  if (pointer.empty()) return *scene.shape({});
  const auto target = find_existing(scene.document(), pointer);
  if (!target) return pass(target);
  return shape_at(scene, *target);
}

Result<std::vector<Op>> ops_to_remove(const Rehearsal& scene, const Pointer& pointer) {
  if (pointer.empty())
    return fail(Errc::invalid, "the document itself stays; remove the entity with entity.delete");
  const auto target = find_existing(scene.document(), pointer);
  if (!target) return pass(target);
  Action action = MapRemove{target->token};
  if (target->kind == Kind::list) action = ListRemove{target->index, 1};
  if (target->kind == Kind::tree) action = TreeRemove{target->token};
  if (target->kind == Kind::set)
    action = SetRemove{std::get<Scalar>(shape_at(scene, *target).node)};
  return std::vector<Op>{{target->container, std::move(action)}};
}

Result<std::vector<Op>> ops_to_add_element(const Target& target, const Shape& value) {
  const auto* scalar = std::get_if<Scalar>(&value.node);
  if (scalar == nullptr || value.kind)
    return fail(Errc::invalid, "a set holds strings, numbers, true, false and null only");
  return std::vector<Op>{{target.container, SetAdd{*scalar}}};
}

Result<std::vector<Op>> ops_to_put_at(const Rehearsal& scene, const Target& target,
                                      const Shape& value) {
  Path slot = target.container;
  slot.push_back(*target.step);
  return ops_to_put(scene.document(), slot, value, Naming::by_name, scene.rules());
}

Result<std::vector<Op>> ops_to_add(const Rehearsal& scene, const Pointer& pointer,
                                   const Shape& value) {
  if (pointer.empty())
    return ops_to_put(scene.document(), {}, value, Naming::by_name, scene.rules());
  const auto target = find_target(scene.document(), pointer);
  if (!target) return pass(target);
  if (target->kind == Kind::map) return ops_to_put_at(scene, *target, value);
  if (target->kind == Kind::tree)
    return fail(Errc::invalid, text_of(pointer) +
                                   " is a node of a tree; make one with the op tree.insert, and "
                                   "write into it with replace");
  if (target->index > target->size)
    return fail(Errc::invalid, text_of(pointer) + " is beyond the end, which is at " +
                                   std::to_string(target->size));
  if (target->kind == Kind::set) return ops_to_add_element(*target, value);
  if (Status checked = check_shape(value); !checked) return pass(checked);
  return ops_to_insert(target->container, target->index, value);
}

Result<std::vector<Op>> ops_to_replace(const Rehearsal& scene, const Pointer& pointer,
                                       const Shape& value) {
  if (pointer.empty())
    return ops_to_put(scene.document(), {}, value, Naming::by_name, scene.rules());
  const auto target = find_existing(scene.document(), pointer);
  if (!target) return pass(target);
  if (target->kind != Kind::set) return ops_to_put_at(scene, *target, value);
  auto ops = ops_to_add_element(*target, value);
  if (!ops) return ops;
  const Scalar before = std::get<Scalar>(shape_at(scene, *target).node);
  ops->insert(ops->begin(), Op{target->container, SetRemove{before}});
  return ops;
}

// The value as it will be written elsewhere: conflicts stay where they are.
Shape as_wanted(Shape shape) {
  shape.standing = Standing::agreed;
  if (auto* list = std::get_if<ShapeList>(&shape.node)) {
    for (Shape& item : *list) item = as_wanted(std::move(item));
  } else if (auto* map = std::get_if<ShapeMap>(&shape.node)) {
    for (auto& [key, inner] : *map) inner = as_wanted(std::move(inner));
  }
  return shape;
}

Status run_all(Rehearsal& rehearsal, Result<std::vector<Op>> ops) {
  if (!ops) return pass(ops);
  return rehearsal.run(std::move(*ops));
}

bool are_siblings(const Pointer& a, const Pointer& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end() - 1, b.begin());
}

// Within one list the item stays the same.
Status move_item(Rehearsal& rehearsal, const Target& from, const Pointer& pointer) {
  const auto to = find_target(rehearsal.document(), pointer);
  if (!to) return pass(to);
  const std::uint64_t last = from.size - 1;
  if (!to->behind_last && to->index > last)
    return fail(Errc::invalid, text_of(pointer) + " is beyond the end, which is at " +
                                   std::to_string(last) + " without the item");
  const std::uint64_t index = to->behind_last ? last : to->index;
  if (index == from.index) return {};
  return rehearsal.run({{from.container, ListMove{from.index, index}}});
}

Status run_move(Rehearsal& rehearsal, const PatchStep& step) {
  const bool inside = step.path.size() > step.from.size() &&
                      std::equal(step.from.begin(), step.from.end(), step.path.begin());
  if (inside) return fail(Errc::invalid, "nothing can be moved into itself");
  const auto value = shape_at(rehearsal, step.from);
  if (!value) return pass(value);
  if (step.from == step.path) return {};
  const auto from = find_target(rehearsal.document(), step.from);
  if (from && from->kind == Kind::tree)
    return fail(Errc::invalid, "a node of a tree is moved with the op tree.move");
  if (from && from->kind == Kind::list && are_siblings(step.from, step.path))
    return move_item(rehearsal, *from, step.path);
  Status removed = run_all(rehearsal, ops_to_remove(rehearsal, step.from));
  if (!removed) return removed;
  return run_all(rehearsal, ops_to_add(rehearsal, step.path, as_wanted(*value)));
}

Status run_test(const Rehearsal& scene, const PatchStep& step) {
  const auto there = shape_at(scene, step.path);
  if (!there) return fail(Errc::conflict, there.error().context);
  if (reads_as(*there, step.value)) return {};
  return fail(Errc::conflict,
              (step.path.empty() ? "the document" : text_of(step.path)) + " has another value");
}

}  // namespace

std::string_view name_of(PatchStep::Verb verb) {
  switch (verb) {
    case Verb::add: return "add";
    case Verb::remove: return "remove";
    case Verb::replace: return "replace";
    case Verb::move: return "move";
    case Verb::copy: return "copy";
    case Verb::test: return "test";
  }
  return "test";
}

std::string text_of(const Pointer& pointer) {
  std::string text;
  for (const std::string& token : pointer) {
    text.push_back('/');
    for (const char c : token) {
      if (c == '~') {
        text += "~0";
      } else if (c == '/') {
        text += "~1";
      } else {
        text.push_back(c);
      }
    }
  }
  return text;
}

Result<std::vector<Op>> ops_of_merge_patch(const Document& now, const Shape& patch,
                                           const RuleSet* rules) {
  if (Status checked = check_shape(patch); !checked) return pass(checked);
  const ShapeMap* map = patch_map(patch);
  if (map == nullptr)
    return fail(Errc::invalid, "the document itself is a map; a merge patch for it is an object");
  std::vector<Op> out;
  merge({}, std::get<ShapeMap>(shape_under(rules, now, {})->node), *map, out);
  return out;
}

Status run_step(Rehearsal& rehearsal, const PatchStep& step) {
  switch (step.verb) {
    case Verb::add: return run_all(rehearsal, ops_to_add(rehearsal, step.path, step.value));
    case Verb::remove: return run_all(rehearsal, ops_to_remove(rehearsal, step.path));
    case Verb::replace: return run_all(rehearsal, ops_to_replace(rehearsal, step.path, step.value));
    case Verb::move: return run_move(rehearsal, step);
    case Verb::copy: {
      const auto value = shape_at(rehearsal, step.from);
      if (!value) return pass(value);
      return run_all(rehearsal, ops_to_add(rehearsal, step.path, as_wanted(*value)));
    }
    case Verb::test: return run_test(rehearsal, step);
  }
  return {};
}

}  // namespace syncline::crdt
