// SPDX-License-Identifier: Apache-2.0
//
// How places of a document are written, for people and programs: in the form in which ops take them
// (ipc/API.md, Paths).
#pragma once

#include "protocol/crdt/op.h"
#include "protocol/crdt/value.h"

#include <optional>
#include <string>
#include <string_view>

namespace syncline::node {

// "/todo/0/~2026/~3intro"; empty for the whole document.
std::string pointer_of(const crdt::Path& path);
// Whether a token of digits is an index.
bool is_index(std::string_view token);

// The same, and "the document" for the whole.
std::string spelled(const crdt::Path& path);
// "the document", "a list of 3 items", "a string": what is there, to go on after "is".
std::string described(const crdt::Value& value, std::optional<crdt::Kind> kind);

}  // namespace syncline::node
