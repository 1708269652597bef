// SPDX-License-Identifier: Apache-2.0
#include "storage/vault_home.h"

#include "tests/storage/temporary_directory.h"

#include <cstdlib>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

Error refusal(const fs::path& path) {
  const auto home = VaultHome::open(path);
  REQUIRE_FALSE(home);
  INFO(home.error().context);
  return home.error();
}

bool mentions(const Error& error, std::string_view part) {
  return error.context.find(part) != std::string::npos;
}

mode_t mode_of(const fs::path& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777;
}

}  // namespace

TEST_CASE("a missing home is made private, with its parents") {
  const TemporaryDirectory temporary;
  const auto path = temporary / "a" / "b" / "home";
  const auto home = VaultHome::open(path);
  REQUIRE(home);
  CHECK(mode_of(path) == 0700);
  CHECK(mode_of(path.parent_path()) == 0700);
  CHECK(mode_of(path / "lock") == 0600);
  CHECK(home->store_path() == path / "store");
}

TEST_CASE("a second agent on one home is refused with the process id of the first") {
  const TemporaryDirectory temporary;
  auto first = VaultHome::open(temporary / "home");
  REQUIRE(first);
  const Error error = refusal(temporary / "home");
  CHECK(error.code == Errc::busy);
  CHECK(mentions(error, "another agent (pid " + std::to_string(::getpid()) +
                            ") is already running on this home"));
  first = fail(Errc::cancelled);  // closes it
  CHECK(VaultHome::open(temporary / "home"));
}

TEST_CASE("a home whose agent was killed is free again") {
  const TemporaryDirectory temporary;
  const auto path = temporary / "home";
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto home = VaultHome::open(path);
    const char told = home ? 'y' : 'n';
    if (::write(ready[1], &told, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char told = 0;
  REQUIRE(::read(ready[0], &told, 1) == 1);
  CHECK(told == 'y');
  CHECK(mentions(refusal(path), "(pid " + std::to_string(child) + ")"));
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(VaultHome::open(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("a home that others can reach is refused with the command that closes it") {
  const TemporaryDirectory temporary;
  const auto path = temporary / "home";
  REQUIRE(VaultHome::open(path));
  for (const mode_t mode : {0755, 0750, 0701, 0720, 0777}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const Error error = refusal(path);
    CHECK(error.code == Errc::forbidden);
    CHECK(mentions(error, "chmod go= " + path.string()));
  }
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
  CHECK(VaultHome::open(path));
}

TEST_CASE("a home that belongs to another user is refused") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give a directory away");
    return;
  }
  const TemporaryDirectory temporary;
  const auto path = temporary / "home";
  REQUIRE(VaultHome::open(path));
  REQUIRE(::chown(path.c_str(), 4711, 4711) == 0);
  const Error error = refusal(path);
  CHECK(error.code == Errc::forbidden);
  CHECK(mentions(error, "belongs to user 4711"));
}

TEST_CASE("a home that its owner cannot write to is refused, also for root") {
  const TemporaryDirectory temporary;
  const auto path = temporary / "home";
  REQUIRE(VaultHome::open(path));
  REQUIRE(::chmod(path.c_str(), 0500) == 0);
  const Error error = refusal(path);
  CHECK(error.code == Errc::forbidden);
  CHECK(mentions(error, "chmod u+rwx"));
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
}

TEST_CASE("a symbolic link, a file or a relative path is no home") {
  const TemporaryDirectory temporary;
  REQUIRE(VaultHome::open(temporary / "home"));
  fs::create_directory_symlink(temporary / "home", temporary / "link");
  const Error link = refusal(temporary / "link");
  CHECK(link.code == Errc::forbidden);
  CHECK(mentions(link, "is a symbolic link"));
  fs::create_symlink(temporary / "nowhere", temporary / "dangling");
  CHECK(refusal(temporary / "dangling").code == Errc::forbidden);
  REQUIRE(::mkfifo((temporary / "fifo").c_str(), 0600) == 0);
  CHECK(refusal(temporary / "fifo").code == Errc::io);
  CHECK(refusal("relative/home").code == Errc::invalid);
  CHECK(refusal("").code == Errc::invalid);
}

TEST_CASE("a lock that is no plain file is refused") {
  const TemporaryDirectory temporary;
  const auto path = temporary / "home";
  REQUIRE(VaultHome::open(path));
  fs::remove(path / "lock");
  fs::create_symlink(temporary / "elsewhere", path / "lock");
  CHECK(refusal(path).code == Errc::forbidden);
  CHECK_FALSE(fs::exists(temporary / "elsewhere"));
  fs::remove(path / "lock");
  REQUIRE(::mkfifo((path / "lock").c_str(), 0600) == 0);
  CHECK(refusal(path).code == Errc::forbidden);
}

TEST_CASE("a small file comes back as written, private and whole") {
  const TemporaryDirectory temporary;
  const auto home = VaultHome::open(temporary / "home");
  REQUIRE(home);
  const auto none = home->read_file(VaultHome::device_key_file);
  REQUIRE(none);
  CHECK_FALSE(*none);
  for (const std::size_t size : {0u, 1u, 16384u, 65536u}) {
    const Buffer content(size, 0xa5);
    REQUIRE(home->write_file(VaultHome::device_key_file, content));
    CHECK(home->read_file(VaultHome::device_key_file).value() == content);
  }
  CHECK(mode_of(temporary / "home" / "device.key") == 0600);
  CHECK_FALSE(fs::exists(temporary / "home" / "device.key.tmp"));
  CHECK(home->write_file("device.key", Buffer(65537)).error().code == Errc::oversized);
  CHECK(home->read_file("device.key").value()->size() == 65536);
  REQUIRE(home->remove_file("device.key"));
  REQUIRE(home->remove_file("device.key"));
  CHECK_FALSE(home->read_file("device.key").value());
}

TEST_CASE("a small file that others could have touched or that is none is refused") {
  const TemporaryDirectory temporary;
  const auto home = VaultHome::open(temporary / "home");
  REQUIRE(home);
  const auto file = temporary / "home" / "device.key";
  REQUIRE(home->write_file("device.key", Buffer(3)));
  REQUIRE(::chmod(file.c_str(), 0644) == 0);
  CHECK(home->read_file("device.key").error().code == Errc::forbidden);
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  fs::resize_file(file, 65537);
  CHECK(home->read_file("device.key").error().code == Errc::oversized);
  fs::remove(file);
  fs::create_symlink("/etc/hostname", file);
  CHECK(home->read_file("device.key").error().code == Errc::forbidden);
  fs::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK(home->read_file("device.key").error().code == Errc::forbidden);
}

TEST_CASE("what a crash or an attacker left under the temporary name is not followed") {
  const TemporaryDirectory temporary;
  const auto home = VaultHome::open(temporary / "home");
  REQUIRE(home);
  const auto left = temporary / "home" / "device.key.tmp";
  fs::create_symlink(temporary / "target", left);
  REQUIRE(home->write_file("device.key", Buffer(3)));
  CHECK_FALSE(fs::exists(temporary / "target"));
  CHECK_FALSE(fs::exists(fs::symlink_status(left)));
  CHECK(home->read_file("device.key").value()->size() == 3);
}

TEST_CASE("the default home follows the environment") {
  // Puts back what the test changes, whatever happens.
  struct Variable {
    explicit Variable(const char* variable) : name(variable) {
      if (const char* value = std::getenv(variable)) before = value;
    }
    ~Variable() {
      if (before) {
        ::setenv(name, before->c_str(), 1);
      } else {
        ::unsetenv(name);
      }
    }
    const char* name;
    std::optional<std::string> before;
  };
  const Variable kept[] = {Variable("SYNCLINE_HOME"), Variable("XDG_DATA_HOME"), Variable("HOME")};
  ::setenv("SYNCLINE_HOME", "/s", 1);
  ::setenv("XDG_DATA_HOME", "/x", 1);
  ::setenv("HOME", "/h", 1);
  CHECK(VaultHome::default_path().value() == "/s");
  ::unsetenv("SYNCLINE_HOME");
  CHECK(VaultHome::default_path().value() == "/x/syncline");
  ::setenv("XDG_DATA_HOME", "relative", 1);
  CHECK(VaultHome::default_path().value() == "/h/.local/share/syncline");
  ::unsetenv("HOME");
  CHECK(VaultHome::default_path().error().code == Errc::invalid);
}

}  // namespace syncline::storage
