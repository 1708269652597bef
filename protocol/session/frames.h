// SPDX-License-Identifier: Apache-2.0
//
// FrameSealer and FrameOpener: the encrypted records of a link, one direction each.
//
// A frame is size u16 ‖ Noise ciphertext of at most 65535 bytes. Both sides change the key
// of a direction after the same frame, so nothing about it is sent. Spec S7.
#pragma once

#include "protocol/crypto/noise.h"

#include <optional>

namespace syncline::session {

struct RekeyRule {
  std::uint64_t frames = 0;  // the key is changed after this many frames,
  std::uint64_t bytes = 0;   // or this many bytes of ciphertext, whichever comes first
};

// Counts what one key has encrypted.
class RekeyCounter {
 public:
  explicit RekeyCounter(RekeyRule rule) : rule_(rule) {}
  // Whether the key is to be changed after this frame.
  bool count(std::size_t ciphertext_size);

 private:
  RekeyRule rule_;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;
};

class FrameSealer {
 public:
  FrameSealer(crypto::NoiseCipher cipher, RekeyRule rule)
      : cipher_(std::move(cipher)), counter_(rule) {}

  // Appends one frame. Requires: 1 to limits::frame_plaintext_size_max bytes.
  Status seal(Buffer& out, Bytes plaintext);

 private:
  crypto::NoiseCipher cipher_;
  RekeyCounter counter_;
};

class FrameOpener {
 public:
  FrameOpener(crypto::NoiseCipher cipher, RekeyRule rule)
      : cipher_(std::move(cipher)), counter_(rule) {}

  // Takes at most one frame off the front of `input`: true if `plaintext` now holds what was in
  // it (at least one byte), false if more bytes are needed. Errors are final.
  Result<bool> open(Bytes& input, Buffer& plaintext);

 private:
  Status open_frame(Bytes frame, Buffer& plaintext);

  crypto::NoiseCipher cipher_;
  RekeyCounter counter_;
  Buffer pending_;  // the beginning of a frame, with its size
};

}  // namespace syncline::session
