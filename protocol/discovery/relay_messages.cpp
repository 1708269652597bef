// SPDX-License-Identifier: Apache-2.0
//
//   frame   = size u16 (1 to 2048) ‖ type u8 ‖ body
//   HELLO 1 = version u8 (1) ‖ nonce 32 ‖ length u8 (4 or 16) ‖ ip ‖ port u16 ‖ ttl u16 (seconds)
//   REG 2   = length u8 (1 to 128) ‖ relay ‖ n u8 (1 to 16) ‖ (key 32 ‖ signature 64)*n
//   signature over "rreg" ‖ nonce of HELLO 32 ‖ length u8 ‖ relay
//   REG_OK 3 = n u8     CALL 4 = rendezvous id 16     RING 5, TAKE 6 = token 16
//   SPLICED 7, PING 8, PONG 9 = nothing
//   ERROR 10 = code u8 (1 to 5)     DRAIN 11 = seconds u16
#include "protocol/discovery/relay_messages.h"

#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::discovery {
namespace {

constexpr std::size_t size_field = 2;

// In the order of RelayMessage: the type is the index and one.
enum class Type : std::uint8_t {
  hello = 1,
  reg,
  registered,
  call,
  ring,
  take,
  spliced,
  ping,
  pong,
  failed,
  drain,
};
static_assert(std::variant_size_v<RelayMessage> == static_cast<std::size_t>(Type::drain));

Buffer registration_message(const RelayNonce& nonce, std::string_view relay) {
  return wire::Writer()
      .fixed(as_bytes("rreg"))
      .id(nonce)
      .u8(static_cast<std::uint8_t>(relay.size()))
      .fixed(as_bytes(relay))
      .take();
}

struct BodyWriter {
  wire::Writer& out;

  void operator()(const RelayHello& hello) const {
    const std::size_t ip_size = hello.observed.ip.size();
    SYNCLINE_CHECK(ip_size == 4 || ip_size == 16);
    out.u8(relay_version).id(hello.nonce).u8(static_cast<std::uint8_t>(ip_size));
    out.fixed(hello.observed.ip).u16(hello.observed.port).u16(hello.ttl_s);
  }
  void operator()(const RelayRegister& message) const {
    const std::size_t count = message.registrations.size();
    SYNCLINE_CHECK(is_relay_name(message.relay) && count >= 1 && count <= registrations_max);
    out.u8(static_cast<std::uint8_t>(message.relay.size())).fixed(as_bytes(message.relay));
    out.u8(static_cast<std::uint8_t>(count));
    for (const auto& one : message.registrations) out.id(one.key).id(one.signature);
  }
  void operator()(const RelayRegistered& message) const { out.u8(message.count); }
  void operator()(const RelayCall& call) const { out.id(call.callee); }
  void operator()(const RelayRing& ring) const { out.id(ring.token); }
  void operator()(const RelayTake& take) const { out.id(take.token); }
  void operator()(const RelaySpliced&) const {}
  void operator()(const RelayPing&) const {}
  void operator()(const RelayPong&) const {}
  void operator()(const RelayFailed& failed) const {
    out.u8(static_cast<std::uint8_t>(failed.code));
  }
  void operator()(const RelayDrain& drain) const { out.u16(drain.seconds); }
};

RelayHello read_hello(wire::Reader& in) {
  RelayHello hello;
  if (in.u8() != relay_version) in.fail_with(Errc::unsupported);
  hello.nonce = in.id<RelayNonce>();
  const std::uint8_t ip_size = in.u8();
  if (ip_size != 4 && ip_size != 16) in.fail_with(Errc::invalid);
  hello.observed.ip = to_buffer(in.fixed(ip_size));
  hello.observed.port = in.u16();
  hello.ttl_s = in.u16();
  return hello;
}

RelayRegister read_register(wire::Reader& in) {
  RelayRegister message;
  message.relay = to_text(in.fixed(in.u8()));
  if (!is_relay_name(message.relay)) in.fail_with(Errc::invalid);
  const std::uint8_t count = in.u8();
  if (count == 0) in.fail_with(Errc::invalid);
  if (count > registrations_max) in.fail_with(Errc::limit);
  for (std::uint8_t i = 0; i < count && in.ok(); ++i) {
    const auto key = in.id<crypto::VerifyKey>();
    message.registrations.push_back({key, in.id<crypto::Signature>()});
  }
  return message;
}

RelayFailed read_failed(wire::Reader& in) {
  const std::uint8_t code = in.u8();
  if (code < 1 || code > 5) in.fail_with(Errc::invalid);
  return {static_cast<RelayFailure>(code)};
}

}  // namespace

bool is_relay_name(std::string_view name) {
  return !name.empty() && name.size() <= relay_name_size_max &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Buffer encode_relay_message(const RelayMessage& message) {
  wire::Writer body;
  body.u8(static_cast<std::uint8_t>(message.index() + 1));
  std::visit(BodyWriter{body}, message);
  SYNCLINE_CHECK(body.size() <= relay_message_size_max);
  return wire::Writer().u16(static_cast<std::uint16_t>(body.size())).fixed(body.view()).take();
}

Result<RelayMessage> decode_relay_message(Bytes message) {
  wire::Reader in(message);
  RelayMessage read;
  switch (static_cast<Type>(in.u8())) {
    case Type::hello: read = read_hello(in); break;
    case Type::reg: read = read_register(in); break;
    case Type::registered: read = RelayRegistered{in.u8()}; break;
    case Type::call: read = RelayCall{in.id<RendezvousId>()}; break;
    case Type::ring: read = RelayRing{in.id<SpliceToken>()}; break;
    case Type::take: read = RelayTake{in.id<SpliceToken>()}; break;
    case Type::spliced: read = RelaySpliced{}; break;
    case Type::ping: read = RelayPing{}; break;
    case Type::pong: read = RelayPong{}; break;
    case Type::failed: read = read_failed(in); break;
    case Type::drain: read = RelayDrain{in.u16()}; break;
    default: in.fail_with(Errc::unsupported); break;
  }
  return in.finish(std::move(read));
}

Registration make_registration(const crypto::SigningKey& key, const RelayNonce& nonce,
                               std::string_view relay) {
  return {key.verify_key(), key.sign(registration_message(nonce, relay))};
}

bool verify_registration(const Registration& registration, const RelayNonce& nonce,
                         std::string_view relay) {
  return is_relay_name(relay) &&
         crypto::verify(registration.key, registration_message(nonce, relay),
                        registration.signature);
}

Result<std::optional<RelayMessage>> RelayFrames::take(Bytes& input) {
  const auto collect = [&](std::size_t size) {
    const std::size_t lacking = size > partial_.size() ? size - partial_.size() : 0;
    const std::size_t taken = std::min(lacking, input.size());
    append(partial_, input.first(taken));
    input = input.subspan(taken);
    return partial_.size() >= size;
  };
  if (!collect(size_field)) return std::optional<RelayMessage>();
  const std::size_t size = partial_[0] * 256U + partial_[1];
  if (size == 0) return fail(Errc::truncated, "a relay message without a type");
  if (size > relay_message_size_max) return fail(Errc::oversized, "a relay message");
  if (!collect(size_field + size)) return std::optional<RelayMessage>();
  auto message = decode_relay_message(Bytes(partial_).subspan(size_field));
  partial_.clear();
  if (!message) return pass(message);
  return std::optional<RelayMessage>(std::move(*message));
}

}  // namespace syncline::discovery
