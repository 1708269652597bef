// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/cursor.h"

#include "protocol/crdt/blame.h"
#include "protocol/text/utf8.h"
#include "tests/protocol/crdt/history.h"

#include <map>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using test::Dice;

namespace {

struct Letters {
  std::size_t log = 0;
  std::uint64_t seq = 0;
  std::vector<std::uint64_t> past;
  std::vector<TextSplice> splices;
  std::string utf8;
};

// A device with one text and its own numbers for the logs.
class Writer {
 public:
  explicit Writer(std::size_t log) : log_(log), seen_(test::log_count) {
    for (std::size_t i = 0; i < test::log_count; ++i)
      logs.push_back(test::log_ids()[(i + log) % test::log_count]);
  }

  TextContainer text;
  LogTable logs;

  Letters write(std::vector<TextSplice> splices, std::string utf8) {
    Letters letters{log_, seen_[log_] + 1, seen_, std::move(splices), std::move(utf8)};
    receive(letters);
    return letters;
  }
  void receive(const Letters& letters) {
    VersionVector past;
    for (std::size_t log = 0; log < test::log_count; ++log)
      past.set(index_of(log), letters.past[log]);
    const EventId self{index_of(letters.log), letters.seq};
    text.edit({View(past, self), self, 1, {}, logs}, letters.splices, letters.utf8);
    seen_[letters.log] = letters.seq;
  }
  bool may_receive(const Letters& letters) const {
    bool may = letters.seq == seen_[letters.log] + 1;
    for (std::size_t log = 0; log < test::log_count; ++log)
      may = may && letters.past[log] <= seen_[log];
    return may;
  }
  void receive_all(const std::vector<Letters>& all) {
    for (bool more = true; more;) {
      more = false;
      for (const Letters& letters : all)
        if (may_receive(letters)) {
          receive(letters);
          more = true;
        }
    }
  }
  LogIndex index_of(std::size_t log) const {
    return static_cast<LogIndex>((log + test::log_count - log_) % test::log_count);
  }
  std::string cursor(std::uint64_t position, Bias bias) const {
    return cursor_at(text, position, bias, logs).to_text();
  }
  std::optional<CursorPlace> place(const std::string& cursor) const {
    const auto parsed = Cursor::parse(cursor);
    REQUIRE(parsed);
    return place_of(text, *parsed, logs);
  }

 private:
  std::size_t log_;
  std::vector<std::uint64_t> seen_;
};

// Letters none of which is like another.
std::string letters_from(std::uint32_t& next, std::uint32_t count) {
  std::string utf8;
  for (; count > 0; --count, ++next) {
    const std::uint32_t scalar = 0x4e00 + next;
    utf8 += static_cast<char>(0xe0 | scalar >> 12);
    utf8 += static_cast<char>(0x80 | (scalar >> 6 & 0x3f));
    utf8 += static_cast<char>(0x80 | (scalar & 0x3f));
  }
  return utf8;
}

Letters write_something(Dice& dice, Writer& writer, std::uint32_t& next) {
  std::vector<TextSplice> splices;
  std::string utf8;
  for (std::size_t n = 1 + dice.pick(3); n > 0; --n) {
    const auto inserted = static_cast<std::uint32_t>(dice.pick(4));
    // Now and then more than there is: what was removed differs from what was asked for.
    splices.push_back({dice.below(writer.text.length() + 3), dice.below(4), inserted});
    utf8 += letters_from(next, inserted);
  }
  return writer.write(std::move(splices), std::move(utf8));
}

// Devices that write at random, and now and then take in what the others wrote.
struct Room {
  explicit Room(std::uint64_t seed) : dice(seed) {
    for (std::size_t log = 0; log < test::log_count; ++log) writers.emplace_back(log);
  }

  // The device that wrote something.
  Writer& write() {
    Writer& writer = writers[dice.pick(writers.size())];
    if (dice.one_in(4)) writer.receive_all(all);
    all.push_back(write_something(dice, writer, next));
    return writer;
  }

  Dice dice;
  std::vector<Writer> writers;
  std::vector<Letters> all;

 private:
  std::uint32_t next = 0;
};

}  // namespace

TEST_CASE("a cursor stays with its character, on every device, and where it was afterwards") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    Room room(seed);
    std::vector<Writer>& writers = room.writers;
    std::map<std::string, std::string> made;  // cursor -> its character
    for (int step = 0; step < 30; ++step) {
      const Writer& writer = room.write();
      const std::uint64_t length = writer.text.length();
      if (length == 0) continue;
      const std::uint64_t at = room.dice.below(length);
      const std::string character = writer.text.rope().slice(at, 1);
      made[writer.cursor(at, Bias::before)] = character;
      made[writer.cursor(at + 1, Bias::after)] = character;
    }
    for (Writer& writer : writers) writer.receive_all(room.all);
    for (const Writer& writer : writers) CHECK(!writer.text.check());
    const std::string text = writers[0].text.text();
    for (const auto& [cursor, character] : made) {
      const auto place = writers[0].place(cursor);
      REQUIRE(place);
      CHECK(place->position <= writers[0].text.length());
      for (const Writer& writer : writers) CHECK(writer.place(cursor) == place);
      const std::size_t byte = text.find(character);
      CHECK(place->is_gone == (byte == std::string::npos));
      if (byte == std::string::npos) continue;
      const bool is_after = Cursor::parse(cursor)->bias == Bias::after;
      CHECK(place->position == text::count_scalars(text.substr(0, byte)) + (is_after ? 1U : 0U));
    }
  }
}

TEST_CASE("a cursor holds on to the neighbour it was made for") {
  Writer writer(0);
  writer.write({{0, 0, 4}}, "abcd");
  const std::string before = writer.cursor(2, Bias::before), after = writer.cursor(2, Bias::after);
  const std::string start = writer.cursor(0, Bias::after), end = writer.cursor(4, Bias::before);
  writer.write({{2, 0, 3}}, "xyz");
  CHECK(writer.place(before)->position == 5);
  CHECK(writer.place(after)->position == 2);
  writer.write({{1, 6, 0}}, "");
  CHECK(writer.text.text() == "a");
  CHECK(writer.place(before) == CursorPlace{1, true});
  CHECK(writer.place(after) == CursorPlace{1, true});
  writer.write({{0, 0, 1}, {2, 0, 1}}, "<>");
  CHECK(writer.place(start) == CursorPlace{0, false});
  CHECK(writer.place(end) == CursorPlace{3, false});
}

TEST_CASE("a cursor into what has not arrived has no place yet") {
  Writer here(0), there(1);
  const Letters letters = there.write({{0, 0, 3}}, "abc");
  const std::string cursor = there.cursor(1, Bias::before);
  CHECK_FALSE(here.place(cursor));
  here.receive(letters);
  CHECK(here.place(cursor)->position == 1);
}

TEST_CASE("only what text.cursor gives is a cursor") {
  Writer writer(0);
  writer.write({{0, 0, 3}}, "abc");
  const std::string cursor = writer.cursor(1, Bias::before);
  CHECK(Cursor::parse(cursor)->to_text() == cursor);
  for (std::size_t size = 0; size < cursor.size(); ++size)
    CHECK((size == 2 || !Cursor::parse(cursor.substr(0, size))));
  CHECK_FALSE(Cursor::parse(cursor + "00"));
  CHECK_FALSE(Cursor::parse("02"));
  CHECK_FALSE(Cursor::parse("none"));
  CHECK_FALSE(Cursor::parse(std::string(10'000, '0')));
}

TEST_CASE("every character of a text is of the event that wrote it") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Room room(seed);
    for (int step = 0; step < 25; ++step) room.write();
    Writer& reader = room.writers[room.dice.pick(room.writers.size())];
    reader.receive_all(room.all);
    const std::uint64_t length = reader.text.length();
    const std::uint64_t from = room.dice.below(length + 1);
    std::uint64_t reached = 0;
    bool is_first = true;
    for_each_written(reader.text, from, [&](const Written& run) {
      CHECK((is_first ? run.position <= from : run.position == reached));
      is_first = false;
      reached = run.position + run.count;
      for (const Letters& letters : room.all) {
        const EventId event{reader.index_of(letters.log), letters.seq};
        for (std::uint64_t i = 0; i < run.count; ++i) {
          const bool has_it =
              letters.utf8.find(reader.text.rope().slice(run.position + i, 1)) != std::string::npos;
          CHECK(has_it == (event == run.event));
        }
      }
      return true;
    });
    CHECK((reached == length || from == length));
  }
}
