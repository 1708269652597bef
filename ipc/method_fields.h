// SPDX-License-Identifier: Apache-2.0
//
// Fields that parameters of several methods share, and how they are read.
//
// Reading requires that the params fit a schema with that field, as in params.h.
#pragma once

#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/step/command.h"

#include <string>

namespace syncline::ipc {

Field entity_field();
// Requires: the schema requires "entity".
EntityId read_entity(const Json& params);

Field wait_field();
step::Wait read_wait(Json& params);

Field positions_field();
crdt::Positions read_positions(Json& params);

// A version, or a name that version.name gave it.
Schema version_text(std::string about);

}  // namespace syncline::ipc
