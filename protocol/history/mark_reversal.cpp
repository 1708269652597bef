// SPDX-License-Identifier: Apache-2.0
//
// Character by character: what the change did to a key goes back where it still stands, and
// characters that come back have what they had.
#include "protocol/history/mark_reversal.h"

#include "protocol/crdt/shape.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/text/utf8.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace syncline::history {
namespace {

using crdt::Path;
using crdt::Scalar;
using crdt::TextMark;

// What one character has for one key; the row it has it from.
using Said = const crdt::TextMarks::Row*;
using SaidOfKey = std::vector<Said>;

struct Marked {
  std::string text;
  std::map<std::string, SaidOfKey> keys;

  Said at(const std::string& key, std::size_t character) const {
    const auto found = keys.find(key);
    return found == keys.end() ? nullptr : found->second[character];
  }
};

// A mark that was taken back says nothing.
Scalar value_of(Said said) { return said ? said->value : Scalar(crdt::Null{}); }

Marked marked_at(const crdt::Document& document, const Path& path) {
  Marked out;
  const crdt::TextContainer* text = document.find_text(path);
  if (text == nullptr) return out;
  out.text = text->text();
  const auto length = static_cast<std::size_t>(text->length());
  for (const crdt::TextMarks::Span& span : text->marks().spans()) {
    SaidOfKey& key = out.keys.try_emplace(span.rows[0]->key, SaidOfKey(length)).first->second;
    for (std::uint64_t i = span.from; i < span.to; ++i)
      key[static_cast<std::size_t>(i)] = span.rows[0];
  }
  return out;
}

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

void find_texts(const crdt::Shape& shape, Path& path, std::vector<Path>& out) {
  if (shape.kind == crdt::Kind::text) out.push_back(path);
  if (const auto* map = std::get_if<crdt::ShapeMap>(&shape.node)) {
    for (const auto& [key, inner] : *map) {
      path.emplace_back(key);
      find_texts(inner, path, out);
      path.pop_back();
    }
  }
  const auto* list = std::get_if<crdt::ShapeList>(&shape.node);
  if (list == nullptr || shape.kind != crdt::Kind::tree) return;
  for (const crdt::Shape& item : *list) {
    const auto node = crdt::node_of(item);
    if (!node || !node->value) continue;
    path.emplace_back(crdt::NodeStep{node->id});
    find_texts(*node->value, path, out);
    path.pop_back();
  }
}

struct Scene {
  const Marked &before, &after, &now, &result;
  Origins in_before_of_after, in_after_of_now, in_now_of_result, in_before_of_result;

  // What the character of the result is to have.
  Said wanted(const std::string& key, std::size_t character) const {
    const auto held = in_now_of_result[character];
    if (!held) {
      const auto old = in_before_of_result[character];
      return old ? before.at(key, *old) : nullptr;
    }
    const Said present = now.at(key, *held);
    const auto done = in_after_of_now[*held];
    const auto old = done ? in_before_of_after[*done] : std::nullopt;
    if (!old) return present;
    const Said was = before.at(key, *old), became = after.at(key, *done);
    const bool changed = value_of(was) != value_of(became);
    return changed && value_of(present) == value_of(became) ? was : present;
  }
};

std::uint8_t growth_of(Said said) {
  if (said == nullptr) return 0;
  return static_cast<std::uint8_t>((said->start.holds_left ? TextMark::grows_at_start : 0) |
                                   (said->end.holds_left ? 0 : TextMark::grows_at_end));
}

void add_ops(const Scene& scene, const std::string& key, const Path& path,
             std::vector<crdt::Op>& out) {
  std::optional<TextMark> open;
  const auto close = [&] {
    if (open) out.push_back({path, std::move(*open)});
    open.reset();
  };
  for (std::size_t i = 0; i < scene.in_now_of_result.size(); ++i) {
    const Said wanted = scene.wanted(key, i);
    const Scalar value = value_of(wanted);
    if (value == value_of(scene.result.at(key, i))) {
      close();
      continue;
    }
    if (open && open->value != value) close();
    if (!open) open = TextMark{i, 0, growth_of(wanted), key, value};
    ++open->count;
  }
  close();
}

}  // namespace

std::vector<crdt::Op> reverse_marks(const crdt::Document& before, const crdt::Document& after,
                                    const crdt::Document& now, const crdt::Document& result) {
  std::vector<crdt::Op> out;
  const auto shape = result.shape();
  if (!shape) return out;
  Path path;
  std::vector<Path> texts;
  find_texts(*shape, path, texts);
  for (const Path& each : texts) {
    const Marked b = marked_at(before, each), a = marked_at(after, each);
    if (b.keys.empty() && a.keys.empty()) continue;
    const Marked n = marked_at(now, each), r = marked_at(result, each);
    const Scene scene{b,
                      a,
                      n,
                      r,
                      origins(b.text, a.text),
                      origins(a.text, n.text),
                      origins(n.text, r.text),
                      origins(b.text, r.text)};
    std::set<std::string> keys;
    for (const Marked* marked : {&b, &a})
      for (const auto& [key, said] : marked->keys) keys.insert(key);
    for (const std::string& key : keys) add_ops(scene, key, each, out);
  }
  return out;
}

}  // namespace syncline::history
