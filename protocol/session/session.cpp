// SPDX-License-Identifier: Apache-2.0
//
//   -> preface ‖ message 1    <- message 2    -> message 3    then frames both ways
//   messages of session's own, on the control channel:
//     PING 0x70, PONG 0x71    nothing
//     CREDIT 0x72             channel u8 ‖ bytes varint
//     BYE 0x73                reason u8
//   Later fields of each are skipped.
#include "protocol/session/session.h"

#include "protocol/base/check.h"
#include "protocol/session/frames.h"
#include "protocol/session/handshake.h"
#include "protocol/session/inbox.h"
#include "protocol/session/outbox.h"
#include "protocol/session/preface.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {
namespace {

enum class OwnType : std::uint8_t { ping = 0x70, pong = 0x71, credit = 0x72, bye = 0x73 };

constexpr std::size_t message_overhead_max = 1 + 10;
constexpr std::size_t frame_overhead = 16 + 1;  // tag and channel

ByeReason bye_reason(std::uint8_t code) {
  return code <= static_cast<std::uint8_t>(ByeReason::confused) ? static_cast<ByeReason>(code)
                                                                : ByeReason::done;
}

std::size_t queue_max(Channel channel) {
  if (channel == Channel::ephemeral) return ephemeral_queue_max;
  return channel == Channel::control ? control_queue_max : content_queue_max;
}

}  // namespace

// Everything after the handshake.
struct OpenLink {
  FrameSealer sealer;
  FrameOpener opener;
  Outbox outbox;
  Inbox inbox;
  Remote remote;
  std::size_t stream_size_max;  // bytes of a channel in one frame
  Instant heard;                // the last whole frame
  Instant pinged;
  bool owes_ping = false;
  bool owes_pong = false;
  std::optional<ByeReason> owes_bye{};
  bool said_bye = false;   // nothing more is queued
  bool heard_bye = false;  // nothing more is read
};

struct Session::State {
  crypto::BoxKey transport_key;
  Random& random;
  Accept accept;
  std::uint64_t features;
  Tuning tuning;
  Audiences audiences;  // of a responder
  Instant started;
  PrefaceCollector call;  // of a dialler's call, until its audience is known
  std::size_t audience = 0;
  std::optional<StreamHandshake> handshake;
  std::unique_ptr<OpenLink> open;
  Buffer output;  // of the handshake
  std::optional<Error> failure;

  State(Common&& common, Audiences list, Instant now)
      : transport_key(common.transport_key.clone()),
        random(common.random),
        accept(std::move(common.accept)),
        features(common.features),
        tuning(common.tuning),
        audiences(std::move(list)),
        started(now),
        call(LinkKind::device, hinted_call_size) {}

  StreamHandshake::Setup setup(crypto::NoiseRole role, const Audience& called, Bytes preface);
  void call_out(const Audience& called);
  Status receive(Bytes input, Instant now, std::vector<Event>& events);
  Status find_caller(Bytes& input);
  Status shake_hands(Bytes& input, Instant now, std::vector<Event>& events);
  void open_link(Instant now);
  Status take_frames(Bytes input, Instant now, std::vector<Event>& events);
  Status take_own(const RawMessage& message, std::vector<Event>& events);
  Status take_credit(Bytes body);
  Status tick(Instant now);
  Instant deadline() const;
  void queue_own();
  bool owes_anything() const;
  Buffer take_output(std::size_t enough);
};

// ---- Handshake ------------------------------------------------------------------------------

StreamHandshake::Setup Session::State::setup(crypto::NoiseRole role, const Audience& called,
                                             Bytes preface) {
  return {.role = role,
          .transport_key = transport_key,
          .psk = called.psk(),
          .preface = preface,
          .features = features,
          .accept = [this](const crypto::BoxPublicKey& key) { return accept(key, audience); }};
}

void Session::State::call_out(const Audience& called) {
  auto ephemeral = crypto::BoxKey::random(random);
  const auto hint = called.hint(crypto::public_key_of(ephemeral.expose()));
  output = hint_preface(LinkKind::device, hint);
  handshake.emplace(setup(crypto::NoiseRole::initiator, called, output), std::move(ephemeral));
  append(output, handshake->take_output());
}

// A hint that belongs to no audience ends the link before any costly operation.
Status Session::State::find_caller(Bytes& input) {
  if (const auto collected = call.collect(input); !collected || !call.is_complete()) {
    return collected;
  }
  const HintedCall hinted = read_hinted_call(call.bytes());
  const auto found = find_audience(*audiences, hinted.ephemeral, hinted.hint);
  if (!found) return fail(Errc::bad_signature, "audience");
  audience = *found;
  const Bytes preface = call.bytes().first(hint_preface_size);
  handshake.emplace(setup(crypto::NoiseRole::responder, (*audiences)[audience], preface), random);
  Bytes begun = call.bytes().subspan(hint_preface_size);
  return handshake->receive(begun);
}

Status Session::State::shake_hands(Bytes& input, Instant now, std::vector<Event>& events) {
  const Status done = handshake->receive(input);
  if (!done) return done;
  append(output, handshake->take_output());
  if (!handshake->is_finished()) return {};
  open_link(now);
  events.push_back(Opened{open->remote});
  return {};
}

void Session::State::open_link(Instant now) {
  auto ciphers = handshake->split();
  const RekeyRule rule{.frames = tuning.rekey_frames, .bytes = tuning.rekey_bytes};
  const std::size_t credit = std::min(limits::credit_initial, tuning.credit_window_max);
  const Features& theirs = handshake->remote_features();
  open = std::make_unique<OpenLink>(OpenLink{
      .sealer = FrameSealer(std::move(ciphers.send), rule),
      .opener = FrameOpener(std::move(ciphers.receive), rule),
      .outbox = Outbox(credit, tuning.credit_window_max),
      .inbox = Inbox(credit, tuning.credit_window_max),
      .remote = {.key = handshake->remote_key(),
                 .audience = audience,
                 .handshake_hash = handshake->hash(),
                 .features = theirs.bits},
      .stream_size_max = std::min(frame_stream_size_max, theirs.frame_size_max - frame_overhead),
      .heard = now,
      .pinged = now});
  handshake.reset();
  audiences.reset();
}

// ---- Receiving ------------------------------------------------------------------------------

Status Session::State::receive(Bytes input, Instant now, std::vector<Event>& events) {
  if (!open && !handshake) {
    if (const auto found = find_caller(input); !found) return found;
  }
  if (!open && handshake) {
    if (const auto shaken = shake_hands(input, now, events); !shaken) return shaken;
  }
  if (!open) return {};
  return take_frames(input, now, events);
}

Status Session::State::take_frames(Bytes input, Instant now, std::vector<Event>& events) {
  Buffer plaintext;
  std::vector<Inbox::Arrived> arrived;
  while (!open->heard_bye) {
    const auto opened = open->opener.open(input, plaintext);
    if (!opened) return pass(opened);
    if (!*opened) return {};
    open->heard = now;
    arrived.clear();
    if (const auto taken = open->inbox.take_frame(plaintext, arrived); !taken) return taken;
    for (auto& [channel, message] : arrived) {
      if (is_own_type(message.type)) {
        if (channel != Channel::control) return fail(Errc::invalid, "type on this channel");
        if (const auto taken = take_own(message, events); !taken) return taken;
        if (open->heard_bye) return {};
        continue;
      }
      const std::size_t cost = has_credit(channel) ? message.stream_size : 0;
      events.push_back(Message{channel, message.type, std::move(message.body), cost});
    }
  }
  return {};
}

Status Session::State::take_own(const RawMessage& message, std::vector<Event>& events) {
  switch (static_cast<OwnType>(message.type)) {
    case OwnType::ping: open->owes_pong = true; return {};
    case OwnType::pong: return {};  // any frame counts as a sign of life
    case OwnType::credit: return take_credit(message.body);
    case OwnType::bye: {
      if (message.body.empty()) return fail(Errc::truncated, "bye");
      open->heard_bye = true;
      events.push_back(Farewell{bye_reason(message.body[0])});
      return {};
    }
  }
  return fail(Errc::unsupported, "message type");
}

Status Session::State::take_credit(Bytes body) {
  wire::Reader reader(body);
  const std::uint8_t channel = reader.u8();
  const std::uint64_t bytes = reader.varint();
  if (!reader.ok()) return fail(Errc::invalid, "credit");
  if (channel >= channel_count || bytes == 0) return fail(Errc::invalid, "credit");
  return open->outbox.add_credit(static_cast<Channel>(channel), static_cast<std::size_t>(bytes));
}

// ---- Sending --------------------------------------------------------------------------------

bool Session::State::owes_anything() const {
  return open->owes_ping || open->owes_pong || open->owes_bye ||
         open->inbox.has_grant(Channel::live) || open->inbox.has_grant(Channel::bulk);
}

// Made only when they can leave: a remote that pings or stores fast cannot fill a queue with them.
void Session::State::queue_own() {
  const auto queue = [this](OwnType type, Bytes body) {
    open->outbox.push_first(static_cast<std::uint8_t>(type), body);
  };
  if (open->owes_bye) {
    const auto reason = static_cast<std::uint8_t>(*open->owes_bye);
    queue(OwnType::bye, Bytes(&reason, 1));
    open->owes_bye.reset();
  }
  if (open->said_bye) return;
  if (std::exchange(open->owes_pong, false)) queue(OwnType::pong, {});
  if (std::exchange(open->owes_ping, false)) queue(OwnType::ping, {});
  for (const Channel channel : {Channel::live, Channel::bulk}) {
    const std::size_t grant = open->inbox.take_grant(channel);
    if (grant == 0) continue;
    const Buffer body = wire::Writer().u8(static_cast<std::uint8_t>(channel)).varint(grant).take();
    queue(OwnType::credit, body);
  }
}

Buffer Session::State::take_output(std::size_t enough) {
  Buffer out = std::move(output);
  output.clear();
  if (!open || open->heard_bye || out.size() >= enough) return out;
  queue_own();
  Buffer plaintext;
  while (out.size() < enough && open->outbox.can_send()) {
    plaintext.clear();
    open->outbox.fill_frame(plaintext, open->stream_size_max);
    const auto sealed = open->sealer.seal(out, plaintext);
    // A nonce space of 2^64 frames does not end while anybody watches.
    SYNCLINE_CHECK(sealed.has_value());
  }
  return out;
}

// ---- Time -----------------------------------------------------------------------------------

Instant Session::State::deadline() const {
  if (!open) return started + limits::handshake_timeout;
  return std::min(open->heard + limits::link_idle_timeout,
                  std::max(open->heard, open->pinged) + limits::ping_interval);
}

Status Session::State::tick(Instant now) {
  if (!open) {
    if (now < deadline()) return {};
    return fail(Errc::timeout, "handshake");
  }
  if (now >= open->heard + limits::link_idle_timeout) return fail(Errc::timeout, "silence");
  if (now >= std::max(open->heard, open->pinged) + limits::ping_interval) {
    open->owes_ping = !open->said_bye;
    open->pinged = now;
  }
  return {};
}

// ---- The class itself -----------------------------------------------------------------------

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Session Session::dial(Common common, const Audience& audience, Instant now) {
  Session session(std::make_unique<State>(std::move(common), nullptr, now));
  session.state_->call_out(audience);
  return session;
}

Session Session::answer(Common common, Audiences audiences, Instant now) {
  SYNCLINE_CHECK(audiences != nullptr);
  return Session(std::make_unique<State>(std::move(common), std::move(audiences), now));
}

Result<std::vector<Event>> Session::receive(Bytes bytes, Instant now) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  std::vector<Event> events;
  if (const auto received = state_->receive(bytes, now, events); !received) {
    state_->failure = received.error();
    state_->output.clear();
    return pass(received);
  }
  return events;
}

Status Session::tick(Instant now) {
  if (state_->failure) return tl::unexpected<Error>(*state_->failure);
  const Status ticked = state_->tick(now);
  if (!ticked) state_->failure = ticked.error();
  return ticked;
}

Status Session::send(Channel channel, std::uint8_t type, Bytes body) {
  SYNCLINE_CHECK(is_open() && !is_own_type(type));
  OpenLink& open = *state_->open;
  if (open.said_bye || open.heard_bye || state_->failure) return fail(Errc::cancelled, "link ends");
  if (body.size() > body_size_max(channel)) return fail(Errc::oversized, "message");
  if (!has_room(channel)) return fail(Errc::busy, "link queue");
  open.outbox.push(channel, type, body);
  return {};
}

std::size_t Session::queued_bytes(Channel channel) const {
  return is_open() ? state_->open->outbox.queued_bytes(channel) : 0;
}

bool Session::has_room(Channel channel) const {
  return queued_bytes(channel) + message_overhead_max + body_size_max(channel) <=
         queue_max(channel);
}

void Session::consumed(Channel channel, std::size_t cost) {
  if (!has_credit(channel) || !is_open()) return;
  state_->open->inbox.consumed(channel, cost);
}

Buffer Session::take_output(std::size_t enough) {
  return state_->failure ? Buffer() : state_->take_output(enough);
}

bool Session::has_output() const {
  if (state_->failure) return false;
  if (!state_->output.empty()) return true;
  const auto& open = state_->open;
  return open && !open->heard_bye && (state_->owes_anything() || open->outbox.can_send());
}

void Session::say_bye(ByeReason reason) {
  if (!is_open() || state_->open->said_bye) return;
  state_->open->outbox.drop_waiting();
  state_->open->owes_bye = reason;
  state_->open->said_bye = true;
}

Instant Session::deadline() const { return state_->deadline(); }
bool Session::is_open() const { return state_->open != nullptr; }

const Remote& Session::remote() const {
  SYNCLINE_CHECK(is_open());
  return state_->open->remote;
}

}  // namespace syncline::session
