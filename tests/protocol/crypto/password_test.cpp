// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/password.h"

#include "protocol/base/limits.h"
#include "tests/protocol/crypto/vectors.h"

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::crypto {
namespace {

constexpr ArgonParams cheapest{limits::argon_memory_kib_min, limits::argon_passes_min};

Salt salt_of(std::string_view text) { return Salt::from(as_bytes(text)).value(); }

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream in(line);
  for (std::string column; std::getline(in, column, '\t');) columns.push_back(column);
  return columns;
}

}  // namespace

// Made with the reference implementation's own program:
// argon2 SALT -id -t 2 -k 65536 -p 1 -l 32 -v 13 -r
TEST_CASE("stretching is Argon2id version 0x13 with one lane") {
  const auto one = stretch(as_bytes("correct horse"), salt_of("0123456789abcdef"), {65536, 2});
  REQUIRE(one);
  CHECK(to_hex(one->expose()) ==
        "5e5200462044d270c5ecfb1fb9b9c497bfa48f661c229469141c9d2c3bb10e02");
  const auto two = stretch(as_bytes("correct horse"), salt_of("fedcba9876543210"), {65537, 3});
  REQUIRE(two);
  CHECK(to_hex(two->expose()) ==
        "a296d1c80f201370265f04f2b65cef85fa3f7add1372608b308c3f7a4a1bbdec");
}

TEST_CASE("parameters below the floor or above the ceiling are refused before any work") {
  using limits::argon_memory_kib_max;
  using limits::argon_memory_kib_min;
  using limits::argon_passes_max;
  using limits::argon_passes_min;
  CHECK(check_params({argon_memory_kib_min, argon_passes_min}));
  CHECK(check_params({argon_memory_kib_max, argon_passes_max}));
  CHECK(check_params({limits::argon_memory_kib_default, limits::argon_passes_default}));
  const std::uint32_t most = 0xffffffff;
  const ArgonParams refused[] = {{argon_memory_kib_min - 1, argon_passes_min},
                                 {argon_memory_kib_min, argon_passes_min - 1},
                                 {argon_memory_kib_max + 1, argon_passes_max},
                                 {argon_memory_kib_max, argon_passes_max + 1},
                                 {0, 0},
                                 {most, most},
                                 {most, argon_passes_min},
                                 {argon_memory_kib_min, most}};
  for (const auto& params : refused) {
    CHECK(check_params(params).error().code == Errc::invalid);
    const auto key = stretch(as_bytes("p"), salt_of("0123456789abcdef"), params);
    REQUIRE_FALSE(key);
    CHECK(key.error().code == Errc::invalid);
  }
}

TEST_CASE("a password of the longest size is stretched, a longer one is refused") {
  const Salt salt = salt_of("0123456789abcdef");
  const Buffer longest(limits::password_size_max, 'x');
  const Buffer longer(limits::password_size_max + 1, 'x');
  CHECK(stretch(longest, salt, cheapest));
  CHECK(stretch(longer, salt, cheapest).error().code == Errc::oversized);
}

TEST_CASE("password, salt and parameters each change the key, the same ones never do") {
  const auto key = [](std::string_view password, std::string_view salt, ArgonParams params) {
    return to_hex(stretch(as_bytes(password), salt_of(salt), params).value().expose());
  };
  const std::string base = key("password", "0123456789abcdef", cheapest);
  CHECK(base == key("password", "0123456789abcdef", cheapest));
  CHECK(base != key("Password", "0123456789abcdef", cheapest));
  CHECK(base != key("", "0123456789abcdef", cheapest));
  CHECK(key("", "0123456789abcdef", cheapest) ==
        to_hex(stretch(Bytes(), salt_of("0123456789abcdef"), cheapest).value().expose()));
  CHECK(base != key("password", "0123456789abcdeF", cheapest));
  CHECK(base != key("password", "0123456789abcdef", {cheapest.memory_kib, cheapest.passes + 1}));
  CHECK(base != key("password", "0123456789abcdef", {cheapest.memory_kib + 8, cheapest.passes}));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("memory that is not to be had is an error, not a crash") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit space{512UL << 20, 512UL << 20};
    ::setrlimit(RLIMIT_AS, &space);
    const auto key = stretch(as_bytes("p"), salt_of("0123456789abcdef"),
                             {limits::argon_memory_kib_max, limits::argon_passes_min});
    ::_exit(!key && key.error().code == Errc::limit ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
#endif

// The published rows have 8-byte salts and mostly parameters below our floor, so they are run
// through the library's verifier; the case above pins our own path to the reference program.
TEST_CASE("the published Argon2 rows verify with the library this build uses") {
  const auto text = testing::vector_text("argon2/phc_encoded.tsv");
  if (!text) return;
  std::size_t run = 0;
  std::size_t old_version = 0;
  std::size_t too_large = 0;
  std::size_t wrong = 0;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto columns = columns_of(line);
    REQUIRE(columns.size() == 8);
    const std::string& password = columns[3];
    const std::string& encoded = columns[6];
    if (encoded.find("$v=19$") == std::string::npos) {
      ++old_version;
    } else if (std::stoi(columns[1]) > 18) {
      ++too_large;
    } else {
      ++run;
      const auto verifies = [&](const std::string& guess) {
        return crypto_pwhash_str_verify(encoded.c_str(), guess.c_str(), guess.size()) == 0;
      };
      if (!verifies(password)) ++wrong;
      if (std::stoi(columns[1]) <= 8 && verifies(password + "x")) ++wrong;
    }
  }
  testing::report(
      "Argon2 encoded rows", run, old_version + too_large,
      std::to_string(old_version) + " of version 0x10, " + std::to_string(too_large) + " of 1 GiB");
  CHECK(run == 16);
  CHECK(wrong == 0);
}

}  // namespace syncline::crypto
