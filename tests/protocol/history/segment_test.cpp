// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/segment.h"

#include "protocol/history/replay.h"
#include "tests/protocol/history/past_events.h"

#include <doctest/doctest.h>

namespace syncline::history {
namespace {

using crdt::test::Flavour;
using test::is_same;
using test::past_events;

constexpr Flavour flavours[] = {Flavour::map, Flavour::list, Flavour::text,  Flavour::counter,
                                Flavour::set, Flavour::tree, Flavour::nested};

// Segments of `size` events each.
std::vector<Buffer> write(const std::vector<PastEvent>& events, std::size_t size) {
  std::vector<Buffer> segments;
  SegmentWriter writer;
  for (const PastEvent& event : events) {
    writer.add(view_of(event));
    if (writer.count() == size) segments.push_back(writer.take());
  }
  if (!writer.is_empty()) segments.push_back(writer.take());
  return segments;
}

// Everything until the end or the first error.
struct Reading {
  std::vector<PastEvent> events;
  Status status;
};
Reading read(Bytes segment) {
  Reading reading;
  auto reader = SegmentReader::open(segment);
  if (!reader) {
    reading.status = pass(reader);
    return reading;
  }
  while (true) {
    const auto event = reader->next();
    if (!event) reading.status = pass(event);
    if (!event || *event == nullptr) return reading;
    reading.events.push_back(**event);
  }
}

}  // namespace

TEST_CASE("what is written to segments comes back event by event, wherever they are split") {
  for (const Flavour flavour : flavours) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(crdt::test::name_of(flavour));
      CAPTURE(seed);
      const auto events = past_events(seed, flavour, 60);
      for (const std::size_t size : {1U, 7U, 1000U}) {
        std::size_t next = 0;
        const Status read = for_each_event(write(events, size), [&](const PastEvent& event) {
          REQUIRE(next < events.size());
          CHECK(is_same(event, events[next++]));
          return true;
        });
        CHECK(read.has_value());
        CHECK(next == events.size());
      }
    }
  }
}

TEST_CASE("a segment knows how many events it has and what came before it") {
  const auto events = past_events(1, Flavour::text, 30);
  const std::vector<Buffer> segments = write(events, 10);
  REQUIRE(segments.size() == 3);
  crdt::VersionVector before;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto reader = SegmentReader::open(segments[i]);
    REQUIRE(reader);
    CHECK(reader->count() == 10);
    CHECK(reader->base() == before);
    for (std::size_t j = 10 * i; j < 10 * i + 10; ++j)
      before.raise(events[j].id.log, events[j].id.seq);
  }
  SegmentWriter none;
  CHECK(none.is_empty());
  const Buffer empty = none.take();
  CHECK(read(empty).status.has_value());
  CHECK(read(empty).events.empty());
}

TEST_CASE("a segment of typing takes few bytes, compressed as soon as that is less") {
  std::vector<PastEvent> events(2000);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].id = {0, i + 1};
    events[i].lamport = i + 1;
    events[i].wall.unix_ms = static_cast<std::int64_t>(1000 * i);
    if (i > 0) events[i].past.set(0, i);
    crdt::TextEdit edit{{{i, 0, 1}}, std::string(1, static_cast<char>('a' + i % 26))};
    events[i].ops.push_back({{std::string("body")}, std::move(edit)});
  }
  const Buffer one = write({events.begin(), events.begin() + 1}, 10).front();
  CHECK(one.at(1) == 0);
  const Buffer all = write(events, 10'000).front();
  CHECK(all.at(1) == 1);
  CHECK(all.size() < events.size() / 4);
  CHECK(read(all).events.size() == events.size());
}

TEST_CASE("a segment that was cut short is refused, or ends with an error") {
  for (const Flavour flavour : flavours) {
    for (const std::size_t count : {2U, 40U}) {
      const Buffer whole = write(past_events(3, flavour, count), 1000).front();
      for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(read(Bytes(whole).first(size)).status.has_value());
      Buffer longer = whole;
      longer.push_back(0);
      CHECK_FALSE(read(longer).status.has_value());
    }
  }
}

TEST_CASE("a flipped bit in a segment is an error or another history, never more") {
  for (const Flavour flavour : flavours) {
    Buffer segment = write(past_events(4, flavour, 12), 1000).front();
    for (std::size_t bit = 0; bit < 8 * segment.size(); ++bit) {
      segment[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      CHECK(read(segment).events.size() <= segment_size_max);
      segment[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
    CHECK(read(segment).status.has_value());
  }
}

TEST_CASE("a segment that claims more than it holds is refused before memory is taken") {
  const auto made = [](std::initializer_list<std::uint8_t> bytes) { return Buffer(bytes); };
  // Another version; an unknown form; counts and sizes beyond the bytes that follow.
  for (const Buffer& bad :
       {Buffer(), made({1}), made({2, 0, 0, 0}), made({1, 2, 0, 0}), made({1, 1, 0, 0}),
        made({1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}),
        made({1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
        made({1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})})
    CHECK_FALSE(SegmentReader::open(bad).has_value());
  // One event that says it has 1000 ops.
  const Buffer ops = made({1, 0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0x0f, 0, 0xe8, 0x07});
  CHECK_FALSE(read(ops).status.has_value());
  // Its seq was there before.
  const Buffer again = made({1, 0, 1, 0, 5, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0x0c, 5, 0, 0});
  CHECK_FALSE(read(again).status.has_value());
}

}  // namespace syncline::history
