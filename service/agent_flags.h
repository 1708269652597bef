// SPDX-License-Identifier: Apache-2.0
//
// AgentFlags: what `synclined` was started with.
//
// Few on purpose: everything a person decides later belongs into the vault or the
// configuration, not into flags of a program that a service manager starts.
#pragma once

#include "agent/address.h"
#include "protocol/base/result.h"
#include "protocol/step/step.h"
#include "service/places.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::service {

struct AgentFlags {
  enum class Action { serve, help, version };
  enum class KeyMemory { locked, unlocked };

  Action action = Action::serve;
  PlaceOptions places;
  std::vector<agent::HostPort> listen;  // empty: any free port on every address
  std::vector<std::string> advertise;
  std::optional<std::vector<std::string>> dht_nodes;  // empty: no DHT; nothing: the public one
  bool salvage = false;
  KeyMemory key_memory = KeyMemory::locked;
  step::NoteLevel log_level = step::NoteLevel::normal;
};

// Without the program's name. Errc::invalid names the word that is wrong.
Result<AgentFlags> parse_agent_flags(std::span<const std::string> words);

std::string_view agent_help();

}  // namespace syncline::service
