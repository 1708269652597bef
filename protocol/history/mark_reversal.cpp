// SPDX-License-Identifier: Apache-2.0
//
// Character by character: what the change did to a key goes back where it still stands and nobody
// else marked since, and characters that come back have what they had. What was typed since has
// what it would have got from the characters around it.
#include "protocol/history/mark_reversal.h"

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/history/shown_marks.h"
#include "protocol/history/text_places.h"
#include "protocol/text/utf8.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace syncline::history {
namespace {

using crdt::Path;
using crdt::Scalar;
using crdt::TextMark;

using Row = crdt::TextMarks::Row;
using Span = crdt::TextMarks::Span;

// What one character has for one key: those that stand, the highest first; or nothing.
using Said = const Span*;

struct Marked {
  std::string text;
  std::vector<Span> spans;
  std::map<std::string, std::vector<Said>> keys;
  // What others marked since, also where that is covered by now or took marks away.
  std::map<std::string, std::vector<const Row*>> since;

  Said at(const std::string& key, std::size_t character) const {
    const auto found = keys.find(key);
    return found == keys.end() ? nullptr : found->second[character];
  }
  // Whether one mark that others made since lies on all of these characters.
  bool is_marked_since(const std::string& key, std::size_t first, std::size_t last) const {
    const auto found = since.find(key);
    return found != since.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const Row* row) {
             return row->start.position <= first && last < row->end.position;
           });
  }
};

// A mark that was taken back says nothing.
Scalar value_of(const Row* row) { return row ? row->value : Scalar(crdt::Null{}); }

// As a text of one of the versions is marked; nothing: it is not there.
Marked marked_in(const MarkSight& sight, const crdt::TextContainer* text) {
  Marked out;
  if (text == nullptr) return out;
  out.text = text->text();
  const auto length = static_cast<std::size_t>(text->length());
  out.spans = text->marks().spans();
  for (const Span& span : out.spans) {
    auto& key = out.keys.try_emplace(span.rows[0]->key, length).first->second;
    for (std::uint64_t i = span.from; i < span.to; ++i) key[static_cast<std::size_t>(i)] = &span;
  }
  const crdt::VersionVector& known = sight.joined.frontier();
  for (const Row& row : text->marks().rows())
    if (row.log != sight.change.log && !known.covers({row.log, row.seq}))
      out.since[row.key].push_back(&row);
  return out;
}

// One text in all versions.
using Texts = OfVersions<const crdt::TextContainer*>;

bool is_marked(const crdt::TextContainer* text) {
  return text != nullptr && !text->marks().empty();
}

bool is_contested(const crdt::TextContainer& text) {
  const std::vector<Span> spans = text.marks().spans();
  return std::any_of(spans.begin(), spans.end(),
                     [](const Span& span) { return span.rows.size() > 1; });
}

// Whether nobody touched it since the change, and it reads as without the change. Then which of its
// characters are which says nothing: what leads from one text to another can be told in many ways.
bool comes_back_whole(const MarkSight& sight, const Texts& texts) {
  const auto *apart = texts[Sighted::apart], *result = texts[Sighted::result];
  const auto *joined = texts[Sighted::joined], *now = texts[Sighted::now];
  if (apart == nullptr || result == nullptr || joined == nullptr || now == nullptr) return false;
  return apart->text() == result->text() && joined->text() == now->text() && !is_contested(*now) &&
         shown_marks(joined->marks()) == shown_marks(now->marks()) &&
         marked_in(sight, now).since.empty();
}

// Those that the change may have marked otherwise; with the path of each in `result`.
std::vector<std::pair<Path, Texts>> marked_texts(const MarkSight& sight,
                                                 const crdt::Document& result) {
  const OfVersions<const crdt::Document*> versions{
      {&sight.before, &sight.apart, &sight.joined, &sight.now, &result}};
  std::vector<std::pair<Path, Texts>> out;
  for (const TextPlaces& places : places_of_texts(versions, sight.goal)) {
    Texts texts;
    for (std::size_t i = 0; i < sighted_count; ++i)
      if (places.each[i]) texts.each[i] = versions.each[i]->find_text(*places.each[i]);
    if (!is_marked(texts[Sighted::apart]) && !is_marked(texts[Sighted::joined]) &&
        !is_marked(texts[Sighted::result]))
      continue;
    if (comes_back_whole(sight, texts)) texts[Sighted::joined] = texts[Sighted::now] = nullptr;
    out.emplace_back(*places[Sighted::result], texts);
  }
  return out;
}

// The highest of those for which `fits` holds.
template <class Fits>
const Row* highest(Said said, Fits fits) {
  if (said == nullptr) return nullptr;
  const auto found = std::find_if(said->rows.begin(), said->rows.end(),
                                  [&fits](const Row* row) { return fits(*row); });
  return found == said->rows.end() ? nullptr : *found;
}
const Row* highest(Said said) { return said == nullptr ? nullptr : said->rows.front(); }

// For each character of `to` which one of `from` it is, or none.
using Origins = std::vector<std::optional<std::size_t>>;
Origins origins(const std::string& from, const std::string& to) {
  Origins out;
  const std::size_t length = text::count_scalars(from);
  std::size_t at = 0;
  const auto keep_until = [&](std::size_t end) {
    for (; at < end; ++at) out.emplace_back(at);
  };
  for (const crdt::TextChange& change : crdt::diff_texts(from, to)) {
    keep_until(static_cast<std::size_t>(change.position));
    out.resize(out.size() + text::count_scalars(change.inserted));
    at += static_cast<std::size_t>(change.removed);
  }
  keep_until(length);
  return out;
}

// The nearest characters on both sides that were there before, each itself if it was.
struct Around {
  std::optional<std::size_t> left, right;
};
// `from`: for each of some characters which one it was before.
std::vector<Around> around(const Origins& from) {
  std::vector<Around> out(from.size());
  std::optional<std::size_t> near;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i]) near = i;
    out[i].left = near;
  }
  near.reset();
  for (std::size_t i = from.size(); i-- > 0;) {
    if (from[i]) near = i;
    out[i].right = near;
  }
  return out;
}

// What a character is to have; `again` also if it reads like that already.
struct Wanted {
  const Row* row = nullptr;
  bool again = false;
  bool goes_back = false;
};

struct Scene {
  const MarkSight& sight;
  const Marked &before, &apart, &joined, &now, &result;
  Origins in_before_of_apart, in_apart_of_joined, in_joined_of_now, in_now_of_result,
      in_apart_of_result;
  std::vector<Around> known_in_now, held_in_result;

  Wanted wanted(const std::string& key, std::size_t character) const {
    const auto held = in_now_of_result[character];
    if (!held) return {brought_back(key, character)};
    return in_joined_of_now[*held] ? known(key, *held) : typed_since(key, *held);
  }

 private:
  // A character of `now` that `joined` has as well.
  Wanted known(const std::string& key, std::size_t held) const {
    const Said present = now.at(key, held);
    const Row* rest = of_others(present);
    if (rest != nullptr && of(sight.change, present) != nullptr) return {rest, true};
    const std::size_t done = *in_joined_of_now[held];
    const auto old = in_apart_of_joined[done];
    if (!old) return {highest(present)};
    const Said after = joined.at(key, done);
    const Row* own = of(sight.change, after);
    const Row* became = own ? own : highest(after);
    const Row* was = without(key, old);
    const bool changed = value_of(was) != value_of(became);
    if (!changed || value_of(highest(present)) != value_of(became)) return {highest(present)};
    const bool contested = own != nullptr && of_others(after) != nullptr;
    if (contested) return {given_up(key, *old, highest(present), was), false, true};
    if (now.is_marked_since(key, held, held)) return {highest(present)};
    return {was, false, true};
  }

  // It reads as the change made what is around it: then it goes back with that.
  Wanted typed_since(const std::string& key, std::size_t held) const {
    const Said present = now.at(key, held);
    const Row* top = highest(present);
    const Row* rest = of_others(present);
    const bool own = of(sight.change, present) != nullptr;
    if (rest != nullptr && own) return {rest, true};
    if (now.is_marked_since(key, held, held)) return {top};
    const auto [left, right] = known_in_now[held];
    const Wanted before_it = left ? known(key, *left) : Wanted{};
    const Wanted after_it = right ? known(key, *right) : Wanted{};
    const auto alike = [&](const Wanted& side, std::size_t place) {
      return side.goes_back && value_of(highest(now.at(key, place))) == value_of(top);
    };
    if (!own && !(left && right && alike(before_it, *left) && alike(after_it, *right)))
      return {top};
    return {between(before_it.row, after_it.row), false, true};
  }
  // What comes between two characters that have these.
  static const Row* between(const Row* left, const Row* right) {
    if (left == right) return left;
    if (left != nullptr && !left->end.holds_left) return left;
    return right != nullptr && right->start.holds_left ? right : nullptr;
  }

  // A character of `result` that `now` has not: others may have marked what is around it since.
  const Row* brought_back(const std::string& key, std::size_t character) const {
    const auto [left, right] = held_in_result[character];
    if (left && right && result.is_marked_since(key, *left, *right))
      return highest(result.at(key, character));
    return without(key, in_apart_of_result[character]);
  }

  static const Row* of(const crdt::EventSpan& events, Said said) {
    return highest(said, [&events](const Row& row) { return events.holds({row.log, row.seq}); });
  }
  const Row* of_others(Said said) const {
    return highest(said, [this](const Row& row) {
      return !sight.change.holds({row.log, row.seq});
    });
  }

  const Row* without(const std::string& key, std::optional<std::size_t> character) const {
    if (!character) return nullptr;
    const Said said = apart.at(key, *character);
    const Row* redone = of(sight.redone, said);
    return redone ? redone : highest(said);
  }

  // Somebody else chose the change's mark over the own one, which does not come back then. Nothing
  // is chosen where all agree on no mark.
  const Row* given_up(const std::string& key, std::size_t character, const Row* chosen,
                      const Row* was) const {
    if (chosen != nullptr && chosen->log == sight.change.log) return was;
    if (chosen != nullptr) {
      const Row* kept = highest(apart.at(key, character),
                                [chosen](const Row& row) { return row.log != chosen->log; });
      if (kept != nullptr) return kept;
    }
    const auto first = in_before_of_apart[character];
    return first ? highest(before.at(key, *first)) : nullptr;
  }
};

void add_ops(const Scene& scene, const std::string& key, const Path& path,
             std::vector<crdt::Op>& out) {
  std::optional<TextMark> open;
  const auto close = [&] {
    if (open) out.push_back({path, std::move(*open)});
    open.reset();
  };
  // Where a mark goes, it also goes from what is typed at its ends.
  const auto ends_of_hidden = [&](std::size_t i) {
    const Row* hidden = highest(scene.result.at(key, i));
    if (hidden == nullptr) return std::uint8_t{0};
    std::uint8_t grows = growth_of(*hidden);
    if (hidden->start.position != i) grows &= std::uint8_t(~TextMark::grows_at_start);
    if (hidden->end.position != i + 1) grows &= std::uint8_t(~TextMark::grows_at_end);
    return grows;
  };
  for (std::size_t i = 0; i < scene.in_now_of_result.size(); ++i) {
    const auto [row, again, goes_back] = scene.wanted(key, i);
    const Scalar value = value_of(row);
    if (!again && value == value_of(highest(scene.result.at(key, i)))) {
      close();
      continue;
    }
    if (open && open->value != value) close();
    const bool taken = value == Scalar(crdt::Null{});
    if (!open) open = TextMark{i, 0, taken ? ends_of_hidden(i) : growth_of(*row), key, value};
    if (taken && open->count > 0)
      open->grows = std::uint8_t((open->grows & TextMark::grows_at_start) |
                                 (ends_of_hidden(i) & TextMark::grows_at_end));
    ++open->count;
  }
  close();
}

// How the marks of one text are to grow.
class Growth {
 public:
  Growth(const MarkSight& sight, const Texts& texts)
      : marked_(marked_in(sight, texts[Sighted::result])),
        apart_(texts[Sighted::apart], marked_.text),
        joined_(texts[Sighted::joined], marked_.text),
        now_(texts[Sighted::now], marked_.text) {}

  // A mark that begins and ends where it did, if it is to grow otherwise than it does: as it did
  // without the change, where that made it grow otherwise, else as it does now.
  std::optional<TextMark> fixed(const std::string& key, const ShownMark& mark) const {
    const auto first = static_cast<std::size_t>(mark.from);
    const auto last = static_cast<std::size_t>(mark.to - 1);
    if (mark.contested || marked_.is_marked_since(key, first, first) ||
        marked_.is_marked_since(key, last, last))
      return std::nullopt;
    const ShownMark *was = apart_.same(key, mark), *after = joined_.same(key, mark);
    const ShownMark* present = now_.same(key, mark);
    const bool changed = was != nullptr && (after == nullptr || after->grows != was->grows);
    const bool stands = present == nullptr || after == nullptr || present->grows == after->grows;
    const ShownMark* wanted = changed && stands ? was : present;
    if (wanted == nullptr || wanted->contested || wanted->grows == mark.grows) return std::nullopt;
    return TextMark{mark.from, mark.to - mark.from, wanted->grows, key, mark.value};
  }

 private:
  // The marks of a version, and where its characters are in the result.
  struct Version {
    ShownMarks marks;
    Origins origin;

    Version(const crdt::TextContainer* text, const std::string& result) {
      if (!is_marked(text)) return;
      marks = shown_marks(text->marks());
      origin = origins(text->text(), result);
    }
    const ShownMark* same(const std::string& key, const ShownMark& mark) const {
      const auto known = marks.find(key);
      if (known == marks.end()) return nullptr;
      const auto first = origin[static_cast<std::size_t>(mark.from)];
      const auto last = origin[static_cast<std::size_t>(mark.to - 1)];
      for (const ShownMark& each : known->second)
        if (first == each.from && last == each.to - 1 && each.value == mark.value) return &each;
      return nullptr;
    }
  };

  Marked marked_;
  Version apart_, joined_, now_;
};

}  // namespace

std::vector<crdt::Op> reverse_marks(const MarkSight& sight, const crdt::Document& result) {
  std::vector<crdt::Op> out;
  for (const auto& [path, texts] : marked_texts(sight, result)) {
    const Marked b = marked_in(sight, texts[Sighted::before]);
    const Marked a = marked_in(sight, texts[Sighted::apart]);
    const Marked j = marked_in(sight, texts[Sighted::joined]);
    const Marked n = marked_in(sight, texts[Sighted::now]);
    const Marked r = marked_in(sight, texts[Sighted::result]);
    Scene scene{sight,
                b,
                a,
                j,
                n,
                r,
                origins(b.text, a.text),
                origins(a.text, j.text),
                origins(j.text, n.text),
                origins(n.text, r.text),
                origins(a.text, r.text),
                {},
                {}};
    scene.known_in_now = around(scene.in_joined_of_now);
    scene.held_in_result = around(scene.in_now_of_result);
    std::set<std::string> keys;
    for (const Marked* marked : {&a, &j, &r})
      for (const auto& [key, said] : marked->keys) keys.insert(key);
    for (const std::string& key : keys) add_ops(scene, key, path, out);
  }
  return out;
}

std::vector<crdt::Op> reverse_growth(const MarkSight& sight, const crdt::Document& result) {
  std::vector<crdt::Op> out;
  for (const auto& [path, texts] : marked_texts(sight, result)) {
    if (!is_marked(texts[Sighted::result])) continue;
    const Growth growth(sight, texts);
    for (const auto& [key, marks] : shown_marks(texts[Sighted::result]->marks()))
      for (const ShownMark& mark : marks)
        if (auto fixed = growth.fixed(key, mark)) out.push_back({path, std::move(*fixed)});
  }
  return out;
}

}  // namespace syncline::history
