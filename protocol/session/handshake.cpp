// SPDX-License-Identifier: Apache-2.0
//
//   -> message 1 (48)
//   <- size u16 ‖ message 2         size <= 1024
//   -> size u16 ‖ message 3
//   payload of 2 and 3 = minor u8 ‖ feature bits varint ‖ frame size varint ‖ later fields
#include "protocol/session/handshake.h"

#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {
namespace {

constexpr std::string_view protocol_name = "syncline/1";
constexpr std::size_t first_message_size = 48;
constexpr std::size_t message_size_max = 1024;
constexpr std::size_t size_prefix = 2;
constexpr std::uint8_t minor_version = 0;
// Smaller frames would let the other side make us spend more on tags than on content.
constexpr std::size_t frame_size_min = 1024;

static_assert(first_message_size + size_prefix + message_size_max <= limits::pre_auth_buffer_max);

Buffer prologue(Bytes preface) {
  Buffer bytes = to_buffer(as_bytes(protocol_name));
  append(bytes, preface);
  return bytes;
}

template <class Randomness>
crypto::NoiseHandshake make_noise(const StreamHandshake::Setup& setup, Randomness&& randomness) {
  const Buffer bound = prologue(setup.preface);
  return crypto::NoiseHandshake(
      {.role = setup.role, .static_key = setup.transport_key, .psk = setup.psk, .prologue = bound},
      std::forward<Randomness>(randomness));
}

}  // namespace

StreamHandshake::StreamHandshake(Setup& setup, crypto::NoiseHandshake noise)
    : noise_(std::move(noise)),
      transport_key_(setup.transport_key.clone()),
      accept_(std::move(setup.accept)),
      payload_(encode(Features{.bits = setup.features})),
      stage_(setup.role == crypto::NoiseRole::initiator ? Stage::message_2 : Stage::message_1) {
  if (setup.role == crypto::NoiseRole::responder) return;
  const Status started = start();
  SYNCLINE_CHECK(started.has_value());  // an empty payload, and it is our turn
}

StreamHandshake::StreamHandshake(Setup setup, Random& random)
    : StreamHandshake(setup, make_noise(setup, random)) {}

StreamHandshake::StreamHandshake(Setup setup, crypto::BoxKey ephemeral)
    : StreamHandshake(setup, make_noise(setup, std::move(ephemeral))) {}

Status StreamHandshake::start() {
  auto message = noise_.write_message({});
  if (!message) return pass(message);
  SYNCLINE_CHECK(message->size() == first_message_size);
  output_ = std::move(*message);
  return {};
}

Status StreamHandshake::receive(Bytes& input) {
  while (!is_finished() && !input.empty()) {
    std::size_t wanted = first_message_size;
    const std::size_t prefix = stage_ == Stage::message_1 ? 0 : size_prefix;
    if (prefix > 0) {
      wanted = prefix;
      if (pending_.size() >= prefix) {
        const std::size_t size = wire::Reader(pending_).u16();
        if (size > message_size_max) return fail(Errc::oversized, "handshake");
        if (size == 0) return fail(Errc::truncated, "handshake");
        wanted += size;
      }
    }
    const std::size_t taken = std::min(input.size(), wanted - pending_.size());
    append(pending_, input.first(taken));
    input = input.subspan(taken);
    if (pending_.size() < wanted || wanted == prefix) continue;
    const Buffer message = std::move(pending_);
    pending_.clear();
    if (const auto taken_in = take_message(Bytes(message).subspan(prefix)); !taken_in) {
      return taken_in;
    }
  }
  return {};
}

Status StreamHandshake::take_message(Bytes message) {
  const auto payload = noise_.read_message(message);
  if (!payload) return pass(payload);
  knows_psk_ = true;
  if (stage_ == Stage::message_1) {
    stage_ = Stage::message_3;
    return write(payload_);
  }
  auto features = decode_features(*payload);
  if (!features) return pass(features);
  remote_features_ = *features;
  if (const auto judged = judge_remote(); !judged) return judged;
  const bool initiator = stage_ == Stage::message_2;
  stage_ = Stage::finished;
  return initiator ? write(payload_) : Status();
}

Status StreamHandshake::judge_remote() const {
  const auto& key = remote_key();
  if (key == crypto::public_key_of(transport_key_.expose())) {
    return fail(Errc::forbidden, "this device called itself");
  }
  if (!accept_(key)) return fail(Errc::forbidden, "not a device to link with");
  return {};
}

Status StreamHandshake::write(Bytes payload) {
  const auto message = noise_.write_message(payload);
  if (!message) return pass(message);
  append(output_, wire::Writer().u16(static_cast<std::uint16_t>(message->size())).view());
  append(output_, *message);
  return {};
}

Buffer encode(const Features& features) {
  return wire::Writer()
      .u8(minor_version)
      .varint(features.bits)
      .varint(features.frame_size_max)
      .take();
}

Result<Features> decode_features(Bytes bytes) {
  wire::Reader reader(bytes);
  reader.u8();  // a newer minor version only adds fields
  Features features;
  features.bits = reader.varint();
  features.frame_size_max = static_cast<std::size_t>(reader.varint(limits::noise_message_size_max));
  if (reader.ok() && features.frame_size_max < frame_size_min) reader.fail_with(Errc::invalid);
  reader.rest();
  return reader.finish(features);
}

}  // namespace syncline::session
