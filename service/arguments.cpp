// SPDX-License-Identifier: Apache-2.0
#include "service/arguments.h"

#include "service/start_agent.h"

#include <charconv>
#include <iterator>

namespace syncline::service {

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::texts(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::uint64_t Arguments::number(const std::string& name, std::uint64_t otherwise) const {
  const std::string digits = text(name);
  std::uint64_t value = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Option wait_option() {
  return {"--wait",
          Takes::text,
          "what has to hold it first: buffered, local (the default), one_device, all_devices",
          "WHERE",
          false,
          {"buffered", "local", "one_device", "all_devices"}};
}

Got<Session> Context::connect() const { return Session::open(places); }

Got<Session> Context::connect_or_start() const {
  Got<Session> session = connect();
  if (session || session.error().code != ExitCode::no_agent) return session;
  const Got<int> started = start_agent(places, program);
  if (!started) return pass_on(started);
  if (!json) terminal.hint("started synclined (pid " + std::to_string(*started) + ")\n");
  return connect();
}

void Context::show(const ipc::Json& answer, std::string_view text) const {
  terminal.print(json ? ipc::dump(answer) + "\n" : std::string(text));
}

std::span<const Row> subcommands() {
  static const std::vector<Row> all = [] {
    std::vector<Row> rows;
    for (auto part : {vault_rows(), status_rows(), pairing_rows(), reading_rows(), history_rows(),
                      version_rows(), writing_rows(), conflict_rows(), edit_rows(), sync_rows(),
                      net_rows(), upkeep_rows()})
      rows.insert(rows.end(), std::make_move_iterator(part.begin()),
                  std::make_move_iterator(part.end()));
    return rows;
  }();
  return all;
}

}  // namespace syncline::service
