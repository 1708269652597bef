// SPDX-License-Identifier: Apache-2.0
#include "service/agent_flags.h"

#include <array>
#include <functional>
#include <optional>

namespace syncline::service {
namespace {

struct Flag {
  std::string_view name;
  std::string_view value;  // empty: takes none
  std::string_view about;
  Status (*take)(AgentFlags&, const std::string& value);
};

Status take_listen(AgentFlags& flags, const std::string& value) {
  const auto address = agent::parse_host_port(value);
  if (!address)
    return fail(Errc::invalid,
                "`" + value + "` is not ADDRESS:PORT; for IPv6 write [ADDRESS]:PORT");
  flags.listen.push_back(*address);
  return {};
}

Status take_advertise(AgentFlags& flags, const std::string& value) {
  const auto address = agent::parse_host_port(value);
  if (!address || address->port == 0)
    return fail(Errc::invalid, "`" + value + "` is not HOST:PORT");
  flags.advertise.push_back(value);
  return {};
}

Status take_dht(AgentFlags& flags, const std::string& value) {
  if (!flags.dht_nodes) flags.dht_nodes.emplace();
  if (value == "none") return {};
  const auto address = agent::parse_host_port(value);
  if (!address || address->port == 0)
    return fail(Errc::invalid, "`" + value + "` is neither HOST:PORT nor `none`");
  flags.dht_nodes->push_back(value);
  return {};
}

constexpr std::array all_flags{
    Flag{"--home", "DIR", "the directory of the vault ($SYNCLINE_HOME, ~/.local/share/syncline)",
         [](AgentFlags& flags, const std::string& value) -> Status {
           flags.places.home = value;
           return {};
         }},
    Flag{"--runtime", "DIR",
         "the directory of the socket ($XDG_RUNTIME_DIR/syncline, or in the home)",
         [](AgentFlags& flags, const std::string& value) -> Status {
           flags.places.runtime = value;
           return {};
         }},
    Flag{"--listen", "ADDR:PORT",
         "where other devices connect; may be given again ([::]:0, 0.0.0.0:0)", take_listen},
    Flag{"--advertise", "HOST:PORT", "the address to tell other devices; may be given again",
         take_advertise},
    Flag{"--dht", "HOST:PORT",
         "a node where a DHT of your own begins, instead of the public one; may be given again; "
         "`none`: no DHT",
         take_dht},
    Flag{"--salvage", "", "open a damaged store as far as it can be read; a copy is kept",
         [](AgentFlags& flags, const std::string&) -> Status {
           flags.salvage = true;
           return {};
         }},
    Flag{"--allow-unlocked-memory", "", "run although keys may then be swapped to disk",
         [](AgentFlags& flags, const std::string&) -> Status {
           flags.key_memory = AgentFlags::KeyMemory::unlocked;
           return {};
         }},
    Flag{"--verbose", "", "log details too",
         [](AgentFlags& flags, const std::string&) -> Status {
           flags.log_level = step::NoteLevel::debug;
           return {};
         }},
    Flag{"--help", "", "this text",
         [](AgentFlags& flags, const std::string&) -> Status {
           flags.action = AgentFlags::Action::help;
           return {};
         }},
    Flag{"--version", "", "the version",
         [](AgentFlags& flags, const std::string&) -> Status {
           flags.action = AgentFlags::Action::version;
           return {};
         }},
};

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : all_flags)
    if (flag.name == name) return &flag;
  return nullptr;
}

std::string made_help() {
  std::string text =
      "Usage: synclined [options]\n\n"
      "Keeps this device's part of the vault and syncs it with your other devices.\n"
      "Programs and the command `syncline` talk to it through a socket.\n\n";
  for (const Flag& flag : all_flags) {
    std::string name =
        "  " + std::string(flag.name) + (flag.value.empty() ? "" : " " + std::string(flag.value));
    name.resize(std::max<std::size_t>(name.size() + 2, 27), ' ');
    text += name + std::string(flag.about) + "\n";
  }
  return text +
         "\nExit codes: 0 ended in order, 1 failed, 2 wrong usage, 8 the store is damaged or the "
         "disk\n"
         "full, 9 another agent has this home, or the address or socket is in use.\n"
         "SIGTERM ends it in order. It takes a socket and reports readiness as systemd asks.\n";
}

}  // namespace

Result<AgentFlags> parse_agent_flags(std::span<const std::string> words) {
  AgentFlags flags;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Flag* const flag = find_flag(name);
    if (flag == nullptr) return fail(Errc::invalid, "`" + name + "` is not an option; see --help");
    const bool inline_value = equals != std::string::npos;
    std::string value = inline_value ? word.substr(equals + 1) : std::string();
    if (flag->value.empty() && inline_value) return fail(Errc::invalid, name + " takes no value");
    if (!flag->value.empty() && !inline_value) {
      if (i + 1 == words.size()) return fail(Errc::invalid, name + " needs a value");
      value = words[++i];
    }
    if (!flag->value.empty() && value.empty()) return fail(Errc::invalid, name + " needs a value");
    if (auto taken = flag->take(flags, value); !taken) return pass(taken);
  }
  return flags;
}

std::string_view agent_help() {
  static const std::string text = made_help();
  return text;
}

}  // namespace syncline::service
