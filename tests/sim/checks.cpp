// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/checks.h"

#include "protocol/log/log_store.h"

#include <algorithm>

namespace syncline::sim {

namespace {

void write_value(std::string& out, const crdt::Value& value) {
  if (const auto* scalar = std::get_if<crdt::Scalar>(&value.node)) {
    std::visit(step::Overloaded{
                   [&](crdt::Null) { out += "null"; },
                   [&](bool flag) { out += flag ? "true" : "false"; },
                   [&](std::int64_t number) { out += std::to_string(number); },
                   [&](double number) { out += std::to_string(number) + "f"; },
                   [&](const std::string& text) { out += "\"" + text + "\""; },
               },
               *scalar);
    return;
  }
  if (const auto* list = std::get_if<crdt::ValueList>(&value.node)) {
    out += "[";
    for (const crdt::Value& item : *list) {
      write_value(out, item);
      out += ",";
    }
    out += "]";
    return;
  }
  out += "{";
  for (const auto& [key, item] : std::get<crdt::ValueMap>(value.node)) {
    out += key + ":";
    write_value(out, item);
    out += ",";
  }
  out += "}";
}

std::string path_text(const crdt::Path& path) {
  std::string out;
  for (const crdt::Step& step : path) {
    if (const auto* key = std::get_if<std::string>(&step))
      out += "/" + *key;
    else if (const auto* node = std::get_if<crdt::NodeStep>(&step))
      out += "/~3" + node->id;
    else
      out += "/#" + std::to_string(std::get<std::uint64_t>(step));
  }
  return out;
}

void write_entity(std::string& out, const step::EntityAnswer& answer) {
  out += answer.entity.hex() + " " + answer.type + " " + answer.version +
         (answer.deleted ? " deleted" : "") + " conflicts=" + std::to_string(answer.conflicts) +
         " created=" + std::to_string(answer.created.unix_ms) +
         " changed=" + std::to_string(answer.changed.unix_ms) + " ";
  write_value(out, answer.value);
  for (const auto& [path, kind] : answer.kinds)
    out += " " + path_text(path) + "=" + std::string(crdt::name_of(kind));
  out += "\n";
}

void write_conflicts(std::string& out, const step::ConflictsAnswer& answer) {
  std::set<std::string> rows;  // the order in which entities are listed is a device's own
  for (const step::ConflictRow& row : answer.conflicts) {
    std::string text = "conflict " + row.entity.hex() + path_text(row.path) + " " +
                       std::to_string(static_cast<int>(row.kind));
    for (const step::ConflictValue& value : row.values) {
      text += " by " + value.device.hex().substr(0, 8) + " ";
      if (value.value) write_value(text, *value.value);
    }
    rows.insert(text + "\n");
  }
  for (const std::string& row : rows) out += row;
}

// Where two pictures part, for a person.
std::string first_difference(const std::string& a, const std::string& b) {
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  const std::size_t line = at == 0 ? 0 : a.rfind('\n', at - 1) + 1;
  return "\n    " + a.substr(line, a.find('\n', at) - line) + "\n    " +
         b.substr(line, b.find('\n', at) - line);
}

}  // namespace

std::optional<std::string> picture_of(World& world, std::size_t index,
                                      const std::set<EntityId>& entities) {
  Device& device = world[index];
  if (!device.is_up()) return std::nullopt;
  const auto status = device.ask_now(step::SystemStatus{});
  if (!status) return std::nullopt;
  const auto& answer = std::get<step::StatusAnswer>(*status);
  if (answer.vault != step::VaultState::unlocked || answer.to_merge > 0) return std::nullopt;
  std::string out;
  for (const EntityId& entity : entities) {
    const auto got = device.ask_now(step::EntityGet{entity, true});
    if (got)
      write_entity(out, std::get<step::EntityAnswer>(*got));
    else
      out += entity.hex() + " " + std::string(name_of(got.error().code)) + "\n";
  }
  step::ConflictList list;
  list.limit = 1000;
  if (const auto conflicts = device.ask_now(list))
    write_conflicts(out, std::get<step::ConflictsAnswer>(*conflicts));
  step::EntityList all;
  all.limit = 1000;
  const auto listed = device.ask_now(all);
  if (!listed) return std::nullopt;
  out += "listed=" + std::to_string(std::get<step::EntitiesAnswer>(*listed).entities.size());
  out += " counted=" + std::to_string(answer.entities) +
         " conflicting=" + std::to_string(answer.conflicts) + "\n";
  return out;
}

void check_same_frontier(World& world, const std::set<EntityId>& entities) {
  const auto nonempty = [&](std::size_t index) {
    Heads heads = world.watch().stored(index);
    std::erase_if(heads, [](const auto& head) { return head.second.seq == 0; });
    return heads;
  };
  std::vector<std::pair<Heads, std::pair<std::size_t, std::string>>> pictures;
  for (std::size_t i = 0; i < world.size(); ++i) {
    auto picture = picture_of(world, i, entities);
    if (!picture) continue;
    const Heads heads = nonempty(i);  // after asking: reading merges what is stored
    for (const auto& [other_heads, other] : pictures)
      if (other_heads == heads && other.second != *picture)
        return world.verdict().fail("I3: d" + std::to_string(other.first) + " and d" +
                                    std::to_string(i) + " hold the same events and show" +
                                    first_difference(other.second, *picture));
    pictures.emplace_back(heads, std::pair(i, std::move(*picture)));
  }
}

void check_chains(World& world, std::size_t index) {
  const StoreReader& store = world[index].disk();
  const auto wrong = [&](const LogId& log, const char* what) {
    world.verdict().fail("I2: d" + std::to_string(index) + " log " + log.hex().substr(0, 8) + " " +
                         what);
  };
  const Status scanned = log::scan_heads(store, [&](const LogId& log, const log::HeadRecord& head) {
    log::Position at{0, log::chain_start(head.origin)};
    std::string problem;
    const Status blocks = log::scan_blocks(store, log, 1, [&](const log::BlockView& block, Bytes) {
      if (block.header.first_seq != at.seq + 1) problem = "has a gap";
      if (block.header.hash_before != at.hash) problem = "does not chain";
      at = {block.last_seq(), log::chain_over(at.hash, block.events)};
      if (!log::verify_head(head.origin, {at, block.header.signature}))
        problem = "has a block that is not signed";
      return problem.empty();
    });
    if (!blocks) problem = "cannot be read";
    if (problem.empty() && !(at == head.head.at)) problem = "does not end at its head";
    if (!problem.empty()) wrong(log, problem.c_str());
    return problem.empty();
  });
  if (!scanned) world.verdict().fail("I2: the heads of a store cannot be read");
}

// ---- the end -----------------------------------------------------------------------------------

std::set<LogId> frozen_logs(World& world, std::size_t index) {
  std::set<LogId> frozen;
  const Status scanned =
      log::scan_heads(world[index].disk(), [&](const LogId& log, const log::HeadRecord& head) {
        if (head.frozen) frozen.insert(log);
        return true;
      });
  if (!scanned) world.verdict().fail("I2: " + scanned.error().context);
  return frozen;
}

bool all_heads_equal(World& world) {
  const auto comparable = [&](std::size_t index) {
    Heads heads = world.watch().stored(index);
    for (const LogId& log : frozen_logs(world, index)) heads[log] = {};
    return heads;
  };
  const Heads first = comparable(0);
  for (std::size_t i = 1; i < world.size(); ++i)
    if (comparable(i) != first) return false;
  return true;
}

namespace {

void check_status(World& world, std::size_t index) {
  const auto status = world.get<step::StatusAnswer>(index, step::SystemStatus{});
  const std::string who = "d" + std::to_string(index);
  if (status.vault != step::VaultState::unlocked) return world.verdict().fail(who + " is locked");
  if (status.to_merge > 0)
    return world.verdict().fail("I8: " + who + " has not merged " +
                                std::to_string(status.to_merge) + " events");
  for (const step::DeviceStatus& other : status.devices) {
    if (!other.is_self && !other.level && !other.links.empty())
      return world.verdict().fail("I8: " + who + " is not level with " +
                                  other.id.hex().substr(0, 8) + " (missing here " +
                                  std::to_string(other.missing_here) + ", there " +
                                  std::to_string(other.missing_there) + ")");
    if (!other.is_self && other.missing_here > 0)
      return world.verdict().fail("I8: " + who + " says it misses events");
  }
  if (status.only_here > 0 && frozen_logs(world, index).empty())
    world.verdict().fail("I8: " + who + " says events exist only there");
}

void check_ledger(World& world, const Workload& workload, std::size_t index) {
  const auto answer = world.get<step::EntityAnswer>(index, step::EntityGet{workload.ledger()});
  const auto* fields = std::get_if<crdt::ValueMap>(&answer.value.node);
  if (fields == nullptr) return world.verdict().fail("the ledger is not there");
  const std::set<LogId> frozen = frozen_logs(world, index);
  for (const Promise& promise : world.promises().all()) {
    if (promise.void_now || promise.marker.empty() || fields->contains(promise.marker)) continue;
    if (frozen.contains(promise.log)) continue;
    return world.verdict().fail("I1: in the end d" + std::to_string(index) + " does not show " +
                                promise.marker + " of d" + std::to_string(promise.author) +
                                ", event " + std::to_string(promise.at.seq) + " of log " +
                                promise.log.hex().substr(0, 6));
  }
}

log::Position position_in(const Heads& heads, const LogId& log) {
  const auto found = heads.find(log);
  return found == heads.end() ? log::Position{} : found->second;
}

std::string heads_text(const Heads& heads) {
  std::string out;
  for (const auto& [log, at] : heads)
    out += " " + log.hex().substr(0, 6) + "." + std::to_string(at.seq);
  return out;
}

}  // namespace

void check_end(World& world, const Workload& workload) {
  if (!all_heads_equal(world)) {
    std::string heads;
    for (std::size_t i = 0; i < world.size(); ++i)
      heads += "\n    d" + std::to_string(i) + heads_text(world.watch().stored(i));
    return world.verdict().fail("I8: the devices do not end level:" + heads);
  }
  const std::set<LogId> frozen = frozen_logs(world, 0);
  world.promises().check_everywhere(world.watch(), frozen);
  const bool comparable = std::ranges::all_of(frozen, [&](const LogId& log) {
    for (std::size_t i = 1; i < world.size(); ++i)
      if (position_in(world.watch().stored(i), log) != position_in(world.watch().stored(0), log))
        return false;
    return true;
  });
  std::optional<std::string> first;
  for (std::size_t i = 0; i < world.size() && world.verdict().is_good(); ++i) {
    if (comparable) check_status(world, i);
    check_chains(world, i);
    if (!world.verdict().is_good() || !comparable) continue;
    check_ledger(world, workload, i);
    const auto picture = picture_of(world, i, workload.entities());
    if (!picture) return world.verdict().fail("I8: d" + std::to_string(i) + " shows no documents");
    if (!first) first = picture;
    if (*first != *picture)
      return world.verdict().fail("I3: d0 and d" + std::to_string(i) + " end with" +
                                  first_difference(*first, *picture));
  }
}

}  // namespace syncline::sim
