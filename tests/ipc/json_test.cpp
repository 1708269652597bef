// SPDX-License-Identifier: Apache-2.0
#include "ipc/json.h"

#include "tests/ipc/vectors.h"

#include <cmath>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

bool is_refused(std::string_view text) { return !parse(text).has_value(); }

Errc code_of(std::string_view text) {
  const Result<Json> parsed = parse(text);
  REQUIRE_FALSE(parsed.has_value());
  return parsed.error().code;
}

TEST_CASE("JSONTestSuite: what is valid is accepted, except beyond our limits") {
  for (const auto& file : testing::json_test_suite()) {
    if (file.name[0] != 'y') continue;
    CAPTURE(file.name);
    const Result<Json> parsed = parse(file.text);
    const std::string_view limit = testing::refused_by_limits(file.name);
    CHECK(parsed.has_value() == limit.empty());
    if (parsed) {
      CHECK(*parsed == Json::parse(file.text));
    } else {
      CHECK(parsed.error().context.find(limit) != std::string::npos);
    }
  }
}

TEST_CASE("JSONTestSuite: what is invalid is refused") {
  std::size_t count = 0;
  for (const auto& file : testing::json_test_suite()) {
    if (file.name[0] != 'n') continue;
    ++count;
    CAPTURE(file.name);
    CHECK(is_refused(file.text));
  }
  std::printf("JSONTestSuite: %zu invalid texts refused\n", count);
}

TEST_CASE("JSONTestSuite: what is left open is read as the library reads it, or refused") {
  for (const auto& file : testing::json_test_suite()) {
    if (file.name[0] != 'i') continue;
    CAPTURE(file.name);
    if (const Result<Json> parsed = parse(file.text)) CHECK(*parsed == Json::parse(file.text));
  }
}

TEST_CASE("a value may be nested 80 deep and no deeper") {
  CHECK(parse(nested(80, '[', ']')).has_value());
  CHECK(code_of(nested(81, '[', ']')) == Errc::oversized);
  std::string objects;
  for (int i = 0; i < 80; ++i) objects += R"({"a":)";
  CHECK(parse(objects + "1" + std::string(80, '}')).has_value());
  CHECK(code_of(R"({"a":)" + objects + "1" + std::string(81, '}')) == Errc::oversized);
  for (std::size_t depth = 81; depth <= 1'000'000; depth *= 3) {
    CHECK(is_refused(nested(depth, '[', ']')));
    CHECK(is_refused(std::string(depth, '[')));
  }
  CHECK(is_refused(std::string(1'000'000, '[')));
}

TEST_CASE("integers are exact up to 2^53 and refused beyond") {
  CHECK(parse("9007199254740992").value() == 9007199254740992);
  CHECK(parse("-9007199254740992").value() == -9007199254740992);
  CHECK(is_refused("9007199254740993"));
  CHECK(is_refused("-9007199254740993"));
  CHECK(is_refused("18446744073709551616"));
  CHECK(is_refused("[1, 100000000000000000000000000000000000000000000]"));
  CHECK(parse("9223372036854775807", answer_limits).value() == 9223372036854775807);
  CHECK_FALSE(parse("9223372036854775808", answer_limits).has_value());
}

TEST_CASE("numbers that no double holds are refused, others are read exactly") {
  CHECK(is_refused("1e400"));
  CHECK(is_refused("-1e400"));
  CHECK(is_refused("NaN"));
  CHECK(is_refused("Infinity"));
  CHECK(parse("1.7976931348623157e308").value() == 1.7976931348623157e308);
  CHECK(parse("0.1").value() == 0.1);
  CHECK(parse("-0.0").value().is_number_float());
  CHECK(std::signbit(parse("-0.0").value().get<double>()));
  CHECK(parse("5e-324").value().get<double>() > 0);
}

TEST_CASE("a NUL is refused as a byte and as an escape") {
  using namespace std::string_literals;
  CHECK(is_refused("\"a\0b\""s));
  CHECK(is_refused("{}\0"s));
  CHECK(is_refused("\0{}"s));
  CHECK(is_refused(R"("\u0000")"));
  CHECK(is_refused(R"({"\u0000":1})"));
}

TEST_CASE("a key may not be there twice, however it is written") {
  CHECK(is_refused(R"({"a":1,"a":1})"));
  CHECK(is_refused(R"({"a":1,"\u0061":2})"));
  CHECK(is_refused(R"([{"x":{"b":1,"c":2,"b":3}}])"));
  CHECK(parse(R"({"a":{"a":{"a":1}}})").has_value());
}

TEST_CASE("only well-formed UTF-8 is accepted") {
  CHECK(parse("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"").value() ==
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const char* wrong :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"}) {
    CAPTURE(wrong);
    CHECK(is_refused("\"" + std::string(wrong) + "\""));
    CHECK(is_refused("{\"" + std::string(wrong) + "\":1}"));
    CHECK_FALSE(is_utf8(wrong));
  }
  CHECK(is_refused("\xef\xbb\xbf{}"));
}

TEST_CASE("surrogates come in pairs") {
  CHECK(parse(R"("\ud83d\ude00")").value() == "\xf0\x9f\x98\x80");
  for (const char* wrong : {R"("\ud83d")", R"("\ude00")", R"("\ud83d\ud83d")", R"("\ud83dx")",
                            R"("\ud83d\n")", R"("\ud83d\u0041")", R"("\u12")", R"("\u12g4")"}) {
    CAPTURE(wrong);
    CHECK(is_refused(wrong));
  }
}

TEST_CASE("size and number of values are bounded") {
  const ParseLimits limits{.size_max = 100, .values_max = 5};
  CHECK(parse("[1,2,3,4]", limits).has_value());
  CHECK(parse("[1,2,3,4,5]", limits).error().code == Errc::oversized);
  CHECK(parse("\"" + std::string(98, 'x') + "\"", limits).has_value());
  CHECK(parse("\"" + std::string(99, 'x') + "\"", limits).error().code == Errc::oversized);
  CHECK(code_of("\"" + std::string(4 * 1024 * 1024, 'x') + "\"") == Errc::oversized);
}

TEST_CASE("an error says where") {
  CHECK(parse(R"({"a":1,})").error().context.find("at byte 7") != std::string::npos);
  CHECK(parse("[1] 2").error().context.find("at byte 4") != std::string::npos);
}

TEST_CASE("any bytes in a text can be dumped") {
  CHECK(dump(Json("\xff")) == "\"\xef\xbf\xbd\"");
  CHECK(dump(Json(R"(a"b)")) == R"("a\"b")");
}

TEST_CASE("wiping overwrites every text inside, also short ones") {
  Json value = {{"password", "short"}, {"list", {"a long text that is kept on the heap", 1}}};
  const auto& text = value["list"][0].get_ref<const std::string&>();
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  wipe(value);
  CHECK(value["password"] == "");
  CHECK(value["list"][0] == "");
  CHECK(std::string(bytes, size) == std::string(size, '\0'));
}

}  // namespace
}  // namespace syncline::ipc
