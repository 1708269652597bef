// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/entity_past.h"

#include "protocol/history/replay.h"

#include <algorithm>
#include <vector>

namespace syncline::node {

namespace {

constexpr std::size_t log_digits = 12;

Error no_such_version() {
  return {Errc::not_found, "this entity has no such version; `syncline history` lists them"};
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(name.find('-', begin), name.size());
    parts.push_back(name.substr(begin, end - begin));
    if (end == name.size()) return parts;
    begin = end + 1;
  }
}

}  // namespace

std::string name_of_version(const crdt::LogTable& logs, const crdt::EventId& event) {
  return logs.at(event.log).hex().substr(0, log_digits) + "." + std::to_string(event.seq);
}

Result<crdt::VersionVector> find_version(std::span<const Buffer> segments,
                                         const crdt::LogTable& logs, const std::string& name) {
  std::vector<std::string> wanted = parts_of(name);
  std::vector<std::string> log_names;
  for (const LogId& log : logs) log_names.push_back(log.hex().substr(0, log_digits) + ".");
  crdt::VersionVector version;
  const Status read = history::for_each_event(segments, [&](const history::PastEvent& event) {
    const std::string& log = log_names.at(event.id.log);
    const auto found = std::ranges::find_if(wanted, [&](const std::string& part) {
      return part.starts_with(log) &&
             part.compare(log.size(), std::string::npos, std::to_string(event.id.seq)) == 0;
    });
    if (found == wanted.end()) return true;
    wanted.erase(found);
    version.merge(event.past);
    version.raise(event.id.log, event.id.seq);
    return !wanted.empty();
  });
  if (!read) return pass(read);
  if (!wanted.empty()) return tl::unexpected<Error>(no_such_version());
  return version;
}

Result<crdt::VersionVector> past_of(std::span<const Buffer> segments, const crdt::EventId& wanted) {
  std::optional<crdt::VersionVector> past;
  const Status read = history::for_each_event(segments, [&](const history::PastEvent& event) {
    if (event.id == wanted) past = event.past;
    return !past;
  });
  if (!read) return pass(read);
  if (!past) return tl::unexpected<Error>(no_such_version());
  return *past;
}

Result<EntityState> state_at(std::span<const Buffer> segments, const crdt::LogTable& logs,
                             const crdt::VersionVector& version, const EntityState& now) {
  EntityState then;
  then.entity = now.entity;
  then.space = now.space;
  const Status read = history::for_each_event(segments, [&](const history::PastEvent& event) {
    if (!version.covers(event.id)) return true;
    const crdt::EventContext context{event.id.log, event.id.seq, event.past,
                                     event.wall,   logs,         event.lamport};
    then.apply(context, {static_cast<BodyKind>(event.kind), event.type, event.ops});
    return true;
  });
  if (!read) return pass(read);
  return then;
}

}  // namespace syncline::node
