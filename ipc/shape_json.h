// SPDX-License-Identifier: Apache-2.0
//
// JSON that somebody wants a document, or a part of it, to be: as a shape, and as patches.
//
// The markers are those of document_value.h; whatever has none fits what is there. Nothing here
// knows the document: what a patch means is decided in the core.
#pragma once

#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/crdt/patch.h"
#include "protocol/step/command.h"

#include <string>
#include <vector>

namespace syncline::ipc {

// Texts are moved out. `steps` lead from the document to the value. Errors: Errc::invalid for a
// marker that is none, Errc::oversized for what is too long or too deep for a document.
Result<crdt::Shape> read_shape(Json& value, const std::string& place, std::size_t steps);

// RFC 6902. Fields that an operation does not have are ignored, as it demands.
Schema json_patch_schema(std::string about);
// Requires: `patch` fits json_patch_schema.
Result<step::JsonPatch> read_json_patch(Json& patch, const std::string& place);

// The tokens of an RFC 6901 pointer; "~2" before a key and "~3" before a node, as paths have it,
// are taken, too.
Result<crdt::Pointer> read_pointer_tokens(const std::string& pointer, const std::string& place);

}  // namespace syncline::ipc
