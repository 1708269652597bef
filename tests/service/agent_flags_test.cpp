// SPDX-License-Identifier: Apache-2.0
#include "service/agent_flags.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

Result<AgentFlags> parse(const std::vector<std::string>& words) { return parse_agent_flags(words); }

TEST_CASE("flags take their value after a blank or an equals sign") {
  const auto flags =
      parse({"--home", "/a", "--runtime=/b", "--listen", "127.0.0.1:0", "--listen=[::1]:7"});
  REQUIRE(flags);
  CHECK(flags->places.home == "/a");
  CHECK(flags->places.runtime == "/b");
  REQUIRE(flags->listen.size() == 2);
  CHECK(flags->listen[1] == agent::HostPort{"::1", 7});
}

TEST_CASE("a wrong flag is named in the refusal") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--nonsense"},
                                                                 {"word"},
                                                                 {"--home"},
                                                                 {"--home="},
                                                                 {"--salvage=yes"},
                                                                 {"--listen", "x"},
                                                                 {"--advertise", "host:0"},
                                                                 {"--dht", "host"},
                                                                 {"-h"}}) {
    const auto flags = parse(words);
    REQUIRE(!flags);
    CHECK(flags.error().code == Errc::invalid);
    CHECK(!flags.error().context.empty());
  }
}

TEST_CASE("every flag is in the help") {
  for (const char* flag : {"--home", "--runtime", "--listen", "--advertise", "--dht", "--salvage",
                           "--allow-unlocked-memory", "--verbose", "--help", "--version"})
    CHECK(agent_help().find(flag) != std::string_view::npos);
}

}  // namespace
}  // namespace syncline::service
