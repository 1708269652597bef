// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/entity_hash.h"

#include "protocol/crypto/hash.h"

#include <algorithm>

namespace syncline::node {

namespace {

// Logs by their ids instead of their places in a table.
Buffer named(const crdt::VersionVector& version, const crdt::LogTable& logs) {
  std::vector<std::pair<LogId, std::uint64_t>> rows;
  for (const crdt::EventId& row : version.rows()) rows.emplace_back(logs.at(row.log), row.seq);
  std::ranges::sort(rows);
  wire::Writer out;
  out.varint(rows.size());
  for (const auto& [log, seq] : rows) out.id(log).varint(seq);
  return out.take();
}

}  // namespace

Digest hash_of(const EntityState& state, const crdt::LogTable& logs) {
  std::vector<Buffer> removals;
  for (const crdt::VersionVector& removal : state.removals)
    removals.push_back(named(removal, logs));
  std::ranges::sort(removals);
  wire::Writer out;
  out.id(state.entity).id(state.space).text(state.type);
  out.zigzag(state.created.unix_ms).zigzag(state.changed.unix_ms);
  out.varint(removals.size());
  for (const Buffer& removal : removals) out.bytes(removal);
  out.bytes(named(state.removed, logs)).bytes(named(state.edits, logs));
  return crypto::Hasher("entity1").add(out.view()).add(state.document.canonical(logs)).finish();
}

}  // namespace syncline::node
