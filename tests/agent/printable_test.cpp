// SPDX-License-Identifier: Apache-2.0
#include "agent/printable.h"

#include <doctest/doctest.h>

using syncline::agent::printable;

TEST_CASE("ordinary text in any language is printed as it is") {
  for (const char* text : {"Laptop", "Zoë’s Pixel 7", "書斎のパソコン", "👩‍🚀 tab", ""})
    CHECK(printable(text) == text);
}

TEST_CASE("nothing in a name can move the cursor, fake a line or reverse the text") {
  CHECK(printable("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(printable("a\nb\r\tc\x7f") == "a\\x0ab\\x0d\\x09c\\x7f");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u{9b}31m");
  CHECK(printable("\u202egpj.exe") == "\\u{202e}gpj.exe");
  CHECK(printable("a\u2028b\u2066c\ufeff") == "a\\u{2028}b\\u{2066}c\\u{feff}");
}

TEST_CASE("what is not UTF-8 becomes visible bytes") {
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}
