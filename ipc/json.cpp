// SPDX-License-Identifier: Apache-2.0
//
// RFC 8259, without what two readers could understand differently:
//   text    = ws value ws                     nothing after it; no byte order mark
//   value   = object | array | string | number | "true" | "false" | "null"
//   object  = "{" [ string ":" value *( "," string ":" value ) ] "}"     no key twice
//   array   = "[" [ value *( "," value ) ] "]"
//   number  = [ "-" ] int [ frac ] [ exp ]    without frac and exp an integer in its range,
//                                             otherwise a finite IEEE 754 double
//   string  = UTF-8 with the usual escapes    no NUL, neither as a byte nor escaped
//
// Why not the library's own reader: it keeps the last of two equal keys, stops at a NUL, turns
// 2^64 into a double, sets no bound on depth, and leaves raw tokens in memory it does not wipe.
#include "ipc/json.h"

#include "protocol/base/advice.h"
#include "protocol/crypto/secret.h"

#include <charconv>
#include <optional>
#include <utility>

namespace syncline::ipc {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned byte_of(char c) { return static_cast<unsigned char>(c); }

// The length of the UTF-8 sequence at the start of `text`, or 0 if it is not one.
std::size_t sequence_size(std::string_view text) {
  const unsigned first = byte_of(text[0]);
  if (first < 0x80) return 1;
  std::size_t size = 0;
  unsigned lowest_second = 0x80;
  unsigned highest_second = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    if (first == 0xe0) lowest_second = 0xa0;
    if (first == 0xed) highest_second = 0x9f;  // no surrogates
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    if (first == 0xf0) lowest_second = 0x90;
    if (first == 0xf4) highest_second = 0x8f;
  } else {
    return 0;
  }
  if (text.size() < size) return 0;
  if (byte_of(text[1]) < lowest_second || byte_of(text[1]) > highest_second) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte_of(text[i]) & 0xc0U) != 0x80) return 0;
  }
  return size;
}

void append_code_point(std::string& out, std::uint32_t code) {
  const auto add = [&out](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0U | (code >> 6U));
    add(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    add(0xe0U | (code >> 12U));
    add(0x80U | ((code >> 6U) & 0x3fU));
    add(0x80U | (code & 0x3fU));
  } else {
    add(0xf0U | (code >> 18U));
    add(0x80U | ((code >> 12U) & 0x3fU));
    add(0x80U | ((code >> 6U) & 0x3fU));
    add(0x80U | (code & 0x3fU));
  }
}

std::optional<char> simple_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/': return letter;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return std::nullopt;
  }
}

class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {}

  Result<Json> whole() {
    Json value;
    skip_space();
    if (Status read = read_value(value, 1); !read) return pass(read);
    skip_space();
    if (at_ != text_.size()) return refuse("text after the value");
    return value;
  }

 private:
  tl::unexpected<Error> refuse(std::string_view what, Errc code = Errc::invalid) const {
    return fail(code, std::string(what) + " at byte " + std::to_string(at_));
  }
  tl::unexpected<Error> refuse_number(std::string_view what, std::string_view advice) const {
    return fail_with_advice(Errc::invalid, std::string(what) + " at byte " + std::to_string(at_),
                            advice);
  }

  bool at_end() const { return at_ == text_.size(); }
  char here() const { return at_end() ? '\0' : text_[at_]; }

  void skip_space() {
    while (!at_end() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool take(char expected) {
    if (at_end() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  Status take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return refuse("not a JSON value");
    at_ += word.size();
    return {};
  }

  // Recursion is bounded by depth_max.
  Status read_value(Json& out, std::size_t depth) {
    if (++values_ > limits_.values_max) {
      return refuse("more than " + std::to_string(limits_.values_max) + " values", Errc::oversized);
    }
    switch (here()) {
      case '{':
      case '[':
        if (depth > limits_.depth_max) {
          return refuse("nested deeper than " + std::to_string(limits_.depth_max), Errc::oversized);
        }
        return here() == '{' ? read_object(out, depth) : read_array(out, depth);
      case '"': {
        out = std::string();
        return read_string(out.get_ref<std::string&>());
      }
      case 't': out = true; return take_word("true");
      case 'f': out = false; return take_word("false");
      case 'n': out = nullptr; return take_word("null");
      default: return read_number(out);
    }
  }

  Status read_object(Json& out, std::size_t depth) {
    out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    ++at_;
    skip_space();
    if (take('}')) return {};
    while (true) {
      skip_space();
      if (here() != '"') return refuse("a key in quotes is missing");
      std::string key;
      if (Status read = read_string(key); !read) return read;
      const auto [place, is_new] = members.try_emplace(std::move(key));
      if (!is_new) return refuse("a key that was there before");
      skip_space();
      if (!take(':')) return refuse("\":\" is missing");
      skip_space();
      if (Status read = read_value(place->second, depth + 1); !read) return read;
      skip_space();
      if (take('}')) return {};
      if (!take(',')) return refuse("\",\" or \"}\" is missing");
    }
  }

  Status read_array(Json& out, std::size_t depth) {
    out = Json::array();
    auto& items = out.get_ref<Json::array_t&>();
    ++at_;
    skip_space();
    if (take(']')) return {};
    while (true) {
      skip_space();
      if (Status read = read_value(items.emplace_back(), depth + 1); !read) return read;
      skip_space();
      if (take(']')) return {};
      if (!take(',')) return refuse("\",\" or \"]\" is missing");
    }
  }

  // Checks the text up to its closing quote and gives the offset of that quote.
  Result<std::size_t> string_end() {
    const std::size_t start = at_;
    std::size_t i = at_;
    while (i < text_.size()) {
      const char c = text_[i];
      if (c == '"') return i;
      if (c == '\\') {
        i += 2;  // what follows is looked at when the escape is read
        continue;
      }
      at_ = i;
      if (byte_of(c) < 0x20) return refuse("a control character in a text");
      const std::size_t size = sequence_size(text_.substr(i));
      if (size == 0) return refuse("not UTF-8");
      i += size;
    }
    at_ = start;
    return refuse("a text without its closing quote");
  }

  Status read_string(std::string& out) {
    ++at_;
    const std::size_t start = at_;
    const Result<std::size_t> end = string_end();
    if (!end) return pass(end);
    at_ = start;
    out.reserve(*end - start);
    while (at_ < *end) {
      const std::size_t escape = std::min(text_.find('\\', at_), *end);
      out.append(text_.substr(at_, escape - at_));
      at_ = escape;
      if (at_ == *end) break;
      if (Status read = read_escape(out); !read) return read;
    }
    ++at_;
    return {};
  }

  Status read_escape(std::string& out) {
    ++at_;
    if (const auto simple = simple_escape(here())) {
      out.push_back(*simple);
      ++at_;
      return {};
    }
    if (here() != 'u') return refuse("an unknown escape");
    Result<std::uint32_t> code = read_code_unit();
    if (!code) return pass(code);
    if (*code == 0) return refuse("an escaped NUL");
    if (*code >= 0xdc00 && *code <= 0xdfff) return refuse("half of a surrogate pair");
    if (*code >= 0xd800 && *code <= 0xdbff) {
      if (text_.substr(at_, 2) != "\\u") return refuse("half of a surrogate pair");
      ++at_;
      const Result<std::uint32_t> low = read_code_unit();
      if (!low) return pass(low);
      if (*low < 0xdc00 || *low > 0xdfff) return refuse("half of a surrogate pair");
      *code = 0x10000 + ((*code - 0xd800) << 10U) + (*low - 0xdc00);
    }
    append_code_point(out, *code);
    return {};
  }

  // From the "u" of an escape to behind its four digits.
  Result<std::uint32_t> read_code_unit() {
    const std::string_view digits = text_.substr(at_ + 1, 4);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || digits.size() != 4 || stop != digits.data() + 4) {
      return refuse("an escape without four hexadecimal digits");
    }
    at_ += 5;
    return code;
  }

  bool skip_digits() {
    const std::size_t start = at_;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return at_ > start;
  }

  Status read_number(Json& out) {
    const std::size_t start = at_;
    bool integer = true;
    take('-');
    if (!is_digit(here())) {
      at_ = start;
      return refuse("not a JSON value");
    }
    if (!take('0')) skip_digits();
    if (is_digit(here())) return refuse("a number with a leading zero");
    if (take('.')) {
      integer = false;
      if (!skip_digits()) return refuse("a number without digits after its point");
    }
    if (here() == 'e' || here() == 'E') {
      integer = false;
      ++at_;
      if (here() == '+' || here() == '-') ++at_;
      if (!skip_digits()) return refuse("a number without digits in its exponent");
    }
    const std::string_view token = text_.substr(start, at_ - start);
    return integer ? convert_integer(out, token) : convert_double(out, token);
  }

  Status convert_integer(Json& out, std::string_view token) const {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), value);
    const bool exact = is_exact_integer(value);
    if (parsed.ec != std::errc() ||
        (limits_.integers == IntegerRange::exact_in_doubles && !exact)) {
      return refuse_number("an integer that not every program can hold (beyond 2^53)",
                           "counters take larger numbers as strings: \"9007199254740993\"");
    }
    out = value;
    return {};
  }

  Status convert_double(Json& out, std::string_view token) const {
    double value = 0;
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), value);
    if (parsed.ec != std::errc())
      return refuse_number("a number no IEEE 754 double can hold",
                           "keep it as a string, in quotes");
    out = value;
    return {};
  }

  std::string_view text_;
  const ParseLimits& limits_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

Result<Json> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.size_max) {
    return fail(Errc::oversized,
                "a line is longer than " + std::to_string(limits.size_max) + " bytes");
  }
  return Parser(text, limits).whole();
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void wipe(Json& value) {
  if (value.is_string()) {
    crypto::wipe_text(value.get_ref<std::string&>());
  } else if (value.is_structured()) {
    for (Json& inner : value) wipe(inner);
  }
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace syncline::ipc
