// SPDX-License-Identifier: Apache-2.0
//
// EntityBody: what an event of an entity holds inside its encryption.
//
// The first event of an entity carries its type; a deletion carries no ops. What the ops
// mean is crdt/document.h. Layout: Spec section 11, C1.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crdt/op.h"

#include <string>
#include <vector>

namespace syncline::node {

inline constexpr std::size_t type_size_max = 64;

enum class BodyKind : std::uint8_t {
  edit = 0,    // ops
  create = 1,  // the type, then ops
  remove = 2,  // the entity is deleted, as far as its author had seen it
};

struct EntityBody {
  BodyKind kind = BodyKind::edit;
  std::string type;           // of create
  std::vector<crdt::Op> ops;  // of create and edit
};

// Requires: crdt::check_ops(ops), none to remove, a type of at most type_size_max bytes.
Buffer encode_body(const EntityBody& body);
// Errors: Errc::unsupported for a kind of a newer Syncline; as Reader.
Result<EntityBody> decode_body(Bytes bytes);

// Cuts ops into groups that each fit into one event: long texts and lists are split, in an
// order that gives the same document. Requires: crdt::check_ops holds but for their sizes.
std::vector<std::vector<crdt::Op>> split_ops(std::vector<crdt::Op> ops);

}  // namespace syncline::node
