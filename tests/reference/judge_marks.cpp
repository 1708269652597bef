// SPDX-License-Identifier: Apache-2.0
//
// The oracle's view of marks: for each character of each text, every mark is asked whether it is
// between its ends, and which others knew of it.
#include "tests/reference/judge.h"

namespace syncline::reference {

bool Judge::act(const crdt::TextMark& a) {
  if (a.count == 0) return false;
  const auto characters = shown(container_, Kind::text, now_);
  const std::size_t length = characters.size();
  const std::size_t start = std::min<std::size_t>(a.position, length);
  const std::size_t end = start + std::min<std::size_t>(a.count, length - start);
  const auto before = [&](std::size_t position) {
    MarkEnd out{true, std::nullopt};
    if (position < length) out.element = facts_[characters[position]].element;
    return out;
  };
  const auto after = [&](std::size_t position) {
    MarkEnd out{false, std::nullopt};
    if (position > 0) out.element = facts_[characters[position - 1]].element;
    return out;
  };
  marks_.push_back({container_, now_, a.key, a.value, a.grows & 1 ? after(start) : before(start),
                    a.grows & 2 ? before(end) : after(end)});
  return true;
}

// Whether a place in the order lies behind an end; `order`: all elements.
bool Judge::is_behind(const MarkEnd& end, const std::vector<Element>& order, std::size_t place) {
  if (!end.element) return !end.before;
  const auto held = std::find(order.begin(), order.end(), *end.element) - order.begin();
  const auto here = static_cast<std::ptrdiff_t>(place);
  return end.before ? here >= held : here > held;
}

CharacterMarks Judge::marks_at(const std::string& container, const std::vector<Element>& order,
                               std::size_t place) const {
  std::map<std::string, std::vector<const Mark*>> active;
  for (const Mark& mark : marks_)
    if (mark.text == container && is_behind(mark.start, order, place) &&
        !is_behind(mark.end, order, place))
      active[mark.key].push_back(&mark);
  CharacterMarks out;
  for (auto& [key, all] : active) {
    std::vector<const Mark*> standing;
    for (const Mark* mark : all)
      if (std::none_of(all.begin(), all.end(), [&](const Mark* other) {
            return other != mark && saw(other->by, mark->by);
          }))
        standing.push_back(mark);
    std::sort(standing.begin(), standing.end(), [this](const Mark* a, const Mark* b) {
      const Event& x = events_[a->by.event];
      const Event& y = events_[b->by.event];
      return std::tuple(x.lamport(), x.log, a->by.op) > std::tuple(y.lamport(), y.log, b->by.op);
    });
    std::vector<Scalar> values;
    bool says_something = false;
    for (const Mark* mark : standing) {
      values.push_back(mark->value);
      says_something = says_something || !std::holds_alternative<crdt::Null>(mark->value);
    }
    if (says_something) out[key] = values;
  }
  return out;
}

void Judge::collect_marks(const std::string& container, Kind kind, const crdt::Path& path,
                          std::vector<TextMarksVerdict>& out) {
  const auto go_on = [&](const std::string& slot, const crdt::Step& step) {
    const auto puts = ranked(slot);
    const Kind* inner = puts.empty() ? nullptr : std::get_if<Kind>(&facts_[puts[0]].value);
    if (!inner) return;
    crdt::Path here = path;
    here.push_back(step);
    collect_marks(child(slot, *inner), *inner, here, out);
  };
  if (kind == Kind::map)
    for (const std::string& key : keys(container)) go_on(key_slot(container, key), key);
  if (kind == Kind::list) {
    std::uint64_t index = 0;
    for (const std::size_t fact : shown(container, kind, now_))
      go_on(item_slot(container, facts_[fact].element), index++);
  }
  if (kind != Kind::text) return;
  TextMarksVerdict verdict{path, {}};
  const std::vector<Element> order = orders_[container].in_order();
  for (const std::size_t fact : shown(container, kind, now_)) {
    const auto place = std::find(order.begin(), order.end(), facts_[fact].element);
    verdict.characters.push_back(
        marks_at(container, order, static_cast<std::size_t>(place - order.begin())));
  }
  out.push_back(std::move(verdict));
}

}  // namespace syncline::reference
