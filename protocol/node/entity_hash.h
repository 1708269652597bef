// SPDX-License-Identifier: Apache-2.0
//
// A hash of everything an entity is made of, equal wherever the same events were applied.
//
// Not part of any protocol: for telling whether a view reads as its log says (rebuild.h).
#pragma once

#include "protocol/node/entity_state.h"

namespace syncline::node {

Digest hash_of(const EntityState& state, const crdt::LogTable& logs);

}  // namespace syncline::node
