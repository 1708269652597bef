// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/text_places.h"

#include "protocol/crdt/list_alignment.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Document;
using crdt::Kind;
using crdt::Path;
using crdt::Shape;
using crdt::ShapeList;
using crdt::ShapeMap;

constexpr std::size_t absent = crdt::ListMatch::nowhere;

// A slot of one version; nothing: it is not there.
struct Seen {
  const Shape* shape = nullptr;
  Path path = {};
};
using Sight = OfVersions<Seen>;

Seen below(const Seen& seen, crdt::Step step, const Shape* inner) {
  if (inner == nullptr) return {};
  Seen out{inner, seen.path};
  out.path.push_back(std::move(step));
  return out;
}

const ShapeList& items_of(const Seen& seen) {
  static const ShapeList none;
  const bool is_list = seen.shape != nullptr && seen.shape->kind == Kind::list;
  return is_list ? std::get<ShapeList>(seen.shape->node) : none;
}

std::map<std::string, const Shape*> nodes_of(const Seen& seen) {
  std::map<std::string, const Shape*> out;
  if (seen.shape == nullptr || seen.shape->kind != Kind::tree) return out;
  for (const Shape& item : std::get<ShapeList>(seen.shape->node))
    if (const auto node = crdt::node_of(item); node && node->value) out[node->id] = node->value;
  return out;
}

// For each item of `to` which one of `from` it is.
using Sources = std::vector<std::size_t>;
Sources sources_of(const ShapeList& from, const ShapeList& to) {
  Sources out;
  for (const auto& source : crdt::match_lists(from, to).sources) out.push_back(source.item);
  return out;
}
Sources sources_by_name(const ShapeList& from, const ShapeList& to) {
  std::map<crdt::ItemName, std::size_t> known;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (from[i].name) known.try_emplace(*from[i].name, i);
  Sources out;
  for (const Shape& item : to) {
    const auto found = item.name ? known.find(*item.name) : known.end();
    out.push_back(found == known.end() ? absent : found->second);
  }
  return out;
}
// `first`, and where that knows nothing `second`.
Sources first_known(const Sources& first, const Sources& second) {
  Sources out = second;
  for (std::size_t i = 0; i < first.size(); ++i)
    if (first[i] != absent) out[i] = first[i];
  return out;
}
// The same for those that are in neither of these yet.
void find_rest(const ShapeList& from, const ShapeList& to, const std::vector<bool>& present,
               Sources& sources) {
  const std::set<std::size_t> taken(sources.begin(), sources.end());
  ShapeList left, open;
  Sources left_at, open_at;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (taken.contains(i)) continue;
    left.push_back(from[i]);
    left_at.push_back(i);
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (present[i] || sources[i] != absent) continue;
    open.push_back(to[i]);
    open_at.push_back(i);
  }
  const Sources found = sources_of(left, open);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i] != absent) sources[open_at[i]] = left_at[found[i]];
}
// `first`, and from there on `second`.
Sources chained(const Sources& first, const Sources& second) {
  Sources out;
  for (const std::size_t item : first) out.push_back(item == absent ? absent : second[item]);
  return out;
}

class Walk {
 public:
  // Everything is seen from the whole documents or from the same list on.
  void slot(const Sight& sight) {
    const Shape& shape = *sight[Sighted::result].shape;
    if (shape.kind == Kind::text) return note(sight);
    if (std::holds_alternative<ShapeMap>(shape.node)) return map(sight);
    if (shape.kind == Kind::list) return list(sight);
    if (shape.kind == Kind::tree) return tree(sight);
  }
  std::vector<TextPlaces> take() { return std::move(found_); }

 private:
  void note(const Sight& sight) {
    TextPlaces places;
    for (std::size_t i = 0; i < sighted_count; ++i)
      if (sight.each[i].shape != nullptr) places.each[i] = sight.each[i].path;
    found_.push_back(std::move(places));
  }

  void map(const Sight& sight) {
    for (const auto& [key, unused] : std::get<ShapeMap>(sight[Sighted::result].shape->node)) {
      Sight inner;
      for (std::size_t i = 0; i < sighted_count; ++i) {
        const Shape* shape = sight.each[i].shape;
        const auto* fields = shape ? std::get_if<ShapeMap>(&shape->node) : nullptr;
        const auto found = fields ? fields->find(key) : ShapeMap::const_iterator();
        const bool is_there = fields != nullptr && found != fields->end();
        inner.each[i] = below(sight.each[i], key, is_there ? &found->second : nullptr);
      }
      slot(inner);
    }
  }

  void tree(const Sight& sight) {
    OfVersions<std::map<std::string, const Shape*>> nodes;
    for (std::size_t i = 0; i < sighted_count; ++i) nodes.each[i] = nodes_of(sight.each[i]);
    for (const auto& [id, unused] : nodes[Sighted::result]) {
      Sight inner;
      for (std::size_t i = 0; i < sighted_count; ++i) {
        const auto found = nodes.each[i].find(id);
        inner.each[i] = below(sight.each[i], crdt::NodeStep{id},
                              found == nodes.each[i].end() ? nullptr : found->second);
      }
      slot(inner);
    }
  }

  void list(const Sight& sight) {
    const ShapeList& result = items_of(sight[Sighted::result]);
    const ShapeList &now = items_of(sight[Sighted::now]),
                    &joined = items_of(sight[Sighted::joined]);
    const ShapeList &apart = items_of(sight[Sighted::apart]),
                    &before = items_of(sight[Sighted::before]);
    OfVersions<Sources> sources;
    sources[Sighted::now] = sources_by_name(now, result);
    sources[Sighted::joined] = chained(sources[Sighted::now], sources_of(joined, now));
    sources[Sighted::apart] =
        first_known(sources_by_name(apart, result),
                    chained(sources[Sighted::joined], sources_of(apart, joined)));
    std::vector<bool> present;
    for (const std::size_t item : sources[Sighted::now]) present.push_back(item != absent);
    find_rest(apart, result, present, sources[Sighted::apart]);
    sources[Sighted::before] = chained(sources[Sighted::apart], sources_of(before, apart));
    for (std::size_t at = 0; at < result.size(); ++at) {
      Sight inner;
      inner[Sighted::result] = below(sight[Sighted::result], std::uint64_t{at}, &result[at]);
      for (const Sighted version :
           {Sighted::before, Sighted::apart, Sighted::joined, Sighted::now}) {
        const std::size_t item = sources[version][at];
        if (item != absent)
          inner[version] =
              below(sight[version], std::uint64_t{item}, &items_of(sight[version])[item]);
      }
      slot(inner);
    }
  }

  std::vector<TextPlaces> found_;
};

void find_texts(const Shape& shape, Path& path, std::vector<Path>& out) {
  const auto inside = [&](crdt::Step step, const Shape& inner) {
    path.push_back(std::move(step));
    find_texts(inner, path, out);
    path.pop_back();
  };
  if (shape.kind == Kind::text) out.push_back(path);
  if (const auto* map = std::get_if<ShapeMap>(&shape.node))
    for (const auto& [key, inner] : *map) inside(key, inner);
  const auto* list = std::get_if<ShapeList>(&shape.node);
  if (list == nullptr) return;
  std::uint64_t at = 0;
  for (const Shape& item : *list) {
    const std::uint64_t index = at++;
    if (shape.kind == Kind::list) inside(index, item);
    if (shape.kind != Kind::tree) continue;
    if (const auto node = crdt::node_of(item); node && node->value)
      inside(crdt::NodeStep{node->id}, *node->value);
  }
}

bool is_in_list(const Path& path) {
  for (const crdt::Step& step : path)
    if (std::holds_alternative<std::uint64_t>(step)) return true;
  return false;
}

}  // namespace

std::vector<Path> paths_of_texts(const Shape& whole) {
  std::vector<Path> out;
  Path path;
  find_texts(whole, path, out);
  return out;
}

std::vector<TextPlaces> places_of_texts(const OfVersions<const Document*>& versions,
                                        const Shape& goal) {
  auto whole = versions[Sighted::result]->shape();
  if (!whole) return {};
  if (crdt::reads_as(*whole, goal)) whole = goal;
  const std::vector<Path> texts = paths_of_texts(*whole);
  if (std::any_of(texts.begin(), texts.end(), is_in_list)) {
    OfVersions<std::optional<Shape>> shapes;
    Sight sight;
    for (std::size_t i = 0; i < sighted_count; ++i) {
      const bool is_result = i == static_cast<std::size_t>(Sighted::result);
      shapes.each[i] = is_result ? whole : versions.each[i]->shape();
      if (shapes.each[i]) sight.each[i].shape = &*shapes.each[i];
    }
    Walk walk;
    walk.slot(sight);
    return walk.take();
  }
  std::vector<TextPlaces> out;
  for (const Path& path : texts) {
    TextPlaces places;
    places.each.fill(path);
    out.push_back(std::move(places));
  }
  return out;
}

}  // namespace syncline::history
