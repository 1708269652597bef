// SPDX-License-Identifier: Apache-2.0
// Asks this network's router for a port and says what came of it, until standard input ends.
//
//   port_mapping PORT natpmp|upnp
#include "agent/paths/port_mapper.h"

#include <charconv>
#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  using namespace syncline::agent;
  if (argc != 3) return 2;
  const PortMapper::Find find = std::string_view(argv[2]) == "upnp" ? find_upnp : find_natpmp;
  PortMapper mapper(
      [](const PortMapper::State& state) {
        std::printf("%s %s\n", state.address.value_or("-").c_str(), state.sentence.c_str());
        std::fflush(stdout);
      },
      {find});
  std::uint16_t port = 0;
  const std::string_view text = argv[1];
  if (std::from_chars(text.data(), text.data() + text.size(), port).ec != std::errc{}) return 2;
  mapper.want(port);
  while (std::getchar() != EOF) {
  }
}
