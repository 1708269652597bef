// SPDX-License-Identifier: Apache-2.0
//
// Once: the answers of writes that callers named, so that a repeated call is done once.
//
// So many are remembered; then the oldest are forgotten. The same name with another request is
// a mistake of the caller's and refused.
#pragma once

#include "protocol/node/library.h"

#include <string>

namespace syncline::node {

// What a caller asked for. Requires: nothing of the command was moved out.
Digest request_of(const step::EntityCreate& command);
Digest request_of(const step::EntityUpdate& command);

// The answer that an earlier call with this key got. Errors: Errc::invalid if it was another
// request, Errc::oversized, Errc::corrupt.
Result<std::optional<Library::Written>> find_earlier(Library::Desk& desk, const std::string& key,
                                                     const Digest& request);
Status remember(Library::Desk& desk, const std::string& key, const Digest& request,
                const step::WrittenAnswer& answer);

}  // namespace syncline::node
