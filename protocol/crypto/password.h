// SPDX-License-Identifier: Apache-2.0
//
// Password: Argon2id (RFC 9106, version 0x13, one lane) with its bounds checked first.
//
// Parameters come from a recipient record that another device may have written: a floor
// keeps them from being lowered, a ceiling from being a memory bomb. Limits: base/limits.h.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

#include <string>

namespace syncline::crypto {

using Salt = Id<struct SaltTag, 16>;

struct ArgonParams {
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;

  bool operator==(const ArgonParams&) const = default;
};

// Errors: Errc::invalid below the floor or above the ceiling, before any work is done.
Status check_params(const ArgonParams& params);

// Blocks for up to seconds and takes memory_kib of memory: the shell runs it on another
// thread (effect StretchPassword). Errors: as check_params; Errc::limit if the memory is
// not to be had; Errc::oversized for a password above limits::password_size_max.
Result<MasterKey> stretch(Bytes password, const Salt& salt, const ArgonParams& params);

}  // namespace syncline::crypto
