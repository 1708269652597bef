// SPDX-License-Identifier: Apache-2.0
//
// Marks of texts inside of document values: {"$text": "...", "$marks": [...]}.
//
// Values become ops and shapes without them; what they say is collected beside those, by path.
#pragma once

#include "ipc/json.h"
#include "protocol/base/result.h"
#include "protocol/step/answer.h"
#include "protocol/step/command.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::ipc {

// Whether an object is a text with marks.
bool is_marked_text(const Json& object);

// Where a value stands: in the document, and in the request.
struct ValuePlace {
  crdt::Path path;
  std::string name;
  crdt::Positions positions = crdt::Positions::scalars;  // how marks count there
};
// Takes "$marks" out of every text in `value`, which is, or will be, at the place.
// Errors: Errc::invalid for what are no marks, Errc::oversized.
Status take_marks(Json& value, ValuePlace place, std::vector<step::PutMarks>& out);
// The same of new items of a list, the first of them at the index `at`.
Status take_marks_of_items(Json& items, std::uint64_t at, ValuePlace list,
                           std::vector<step::PutMarks>& out);

// "$marks" that make the same marks again: without what others said at the same time.
Json marks_json(const std::vector<step::MarkNote>& marks);

// "end", "start", "both", "none"; whatever else is the first.
std::uint8_t growth_named(std::string_view name);
std::string_view name_of_growth(std::uint8_t grows);

}  // namespace syncline::ipc
