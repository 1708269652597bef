// SPDX-License-Identifier: Apache-2.0
#include "ipc/socket_place.h"

#include "ipc/client.h"
#include "tests/ipc/running_agent.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::ipc {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::PrivateDirectory;
using testing::RunningAgent;

mode_t mode_of(const std::string& path) {
  struct stat facts {};
  REQUIRE(::lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}

Error refusal_of(const std::string& path) {
  const auto place = SocketPlace::claim(path);
  REQUIRE_FALSE(place.has_value());
  return place.error();
}

TEST_CASE("the directory is made for the user alone, and the socket too") {
  const PrivateDirectory directory;
  const std::string path = directory / "run/rpc.sock";
  const mode_t before = ::umask(0);
  {
    auto place = SocketPlace::claim(path);
    REQUIRE(place.has_value());
    const auto socket = place->listen();
    REQUIRE(socket.has_value());
    CHECK(mode_of(directory / "run") == 0700);
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path + ".lock") == 0600);
  }
  CHECK(::umask(before) == 0);
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a directory that others can reach is refused with what to do") {
  const PrivateDirectory directory;
  for (const mode_t mode : {0755, 0710, 0701, 0770}) {
    const std::string run = directory / ("run" + std::to_string(mode));
    REQUIRE(::mkdir(run.c_str(), 0700) == 0);
    REQUIRE(::chmod(run.c_str(), mode) == 0);
    const Error error = refusal_of(run + "/rpc.sock");
    CHECK(error.code == Errc::forbidden);
    CHECK(error.context.find("chmod 700 " + run) != std::string::npos);
  }
}

TEST_CASE("a directory that is none, or a symbolic link to one, is refused") {
  const PrivateDirectory directory;
  fs::create_directory(directory / "real");
  fs::permissions(directory / "real", fs::perms::owner_all);
  fs::create_directory_symlink(directory / "real", directory / "link");
  std::ofstream(directory / "file") << "x";
  CHECK(refusal_of(directory / "link/rpc.sock").code == Errc::forbidden);
  CHECK(refusal_of(directory / "file/rpc.sock").code == Errc::forbidden);
  CHECK(refusal_of(directory / "no/such/rpc.sock").code == Errc::io);
}

TEST_CASE("what is in the way of the socket is left alone") {
  const PrivateDirectory directory;
  std::ofstream(directory / "target") << "precious";
  fs::create_symlink(directory / "target", directory / "link.sock");
  std::ofstream(directory / "file.sock") << "x";
  fs::create_directory(directory / "folder.sock");
  for (const char* name : {"link.sock", "file.sock", "folder.sock"}) {
    CAPTURE(name);
    CHECK(refusal_of(directory / name).code == Errc::forbidden);
    CHECK(fs::exists(fs::symlink_status(directory / name)));
  }
  CHECK(fs::file_size(directory / "target") == 8);
  // Nor is a lock file followed elsewhere.
  fs::create_symlink(directory / "target", directory / "rpc.sock.lock");
  CHECK(refusal_of(directory / "rpc.sock").code == Errc::io);
}

TEST_CASE("a path that no socket can have is refused before anything is made") {
  const PrivateDirectory directory;
  const std::string room(socket_path_size_max - directory.path().string().size() - 1, 'x');
  CHECK(SocketPlace::claim(directory / room).has_value());
  const Error error = refusal_of(directory / (room + "x"));
  CHECK(error.code == Errc::invalid);
  CHECK(error.context.find("107") != std::string::npos);
  for (const char* wrong : {"", "rpc.sock", "run/rpc.sock", "/rpc.sock", "/tmp/"}) {
    CAPTURE(wrong);
    CHECK(refusal_of(wrong).code == Errc::invalid);
  }
}

TEST_CASE("a second agent is told so, and a dead one's socket is replaced") {
  const PrivateDirectory directory;
  const std::string path = directory / "rpc.sock";
  {
    auto place = SocketPlace::claim(path);
    REQUIRE(place.has_value());
    const auto socket = place->listen();
    REQUIRE(socket.has_value());
    CHECK(refusal_of(path).code == Errc::busy);
    CHECK(fs::exists(path));
  }
  // As a killed agent leaves it.
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(dead);
  auto place = SocketPlace::claim(path);
  REQUIRE(place.has_value());
  CHECK(place->listen().has_value());
}

TEST_CASE("only the socket that was made is removed at the end") {
  const PrivateDirectory directory;
  const std::string path = directory / "rpc.sock";
  {
    auto place = SocketPlace::claim(path);
    REQUIRE(place.has_value());
    REQUIRE(place->listen().has_value());
    fs::rename(path, directory / "moved");
    std::ofstream(path) << "another";
  }
  CHECK(fs::exists(path));
}

TEST_CASE("a socket that listens already is served") {
  const PrivateDirectory directory;
  auto place = SocketPlace::claim(directory / "rpc.sock");
  REQUIRE(place.has_value());
  auto socket = place->listen();
  REQUIRE(socket.has_value());
  const RunningAgent agent({.listening = socket->release()});
  Result<Client> client = Client::connect(directory / "rpc.sock");
  REQUIRE(client.has_value());
  CHECK(client->call("system.ping", Json::object(), 20s).has_value());
  CHECK_FALSE(fs::exists(agent.path()));
}

// What `connect_and_read` says, run by a child with another user's id.
std::optional<std::string> as_nobody(const std::string& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    std::string said = "cannot change the user";
    if (::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0) {
      Result<Client> client = Client::connect(path);
      said = client ? "connected" : std::string(name_of(client.error().code));
    }
    [[maybe_unused]] const auto written = ::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(100, '\0');
  const auto size = ::read(ends[0], said.data(), said.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (size <= 0) return std::nullopt;
  said.resize(static_cast<std::size_t>(size));
  return said;
}

// The line the agent sends to another user's connection.
std::string turned_away(const std::string& path) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    char line[1000];
    ssize_t size = 0;
    if (::setgroups(0, nullptr) == 0 && ::setgid(nobody) == 0 && ::setuid(nobody) == 0) {
      const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
      if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        size = ::read(socket, line, sizeof line);
      }
    }
    [[maybe_unused]] const auto written =
        ::write(ends[1], line, size > 0 ? static_cast<std::size_t>(size) : 0);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string line(1000, '\0');
  const auto size = ::read(ends[0], line.data(), line.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  line.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return line;
}

TEST_CASE("another user is kept out by the directory, and by the agent if it is open") {
  if (::geteuid() != 0) {
    std::printf("skipped: only root can become another user\n");
    return;
  }
  const RunningAgent agent;
  CHECK(as_nobody(agent.path()) == "forbidden");
  // Even with every mode wide open.
  const fs::path run = fs::path(agent.path()).parent_path();
  fs::permissions(run.parent_path(), fs::perms::all);
  fs::permissions(run, fs::perms::all);
  fs::permissions(agent.path(), fs::perms::all);
  const std::string line = turned_away(agent.path());
  const Result<Json> answer = parse(line);
  REQUIRE(answer.has_value());
  CHECK((*answer)["error"]["data"]["kind"] == "forbidden");
  // And a caller does not talk to an agent of another user.
  CHECK(as_nobody(agent.path()) == "forbidden");
}

}  // namespace
}  // namespace syncline::ipc
