// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/utf8.h"
#include "tests/protocol/crdt/history.h"

#include <algorithm>

namespace syncline::crdt::test {
namespace {

std::uint64_t length_of(const Document& document, const Path& path) {
  const auto value = document.read(path);
  if (!value) return 0;
  if (const auto* list = std::get_if<ValueList>(&value->node)) return list->size();
  if (const auto* scalar = std::get_if<Scalar>(&value->node))
    if (const auto* text = std::get_if<std::string>(scalar))
      return static_cast<std::uint64_t>(
          std::count_if(text->begin(), text->end(), [](char c) { return (c & 0xc0) != 0x80; }));
  return 0;
}

Scalar random_scalar(Dice& dice) {
  switch (dice.pick(6)) {
    case 0: return Null{};
    case 1: return dice.one_in(2);
    case 2: return static_cast<double>(dice.pick(4)) / 2;
    case 3: return std::string(1, static_cast<char>('p' + dice.pick(4)));
    default: return static_cast<std::int64_t>(dice.pick(5));
  }
}

ItemValue random_item(Dice& dice, bool containers) {
  if (containers && dice.one_in(3)) return static_cast<Kind>(dice.pick(kind_count));
  return random_scalar(dice);
}

std::string random_text(Dice& dice) {
  static const char* const letters[] = {"a", "b", "c", "ä", "€", "🙂"};
  std::string text;
  for (std::size_t i = 0, n = 1 + dice.pick(4); i < n; ++i) text += letters[dice.pick(6)];
  return text;
}

using text::count_scalars;

std::string random_key(Dice& dice) { return std::string(1, static_cast<char>('x' + dice.pick(2))); }

Op map_op(Dice& dice, Path path, bool containers) {
  const std::string key = random_key(dice);
  if (dice.one_in(4)) return {std::move(path), MapRemove{key}};
  if (containers && dice.one_in(8))
    return {std::move(path), MapKeep{key, static_cast<Kind>(dice.pick(kind_count))}};
  return {std::move(path), MapSet{key, random_item(dice, containers)}};
}

Op list_op(Dice& dice, Path path, std::uint64_t length, bool containers) {
  // One in sixteen is out of range for its author.
  const std::uint64_t reach = length + (dice.one_in(16) ? 3 : 0);
  if (length == 0 || dice.one_in(2)) {
    ListInsert insert{dice.below(reach + 1), {}};
    for (std::size_t i = 0, n = 1 + dice.pick(3); i < n; ++i)
      insert.items.push_back(random_item(dice, containers));
    return {std::move(path), std::move(insert)};
  }
  const std::uint64_t index = dice.below(reach);
  if (dice.one_in(3)) return {std::move(path), ListMove{index, dice.below(reach)}};
  if (dice.one_in(3)) return {std::move(path), ListSet{index, random_item(dice, containers)}};
  if (containers && dice.one_in(8))
    return {std::move(path), ListKeep{index, static_cast<Kind>(dice.pick(kind_count))}};
  const std::uint64_t most = reach - index;
  return {std::move(path), ListRemove{index, 1 + dice.below(std::min<std::uint64_t>(most, 3))}};
}

// Few items that are used, left alone and removed by turns.
Op item_op(Dice& dice, Path path, std::uint64_t length) {
  if (length == 0) return {std::move(path), ListInsert{0, {Kind::map}}};
  if (dice.one_in(4)) return {{}, MapSet{"x", random_scalar(dice)}};
  const std::uint64_t index = dice.below(length);
  if (dice.one_in(5)) return {std::move(path), ListRemove{index, 1}};
  if (dice.one_in(8)) return {std::move(path), ListMove{index, dice.below(length)}};
  path.push_back(Step{index});
  return map_op(dice, std::move(path), false);
}

// Several splices, now and then one that lies beyond the end.
Op text_edit(Dice& dice, Path path, std::uint64_t length) {
  TextEdit edit;
  for (std::size_t i = 0, n = 1 + dice.pick(3); i < n; ++i) {
    TextSplice splice{dice.below(length + 1 + (dice.one_in(16) ? 3 : 0)), dice.pick(3), 0};
    if (splice.removed == 0 || dice.one_in(2)) {
      const std::string text = random_text(dice);
      splice.inserted = count_scalars(text);
      edit.text += text;
    }
    length += splice.inserted;
    length -= std::min(length, splice.removed);
    edit.splices.push_back(splice);
  }
  return {std::move(path), std::move(edit)};
}

Op text_mark(Dice& dice, Path path, std::uint64_t length) {
  TextMark mark;
  mark.position = dice.below(length + (dice.one_in(16) ? 3 : 0));
  mark.count = 1 + dice.below(4);
  mark.grows = static_cast<std::uint8_t>(dice.pick(4));
  mark.key = dice.one_in(3) ? "link" : "bold";
  mark.value = dice.one_in(3) ? Scalar{Null{}} : Scalar{static_cast<std::int64_t>(dice.pick(3))};
  return {std::move(path), std::move(mark)};
}

Op text_op(Dice& dice, Path path, std::uint64_t length) {
  if (length > 0 && dice.one_in(4)) return text_mark(dice, std::move(path), length);
  if (dice.one_in(4)) return text_edit(dice, std::move(path), length);
  const std::uint64_t reach = length + (dice.one_in(16) ? 3 : 0);
  if (length == 0 || !dice.one_in(3))
    return {std::move(path), TextInsert{dice.below(reach + 1), random_text(dice)}};
  const std::uint64_t position = dice.below(reach);
  const std::uint64_t most = std::min<std::uint64_t>(reach - position, 4);
  return {std::move(path), TextRemove{position, 1 + dice.below(most)}};
}

Op counter_op(Dice& dice, Path path) {
  if (dice.one_in(16)) return {std::move(path), CounterAdd{dice.one_in(2) ? INT64_MAX : INT64_MIN}};
  const auto amount = static_cast<std::int64_t>(dice.pick(21)) - 10;
  const bool places = dice.one_in(3);
  return {std::move(path),
          CounterAdd{amount, static_cast<std::uint8_t>(places ? dice.pick(19) : 0)}};
}

Op set_op(Dice& dice, Path path) {
  if (dice.one_in(3)) return {std::move(path), SetRemove{random_scalar(dice)}};
  return {std::move(path), SetAdd{random_scalar(dice)}};
}

// Some node that is there, or now and then one that need not be.
std::string random_node(Dice& dice, const Document& document, const Path& tree) {
  const auto value = document.kind_at(tree) == Kind::tree ? document.read(tree) : std::nullopt;
  const ValueList nodes = value ? std::get<ValueList>(value->node) : ValueList();
  if (nodes.empty() || dice.one_in(12)) return std::string(1, "abcde"[dice.pick(5)]);
  const auto& fields = std::get<ValueMap>(nodes[dice.pick(nodes.size())].node);
  return std::get<std::string>(std::get<Scalar>(fields.at("id").node));
}

Op tree_op(Dice& dice, Path path, const Document& document) {
  const auto node = [&] { return random_node(dice, document, path); };
  if (dice.one_in(6)) {
    TreeRemove removal{node()};
    return {std::move(path), std::move(removal)};
  }
  if (dice.one_in(5)) {
    path.push_back(NodeStep{node()});
    return map_op(dice, std::move(path), false);
  }
  const std::string position(1 + dice.pick(2), static_cast<char>(127 + dice.pick(3)));
  if (dice.one_in(2)) {
    TreeMove move{node(), dice.one_in(4) ? std::string() : node(), position};
    return {std::move(path), std::move(move)};
  }
  TreeInsert made{std::string(1, "abcde"[dice.pick(5)]), dice.one_in(3) ? std::string() : node(),
                  position};
  if (document.kind_at(path) != Kind::tree) made.parent.clear();
  return {std::move(path), std::move(made)};
}

// Some path of at most three steps, through what is there or through what is not.
Path random_path(Dice& dice, const Document& document) {
  Path path;
  while (path.size() < 3 && !dice.one_in(3)) {
    const bool in_list = !path.empty() && document.kind_at(path) == Kind::list;
    const bool in_tree = !path.empty() && document.kind_at(path) == Kind::tree;
    if (in_tree || (!path.empty() && dice.one_in(16))) {
      path.push_back(NodeStep{random_node(dice, document, path)});
      continue;
    }
    if (in_list || (!path.empty() && dice.one_in(8))) {
      path.push_back(Step{dice.below(length_of(document, path) + (dice.one_in(8) ? 1 : 0) + 1) /
                          (dice.one_in(2) ? 1 : 2)});
    } else {
      path.push_back(Step{random_key(dice)});
    }
  }
  return path;
}

Op nested_op(Dice& dice, const Document& document) {
  Path path = random_path(dice, document);
  if (path.empty()) return map_op(dice, std::move(path), true);
  // Mostly the kind that is there: otherwise half of everything would be a conflict.
  const auto there = document.kind_at(path);
  const Kind kind = there && !dice.one_in(6) ? *there : static_cast<Kind>(dice.pick(kind_count));
  const std::uint64_t length = length_of(document, path);
  switch (kind) {
    case Kind::map: return map_op(dice, std::move(path), true);
    case Kind::list: return list_op(dice, std::move(path), length, true);
    case Kind::text: return text_op(dice, std::move(path), length);
    case Kind::counter: return counter_op(dice, std::move(path));
    case Kind::set: return set_op(dice, std::move(path));
    case Kind::tree: return tree_op(dice, std::move(path), document);
  }
  return map_op(dice, std::move(path), true);
}

}  // namespace

std::vector<Op> random_ops(Dice& dice, Flavour flavour, const Document& document) {
  const Path path{Step{std::string("t")}};
  // Now and then the container as a whole goes, or is replaced by an empty one.
  if (flavour != Flavour::map && flavour != Flavour::nested && dice.one_in(12)) {
    const auto kind =
        flavour == Flavour::items ? Kind::list : static_cast<Kind>(static_cast<int>(flavour));
    if (dice.one_in(3)) return {Op{{}, MapSet{"t", kind}}};
    if (dice.one_in(3)) return {Op{{}, MapKeep{"t", kind}}};
    return {Op{{}, MapRemove{"t"}}};
  }
  switch (flavour) {
    case Flavour::map: return {map_op(dice, {}, false)};
    case Flavour::list: return {list_op(dice, path, length_of(document, path), false)};
    case Flavour::text: return {text_op(dice, path, length_of(document, path))};
    case Flavour::counter: return {counter_op(dice, path)};
    case Flavour::set: return {set_op(dice, path)};
    case Flavour::tree: return {tree_op(dice, path, document)};
    case Flavour::nested: return {nested_op(dice, document)};
    case Flavour::items: return {item_op(dice, path, length_of(document, path))};
  }
  return {};
}

}  // namespace syncline::crdt::test
