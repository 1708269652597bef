// SPDX-License-Identifier: Apache-2.0
#include "service/service_manager.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace syncline::service {
namespace {

constexpr int first_handed = 3;

long number_in(const char* name) {
  const char* const text = std::getenv(name);
  long value = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), value);
  return value;
}

int option_of(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

Result<std::optional<int>> take_handed_socket() {
  const bool ours = number_in("LISTEN_PID") == long{::getpid()};
  const long count = number_in("LISTEN_FDS");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (!ours || count < 1) return std::optional<int>();
  if (count > 1) return fail(Errc::invalid, "one socket can be handed over, not several");
  ::fcntl(first_handed, F_SETFD, FD_CLOEXEC);
  const bool fits = option_of(first_handed, SO_DOMAIN) == AF_UNIX &&
                    option_of(first_handed, SO_TYPE) == SOCK_STREAM &&
                    option_of(first_handed, SO_ACCEPTCONN) == 1;
  if (!fits)
    return fail(Errc::invalid, "what was handed over is not a listening Unix stream socket");
  return std::optional<int>(first_handed);
}

void tell_service_manager(Life life) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (*path != '/' && *path != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::copy_n(path, length, address.sun_path);
  if (*path == '@') address.sun_path[0] = '\0';  // a name without a file
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const std::string text = life == Life::ready ? "READY=1\n" : "STOPPING=1\n";
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  (void)::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(socket);
}

}  // namespace syncline::service
