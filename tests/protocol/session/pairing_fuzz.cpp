// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary texts as codes and links, arbitrary bytes into both ends of a pairing link, before
// and after the proof. Promise: no crash, one text for each ticket, nobody is admitted or
// answered without the code, and only one message of each kind is believed.
//
// Input: mode u8 ‖ piece size u8 ‖ bytes.
#include "protocol/base/check.h"
#include "protocol/session/address_text.h"
#include "protocol/session/pairing_stream.h"
#include "tests/protocol/session/pairing_ends.h"

namespace syncline::session {
namespace {

using testing::at;
using testing::Exchange;
using testing::find_event;
using testing::Inviting;
using testing::NewDevice;

std::string upper_trimmed(std::string text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  while (!text.empty() && is_blank(text.front())) text.erase(text.begin());
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

void fuzz_text(Bytes bytes) {
  const std::string text = to_text(bytes);
  if (const auto compact = compact_address(text)) SYNCLINE_CHECK(address_text(*compact) == text);
  const auto input = parse_pairing_input(text);
  if (!input) {
    SYNCLINE_CHECK(!input.error().context.empty());
    return;
  }
  if (const auto* ticket = std::get_if<PairingTicket>(&*input)) {
    SYNCLINE_CHECK(ticket->uri() == upper_trimmed(text));
  } else {
    const auto again = PairingCode::parse(std::get<PairingCode>(*input).text());
    SYNCLINE_CHECK(again && again->text() == std::get<PairingCode>(*input).text());
  }
}

// The bytes of a ticket before they became letters.
void fuzz_ticket(Bytes bytes) {
  constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string text = "syncline:";
  for (const std::uint8_t byte : bytes) text += letters[byte & 31];
  fuzz_text(as_bytes(text));
}

bool begins_with(Bytes bytes, Bytes beginning) {
  return bytes.size() >= beginning.size() && equal(bytes.first(beginning.size()), beginning);
}

// What the two ends say in an undisturbed handshake of one seed.
struct Honest {
  Buffer from_joiner;
  Buffer from_inviter;

  explicit Honest(LinkKind kind) {
    Inviting inviting;
    NewDevice device(1);
    Exchange exchange{inviting.link(kind), device.join(input_of(inviting, kind))};
    while (find_event<Offered>(exchange.at_inviter) == nullptr) {
      const Buffer to_inviter = exchange.joiner.take_output();
      append(from_joiner, to_inviter);
      Exchange::feed(to_inviter, exchange.inviter, exchange.at_inviter, exchange.inviter_error);
      const Buffer to_joiner = exchange.inviter.take_output();
      append(from_inviter, to_joiner);
      Exchange::feed(to_joiner, exchange.joiner, exchange.at_joiner, exchange.joiner_error);
    }
  }
  static PairingInput input_of(const Inviting& inviting, LinkKind kind) {
    return kind == LinkKind::pair_code ? inviting.known_code() : inviting.known_ticket();
  }
};
const Honest& honest(LinkKind kind) {
  static const Honest by_code(LinkKind::pair_code);
  static const Honest by_secret(LinkKind::pair_secret);
  return kind == LinkKind::pair_code ? by_code : by_secret;
}

void fuzz_inviter(Bytes bytes, std::size_t piece, LinkKind kind) {
  Inviting inviting;
  NewDevice device(1);
  (void)device.join(Honest::input_of(inviting, kind)).take_output();
  auto link = inviting.link(kind);
  std::vector<PairingEvent> events;
  std::optional<Error> error;
  Exchange::feed(bytes, link, events, error, piece);
  SYNCLINE_CHECK(events.empty() || begins_with(bytes, honest(kind).from_joiner));
  SYNCLINE_CHECK(!error || !link.has_output());
  const bool names_it = begins_with(bytes, Bytes(honest(kind).from_joiner).first(4));
  SYNCLINE_CHECK(names_it || !link.has_output());
}

void fuzz_joiner(Bytes bytes, std::size_t piece, LinkKind kind) {
  Inviting inviting;
  NewDevice device(1);
  auto joiner = device.join(Honest::input_of(inviting, kind));
  (void)joiner.take_output();
  std::vector<PairingEvent> events;
  std::optional<Error> error;
  Exchange::feed(bytes, joiner, events, error, piece);
  SYNCLINE_CHECK(events.empty() || begins_with(bytes, honest(kind).from_inviter));
  SYNCLINE_CHECK(!error || !joiner.has_output());
}

// A device that knows the code and says what it likes: its own stream, sealed properly.
void fuzz_proven(Bytes bytes, std::size_t piece) {
  Inviting inviting;
  NewDevice device(1);
  Buffer bound;
  const auto ticket = PairingTicket::parse(inviting.uri).value();
  const Audience audience = audience_of(ticket);
  auto ephemeral = crypto::BoxKey::random(device.random);
  bound =
      hint_preface(LinkKind::pair_secret, audience.hint(crypto::public_key_of(ephemeral.expose())));
  PairingStream stream(grant_size_max, at(0s));
  stream.send_clear(bound);
  stream.begin(StreamHandshake({.role = crypto::NoiseRole::initiator,
                                .transport_key = device.transport_key,
                                .psk = audience.psk(),
                                .preface = bound,
                                .accept = [](const crypto::BoxPublicKey&) { return true; }},
                               std::move(ephemeral)));
  auto link = inviting.link(LinkKind::pair_secret);
  std::vector<PairingEvent> events;
  std::optional<Error> error;
  std::vector<RawMessage> messages;
  Exchange::feed(stream.take_output(SIZE_MAX), link, events, error);
  SYNCLINE_CHECK(stream.receive(link.take_output(), messages).has_value());
  while (!bytes.empty()) {
    const std::uint8_t type = bytes.front();
    const Bytes body = bytes.subspan(1, std::min(piece, bytes.size() - 1));
    bytes = bytes.subspan(1 + body.size());
    stream.send(static_cast<PairingType>(type), body);
    Exchange::feed(stream.take_output(SIZE_MAX), link, events, error);
  }
  std::size_t offers = 0;
  for (const auto& event : events) offers += std::holds_alternative<Offered>(event) ? 1U : 0U;
  SYNCLINE_CHECK(offers <= 1);
  SYNCLINE_CHECK(find_event<JoinDone>(events) == nullptr);  // nothing was granted
}

}  // namespace
}  // namespace syncline::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline::session;
  if (size < 2) return 0;
  const std::size_t piece = data[1] == 0 ? SIZE_MAX : data[1];
  const syncline::Bytes bytes(data + 2, size - 2);
  switch (data[0] % 7) {
    case 0: fuzz_text(bytes); break;
    case 1: fuzz_ticket(bytes); break;
    case 2: fuzz_inviter(bytes, piece, LinkKind::pair_code); break;
    case 3: fuzz_inviter(bytes, piece, LinkKind::pair_secret); break;
    case 4: fuzz_joiner(bytes, piece, LinkKind::pair_code); break;
    case 5: fuzz_joiner(bytes, piece, LinkKind::pair_secret); break;
    default: fuzz_proven(bytes, piece); break;
  }
  return 0;
}
