// SPDX-License-Identifier: Apache-2.0
//
// Noise: the handshake Noise_XXpsk0_25519_ChaChaPoly_SHA256 and its transport ciphers.
//
// Noise Protocol Framework revision 34. Both static keys are hidden from observers; who
// lacks the pre-shared key gets no answer. Which static key is acceptable is not decided
// here (session/handshake.h).
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/agree.h"

#include <array>
#include <memory>
#include <optional>

namespace syncline::crypto {

// One direction of a finished handshake. Errors end the link: nothing is retried.
class NoiseCipher {
 public:
  // `next_nonce` is 0 for the keys of a handshake.
  explicit NoiseCipher(SubKey key, std::uint64_t next_nonce = 0)
      : key_(std::move(key)), nonce_(next_nonce) {}

  // Appends plaintext + 16 bytes. Errors: Errc::limit when the nonce space is used up,
  // Errc::oversized beyond 65535 bytes. Requires: no argument points into `out`.
  Status encrypt(Buffer& out, Bytes associated, Bytes plaintext);
  // Appends the plaintext, or nothing. Errors: as encrypt; Errc::truncated; Errc::bad_signature.
  Status decrypt(Buffer& out, Bytes associated, Bytes ciphertext);
  // Noise section 4.2 and 11.3: changes the key, keeps the nonce.
  void rekey();
  std::uint64_t messages() const { return nonce_; }

 private:
  SubKey key_;
  std::uint64_t nonce_;
};

enum class NoiseRole : std::uint8_t { initiator, responder };

// Drives the three messages in order: the initiator writes 1, reads 2, writes 3.
class NoiseHandshake {
 public:
  struct Setup {
    NoiseRole role{};
    const BoxKey& static_key;
    const LinkPsk& psk;
    Bytes prologue;
  };
  NoiseHandshake(const Setup& setup, Random& random);
  // With a given ephemeral key, for the published vectors.
  NoiseHandshake(const Setup& setup, BoxKey ephemeral);
  NoiseHandshake(NoiseHandshake&&) noexcept;
  NoiseHandshake& operator=(NoiseHandshake&&) noexcept;
  ~NoiseHandshake();

  // Errors: Errc::invalid out of turn; Errc::oversized beyond 65535 bytes.
  Result<Buffer> write_message(Bytes payload);
  // The payload. Errors: Errc::bad_signature, Errc::truncated, Errc::invalid; the
  // handshake is then over and the link must be closed without an answer.
  Result<Buffer> read_message(Bytes message);

  bool is_finished() const;
  // After message 2 (initiator) or 3 (responder).
  const std::optional<BoxPublicKey>& remote_static() const;
  // For channel binding: the same on both sides, once finished.
  Digest handshake_hash() const;

  struct Ciphers {
    NoiseCipher send;
    NoiseCipher receive;
  };
  // Requires: is_finished(). Once.
  Ciphers split();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::crypto
