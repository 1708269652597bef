// SPDX-License-Identifier: Apache-2.0
#include "agent/log.h"

#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

struct Written {
  std::string text;
  Log::Output output() {
    return [this](std::string_view line) { text += line; };
  }
  std::size_t lines() const {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

Now at(Duration since) { return Now{Instant{since}, WallTime{1'700'000'000'123}}; }
step::Note note(step::NoteLevel level, std::string text) {
  return {level, "sync", std::move(text)};
}

TEST_CASE("a line of the log has a date, a level, a part and a text") {
  Written written;
  Log log({}, written.output());
  log.write(note(step::NoteLevel::warning, "slow"), at(1s));
  CHECK(written.text == "2023-11-14T22:13:20.123Z warning sync: slow\n");
}

TEST_CASE("in the journal a line has a priority and no date") {
  Written written;
  Log log({.style = Log::Style::journal}, written.output());
  log.write(note(step::NoteLevel::error, "bad"), at(1s));
  CHECK(written.text == "<3>sync: bad\n");
}

TEST_CASE("a text from elsewhere cannot add a line of its own to the log") {
  Written written;
  Log log({}, written.output());
  log.write(note(step::NoteLevel::normal, "name\n2023 error sync: fake"), at(1s));
  CHECK(written.lines() == 1);
}

TEST_CASE("what is below the wanted level is not written") {
  Written written;
  Log log({}, written.output());
  log.write(note(step::NoteLevel::debug, "detail"), at(1s));
  CHECK(written.text.empty());
}

TEST_CASE("a flood of notes is cut off, counted, and never hides an error") {
  Written written;
  Log log({}, written.output());
  for (int i = 0; i < 1000; ++i) log.write(note(step::NoteLevel::normal, "again"), at(1s));
  CHECK(written.lines() == 60);
  log.write(note(step::NoteLevel::error, "disk"), at(2s));
  CHECK(written.lines() == 61);
  log.write({step::NoteLevel::normal, "pair", "other part"}, at(2s));
  CHECK(written.lines() == 62);
  log.write(note(step::NoteLevel::normal, "later"), at(12s));
  CHECK(written.lines() == 64);
  CHECK(written.text.find("940 more lines were left out") != std::string::npos);
}

}  // namespace
}  // namespace syncline::agent
