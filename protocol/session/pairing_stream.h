// SPDX-License-Identifier: Apache-2.0
//
// PairingStream: what both ends of a pairing link have in common.
//
// Clear bytes, then the handshake, then messages on channel 0 in the frames of any link.
// Few, short-lived and in lockstep: no credit, no turns, no keepalive. Spec P4, P7 and P9.
#pragma once

#include "protocol/base/time.h"
#include "protocol/crypto/cpace.h"
#include "protocol/session/assembler.h"
#include "protocol/session/frames.h"
#include "protocol/session/handshake.h"
#include "protocol/session/pairing_messages.h"

#include <optional>
#include <vector>

namespace syncline::session {

class PairingStream {
 public:
  PairingStream(std::size_t body_size_max, Instant now)
      : assembler_(body_size_max, BodyContent::secret), started_(now) {}

  void send_clear(Bytes bytes) { append(output_, bytes); }
  void begin(StreamHandshake handshake);
  bool has_begun() const { return handshake_ || secure_; }
  // As StreamHandshake::knows_psk.
  bool knows_psk() const { return knows_psk_; }

  // Requires: has_begun().
  Status receive(Bytes input, std::vector<RawMessage>& messages);
  struct Established {
    crypto::BoxPublicKey key;
    std::string check_number;
  };
  // Nothing before the handshake is finished.
  const std::optional<Established>& established() const { return established_; }
  // Requires: established().
  void send(PairingType type, Bytes body);

  Buffer take_output(std::size_t enough);
  bool has_output() const { return !output_.empty(); }
  // Nothing more leaves: for a link that failed.
  void drop_output() { output_.clear(); }
  Instant deadline() const;
  Status tick(Instant now) const;

 private:
  struct Secure {
    FrameSealer sealer;
    FrameOpener opener;
  };

  void establish();
  Status take_frame(Bytes plaintext, std::vector<RawMessage>& messages);

  MessageAssembler assembler_;
  Instant started_;
  std::optional<StreamHandshake> handshake_;
  std::optional<Secure> secure_;
  std::optional<Established> established_;
  Buffer output_;
  bool knows_psk_ = false;
};

// CPace between the two ends: who says what, bound to the nameplate and the joiner's nonce.
inline constexpr std::size_t pairing_nonce_size = 16;
inline constexpr std::size_t code_preface_size =
    2 + 2 + pairing_nonce_size + crypto::CpaceShare::size;
struct CodeExchange {
  Buffer channel;
  Buffer session;
  Buffer joiner;  // associated data of each side
  Buffer inviter;

  CodeExchange(std::uint16_t nameplate, Bytes nonce);
};

}  // namespace syncline::session
