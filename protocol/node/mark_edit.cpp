// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/mark_edit.h"

#include "protocol/crdt/text_container.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace syncline::node {

namespace {

using crdt::Scalar;
using crdt::TextMark;

// Of one key: from where on which mark is wanted, and which value stands.
struct Key {
  std::map<std::uint64_t, const TextMark*> wanted;
  std::map<std::uint64_t, Scalar> stands;
};

template <class Steps, class Nothing>
auto value_at(const Steps& steps, std::uint64_t position, Nothing nothing) {
  const auto next = steps.upper_bound(position);
  return next == steps.begin() ? nothing : std::prev(next)->second;
}

void lay_over(std::map<std::uint64_t, const TextMark*>& steps, const TextMark& mark) {
  const std::uint64_t end = mark.position + mark.count;
  const TextMark* const none = nullptr;
  const TextMark* const beyond = value_at(steps, end, none);
  steps.erase(steps.lower_bound(mark.position), steps.upper_bound(end));
  steps[mark.position] = &mark;
  steps[end] = beyond;
}

void add_ops(const Key& key, const std::string& name, const crdt::Path& path,
             std::vector<crdt::Op>& out) {
  std::set<std::uint64_t> places;
  for (const auto& [position, mark] : key.wanted) places.insert(position);
  for (const auto& [position, value] : key.stands) places.insert(position);
  std::optional<TextMark> open;
  const TextMark* made_of = nullptr;
  for (const std::uint64_t place : places) {
    const TextMark* const none = nullptr;
    const TextMark* const wanted = value_at(key.wanted, place, none);
    const Scalar value = wanted ? wanted->value : Scalar(crdt::Null{});
    const bool fits = value == value_at(key.stands, place, Scalar(crdt::Null{}));
    if (open && !fits && made_of == wanted) continue;
    if (open) {
      open->count = place - open->position;
      out.push_back({path, std::move(*open)});
      open.reset();
    }
    made_of = wanted;
    if (!fits) open = TextMark{place, 0, wanted ? wanted->grows : std::uint8_t{0}, name, value};
  }
}

}  // namespace

Result<std::vector<crdt::Op>> ops_to_mark(const crdt::Document& now, const step::PutMarks& put) {
  const crdt::TextContainer* text = now.find_text(put.text);
  const bool is_text = text != nullptr && now.kind_at(put.text) == crdt::Kind::text;
  if (!is_text && put.marks.empty()) return std::vector<crdt::Op>();
  if (!is_text) return fail(Errc::invalid, "there is no text to mark");
  const std::string utf8 = text->text();
  std::vector<TextMark> marks = put.marks;
  std::map<std::string, Key> keys;
  for (TextMark& mark : marks) {
    const auto begin = crdt::scalars_before(utf8, mark.position, put.positions);
    if (!begin) return pass(begin);
    const auto end = crdt::scalars_before(utf8, mark.position + mark.count, put.positions);
    if (!end) return pass(end);
    mark.position = *begin;
    mark.count = *end - *begin;
    if (mark.count > 0) lay_over(keys[mark.key].wanted, mark);
  }
  for (const crdt::TextMarks::Span& span : text->marks().spans()) {
    auto& stands = keys[span.rows[0]->key].stands;
    stands[span.from] = span.rows[0]->value;
    stands.try_emplace(span.to, crdt::Null{});
  }
  std::vector<crdt::Op> ops;
  for (const auto& [name, key] : keys) add_ops(key, name, put.text, ops);
  return ops;
}

std::vector<crdt::Op> ops_to_keep_growth(const crdt::Document& before, const crdt::Document& after,
                                         const crdt::Path& path) {
  using Row = crdt::TextMarks::Row;
  std::vector<crdt::Op> ops;
  const crdt::TextContainer* was = before.find_text(path);
  const crdt::TextContainer* is = after.find_text(path);
  if (was == nullptr || is == nullptr) return ops;
  std::map<std::tuple<crdt::LogIndex, std::uint64_t, std::uint32_t>, const Row*> known;
  for (const Row& row : was->marks().rows()) known[{row.log, row.seq, row.op}] = &row;
  for (const crdt::TextMarks::Span& span : is->marks().spans()) {
    const Row& row = *span.rows[0];
    const auto old = known.find({row.log, row.seq, row.op});
    // Values that devices disagree about stay as they are.
    if (span.rows.size() != 1 || old == known.end()) continue;
    const bool is_lost = old->second->start.holds_left && !row.start.holds_left;
    if (!is_lost || span.from != row.start.position) continue;
    const bool ends_here = span.to == row.end.position && !row.end.holds_left;
    const auto grows = static_cast<std::uint8_t>(TextMark::grows_at_start |
                                                 (ends_here ? TextMark::grows_at_end : 0));
    ops.push_back({path, TextMark{span.from, span.to - span.from, grows, row.key, row.value}});
  }
  return ops;
}

}  // namespace syncline::node
