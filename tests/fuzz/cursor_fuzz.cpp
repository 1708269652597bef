// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a cursor that a stranger hands in: refused, or one that says the same written again,
// and that has a place within a text or none.
#include "protocol/base/check.h"
#include "protocol/crdt/cursor.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

// Some letters by two authors, some of them removed.
struct Letters {
  LogTable logs;
  TextContainer text;

  Letters() {
    for (std::uint8_t i = 1; i <= 2; ++i) {
      LogId log;
      log.bytes.fill(i);
      logs.push_back(log);
    }
    write({0, 1}, {}, {{0, 0, 5}}, "hello");
    write({1, 1}, {{{0, 1}}}, {{5, 0, 6}, {1, 2, 0}}, " world");
    write({0, 2}, {{{0, 1}}}, {{0, 1, 2}}, "AB");
  }

 private:
  void write(const EventId& self, std::vector<EventId> seen, std::vector<TextSplice> splices,
             std::string_view utf8) {
    const VersionVector past(std::move(seen));
    text.edit({View(past, self), self, past.sum() + 1, {}, logs}, splices, utf8);
  }
};

void try_cursor(std::string_view input) {
  static const Letters letters;
  const auto cursor = Cursor::parse(input);
  if (!cursor) return;
  const auto again = Cursor::parse(cursor->to_text());
  SYNCLINE_CHECK(again && *again == *cursor);
  const auto place = place_of(letters.text, *cursor, letters.logs);
  SYNCLINE_CHECK(!place || place->position <= letters.text.length());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  try_cursor(as_text(input));
  try_cursor(to_hex(input));
  return 0;
}
