// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/pairing.h"

#include "protocol/crypto/cpace.h"
#include "protocol/session/pairing_messages.h"
#include "protocol/session/pairing_stream.h"
#include "protocol/wire/writer.h"
#include "tests/protocol/session/pairing_ends.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

using testing::at;
using testing::Exchange;
using testing::find_event;
using testing::Inviting;
using testing::NewDevice;
using testing::pattern;

void check_success(Inviting& inviting, NewDevice& device, Exchange exchange, std::size_t piece) {
  exchange.pump(piece);
  REQUIRE(!exchange.inviter_error);
  REQUIRE(!exchange.joiner_error);
  const auto* seen_by_inviter = find_event<Proven>(exchange.at_inviter);
  const auto* seen_by_joiner = find_event<Proven>(exchange.at_joiner);
  REQUIRE(seen_by_inviter != nullptr);
  REQUIRE(seen_by_joiner != nullptr);
  CHECK(seen_by_inviter->check_number == seen_by_joiner->check_number);
  CHECK(seen_by_inviter->check_number.size() == 6);
  CHECK(seen_by_inviter->key == crypto::public_key_of(device.transport_key.expose()));
  CHECK(seen_by_joiner->key == crypto::public_key_of(inviting.transport_key.expose()));
  const auto* offered = find_event<Offered>(exchange.at_inviter);
  REQUIRE(offered != nullptr);
  CHECK(offered->offer.name == "kitchen laptop");
  CHECK(offered->offer.cert.sign_key == device.secrets.sign.verify_key());
  CHECK(find_event<Granted>(exchange.at_joiner) == nullptr);  // nothing before the person agreed
  CHECK(inviting.state() == InvitationState::claimed);

  const Buffer material = pattern(200'000);
  REQUIRE(exchange.inviter.grant(material));
  exchange.pump(piece);
  const auto* granted = find_event<Granted>(exchange.at_joiner);
  REQUIRE(granted != nullptr);
  CHECK(granted->material == material);
  CHECK(find_event<JoinDone>(exchange.at_inviter) == nullptr);
  exchange.joiner.done();
  exchange.pump(piece);
  CHECK(find_event<JoinDone>(exchange.at_inviter) != nullptr);
  CHECK(inviting.state() == InvitationState::closed);
}

TEST_CASE("P4: a new device that knows the code is let in, however the stream is cut") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, SIZE_MAX}) {
    Inviting inviting;
    NewDevice device(1);
    check_success(inviting, device, {inviting.link(), device.join(inviting.known_code())}, piece);
  }
}

TEST_CASE("P5: a new device that scanned the QR code is let in, however the stream is cut") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{41}, SIZE_MAX}) {
    Inviting inviting;
    NewDevice device(1);
    check_success(inviting, device,
                  {inviting.link(LinkKind::pair_secret), device.join(inviting.known_ticket())},
                  piece);
  }
}

TEST_CASE("P7: the largest join material arrives, and one byte more is not sent") {
  Inviting inviting;
  NewDevice device(1);
  Exchange exchange{inviting.link(), device.join(inviting.known_code())};
  exchange.pump();
  const Buffer material = pattern(grant_size_max + 1);
  CHECK(exchange.inviter.grant(material).error().code == Errc::oversized);
  REQUIRE(exchange.inviter.grant(Bytes(material).first(grant_size_max)));
  exchange.pump();
  REQUIRE(find_event<Granted>(exchange.at_joiner) != nullptr);
  CHECK(find_event<Granted>(exchange.at_joiner)->material.size() == grant_size_max);
}

TEST_CASE("P8: a wrong guess burns the invitation, for the one who knows the code too") {
  Inviting inviting;
  NewDevice guesser(1);
  Exchange wrong{inviting.link(), guesser.join(inviting.wrong_code())};
  wrong.pump();
  REQUIRE(wrong.inviter_error);
  CHECK(wrong.inviter_error->code == Errc::wrong_code);
  CHECK_FALSE(wrong.inviter.has_output());
  CHECK(wrong.at_inviter.empty());
  CHECK(inviting.state() == InvitationState::burned);
  CHECK(wrong.joiner.explain_loss().code == Errc::wrong_code);

  NewDevice honest(2);
  Exchange late{inviting.link(), honest.join(inviting.known_code())};
  late.pump();
  REQUIRE(late.inviter_error);
  CHECK(late.inviter_error->code == Errc::not_found);
  CHECK_FALSE(late.inviter.has_output());
  CHECK(late.joiner.explain_loss().code == Errc::not_found);
}

TEST_CASE("P8: guesses that wait side by side are still one guess") {
  Inviting inviting;
  std::vector<NewDevice> devices;
  std::vector<Exchange> guesses;
  for (std::uint64_t i = 0; i < 8; ++i) devices.emplace_back(i);
  for (auto& device : devices) {
    guesses.push_back({inviting.link(), device.join(inviting.wrong_code())});
    auto& guess = guesses.back();
    // As far as the proof, which is held back.
    Exchange::feed(guess.joiner.take_output(), guess.inviter, guess.at_inviter,
                   guess.inviter_error);
    Exchange::feed(guess.inviter.take_output(), guess.joiner, guess.at_joiner, guess.joiner_error);
    REQUIRE(!guess.inviter_error);
  }
  int tried = 0;
  for (auto& guess : guesses) {
    guess.pump();
    REQUIRE(guess.inviter_error);
    tried += guess.inviter_error->code == Errc::wrong_code ? 1 : 0;
  }
  CHECK(tried == 1);
}

TEST_CASE("P8: of two devices that know the code the first gets in and the other gets nothing") {
  Inviting inviting;
  NewDevice one(1);
  NewDevice two(2);
  Exchange first{inviting.link(), one.join(inviting.known_code())};
  Exchange second{inviting.link(), two.join(inviting.known_code())};
  Exchange::feed(second.joiner.take_output(), second.inviter, second.at_inviter,
                 second.inviter_error);
  first.pump();
  REQUIRE(find_event<Offered>(first.at_inviter) != nullptr);
  Exchange::feed(second.inviter.take_output(), second.joiner, second.at_joiner,
                 second.joiner_error);
  second.pump();
  REQUIRE(second.inviter_error);
  CHECK(second.inviter_error->code == Errc::not_found);
  CHECK_FALSE(second.inviter.has_output());
  CHECK(inviting.state() == InvitationState::claimed);  // and the first is not disturbed
  REQUIRE(first.inviter.grant(pattern(10)));
  first.pump();
  CHECK(find_event<Granted>(first.at_joiner) != nullptr);
}

TEST_CASE("P8: another nameplate, no invitation or an expired one get no byte") {
  NewDevice device(1);
  const auto answer_to = [&](Inviting& inviting, const PairingInput& input, Instant now) {
    auto link = inviting.link(LinkKind::pair_code, now);
    const auto received = link.receive(device.join(input, now).take_output(), now);
    REQUIRE_FALSE(received);
    CHECK(received.error().code == Errc::not_found);
    return link.take_output();
  };
  Inviting inviting;
  std::string other = inviting.code;
  other[0] = other[0] == '9' ? '0' : '9';
  CHECK(answer_to(inviting, parse_pairing_input(other).value(), at(0s)).empty());
  CHECK(inviting.state() == InvitationState::open);
  CHECK(answer_to(inviting, inviting.known_code(), at(limits::invite_lifetime)).empty());
  CHECK(inviting.state(at(limits::invite_lifetime)) == InvitationState::expired);
}

TEST_CASE("P8: an invitation that expires between call and proof admits nobody") {
  Inviting inviting;
  NewDevice device(1);
  const Instant last = at(limits::invite_lifetime - 1s);
  Exchange exchange{inviting.link(LinkKind::pair_code, last),
                    device.join(inviting.known_code(), last)};
  Exchange::feed(exchange.joiner.take_output(), exchange.inviter, exchange.at_inviter,
                 exchange.inviter_error, SIZE_MAX, last);
  exchange.pump(SIZE_MAX, at(limits::invite_lifetime));
  REQUIRE(exchange.inviter_error);
  CHECK(exchange.inviter_error->code == Errc::not_found);
}

TEST_CASE("P8: a wrong or replayed QR secret gets no byte and burns nothing") {
  Inviting inviting;
  Inviting elsewhere(200);
  NewDevice device(1);
  auto link = inviting.link(LinkKind::pair_secret);
  CHECK(link.receive(device.join(elsewhere.known_ticket()).take_output(), at(0s)).error().code ==
        Errc::not_found);
  CHECK_FALSE(link.has_output());
  Buffer call = device.join(inviting.known_ticket()).take_output();
  call.back() ^= 1;
  auto broken = inviting.link(LinkKind::pair_secret);
  CHECK(broken.receive(call, at(0s)).error().code == Errc::bad_signature);
  CHECK_FALSE(broken.has_output());
  CHECK(inviting.state() == InvitationState::open);
}

TEST_CASE("P8: a call with any bit changed never gets past the proof") {
  Inviting shape;
  NewDevice first_device(1);
  const std::size_t size = first_device.join(shape.known_code()).take_output().size();
  REQUIRE(size == code_preface_size);
  for (std::size_t bit = 0; bit < size * 8; ++bit) {
    Inviting inviting;
    NewDevice device(1);
    Exchange exchange{inviting.link(), device.join(inviting.known_code())};
    Buffer call = exchange.joiner.take_output();
    call[bit / 8] = static_cast<std::uint8_t>(call[bit / 8] ^ 1 << bit % 8);
    Exchange::feed(call, exchange.inviter, exchange.at_inviter, exchange.inviter_error);
    exchange.pump();
    CHECK(exchange.inviter_error);
    CHECK(exchange.at_inviter.empty());
    CHECK(exchange.at_joiner.empty());
  }
}

TEST_CASE("P8: a share that is the neutral element or no point at all burns the invitation") {
  for (const std::uint8_t filler : Buffer{0x00, 0xff}) {
    Inviting inviting;
    Buffer call = NewDevice(1).join(inviting.known_code()).take_output();
    std::fill(call.end() - 32, call.end(), filler);
    auto link = inviting.link();
    CHECK(link.receive(call, at(0s)).error().code == Errc::wrong_code);
    CHECK_FALSE(link.has_output());
    CHECK(inviting.state() == InvitationState::burned);
  }
}

TEST_CASE("P4: a joiner that gets such a share, or its own back, says nothing more") {
  Inviting inviting;
  for (const std::uint8_t filler : Buffer{0x00, 0xff}) {
    NewDevice device(1);
    auto joiner = device.join(inviting.known_code());
    (void)joiner.take_output();
    CHECK(joiner.receive(Buffer(32, filler), at(0s)).error().code == Errc::wrong_code);
    CHECK_FALSE(joiner.has_output());
  }
  NewDevice device(1);
  auto joiner = device.join(inviting.known_code());
  const Buffer call = joiner.take_output();
  REQUIRE(joiner.receive(Bytes(call).last(32), at(0s)));
  // Its proof, sent back as well, is not an answer to it.
  const Buffer proof = joiner.take_output();
  Buffer framed = wire::Writer().u16(static_cast<std::uint16_t>(proof.size())).fixed(proof).take();
  framed.resize(framed.size() + 200);
  CHECK_FALSE(joiner.receive(framed, at(0s)));
  CHECK_FALSE(joiner.has_output());
}

TEST_CASE("P4: a recorded conversation is worth nothing the second time") {
  Inviting inviting;
  NewDevice device(1);
  std::vector<Buffer> from_joiner;
  Exchange exchange{inviting.link(), device.join(inviting.known_code())};
  for (int i = 0; i < 3; ++i) {
    from_joiner.push_back(exchange.joiner.take_output());
    Exchange::feed(from_joiner.back(), exchange.inviter, exchange.at_inviter,
                   exchange.inviter_error);
    Exchange::feed(exchange.inviter.take_output(), exchange.joiner, exchange.at_joiner,
                   exchange.joiner_error);
  }
  REQUIRE(find_event<Offered>(exchange.at_inviter) != nullptr);
  // Even against the very same code, open once more.
  Inviting same(100);
  REQUIRE(same.code == inviting.code);
  std::array<std::uint8_t, 8> skipped{};
  same.random.fill(skipped);  // another point in the same stream of randomness
  auto replayed = same.link();
  REQUIRE(replayed.receive(from_joiner[0], at(0s)));
  CHECK(replayed.receive(from_joiner[1], at(0s)).error().code == Errc::wrong_code);
}

TEST_CASE("P7: an offer for another transport key than the link's is refused") {
  Inviting inviting;
  NewDevice device(1);
  NewDevice other(2);
  // A joiner that is not ours: it proves the code with one key and offers another.
  std::array<std::uint8_t, pairing_nonce_size> nonce{};
  const auto code = PairingCode::parse(inviting.code).value();
  const CodeExchange exchange(code.nameplate(), nonce);
  const auto cpace = crypto::Cpace::start({.password = code.password(),
                                           .channel = exchange.channel,
                                           .session = exchange.session,
                                           .associated = exchange.joiner},
                                          device.random);
  Buffer bound =
      wire::Writer().u8(1).u8(2).u16(code.nameplate()).fixed(nonce).id(cpace.share()).take();
  auto link = inviting.link();
  REQUIRE(link.receive(bound, at(0s)));
  const Buffer share = link.take_output();
  const auto psk = cpace.finish(crypto::Cpace::Role::initiator, *crypto::CpaceShare::from(share),
                                exchange.inviter);
  REQUIRE(psk);
  append(bound, share);
  PairingStream stream(grant_size_max, at(0s));
  stream.begin(StreamHandshake({.role = crypto::NoiseRole::initiator,
                                .transport_key = device.transport_key,
                                .psk = *psk,
                                .preface = bound,
                                .accept = [](const crypto::BoxPublicKey&) { return true; }},
                               device.random));
  REQUIRE(link.receive(stream.take_output(SIZE_MAX), at(0s)));
  std::vector<RawMessage> none;
  REQUIRE(stream.receive(link.take_output(), none));
  stream.send(PairingType::offer, space::encode_introduction(other.offer()));
  CHECK(link.receive(stream.take_output(SIZE_MAX), at(0s)).error().code == Errc::forbidden);
  CHECK(inviting.state() == InvitationState::burned);
}

TEST_CASE("P7: a refusal reaches the other end, whichever says no") {
  Inviting inviting;
  NewDevice device(1);
  SUBCASE("the inviter") {
    Exchange exchange{inviting.link(), device.join(inviting.known_code())};
    exchange.pump();
    exchange.inviter.refuse();
    exchange.pump();
    CHECK(find_event<JoinRefused>(exchange.at_joiner) != nullptr);
    CHECK(inviting.state() == InvitationState::closed);
  }
  SUBCASE("the joiner") {
    Exchange exchange{inviting.link(), device.join(inviting.known_code())};
    exchange.pump();
    exchange.joiner.refuse();
    exchange.pump();
    CHECK(find_event<JoinRefused>(exchange.at_inviter) != nullptr);
    CHECK(inviting.state() == InvitationState::closed);
  }
}

TEST_CASE("P9: ten seconds to prove the code, five minutes for the whole link") {
  Inviting inviting;
  NewDevice device(1);
  Exchange exchange{inviting.link(), device.join(inviting.known_code())};
  CHECK(exchange.inviter.deadline() == at(limits::handshake_timeout));
  CHECK(exchange.joiner.deadline() == at(limits::handshake_timeout));
  auto silent = inviting.link();
  CHECK(silent.tick(at(limits::handshake_timeout - 1ns)));
  CHECK(silent.tick(at(limits::handshake_timeout)).error().code == Errc::timeout);
  CHECK(inviting.state() == InvitationState::open);
  exchange.pump();
  CHECK(exchange.inviter.deadline() == at(limits::invite_lifetime));
  CHECK(exchange.joiner.deadline() == at(limits::invite_lifetime));
  CHECK(exchange.joiner.tick(at(limits::invite_lifetime)).error().code == Errc::timeout);
  CHECK(exchange.inviter.tick(at(limits::invite_lifetime)).error().code == Errc::timeout);
  CHECK(inviting.state() == InvitationState::closed);
}

TEST_CASE("P7: names that would fool a reader or a terminal are not shown to anybody") {
  for (const char* name : {"laptop", "Grüße", "電話", "👨‍💻 work", "a b-c_d.e"}) {
    CHECK_MESSAGE(is_plain_text(name), name);
  }
  for (const std::string name : {"\x1b[2J", "a\nb", "a\x7f",
                                 "\xc2\x9b"
                                 "31m",
                                 "\xe2\x80\xae"
                                 "evil",
                                 "a\xe2\x80\x8b"
                                 "b",
                                 "\xef\xbb\xbf"
                                 "x",
                                 "\xff", "\xed\xa0\x80"}) {
    CHECK_FALSE(is_plain_text(name));
  }
}

TEST_CASE("P6: check numbers have six digits and differ between links") {
  std::vector<std::string> seen;
  for (std::uint64_t i = 0; i < 50; ++i) {
    Inviting inviting(i + 1);
    NewDevice device(i + 1000);
    Exchange exchange{inviting.link(), device.join(inviting.known_code())};
    exchange.pump();
    seen.push_back(find_event<Proven>(exchange.at_inviter)->check_number);
    CHECK(seen.back().size() == 6);
    CHECK(seen.back().find_first_not_of("0123456789") == std::string::npos);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() >= 48);
}

TEST_CASE("pairing leaves no key in the arena") {
  const std::size_t before = crypto::SecretArena::shared().used();
  {
    Inviting inviting;
    NewDevice device(1);
    Exchange exchange{inviting.link(), device.join(inviting.known_code())};
    exchange.pump();
    Exchange half{inviting.link(), device.join(inviting.wrong_code())};
    (void)half.inviter.receive(half.joiner.take_output(), at(0s));
  }
  CHECK(crypto::SecretArena::shared().used() == before);
  CHECK(crypto::SecretArena::shared().free_slots_are_zero());
}

}  // namespace
}  // namespace syncline::session
