// SPDX-License-Identifier: Apache-2.0
//
// Entity ops: the list of changes in entity.update, into what the core applies.
//
// One table of actions: their fields, and what each turns into. Whether a change fits the
// document (is there a list at this path?) is for the core to say.
#pragma once

#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/base/result.h"
#include "protocol/step/command.h"

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::ipc {

Schema entity_ops_schema();

struct EntityOps {
  std::vector<step::EditOp> edits;
  std::vector<std::uint32_t> origins;  // of each of them, the op that asked for it
};
// Requires: `ops` fits entity_ops_schema(). Texts are moved out of it.
Result<EntityOps> read_entity_ops(Json& ops, const std::string& place,
                                  crdt::Positions positions = crdt::Positions::scalars);

}  // namespace syncline::ipc
