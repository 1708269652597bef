// SPDX-License-Identifier: Apache-2.0
#include "service/terminal.h"

#include "protocol/crypto/secret.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace syncline::service {
namespace {

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::strong: return "\x1b[1m";
    case Tone::good: return "\x1b[32m";
    case Tone::warn: return "\x1b[33m";
    case Tone::bad: return "\x1b[31m";
    case Tone::faint: return "\x1b[2m";
  }
  return "";
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
// The blocks that matter in names and titles; exact tables change with every Unicode version.
constexpr Range zero_ranges[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},    {0x610, 0x61a},   {0x64b, 0x65f},
    {0x900, 0x902},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},  {0x200b, 0x200f}, {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef}};
constexpr Range wide_ranges[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},
                                 {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
                                 {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                 {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                 {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

template <std::size_t N>
bool in(const Range (&ranges)[N], std::uint32_t scalar) {
  for (const Range& range : ranges)
    if (scalar >= range.first && scalar <= range.last) return true;
  return false;
}

struct Glyph {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

// Requires: valid UTF-8, as printable() gives.
Glyph first_glyph(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  std::uint32_t scalar = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) scalar = scalar << 6 | (byte(i) & 0x3fu);
  const std::size_t columns = in(zero_ranges, scalar) ? 0 : in(wide_ranges, scalar) ? 2 : 1;
  return {std::min(length, text.size()), columns};
}

void write_all(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace

Terminal Terminal::of_this_process() {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  const bool plain_kind = kind == nullptr || std::string_view(kind) == "dumb";
  const bool wanted = no_colour == nullptr || *no_colour == '\0';
  std::size_t columns = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns = size.ws_col;
  return Terminal(is_terminal, is_terminal && wanted && !plain_kind, columns);
}

std::string Terminal::toned(Tone tone, std::string_view text) const {
  if (!has_colour_ || tone == Tone::plain) return std::string(text);
  return std::string(code_of(tone)) + std::string(text) + "\x1b[0m";
}

void Terminal::print(std::string_view text) const { write_all(stdout, text); }
void Terminal::hint(std::string_view text) const { write_all(stderr, text); }

void Terminal::progress(std::string_view text) const {
  if (!is_terminal_ || ::isatty(STDERR_FILENO) != 1) return;
  write_all(stderr, "\r\x1b[K" + fitted(text, columns_ > 1 ? columns_ - 1 : 1));
}

void Terminal::end_progress() const {
  if (is_terminal_ && ::isatty(STDERR_FILENO) == 1) write_all(stderr, "\r\x1b[K");
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string fitted(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  if (width <= columns) return std::string(text) + std::string(columns - width, ' ');
  if (columns == 0) return {};
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    if (used + glyph.columns > columns - 1) break;
    out += text.substr(0, glyph.bytes);
    used += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  out += "…";
  return out + std::string(columns - 1 - used, ' ');
}

Result<std::string> ask_hidden(std::string_view question) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return fail(Errc::unsupported, "there is no terminal to ask for a password on");
  termios before{};
  const bool known = ::tcgetattr(terminal, &before) == 0;
  termios hidden = before;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &hidden);
  const auto say = [&](std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = ::write(terminal, text.data(), text.size());
      if (put <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(put));
    }
  };
  say(question);
  std::string line;
  line.reserve(4096);  // so that it never moves and leaves a copy behind
  bool ended = true;
  char c = 0;
  while (line.size() < line.capacity()) {
    const ssize_t got = ::read(terminal, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    ended = c == '\n';
    if (ended) break;
    line.push_back(c);
  }
  if (known) ::tcsetattr(terminal, TCSAFLUSH, &before);
  say("\n");
  ::close(terminal);
  if (!ended || (line.empty() && c != '\n')) {
    crypto::wipe_text(line);
    return fail(Errc::cancelled, "no password was given");
  }
  return line;
}

std::optional<std::string> ask_line(std::string_view question) {
  write_all(stderr, question);
  std::string line;
  for (int c = std::fgetc(stdin); c != EOF; c = std::fgetc(stdin)) {
    if (c == '\n') return line;
    line.push_back(static_cast<char>(c));
  }
  if (line.empty()) return std::nullopt;
  return line;
}

}  // namespace syncline::service
