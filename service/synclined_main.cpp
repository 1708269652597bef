// SPDX-License-Identifier: Apache-2.0
//
// synclined: the agent. Composes flags, hardening and the Agent, and turns what goes wrong
// into one line and an exit code.
#include "agent/agent.h"
#include "agent/hygiene.h"
#include "agent/printable.h"
#include "service/agent_flags.h"
#include "service/exit_code.h"
#include "service/service_manager.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace syncline::service {
namespace {

int refuse_to_run(const Error& error, ExitCode code) {
  std::fprintf(stderr, "synclined: %s\n", agent::printable(error.context).c_str());
  return number_of(code);
}

// For tests alone: the least work the format allows, so that a suite of hundreds of unlocks ends.
crypto::ArgonParams argon_params() {
  const char* const wanted = std::getenv("SYNCLINE_TEST_ARGON");
  if (wanted != nullptr && std::string_view(wanted) == "min")
    return {limits::argon_memory_kib_min, limits::argon_passes_min};
  return {limits::argon_memory_kib_default, limits::argon_passes_default};
}

void say_ready(const agent::Agent& running, const Places& places,
               const std::optional<int>& handed) {
  std::string line =
      "ready " + (handed ? std::string("handed-over socket") : places.socket().string());
  for (const agent::HostPort& door : running.listening()) line += " " + agent::address_text(door);
  line += "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
  tell_service_manager(Life::ready);
}

int serve(const AgentFlags& flags) {
  const auto places = find_places(flags.places);
  if (!places) return refuse_to_run(places.error(), ExitCode::usage);
  const auto handed = take_handed_socket();
  if (!handed) return refuse_to_run(handed.error(), ExitCode::usage);
  const auto hardened = agent::harden_process(flags.key_memory == AgentFlags::KeyMemory::locked
                                                  ? agent::KeyMemory::must_be_locked
                                                  : agent::KeyMemory::may_be_unlocked);
  if (!hardened) return refuse_to_run(hardened.error(), ExitCode::failed);
  agent::AgentOptions options;
  options.home = places->home;
  options.socket = places->socket().string();
  options.handed_socket = *handed;
  if (!flags.listen.empty()) options.listen = flags.listen;
  options.advertise = flags.advertise;
  options.dht_nodes = flags.dht_nodes;
  options.damage = flags.salvage ? agent::Damage::salvage : agent::Damage::refuse;
  options.log_level = flags.log_level;
  options.argon = argon_params();
  options.version = SYNCLINE_VERSION;
  auto started = agent::Agent::start(options);
  if (!started) return refuse_to_run(started.error(), exit_code_of(started.error().code));
  say_ready(**started, *places, *handed);
  const Status ended = (*started)->run();
  tell_service_manager(Life::stopping);
  if (!ended) return refuse_to_run(ended.error(), exit_code_of(ended.error().code));
  return number_of(ExitCode::ok);
}

int start(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto flags = parse_agent_flags(words);
  if (!flags) return refuse_to_run(flags.error(), ExitCode::usage);
  switch (flags->action) {
    case AgentFlags::Action::help:
      std::fwrite(agent_help().data(), 1, agent_help().size(), stdout);
      return number_of(ExitCode::ok);
    case AgentFlags::Action::version:
      std::puts("synclined " SYNCLINE_VERSION);
      return number_of(ExitCode::ok);
    case AgentFlags::Action::serve: break;
  }
  return serve(*flags);
}

}  // namespace
}  // namespace syncline::service

int main(int argc, char** argv) {
  try {
    return syncline::service::start(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("synclined: out of memory\n", stderr);
  } catch (const std::exception& unexpected) {
    std::fprintf(stderr, "synclined: %s\n", unexpected.what());
  }
  return 1;
}
