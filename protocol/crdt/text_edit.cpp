// SPDX-License-Identifier: Apache-2.0
//
// edit    = n:varint n*place n*change text
// place   = zigzag: the position less the place where the splice before ended (its position and
//           what it inserted; 0 before the first)
// change  = (count << 2):varint inserts | (count << 2 | 1):varint removes
//         | (removed << 2 | 2):varint inserted:varint; no count is 0
// text    = what the splices insert, UTF-8: as many characters as they say together
#include "protocol/crdt/text_edit.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/item_codec.h"
#include "protocol/text/utf8.h"

#include <algorithm>
#include <utility>

namespace syncline::crdt {
namespace {

constexpr std::uint64_t place_max = UINT32_MAX;
// A splice takes at least two bytes.
constexpr std::size_t splices_max = limits::event_plaintext_size_max / 2;
enum class Change : std::uint8_t { inserts = 0, removes = 1, replaces = 2 };

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

namespace {

void encode_change(wire::Writer& out, const TextSplice& splice) {
  const auto head = [&out](Change change, std::uint64_t count) {
    out.varint(count << 2 | static_cast<std::uint8_t>(change));
  };
  if (splice.removed == 0) return head(Change::inserts, splice.inserted);
  if (splice.inserted == 0) return head(Change::removes, splice.removed);
  head(Change::replaces, splice.removed);
  out.varint(splice.inserted);
}

void decode_change(wire::Reader& in, TextSplice& splice) {
  const std::uint64_t head = in.varint(place_max << 2 | 3), count = head >> 2;
  switch (static_cast<Change>(head & 3)) {
    case Change::inserts: splice.inserted = count; break;
    case Change::removes: splice.removed = count; break;
    case Change::replaces:
      splice.removed = count;
      splice.inserted = in.varint(place_max);
      if (splice.inserted == 0) in.fail_with(Errc::invalid);
      break;
    default: in.fail_with(Errc::invalid);
  }
  if (count == 0) in.fail_with(Errc::invalid);
}

// As the bytes in front of them say. One that continues no character is a byte of the next op.
std::size_t size_of_scalars(wire::Reader ahead, std::uint64_t count) {
  const Bytes bytes = ahead.rest();
  std::size_t size = 0;
  for (; count > 0 && size < bytes.size(); --count) {
    const std::uint8_t first = bytes[size];
    size += first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  }
  return size;
}

}  // namespace

void encode_text_edit(wire::Writer& out, const TextEdit& edit) {
  out.varint(edit.splices.size());
  std::uint64_t expected = 0;
  for (const TextSplice& splice : edit.splices) {
    out.zigzag(static_cast<std::int64_t>(splice.position - expected));
    expected = splice.position + splice.inserted;
  }
  for (const TextSplice& splice : edit.splices) encode_change(out, splice);
  out.fixed(as_bytes(edit.text));
}

TextEdit decode_text_edit(wire::Reader& in) {
  TextEdit edit;
  const std::uint64_t count = in.varint(splices_max);
  if (count == 0 || count > in.left() / 2) in.fail_with(Errc::invalid);
  if (!in.ok()) return edit;
  edit.splices.resize(static_cast<std::size_t>(count));
  std::uint64_t place = 0;
  for (TextSplice& splice : edit.splices) {
    place += static_cast<std::uint64_t>(in.zigzag());
    splice.position = place;  // and what those before it insert, which comes below
  }
  std::uint64_t before = 0;
  for (TextSplice& splice : edit.splices) {
    splice.position += before;
    decode_change(in, splice);
    before += splice.inserted;
  }
  edit.text = to_text(in.fixed(size_of_scalars(in, before)));
  if (in.ok() && !is_well_formed(edit)) in.fail_with(Errc::invalid);
  return edit;
}

std::size_t TextPen::byte_of(std::uint64_t offset) const {
  const std::size_t begin = edit_.text.size() - sizes_.back();
  if (edit_.splices.back().inserted == sizes_.back())
    return begin + static_cast<std::size_t>(offset);
  return begin + text::byte_of_scalar(std::string_view(edit_.text).substr(begin),
                                      static_cast<std::size_t>(offset));
}

void TextPen::push(const TextSplice& splice, std::size_t size) {
  edit_.splices.push_back(splice);
  sizes_.push_back(size);
}

void TextPen::insert(std::uint64_t position, std::string_view utf8, std::uint64_t count) {
  TextSplice* last = newest();
  if (last == nullptr || position < last->position || position > last->position + last->inserted ||
      last->inserted + count > place_max) {
    push({position, 0, count}, utf8.size());
    edit_.text.append(utf8);
    return;
  }
  if (position == last->position + last->inserted)
    edit_.text.append(utf8);
  else
    edit_.text.insert(byte_of(position - last->position), utf8);
  last->inserted += count;
  sizes_.back() += utf8.size();
}

std::uint64_t TextPen::take_back(std::uint64_t position, std::uint64_t count) {
  TextSplice& last = edit_.splices.back();
  const std::uint64_t from = std::max(position, last.position);
  const std::uint64_t to = std::min(position + count, last.position + last.inserted);
  if (from >= to) return 0;
  const std::size_t begin = byte_of(from - last.position), end = byte_of(to - last.position);
  edit_.text.erase(begin, end - begin);
  sizes_.back() -= end - begin;
  last.inserted -= to - from;
  if (last.inserted + last.removed == 0) {
    edit_.splices.pop_back();
    sizes_.pop_back();
  }
  return to - from;
}

void TextPen::remove(std::uint64_t position, std::uint64_t count) {
  if (newest() != nullptr) count -= take_back(position, count);
  if (count == 0) return;
  if (TextSplice* last = newest()) {
    const bool forward = last->inserted == 0 && last->position == position;
    const bool backward = last->inserted == 0 && position + count == last->position;
    if ((forward || backward) && last->removed + count <= place_max) {
      last->position = position;
      last->removed += count;
      return;
    }
  }
  push({position, count, 0}, 0);
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
  sizes_.clear();
  return std::exchange(edit_, {});
}

}  // namespace syncline::crdt
