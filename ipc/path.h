// SPDX-License-Identifier: Apache-2.0
//
// Path: places in a document, as callers write them.
//
// Either a JSON Pointer (RFC 6901) or an array of its steps. Nobody here knows the document,
// so form decides: a token of decimal digits is a list index, one that begins with "~3" a tree
// node, anything else a map key. A key that looks like an index is written with "~2" before it
// ("/years/~22026"), or in the array form, where strings are keys, integers are indices and
// {"node": id} is a node.
#pragma once

#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/base/result.h"
#include "protocol/crdt/op.h"

#include <string>

namespace syncline::ipc {

Schema path_schema(std::string about);

// Requires: `value` fits path_schema. `place` names it in messages.
Result<crdt::Path> read_path(const Json& value, const std::string& place);

// read_path() of the result is `path`.
std::string pointer_of(const crdt::Path& path);

}  // namespace syncline::ipc
