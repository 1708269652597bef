// SPDX-License-Identifier: Apache-2.0
//
// Compression of what this device keeps for itself; nothing of it goes over a wire.
//
// By zstd, without dictionaries or threads. What comes back is bounded before memory is taken.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

namespace syncline::wire {

// Small input comes back a little longer than it was: callers keep it as it is instead.
Buffer compress(Bytes plain);
// Errors: Errc::corrupt; Errc::oversized if it would be longer than `size_max`.
Result<Buffer> decompress(Bytes compressed, std::size_t size_max);

}  // namespace syncline::wire
