// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/positions.h"

namespace syncline::crdt {
namespace {

struct Character {
  std::size_t bytes = 1;
  std::uint64_t units = 1;
};

// The one at the front of `text`, which is valid and not empty.
Character first_of(std::string_view text, Positions unit) {
  const auto lead = static_cast<unsigned char>(text.front());
  Character character;
  character.bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (unit == Positions::bytes) character.units = character.bytes;
  if (unit == Positions::utf16) character.units = character.bytes == 4 ? 2 : 1;
  return character;
}

std::string_view unit_name(Positions unit) {
  switch (unit) {
    case Positions::scalars: return "Unicode scalar values";
    case Positions::utf16: return "UTF-16 units";
    case Positions::bytes: return "bytes";
  }
  return "units";
}

}  // namespace

Result<std::uint64_t> scalars_before(std::string_view text, std::uint64_t position,
                                     Positions unit) {
  std::uint64_t scalars = 0, units = 0;
  while (units < position && !text.empty()) {
    const Character character = first_of(text, unit);
    if (units + character.units > position)
      return fail(Errc::invalid,
                  "position " + std::to_string(position) + " is inside of a character" +
                      (unit == Positions::utf16 ? ", between its surrogates" : "") + "; take " +
                      std::to_string(units) + " or " + std::to_string(units + character.units));
    units += character.units;
    ++scalars;
    text.remove_prefix(character.bytes);
  }
  if (units < position)
    return fail(Errc::invalid, "position " + std::to_string(position) +
                                   " is beyond the end; the text has " + std::to_string(units) +
                                   " " + std::string(unit_name(unit)));
  return scalars;
}

std::uint64_t position_of(std::string_view text, std::uint64_t scalars, Positions unit) {
  std::uint64_t units = 0;
  for (; scalars > 0 && !text.empty(); --scalars) {
    const Character character = first_of(text, unit);
    units += character.units;
    text.remove_prefix(character.bytes);
  }
  return units;
}

std::uint64_t length_of(std::string_view text, Positions unit) {
  return position_of(text, UINT64_MAX, unit);
}

}  // namespace syncline::crdt
