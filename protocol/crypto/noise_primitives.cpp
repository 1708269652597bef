// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/noise_primitives.h"

#include <algorithm>

#include <sodium.h>

namespace syncline::crypto::noise {
namespace {

// One HMAC computation whose state, which holds the key, is wiped.
class Hmac {
 public:
  // libsodium demands a pointer even to an empty key.
  explicit Hmac(Bytes key) {
    constexpr std::uint8_t none = 0;
    crypto_auth_hmacsha256_init(&state_, key.empty() ? &none : key.data(), key.size());
  }
  ~Hmac() { sodium_memzero(&state_, sizeof state_); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Hmac& add(Bytes part) {
    crypto_auth_hmacsha256_update(&state_, part.data(), part.size());
    return *this;
  }
  void finish(Sha256& out) { crypto_auth_hmacsha256_final(&state_, out.data()); }

 private:
  crypto_auth_hmacsha256_state state_;
};

}  // namespace

Sha256 hmac_sha256(Bytes key, Bytes message) {
  Sha256 mac;
  Hmac(key).add(message).finish(mac);
  return mac;
}

Status hkdf_sha256(std::span<std::uint8_t> out, Bytes salt, Bytes input, Bytes info) {
  if (out.size() > hkdf_size_max) return fail(Errc::oversized, "more than HKDF can derive");
  Sha256 extracted;
  Sha256 block{};
  Hmac(salt).add(input).finish(extracted);
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < out.size(); ++counter) {
    Hmac next(extracted);
    if (counter > 1) next.add(block);
    next.add(info).add(Bytes(&counter, 1)).finish(block);
    const std::size_t size = std::min(block.size(), out.size() - done);
    std::copy_n(block.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += size;
  }
  wipe(extracted);
  wipe(block);
  return {};
}

ChaChaNonce nonce_of(std::uint64_t counter) {
  ChaChaNonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return nonce;
}

void seal(Buffer& out, KeyView key, const ChaChaNonce& nonce, Bytes associated, Bytes plaintext) {
  const std::size_t start = out.size();
  out.resize(start + plaintext.size() + tag_size);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data() + start, nullptr, plaintext.data(),
                                            plaintext.size(), associated.data(), associated.size(),
                                            nullptr, nonce.data(), key.data());
}

Status open(Buffer& out, KeyView key, const ChaChaNonce& nonce, Bytes associated,
            Bytes ciphertext) {
  if (ciphertext.size() < tag_size)
    return fail(Errc::truncated, "a Noise ciphertext is shorter than its tag");
  const std::size_t start = out.size();
  out.resize(start + ciphertext.size() - tag_size);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(
          out.data() + start, nullptr, nullptr, ciphertext.data(), ciphertext.size(),
          associated.data(), associated.size(), nonce.data(), key.data()) != 0) {
    out.resize(start);
    return fail(Errc::bad_signature, "a Noise ciphertext does not open");
  }
  return {};
}

}  // namespace syncline::crypto::noise
