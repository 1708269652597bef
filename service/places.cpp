// SPDX-License-Identifier: Apache-2.0
#include "service/places.h"

#include "storage/vault_home.h"

#include <cstdlib>

#include <sys/un.h>

namespace syncline::service {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<Places> find_places(const PlaceOptions& options) {
  Places places;
  std::error_code error;
  const bool named = !options.home.empty() || !environment("SYNCLINE_HOME").empty();
  if (!options.home.empty()) {
    places.home = options.home;
  } else {
    auto usual = storage::VaultHome::default_path();
    if (!usual) return pass(usual);
    places.home = *usual;
  }
  places.home = std::filesystem::absolute(places.home, error).lexically_normal();
  if (error) return fail(Errc::io, "the working directory is gone");
  const std::string session = environment("XDG_RUNTIME_DIR");
  if (!options.runtime.empty())
    places.runtime = options.runtime;
  else if (const std::string wanted = environment("SYNCLINE_RUNTIME"); !wanted.empty())
    places.runtime = wanted;
  else if (!named && !session.empty())
    places.runtime = std::filesystem::path(session) / "syncline";
  else
    places.runtime = places.home / "run";
  places.runtime = std::filesystem::absolute(places.runtime, error).lexically_normal();
  if (error) return fail(Errc::io, "the working directory is gone");
  constexpr std::size_t socket_path_max = sizeof(sockaddr_un{}.sun_path) - 1;
  const std::size_t length = places.socket().native().size();
  if (length > socket_path_max)
    return fail(Errc::invalid, "the path of the socket has " + std::to_string(length) +
                                   " bytes, the system allows " + std::to_string(socket_path_max) +
                                   "; name a shorter directory with --runtime");
  return places;
}

}  // namespace syncline::service
