// SPDX-License-Identifier: Apache-2.0
//
// StreamHandshake: the three Noise messages on a byte stream, with their limits.
//
// For both kinds of links. It starts behind the preface, which is bound in the prologue,
// refuses this device's own key, and asks `accept` about the other's: before message 3
// leaves, so that a dialler tells its own key to nobody it does not accept.
#pragma once

#include "protocol/base/limits.h"
#include "protocol/crypto/noise.h"

#include <functional>
#include <optional>

namespace syncline::session {

// What the two sides tell each other inside messages 2 and 3.
struct Features {
  std::uint64_t bits = 0;
  std::size_t frame_size_max = limits::noise_message_size_max;  // that the teller takes
};

class StreamHandshake {
 public:
  using Accept = std::function<bool(const crypto::BoxPublicKey& key)>;
  struct Setup {
    crypto::NoiseRole role{};
    const crypto::BoxKey& transport_key;
    const crypto::LinkPsk& psk;
    Bytes preface;  // everything before message 1, both directions, in order
    std::uint64_t features = 0;
    Accept accept;
  };
  StreamHandshake(Setup setup, Random& random);
  // With an ephemeral key that the preface depends on.
  StreamHandshake(Setup setup, crypto::BoxKey ephemeral);

  // Takes what it needs off the front of `input`; nothing more once finished.
  Status receive(Bytes& input);
  // To be sent; empties it.
  Buffer take_output() { return std::move(output_); }

  // The other side proved to know the psk (to the responder by message 1).
  bool knows_psk() const { return knows_psk_; }
  bool is_finished() const { return stage_ == Stage::finished; }
  // Requires: is_finished().
  const crypto::BoxPublicKey& remote_key() const { return *noise_.remote_static(); }
  const Features& remote_features() const { return remote_features_; }
  Digest hash() const { return noise_.handshake_hash(); }
  crypto::NoiseHandshake::Ciphers split() { return noise_.split(); }

 private:
  enum class Stage : std::uint8_t { message_1, message_2, message_3, finished };

  StreamHandshake(Setup& setup, crypto::NoiseHandshake noise);
  Status start();
  Status take_message(Bytes message);
  Status judge_remote() const;
  Status write(Bytes payload);

  crypto::NoiseHandshake noise_;
  crypto::BoxKey transport_key_;
  Accept accept_;
  Buffer payload_;  // ours
  Buffer pending_;  // an incomplete message
  Buffer output_;
  Features remote_features_;
  Stage stage_;
  bool knows_psk_ = false;
};

// Spec S6.
Buffer encode(const Features& features);
Result<Features> decode_features(Bytes bytes);

}  // namespace syncline::session
