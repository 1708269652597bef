// SPDX-License-Identifier: Apache-2.0
//
// NoisePair: two ends of one handshake with keys from a seed, the same for the same seed.
//
// For tests and the fuzz target; nothing here is a transport.
#pragma once

#include "protocol/crypto/noise.h"
#include "protocol/crypto/noise_primitives.h"

#include <memory>

#include <sodium.h>

namespace syncline::crypto::testing {

struct NoisePair {
  explicit NoisePair(std::uint8_t seed)
      : first_static(keyed<BoxKey>(seed, 1)),
        second_static(keyed<BoxKey>(seed, 2)),
        psk(keyed<LinkPsk>(seed, 3)),
        prologue(as_bytes("v1")) {
    first = std::make_unique<NoiseHandshake>(
        NoiseHandshake::Setup{NoiseRole::initiator, first_static, psk, prologue},
        keyed<BoxKey>(seed, 4));
    second = std::make_unique<NoiseHandshake>(
        NoiseHandshake::Setup{NoiseRole::responder, second_static, psk, prologue},
        keyed<BoxKey>(seed, 5));
  }

  NoiseHandshake& writer(int index) { return index == 1 ? *second : *first; }
  NoiseHandshake& reader(int index) { return index == 1 ? *first : *second; }
  static Bytes payload(int index) {
    return index == 0 ? Bytes() : as_bytes(index == 1 ? "hello" : "to you");
  }
  Buffer write(int index) { return writer(index).write_message(payload(index)).value(); }
  // Delivers the messages before the one numbered `index`.
  void run_to(int index) {
    for (int i = 0; i < index; ++i)
      SYNCLINE_CHECK(equal(reader(i).read_message(write(i)).value(), payload(i)));
  }

  // Message 1 of somebody who knows the psk and chooses any bytes as ephemeral key,
  // computed apart from the code under test.
  Buffer first_message_with(const BoxPublicKey& ephemeral) const {
    std::array<std::uint8_t, 32> hash =
        sha256(as_bytes("Noise_XXpsk0_25519_ChaChaPoly_SHA256"), {});
    std::array<std::uint8_t, 32> chaining = hash;
    std::array<std::uint8_t, 96> keys{};
    hash = sha256(hash, prologue);
    SYNCLINE_CHECK(noise::hkdf_sha256(keys, chaining, psk.expose(), {}).has_value());
    std::copy_n(keys.begin(), 32, chaining.begin());
    hash = sha256(hash, Bytes(keys).subspan(32, 32));
    hash = sha256(hash, ephemeral.view());
    SYNCLINE_CHECK(
        noise::hkdf_sha256(std::span(keys).first(64), chaining, ephemeral.view(), {}).has_value());
    Buffer message = to_buffer(ephemeral.view());
    noise::seal(message, KeyView(keys.data() + 32, 32), noise::nonce_of(0), hash, {});
    return message;
  }

  const BoxKey first_static;
  const BoxKey second_static;
  const LinkPsk psk;
  const Bytes prologue;
  std::unique_ptr<NoiseHandshake> first;
  std::unique_ptr<NoiseHandshake> second;

 private:
  template <class KeyType>
  static KeyType keyed(std::uint8_t seed, std::uint8_t which) {
    return KeyType::made_by([&](std::span<std::uint8_t, 32> out) {
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(seed * 37 + which * 11 + static_cast<int>(i) * 3);
    });
  }
  static std::array<std::uint8_t, 32> sha256(Bytes first_part, Bytes second_part) {
    Buffer both = to_buffer(first_part);
    append(both, second_part);
    std::array<std::uint8_t, 32> digest{};
    crypto_hash_sha256(digest.data(), both.data(), both.size());
    return digest;
  }
};

}  // namespace syncline::crypto::testing
