// SPDX-License-Identifier: Apache-2.0
//
// edit    = n:varint n*place n*removed:varint n*inserted:varint text:bytes
// place   = zigzag: the position less the place where the splice before ended (its position and
//           what it inserted; 0 before the first)
// text    = what the splices insert, as many characters as they say together
#include "protocol/crdt/text_edit.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/item_codec.h"
#include "protocol/text/utf8.h"

namespace syncline::crdt {
namespace {

constexpr std::uint64_t place_max = UINT32_MAX;
// A splice takes at least three bytes.
constexpr std::size_t splices_max = limits::event_plaintext_size_max / 3;

bool fits(const TextSplice& splice) {
  return splice.position <= place_max && splice.removed <= place_max &&
         splice.inserted <= place_max && splice.removed + splice.inserted > 0;
}

}  // namespace

bool is_well_formed(const TextEdit& edit) {
  if (edit.splices.empty() || edit.splices.size() > splices_max) return false;
  if (edit.text.size() > limits::event_plaintext_size_max || !is_text(as_bytes(edit.text)))
    return false;
  std::uint64_t inserted = 0;
  for (const TextSplice& splice : edit.splices) {
    if (!fits(splice)) return false;
    inserted += splice.inserted;
  }
  return inserted == text::count_scalars(edit.text);
}

void encode_text_edit(wire::Writer& out, const TextEdit& edit) {
  out.varint(edit.splices.size());
  std::uint64_t expected = 0;
  for (const TextSplice& splice : edit.splices) {
    out.zigzag(static_cast<std::int64_t>(splice.position - expected));
    expected = splice.position + splice.inserted;
  }
  for (const TextSplice& splice : edit.splices) out.varint(splice.removed);
  for (const TextSplice& splice : edit.splices) out.varint(splice.inserted);
  out.text(edit.text);
}

TextEdit decode_text_edit(wire::Reader& in) {
  TextEdit edit;
  const std::uint64_t count = in.varint(splices_max);
  if (count == 0 || count > in.left() / 3) in.fail_with(Errc::invalid);
  if (!in.ok()) return edit;
  edit.splices.resize(static_cast<std::size_t>(count));
  std::uint64_t place = 0;
  for (TextSplice& splice : edit.splices) {
    place += static_cast<std::uint64_t>(in.zigzag());
    splice.position = place;  // and what those before it insert, which comes below
  }
  for (TextSplice& splice : edit.splices) splice.removed = in.varint(place_max);
  std::uint64_t before = 0;
  for (TextSplice& splice : edit.splices) {
    splice.position += before;
    splice.inserted = in.varint(place_max);
    before += splice.inserted;
  }
  edit.text = in.text(limits::event_plaintext_size_max);
  if (in.ok() && !is_well_formed(edit)) in.fail_with(Errc::invalid);
  return edit;
}

void TextPen::insert(std::uint64_t position, std::string_view utf8, std::uint64_t count) {
  if (!edit_.splices.empty()) {
    TextSplice& last = edit_.splices.back();
    if (last.position + last.inserted == position && last.inserted + count <= place_max) {
      last.inserted += count;
      edit_.text.append(utf8);
      return;
    }
  }
  edit_.splices.push_back({position, 0, count});
  edit_.text.append(utf8);
}

void TextPen::remove(std::uint64_t position, std::uint64_t count) {
  if (!edit_.splices.empty()) {
    TextSplice& last = edit_.splices.back();
    const bool forward = last.inserted == 0 && last.position == position;
    const bool backward = last.inserted == 0 && position + count == last.position;
    if ((forward || backward) && last.removed + count <= place_max) {
      last.position = position;
      last.removed += count;
      return;
    }
  }
  edit_.splices.push_back({position, count, 0});
}

void TextPen::add(const TextEdit& edit) {
  std::string_view rest = edit.text;
  for (const TextSplice& splice : edit.splices) {
    if (splice.removed > 0) remove(splice.position, splice.removed);
    const std::size_t size = text::byte_of_scalar(rest, static_cast<std::size_t>(splice.inserted));
    if (splice.inserted > 0) insert(splice.position, rest.substr(0, size), splice.inserted);
    rest.remove_prefix(size);
  }
}

TextEdit TextPen::take() {
  TextEdit edit = std::move(edit_);
  edit_ = {};
  return edit;
}

}  // namespace syncline::crdt
