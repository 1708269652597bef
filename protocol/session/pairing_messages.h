// SPDX-License-Identifier: Apache-2.0
//
// The messages of a pairing link and what they look like. Spec P7.
#pragma once

#include "protocol/session/pairing.h"

#include <string_view>

namespace syncline::session {

enum class PairingType : std::uint8_t { offer = 1, grant = 2, done = 3, refused = 4 };

// An offer is short, a grant is not.
inline constexpr std::size_t offer_message_size_max = 4 * 1024;

// As space::decode_introduction. Errors: also Errc::invalid for a name that is not plain.
Result<JoinOffer> decode_offer(Bytes bytes);

// Whether a terminal or a reader can be trusted with this UTF-8 text: no control characters and
// no marks that hide text or turn it around.
bool is_plain_text(std::string_view text);

// Six digits for two people to compare.
std::string check_number(const Digest& handshake_hash);

}  // namespace syncline::session
