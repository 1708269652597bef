// SPDX-License-Identifier: Apache-2.0
//
// The functions Noise is made of: HMAC-SHA256, HKDF and ChaCha20-Poly1305 with a counter.
//
// For crypto/noise.cpp and its tests only; everything else uses hash.h and aead.h.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

namespace syncline::crypto::noise {

using Sha256 = std::array<std::uint8_t, 32>;
using ChaChaNonce = std::array<std::uint8_t, 12>;

inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t hkdf_size_max = 255 * 32;

Sha256 hmac_sha256(Bytes key, Bytes message);

// RFC 5869; Noise's HKDF (section 4.3) is this with an empty `info`.
// Errors: Errc::oversized beyond hkdf_size_max.
Status hkdf_sha256(std::span<std::uint8_t> out, Bytes salt, Bytes input, Bytes info);

// Noise section 12.3: four zero bytes, then the counter, little-endian.
ChaChaNonce nonce_of(std::uint64_t counter);

// Appends ciphertext ‖ tag.
void seal(Buffer& out, KeyView key, const ChaChaNonce& nonce, Bytes associated, Bytes plaintext);
// Appends the plaintext; on an error `out` is as before.
// Errors: Errc::truncated below 16 bytes, Errc::bad_signature.
Status open(Buffer& out, KeyView key, const ChaChaNonce& nonce, Bytes associated, Bytes ciphertext);

}  // namespace syncline::crypto::noise
