// SPDX-License-Identifier: Apache-2.0
//
// Api document: the method table, written for programs and for people.
//
// rpc.discover answers with the first form; the second is the part of API.md between its
// two marker lines, which a test compares. Neither holds anything that is not in the table.
#pragma once

#include "ipc/json.h"
#include "ipc/methods.h"

#include <string>
#include <string_view>

namespace syncline::ipc {

inline constexpr std::string_view api_part_begin = "<!-- methods: begin -->\n";
inline constexpr std::string_view api_part_end = "<!-- methods: end -->\n";

Json open_rpc_document(MethodTable table, const std::string& version);

// Markdown: the codes of errors, then each method with its parameters and result.
std::string api_part(MethodTable table);

}  // namespace syncline::ipc
