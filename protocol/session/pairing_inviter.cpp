// SPDX-License-Identifier: Apache-2.0
//
//   code:    -> preface    <- share (32)    -> message 1    <- message 2    -> message 3
//   secret:  -> preface ‖ message 1         <- message 2    -> message 3
//   then     -> OFFER      <- GRANT or REFUSED              -> DONE or REFUSED
#include "protocol/base/check.h"
#include "protocol/crypto/cpace.h"
#include "protocol/session/channel.h"
#include "protocol/session/pairing.h"
#include "protocol/session/pairing_stream.h"
#include "protocol/wire/reader.h"

namespace syncline::session {

struct PairingInviter::State {
  enum class Stage : std::uint8_t { proving, listening, offered, granted, over };

  crypto::BoxKey transport_key;
  InvitationBook& book;
  Random& random;
  LinkKind kind;
  PrefaceCollector preface;
  PairingStream stream;
  Stage stage = Stage::proving;
  std::uint64_t invitation = 0;
  bool has_claimed = false;
  std::optional<Error> failure;

  State(const Setup& setup, LinkKind link_kind, Instant now)
      : transport_key(setup.transport_key.clone()),
        book(setup.book),
        random(setup.random),
        kind(link_kind),
        preface(link_kind, link_kind == LinkKind::pair_code ? code_preface_size : hinted_call_size),
        stream(offer_message_size_max, now) {}

  Status receive(Bytes input, Instant now, std::vector<PairingEvent>& events);
  Status answer(const Invitation& open);
  Status answer_code(const Invitation& open);
  Status answer_secret(const Invitation& open);
  void begin(const crypto::LinkPsk& psk, Bytes bound);
  Status prove(Bytes input, Instant now, std::vector<RawMessage>& messages);
  Status take(const RawMessage& message, std::vector<PairingEvent>& events);
  Status take_offer(Bytes body, std::vector<PairingEvent>& events);
};

// Whoever does not name an open invitation gets no answer.
Status PairingInviter::State::answer(const Invitation& open) {
  invitation = open.number;
  return kind == LinkKind::pair_code ? answer_code(open) : answer_secret(open);
}

Status PairingInviter::State::answer_code(const Invitation& open) {
  wire::Reader reader(preface.bytes().subspan(2));
  const std::uint16_t nameplate = reader.u16();
  const Bytes nonce = reader.fixed(pairing_nonce_size);
  const auto theirs = reader.id<crypto::CpaceShare>();
  if (nameplate != open.code.nameplate()) return fail(Errc::not_found, "invitation");
  const CodeExchange exchange(nameplate, nonce);
  const auto cpace = crypto::Cpace::start({.password = open.code.password(),
                                           .channel = exchange.channel,
                                           .session = exchange.session,
                                           .associated = exchange.inviter},
                                          random);
  const auto psk = cpace.finish(crypto::Cpace::Role::responder, theirs, exchange.joiner);
  if (!psk) {
    // No honest device sends a share that is no point: somebody tries to do without the code.
    book.burn(invitation);
    return fail(Errc::wrong_code, "share");
  }
  stream.send_clear(cpace.share().view());
  Buffer bound = to_buffer(preface.bytes());
  append(bound, cpace.share().view());
  begin(*psk, bound);
  return {};
}

Status PairingInviter::State::answer_secret(const Invitation& open) {
  const HintedCall call = read_hinted_call(preface.bytes());
  if (!crypto::equal_secret(open.audience.hint(call.ephemeral).view(), call.hint.view())) {
    return fail(Errc::not_found, "invitation");
  }
  begin(open.audience.psk(), preface.bytes().first(hint_preface_size));
  std::vector<RawMessage> none;
  return stream.receive(preface.bytes().subspan(hint_preface_size), none);
}

void PairingInviter::State::begin(const crypto::LinkPsk& psk, Bytes bound) {
  stream.begin(StreamHandshake({.role = crypto::NoiseRole::responder,
                                .transport_key = transport_key,
                                .psk = psk,
                                .preface = bound,
                                .accept = [](const crypto::BoxPublicKey&) { return true; }},
                               random));
}

// Until message 1 is verified. Several callers may be here at once; the invitation goes to the
// first that proves its knowledge, and a wrong proof takes it from all.
Status PairingInviter::State::prove(Bytes input, Instant now, std::vector<RawMessage>& messages) {
  const Invitation* open = book.open(now);
  if (open == nullptr) return fail(Errc::not_found, "invitation");
  if (!stream.has_begun()) {
    if (const auto collected = preface.collect(input); !collected) return collected;
    if (!preface.is_complete()) return {};
    if (const auto answered = answer(*open); !answered) return answered;
  }
  if (open->number != invitation) return fail(Errc::not_found, "invitation");
  const Status received = stream.receive(input, messages);
  if (stream.knows_psk()) {
    has_claimed = true;
    if (const auto claimed = book.claim(invitation, now); !claimed) return claimed;
    return received;
  }
  if (received || kind == LinkKind::pair_secret) return received;
  book.burn(invitation);
  return fail(Errc::wrong_code, "proof");
}

Status PairingInviter::State::receive(Bytes input, Instant now, std::vector<PairingEvent>& events) {
  if (stage == Stage::over) return {};
  std::vector<RawMessage> messages;
  const Status received =
      has_claimed ? stream.receive(input, messages) : prove(input, now, messages);
  if (!received) {
    // Whoever knew the code and then breaks the rules has had its chance.
    if (has_claimed) book.burn(invitation);
    return received;
  }
  if (stage == Stage::proving && stream.established()) {
    stage = Stage::listening;
    events.emplace_back(Proven{stream.established()->key, stream.established()->check_number});
  }
  for (const RawMessage& message : messages) {
    if (const auto taken = take(message, events); !taken) {
      book.burn(invitation);
      return taken;
    }
  }
  return {};
}

Status PairingInviter::State::take(const RawMessage& message, std::vector<PairingEvent>& events) {
  if (stage == Stage::over || is_ignorable(message.type)) return {};
  const auto type = static_cast<PairingType>(message.type);
  if (type == PairingType::offer && stage == Stage::listening) {
    return take_offer(message.body, events);
  }
  if (type == PairingType::done && stage == Stage::granted) {
    stage = Stage::over;
    book.close(invitation);
    events.emplace_back(JoinDone{});
    return {};
  }
  if (type == PairingType::refused) {
    stage = Stage::over;
    book.close(invitation);
    events.emplace_back(JoinRefused{});
    return {};
  }
  return fail(Errc::invalid, "pairing message");
}

Status PairingInviter::State::take_offer(Bytes body, std::vector<PairingEvent>& events) {
  auto offer = decode_offer(body);
  if (!offer) return pass(offer);
  if (offer->cert.box_key != stream.established()->key) {
    return fail(Errc::forbidden, "an offer for another key than the link's");
  }
  stage = Stage::offered;
  events.emplace_back(Offered{std::move(*offer)});
  return {};
}

PairingInviter::PairingInviter(Setup setup, LinkKind kind, Instant now)
    : state_(std::make_unique<State>(setup, kind, now)) {
  SYNCLINE_CHECK(kind == LinkKind::pair_code || kind == LinkKind::pair_secret);
}
PairingInviter::PairingInviter(PairingInviter&&) noexcept = default;
PairingInviter& PairingInviter::operator=(PairingInviter&&) noexcept = default;
PairingInviter::~PairingInviter() = default;

Result<std::vector<PairingEvent>> PairingInviter::receive(Bytes bytes, Instant now) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  std::vector<PairingEvent> events;
  if (const auto received = state_->receive(bytes, now, events); !received) {
    state_->failure = received.error();
    state_->stream.drop_output();
    return pass(received);
  }
  return events;
}

Status PairingInviter::grant(Bytes material) {
  SYNCLINE_CHECK(state_->stage == State::Stage::offered);
  if (material.size() > grant_size_max) return fail(Errc::oversized, "join material");
  state_->stream.send(PairingType::grant, material);
  state_->stage = State::Stage::granted;
  return {};
}

void PairingInviter::refuse() {
  if (state_->failure || state_->stage == State::Stage::over) return;
  if (state_->stream.established()) state_->stream.send(PairingType::refused, {});
  if (state_->has_claimed) state_->book.close(state_->invitation);
  state_->stage = State::Stage::over;
}

Buffer PairingInviter::take_output(std::size_t enough) {
  return state_->stream.take_output(enough);
}
bool PairingInviter::has_output() const { return state_->stream.has_output(); }
Instant PairingInviter::deadline() const { return state_->stream.deadline(); }

Status PairingInviter::tick(Instant now) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  const Status ticked = state_->stream.tick(now);
  if (ticked) return ticked;
  state_->failure = ticked.error();
  state_->stream.drop_output();
  if (state_->has_claimed) state_->book.close(state_->invitation);
  return ticked;
}

std::optional<std::uint64_t> PairingInviter::claimed() const {
  return state_->has_claimed ? std::optional(state_->invitation) : std::nullopt;
}

}  // namespace syncline::session
