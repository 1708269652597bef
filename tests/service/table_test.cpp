// SPDX-License-Identifier: Apache-2.0
#include "service/table.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

const Terminal wide(true, false, 80);
const Terminal narrow(true, false, 24);
const Terminal pipe_end(false, false, 24);

Table sample() {
  Table table(1);
  table.add({{"ab12"}, {"A rather long title that goes on"}, {"now"}});
  table.add({{"ab13"}, {"Short"}, {"5 min ago"}});
  return table;
}

TEST_CASE("columns are aligned and nothing trails") {
  CHECK(sample().text(wide) ==
        "ab12  A rather long title that goes on  now\n"
        "ab13  Short                             5 min ago\n");
}

TEST_CASE("on a narrow terminal the title gives way and ids stay whole") {
  CHECK(sample().text(narrow) ==
        "ab12  A rathe…  now\n"
        "ab13  Short     5 min ago\n");
}

TEST_CASE("in a pipe nothing is cut") { CHECK(sample().text(pipe_end) == sample().text(wide)); }

TEST_CASE("a column that is empty in every row takes no room") {
  Table table(0);
  table.add({{"a"}, {""}, {"b"}});
  CHECK(table.text(wide) == "a  b\n");
}

TEST_CASE("colours are only there where they are wanted") {
  Table table(0);
  table.add({{"x", Tone::bad}});
  CHECK(table.text(wide) == "x\n");
  CHECK(table.text(Terminal(true, true, 80)) == "\x1b[31mx\x1b[0m\n");
}

TEST_CASE("width counts what a terminal shows") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Zoë") == 3);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("書斎") == 4);
  CHECK(display_width("") == 0);
  CHECK(fitted("書斎のパソコン", 6) == "書斎… ");
  CHECK(fitted("ab", 4) == "ab  ");
  CHECK(fitted("abc", 0).empty());
}

}  // namespace
}  // namespace syncline::service
