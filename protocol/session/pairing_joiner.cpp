// SPDX-License-Identifier: Apache-2.0
//
// The other end of pairing_inviter.cpp; the order of messages is there.
#include "protocol/base/check.h"
#include "protocol/crypto/cpace.h"
#include "protocol/session/channel.h"
#include "protocol/session/pairing.h"
#include "protocol/session/pairing_stream.h"
#include "protocol/wire/writer.h"

namespace syncline::session {

struct PairingJoiner::State {
  enum class Stage : std::uint8_t { calling, proving, waiting, granted, over };

  crypto::BoxKey transport_key;
  JoinOffer offer;
  Random& random;
  PairingStream stream;
  Stage stage = Stage::calling;
  std::optional<crypto::Cpace> cpace;
  std::optional<CodeExchange> exchange;
  Buffer bound;  // the clear bytes so far, both directions
  Buffer share;  // the inviter's, as it arrives
  std::optional<Error> failure;

  State(Setup&& setup, Instant now)
      : transport_key(setup.transport_key.clone()),
        offer(std::move(setup.offer)),
        random(setup.random),
        stream(grant_size_max, now) {}

  void call(const PairingCode& code);
  void call(const PairingTicket& ticket);
  StreamHandshake::Setup setup(const crypto::LinkPsk& psk) const;
  Status take_share(Bytes& input);
  Status receive(Bytes input, std::vector<PairingEvent>& events);
  Status take(RawMessage& message, std::vector<PairingEvent>& events);
};

StreamHandshake::Setup PairingJoiner::State::setup(const crypto::LinkPsk& psk) const {
  return {.role = crypto::NoiseRole::initiator,
          .transport_key = transport_key,
          .psk = psk,
          .preface = bound,
          .accept = [](const crypto::BoxPublicKey&) { return true; }};
}

void PairingJoiner::State::call(const PairingCode& code) {
  std::array<std::uint8_t, pairing_nonce_size> nonce{};
  random.fill(nonce);
  exchange.emplace(code.nameplate(), nonce);
  cpace.emplace(crypto::Cpace::start({.password = code.password(),
                                      .channel = exchange->channel,
                                      .session = exchange->session,
                                      .associated = exchange->joiner},
                                     random));
  bound = wire::Writer()
              .u8(preface_version)
              .u8(static_cast<std::uint8_t>(LinkKind::pair_code))
              .u16(code.nameplate())
              .fixed(nonce)
              .id(cpace->share())
              .take();
  SYNCLINE_CHECK(bound.size() == code_preface_size);
  stream.send_clear(bound);
}

void PairingJoiner::State::call(const PairingTicket& ticket) {
  const Audience audience = audience_of(ticket);
  auto ephemeral = crypto::BoxKey::random(random);
  bound =
      hint_preface(LinkKind::pair_secret, audience.hint(crypto::public_key_of(ephemeral.expose())));
  stream.send_clear(bound);
  stream.begin(StreamHandshake(setup(audience.psk()), std::move(ephemeral)));
}

Status PairingJoiner::State::take_share(Bytes& input) {
  const std::size_t taken = std::min(input.size(), crypto::CpaceShare::size - share.size());
  append(share, input.first(taken));
  input = input.subspan(taken);
  if (share.size() < crypto::CpaceShare::size) return {};
  const auto theirs = *crypto::CpaceShare::from(share);
  const auto psk = cpace->finish(crypto::Cpace::Role::initiator, theirs, exchange->inviter);
  if (!psk) return fail(Errc::wrong_code, "share");
  cpace.reset();
  append(bound, share);
  stream.begin(StreamHandshake(setup(*psk), random));
  stage = Stage::proving;
  return {};
}

Status PairingJoiner::State::receive(Bytes input, std::vector<PairingEvent>& events) {
  if (!stream.has_begun()) {
    if (const auto taken = take_share(input); !taken) return taken;
    if (!stream.has_begun()) return {};
  }
  struct Wiped {
    std::vector<RawMessage> list;
    ~Wiped() {
      for (RawMessage& message : list) crypto::wipe(message.body);
    }
  } messages;
  const bool was_established = stream.established().has_value();
  if (const auto received = stream.receive(input, messages.list); !received) {
    if (!was_established && received.error().code == Errc::bad_signature) {
      return fail(Errc::wrong_code, "proof");
    }
    return received;
  }
  if (!was_established && stream.established()) {
    stage = Stage::waiting;
    stream.send(PairingType::offer, space::encode_introduction(offer));
    events.emplace_back(Proven{stream.established()->key, stream.established()->check_number});
  }
  for (RawMessage& message : messages.list) {
    if (const auto taken = take(message, events); !taken) return taken;
  }
  return {};
}

Status PairingJoiner::State::take(RawMessage& message, std::vector<PairingEvent>& events) {
  if (stage == Stage::over || is_ignorable(message.type)) return {};
  const auto type = static_cast<PairingType>(message.type);
  if (type == PairingType::grant && stage == Stage::waiting) {
    stage = Stage::granted;
    events.emplace_back(Granted(std::move(message.body)));
    return {};
  }
  if (type == PairingType::refused) {
    stage = Stage::over;
    events.emplace_back(JoinRefused{});
    return {};
  }
  return fail(Errc::invalid, "pairing message");
}

PairingJoiner::PairingJoiner(Setup setup, const PairingInput& input, Instant now)
    : state_(std::make_unique<State>(std::move(setup), now)) {
  SYNCLINE_CHECK(state_->offer.cert.box_key ==
                 crypto::public_key_of(state_->transport_key.expose()));
  std::visit([this](const auto& known) { state_->call(known); }, input);
}
PairingJoiner::PairingJoiner(PairingJoiner&&) noexcept = default;
PairingJoiner& PairingJoiner::operator=(PairingJoiner&&) noexcept = default;
PairingJoiner::~PairingJoiner() = default;

Result<std::vector<PairingEvent>> PairingJoiner::receive(Bytes bytes, Instant) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  std::vector<PairingEvent> events;
  if (const auto received = state_->receive(bytes, events); !received) {
    state_->failure = received.error();
    state_->stream.drop_output();
    return pass(received);
  }
  return events;
}

void PairingJoiner::done() {
  SYNCLINE_CHECK(state_->stage == State::Stage::granted);
  state_->stream.send(PairingType::done, {});
  state_->stage = State::Stage::over;
}

void PairingJoiner::refuse() {
  if (state_->failure || state_->stage == State::Stage::over) return;
  if (state_->stream.established()) state_->stream.send(PairingType::refused, {});
  state_->stage = State::Stage::over;
}

Buffer PairingJoiner::take_output(std::size_t enough) { return state_->stream.take_output(enough); }
bool PairingJoiner::has_output() const { return state_->stream.has_output(); }
Instant PairingJoiner::deadline() const { return state_->stream.deadline(); }

Status PairingJoiner::tick(Instant now) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  const Status ticked = state_->stream.tick(now);
  if (ticked) return ticked;
  state_->failure = ticked.error();
  state_->stream.drop_output();
  return ticked;
}

Error PairingJoiner::explain_loss() const {
  if (state_->failure) return *state_->failure;
  switch (state_->stage) {
    case State::Stage::calling:
      return {Errc::not_found,
              "The other device does not know this invitation. Make a new one there."};
    case State::Stage::proving:
      return {Errc::wrong_code,
              "The code is wrong, and cannot be tried again. Make a new one on the other device."};
    case State::Stage::waiting:
    case State::Stage::granted:
    case State::Stage::over: break;
  }
  return {Errc::unreachable, "The other device hung up before pairing was finished."};
}

}  // namespace syncline::session
