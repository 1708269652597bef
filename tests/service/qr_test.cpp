// SPDX-License-Identifier: Apache-2.0
#include "service/qr.h"

#include "tests/service/temporary_home.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include <doctest/doctest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::service {
namespace {

const std::string sample = "syncline:1?v=0123456789abcdef&a=192.168.1.5:4711";

// What zbarimg reads in the picture; nothing if the program is not there.
std::optional<std::string> scan(const std::filesystem::path& picture) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", 1, 0);
  std::vector<std::string> words = {"zbarimg", "--quiet", "--raw", "--nodbus", picture.string()};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "zbarimg", &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  std::string text;
  char piece[512];
  for (ssize_t got = 0; (got = ::read(ends[0], piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(got));
  ::close(ends[0]);
  if (error != 0) return std::nullopt;
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return std::nullopt;
  return text;
}

// A picture of what the terminal shows: two modules a character, black on white.
void write_pgm(const std::filesystem::path& file, const std::string& shown, int size) {
  std::vector<std::string> rows(static_cast<std::size_t>(size) + 1);
  std::size_t row = 0;
  for (std::size_t at = 0; at < shown.size();) {
    if (shown[at] == '\x1b') {
      at = shown.find('m', at) + 1;
    } else if (shown[at] == '\n') {
      row += 2;
      ++at;
    } else {
      const bool block = shown[at] != ' ';
      const std::string_view glyph = std::string_view(shown).substr(at, block ? 3 : 1);
      rows[row] += glyph == "█" || glyph == "▀" ? '1' : '0';
      rows[row + 1] += glyph == "█" || glyph == "▄" ? '1' : '0';
      at += glyph.size();
    }
  }
  constexpr int scale = 4;
  std::ofstream out(file);
  out << "P2\n" << size * scale << " " << size * scale << "\n1\n";
  for (int y = 0; y < size * scale; ++y)
    for (int x = 0; x < size * scale; ++x)
      out << (rows[static_cast<std::size_t>(y / scale)][static_cast<std::size_t>(x / scale)] == '1'
                  ? "0 "
                  : "1 ");
}

TEST_CASE("a code has a quiet zone of four light modules on every side") {
  const auto code = Qr::of(sample);
  REQUIRE(code);
  for (int i = 0; i < code->size(); ++i)
    for (int edge = 0; edge < 4; ++edge) {
      CHECK(!code->is_dark(i, edge));
      CHECK(!code->is_dark(edge, i));
      CHECK(!code->is_dark(i, code->size() - 1 - edge));
      CHECK(!code->is_dark(code->size() - 1 - edge, i));
    }
  CHECK(code->is_dark(4, 4));
}

TEST_CASE("a scanner reads the picture and what the terminal shows") {
  const TemporaryHome home;
  const auto code = Qr::of(sample);
  REQUIRE(code);
  REQUIRE(code->write_png(home.path() / "code.png"));
  const auto seen = scan(home.path() / "code.png");
  if (!seen) {
    MESSAGE("skipped: zbarimg is not installed");
    return;
  }
  CHECK(*seen == sample + "\n");
  write_pgm(home.path() / "terminal.pgm", code->for_terminal(), code->size());
  CHECK(scan(home.path() / "terminal.pgm") == sample + "\n");
}

TEST_CASE("a picture of a code is for its owner only and replaces nothing") {
  const TemporaryHome home;
  const auto code = Qr::of(sample);
  REQUIRE(code);
  for (const char* name : {"code.png", "code.svg"}) {
    const auto file = home.path() / name;
    const auto write = [&] {
      return std::string_view(name).ends_with("png") ? code->write_png(file)
                                                     : code->write_svg(file);
    };
    REQUIRE(write());
    struct stat state {};
    REQUIRE(::stat(file.c_str(), &state) == 0);
    CHECK((state.st_mode & 0777) == 0600);
    const Status again = write();
    REQUIRE(!again);
    CHECK(again.error().code == Errc::already_exists);
  }
}

TEST_CASE("what does not fit into any code is refused") {
  const auto code = Qr::of(std::string(5000, 'x'));
  REQUIRE(!code);
  CHECK(code.error().code == Errc::oversized);
}

}  // namespace
}  // namespace syncline::service
