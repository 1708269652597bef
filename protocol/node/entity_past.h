// SPDX-License-Identifier: Apache-2.0
//
// The past of an entity: naming its versions, and the entity as it was at one of them.
//
// A version is named by the event that made it, "<first 12 digits of the log>.<number>", or by
// several of those joined with "-", and is all that the authors of these events had then. Reads
// segments (View::history); writes nothing.
#pragma once

#include "protocol/node/entity_state.h"

#include <span>
#include <string>

namespace syncline::node {

std::string name_of_version(const crdt::LogTable& logs, const crdt::EventId& event);

// Everything that belongs to the version. Errors: Errc::not_found, Errc::corrupt.
Result<crdt::VersionVector> find_version(std::span<const Buffer> segments,
                                         const crdt::LogTable& logs, const std::string& name);

// What the author of the event had seen before it, among this entity's events at least.
// Errors: Errc::not_found, Errc::corrupt.
Result<crdt::VersionVector> past_of(std::span<const Buffer> segments, const crdt::EventId& event);

// The entity as somebody had it who had seen `version`. Errors: Errc::corrupt.
Result<EntityState> state_at(std::span<const Buffer> segments, const crdt::LogTable& logs,
                             const crdt::VersionVector& version, const EntityState& now);

}  // namespace syncline::node
