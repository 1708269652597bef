// SPDX-License-Identifier: Apache-2.0
//
//   CPace:  CI  = "syncline-pair joiner inviter" ‖ nameplate u16
//           sid = the joiner's nonce
//           ADa = "joiner" ‖ version u8        ADb = "inviter" ‖ version u8
#include "protocol/session/pairing_stream.h"

#include "protocol/base/check.h"
#include "protocol/session/outbox.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {
namespace {

constexpr std::uint8_t pairing_channel = 0;
constexpr RekeyRule rekey_rule = {.frames = 1 << 16, .bytes = 1 << 30};

// Join material passes through here.
struct WipedBuffer {
  Buffer bytes;
  ~WipedBuffer() { crypto::wipe(bytes); }
};

}  // namespace

void PairingStream::begin(StreamHandshake handshake) {
  handshake_.emplace(std::move(handshake));
  append(output_, handshake_->take_output());
}

Status PairingStream::receive(Bytes input, std::vector<RawMessage>& messages) {
  SYNCLINE_CHECK(has_begun());
  if (handshake_) {
    const Status shaken = handshake_->receive(input);
    knows_psk_ = handshake_->knows_psk();
    if (!shaken) return shaken;
    append(output_, handshake_->take_output());
    if (!handshake_->is_finished()) return {};
    establish();
  }
  WipedBuffer plaintext;
  while (true) {
    const auto opened = secure_->opener.open(input, plaintext.bytes);
    if (!opened) return pass(opened);
    if (!*opened) return {};
    if (const auto taken = take_frame(plaintext.bytes, messages); !taken) return taken;
  }
}

void PairingStream::establish() {
  auto ciphers = handshake_->split();
  secure_.emplace(Secure{FrameSealer(std::move(ciphers.send), rekey_rule),
                         FrameOpener(std::move(ciphers.receive), rekey_rule)});
  established_ = {.key = handshake_->remote_key(),
                  .check_number = check_number(handshake_->hash())};
  handshake_.reset();
}

Status PairingStream::take_frame(Bytes plaintext, std::vector<RawMessage>& messages) {
  if (plaintext.size() < 2) return fail(Errc::truncated, "frame");
  if (plaintext[0] != pairing_channel) return fail(Errc::unsupported, "channel");
  Bytes stream = plaintext.subspan(1);
  while (!stream.empty()) {
    auto message = assembler_.take(stream);
    if (!message) return pass(message);
    if (*message) messages.push_back(std::move(**message));
  }
  return {};
}

void PairingStream::send(PairingType type, Bytes body) {
  SYNCLINE_CHECK(secure_.has_value());
  WipedBuffer message;
  append_message(message.bytes, static_cast<std::uint8_t>(type), body);
  for (Bytes rest = message.bytes; !rest.empty();) {
    const std::size_t size = std::min(rest.size(), frame_stream_size_max);
    WipedBuffer plaintext{{pairing_channel}};
    append(plaintext.bytes, rest.first(size));
    const auto sealed = secure_->sealer.seal(output_, plaintext.bytes);
    SYNCLINE_CHECK(sealed.has_value());  // a few dozen frames do not use up the nonces
    rest = rest.subspan(size);
  }
}

Buffer PairingStream::take_output(std::size_t enough) {
  const auto size = static_cast<std::ptrdiff_t>(std::min(enough, output_.size()));
  Buffer taken(output_.begin(), output_.begin() + size);
  output_.erase(output_.begin(), output_.begin() + size);
  return taken;
}

Instant PairingStream::deadline() const {
  return started_ +
         (established_ ? Duration(limits::invite_lifetime) : Duration(limits::handshake_timeout));
}

Status PairingStream::tick(Instant now) const {
  if (now < deadline()) return {};
  return fail(Errc::timeout, "pairing");
}

CodeExchange::CodeExchange(std::uint16_t nameplate, Bytes nonce)
    : channel(wire::Writer().fixed(as_bytes("syncline-pair joiner inviter")).u16(nameplate).take()),
      session(to_buffer(nonce)),
      joiner(wire::Writer().fixed(as_bytes("joiner")).u8(preface_version).take()),
      inviter(wire::Writer().fixed(as_bytes("inviter")).u8(preface_version).take()) {}

}  // namespace syncline::session
