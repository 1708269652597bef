// SPDX-License-Identifier: Apache-2.0
//
// The oracle's half that performs ops; what comes of them: judge_read.cpp.
#include "tests/reference/oracle.h"

#include "protocol/text/utf8.h"
#include "tests/reference/judge.h"

namespace syncline::reference {

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

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

bool Judge::perform(const crdt::Op& op) {
  if (op.path.empty() ? crdt::kind_of(op.action) != Kind::map
                      : !std::holds_alternative<std::string>(op.path[0]))
    return false;
  std::string at;
  std::vector<std::pair<std::string, Kind>> used;
  std::vector<std::string> items_used;
  std::vector<std::pair<std::string, std::string>> nodes_used;
  for (std::size_t i = 0; i < op.path.size(); ++i) {
    const Kind next = crdt::kind_after(op.path, i, op.action);
    std::string slot;
    if (const std::string* key = std::get_if<std::string>(&op.path[i])) {
      slot = key_slot(at, *key);
    } else if (const auto* node = std::get_if<crdt::NodeStep>(&op.path[i])) {
      if (next != Kind::map || !tree(at).knows(now_, node->id)) return false;
      nodes_used.emplace_back(at, node->id);
      at = node_map(at, node->id);
      continue;
    } else {
      const auto items = shown(at, Kind::list, now_);
      const std::uint64_t index = std::get<std::uint64_t>(op.path[i]);
      if (index >= items.size()) return false;
      slot = item_slot(at, facts_[items[index]].element);
      items_used.push_back(slot);
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
  for (const std::string& item : items_used) use(item);
  for (const auto& [place, node] : nodes_used) tree(place).use(now_, node);
  return true;
}

void Judge::put(const std::string& slot, const ItemValue& value) {
  facts_.push_back({FactKind::put, slot, now_, value, 0, 0, 0, 0});
}

void Judge::use(const std::string& item) {
  facts_.push_back({FactKind::use, item, now_, {}, 0, 0, 0, 0});
}

void Judge::cover(const std::string& slot, const std::string& spared) {
  covers_.push_back({now_, slot, spared, {}, {}, {}, {}, {}});
  for (auto& [place, judge] : trees_)
    if (starts_with(place, slot + "|") && !is_in(place, spared) &&
        end_of_item(place, slot.size()) == std::string::npos)
      judge.remove(now_, "");
}

TreeJudge& Judge::tree(const std::string& place) {
  const auto rank = [this](const OpRef& ref) {
    return TreeJudge::Rank{events_[ref.event].lamport(), events_[ref.event].log, ref.op};
  };
  return trees_
      .try_emplace(
          place, [this](const OpRef& a, const OpRef& b) { return saw(a, b); }, rank)
      .first->second;
}

std::string Judge::node_map(const std::string& tree, const std::string& node) {
  return child(tree + "n" + std::to_string(node.size()) + ":" + node, Kind::map);
}

bool Judge::act(const crdt::TreeInsert& a) {
  if (!tree(container_).knows(now_, a.parent)) return false;
  const std::string map = node_map(container_, a.node);
  cover(map.substr(0, map.size() - 2), {});
  if (tree(container_).knows(now_, a.node)) tree(container_).renew(now_, a.node);
  tree(container_).move({now_, a.node, a.parent, a.position});
  return true;
}

bool Judge::act(const crdt::TreeMove& a) {
  TreeJudge& judge = tree(container_);
  if (!judge.knows(now_, a.node) || !judge.knows(now_, a.parent)) return false;
  judge.move({now_, a.node, a.parent, a.position});
  return true;
}

bool Judge::act(const crdt::TreeRemove& a) {
  if (!tree(container_).knows(now_, a.node)) return false;
  tree(container_).remove(now_, a.node);
  return true;
}

bool Judge::act(const crdt::MapSet& a) {
  cover(key_slot(container_, a.key));
  put(key_slot(container_, a.key), a.value);
  return true;
}

bool Judge::act(const crdt::MapRemove& a) {
  cover(key_slot(container_, a.key));
  facts_.push_back({FactKind::removal, key_slot(container_, a.key), now_, {}, 0, 0, 0, 0});
  return true;
}

bool Judge::act(const crdt::MapKeep& a) { return keep(key_slot(container_, a.key), a.kind); }

bool Judge::keep(const std::string& slot, Kind kind) {
  cover(slot, child(slot, kind));
  put(slot, kind);
  return true;
}

bool Judge::act(const crdt::ListInsert& a) {
  const auto items = shown(container_, Kind::list, now_);
  if (a.items.empty() || a.index > items.size()) return false;
  std::optional<Element> left;
  if (a.index > 0) left = place_of(container_, facts_[items[a.index - 1]].element, now_);
  for (const ItemValue& value : a.items) {
    left = put_down(left, {});
    put(item_slot(container_, *left), value);
    use(item_slot(container_, *left));
  }
  return true;
}

bool Judge::act(const crdt::ListRemove& a) {
  const auto items = shown(container_, Kind::list, now_);
  if (a.count == 0 || a.index > items.size() || a.count > items.size() - a.index) return false;
  for (std::uint64_t i = a.index; i < a.index + a.count; ++i) {
    const std::string slot = item_slot(container_, facts_[items[i]].element);
    covers_.push_back({now_, {}, {}, {}, slot, {}, {}, {}});
    facts_.push_back({FactKind::removal, slot, now_, {}, 0, 0, 0, 0});
  }
  return true;
}

bool Judge::act(const crdt::ListSet& a) {
  const auto items = shown(container_, Kind::list, now_);
  if (a.index >= items.size()) return false;
  const std::string slot = item_slot(container_, facts_[items[a.index]].element);
  cover(slot);
  put(slot, a.value);
  use(slot);
  return true;
}

bool Judge::act(const crdt::ListMove& a) {
  const auto items = shown(container_, Kind::list, now_);
  if (a.index >= items.size() || a.to >= items.size()) return false;
  const Element origin = facts_[items[a.index]].element;
  std::vector<Element> others;
  for (const std::size_t index : items)
    if (facts_[index].element != origin) others.push_back(facts_[index].element);
  std::optional<Element> left;
  if (a.to > 0) left = place_of(container_, others[a.to - 1], now_);
  const Element element = put_down(left, {});
  facts_.push_back({FactKind::move, container_, now_, {}, element, 0, 0, origin});
  const std::string item = item_slot(container_, origin);
  covers_.push_back({now_, {}, {}, {}, {}, item, {}, {}});
  use(item);
  return true;
}

bool Judge::act(const crdt::ListKeep& a) {
  const auto items = shown(container_, Kind::list, now_);
  if (a.index >= items.size()) return false;
  const std::string slot = item_slot(container_, facts_[items[a.index]].element);
  use(slot);
  return keep(slot, a.kind);
}

bool Judge::act(const crdt::TextInsert& a) {
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

bool Judge::act(const crdt::TextRemove& a) {
  const auto characters = shown(container_, Kind::text, now_);
  if (a.count == 0) return false;
  const std::size_t position = std::min<std::size_t>(a.position, characters.size());
  const std::size_t count = std::min<std::size_t>(a.count, characters.size() - position);
  const auto first = characters.begin() + static_cast<std::ptrdiff_t>(position);
  covers_.push_back(
      {now_, {}, {}, {first, first + static_cast<std::ptrdiff_t>(count)}, {}, {}, {}, {}});
  return true;
}

bool Judge::act(const crdt::TextEdit&) { return false; }

bool Judge::act(const crdt::CounterAdd& a) {
  facts_.push_back({FactKind::increment, container_, now_, {}, 0, a.amount, a.scale, 0});
  return true;
}

bool Judge::act(const crdt::SetAdd& a) {
  facts_.push_back({FactKind::tag, container_, now_, a.value, 0, 0, 0, 0});
  return true;
}

bool Judge::act(const crdt::SetRemove& a) {
  covers_.push_back({now_, {}, {}, {}, {}, {}, container_, a.value});
  return true;
}

Element Judge::put_down(std::optional<Element> left, const ItemValue& value) {
  std::set<Element> known;
  for (const Fact& fact : facts_) {
    // An op knows the elements it has put down itself so far.
    const bool own = fact.by.event == now_.event && fact.by.op == now_.op;
    if (fact.kind == FactKind::element && fact.place == container_ && (own || saw(now_, fact.by)))
      known.insert(fact.element);
  }
  const Element element = orders_[container_].insert(events_[now_.event].log, left, known);
  facts_.push_back({FactKind::element, container_, now_, value, element, 0, 0, 0});
  return element;
}

std::uint64_t Event::lamport() const {
  std::uint64_t sum = 1;
  for (const auto& row : past) sum += row.second;
  return sum;
}

Verdict judge(std::vector<Event> events) { return Judge(std::move(events)).run(); }

}  // namespace syncline::reference
