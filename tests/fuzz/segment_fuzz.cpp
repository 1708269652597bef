// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a segment of a history: what can be read of it, written again, is read the same.
#include "protocol/base/check.h"
#include "protocol/history/segment.h"

#include <vector>

namespace {

using namespace syncline;
using namespace syncline::history;

constexpr std::size_t events_max = 2000;

// Nothing if it does not end well.
std::optional<std::vector<PastEvent>> read(Bytes segment) {
  auto reader = SegmentReader::open(segment);
  if (!reader) return std::nullopt;
  std::vector<PastEvent> events;
  while (events.size() < events_max) {
    const auto event = reader->next();
    if (!event) return std::nullopt;
    if (*event == nullptr) return events;
    events.push_back(**event);
  }
  return std::nullopt;
}

Buffer write(const std::vector<PastEvent>& events) {
  SegmentWriter writer;
  for (const PastEvent& event : events) writer.add(view_of(event));
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto events = read({data, size});
  if (!events) return 0;
  const auto again = read(write(*events));
  SYNCLINE_CHECK(again && again->size() == events->size());
  for (std::size_t i = 0; i < events->size(); ++i) {
    const PastEvent &a = (*events)[i], &b = (*again)[i];
    SYNCLINE_CHECK(a.id == b.id && a.kind == b.kind && a.type == b.type);
    SYNCLINE_CHECK(a.lamport == b.lamport && a.wall == b.wall && a.ops == b.ops);
  }
  SYNCLINE_CHECK(write(*again) == write(*events));
  return 0;
}
