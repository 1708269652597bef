// SPDX-License-Identifier: Apache-2.0
//
// Punch: what two devices on a relayed link say to each other before both connect at once.
//
// Layout only: when it is said and what follows from it is node/puncher.h. Decoding bounds the
// list; whether an address may be dialled is judged by whoever dials. Spec section 12.
#pragma once

#include "protocol/base/result.h"
#include "protocol/session/address_text.h"

#include <cstdint>
#include <vector>

namespace syncline::sync {

// On session::Channel::control.
inline constexpr std::uint8_t punch_type = 0x21;
inline constexpr std::size_t punch_addresses_max = 4;

enum class PunchKind : std::uint8_t {
  ask = 1,     // here I can be met; where can you?
  answer = 2,  // here; nowhere, if there is no address
  go = 3,      // now
};

struct Punch {
  PunchKind kind = PunchKind::go;
  std::uint32_t attempt = 0;                         // as the asker numbers them
  std::vector<session::CompactAddress> addresses{};  // of the sender; none in a go
};

// Requires: at most punch_addresses_max addresses.
Buffer encode(const Punch& message);
// Errors: Errc::truncated, oversized, non_canonical, invalid, unsupported.
Result<Punch> decode_punch(Bytes body);

}  // namespace syncline::sync
