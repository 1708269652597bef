// SPDX-License-Identifier: Apache-2.0
//
// Session: one encrypted link, between the raw bytes of a stream and whole messages.
//
// Preface, Noise handshake, frames, channels, credit, keepalive. It does no I/O, knows no
// message beyond its own four, and does not know who is a device of the vault: `accept`
// decides, before anything about this device is told (dialler) or any message is
// exchanged (both). After an error the link is closed at once and nothing more is sent.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/session/audience.h"
#include "protocol/session/channel.h"

#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace syncline::session {

// Whether the holder of this transport key may be linked with. `audience` is the index of the
// audience called (0 for a dialler).
using Accept = std::function<bool(const crypto::BoxPublicKey& key, std::size_t audience)>;

struct Remote {
  crypto::BoxPublicKey key;  // proven and accepted
  std::size_t audience = 0;
  Digest handshake_hash;       // the same on both sides, of this link only
  std::uint64_t features = 0;  // what the other side said it can do
};

enum class ByeReason : std::uint8_t {
  done = 0,      // nothing to do, or the agent stops
  locked = 1,    // reserved
  replaced = 2,  // another link to the same device is kept
  removed = 3,   // the other device is no longer in the vault
  confused = 4,  // what was received makes no sense
};

// ---- Events: what receive() found -----------------------------------------------------------

struct Opened {
  Remote remote;
};
struct Message {
  Channel channel{};
  std::uint8_t type = 0;  // whether it is known, or is_ignorable(), is the caller's to check
  Buffer body;
  std::size_t cost = 0;  // what to give back to consumed() once it is stored; 0 without credit
};
struct Farewell {
  ByeReason reason{};  // the other side closes; whatever it had not sent will come on a later link
};
using Event = std::variant<Opened, Message, Farewell>;

// Fixed by the protocol and equal on both sides; tests make the numbers small.
struct Tuning {
  std::uint64_t rekey_frames = 1 << 16;
  std::uint64_t rekey_bytes = 1 << 30;
  std::size_t credit_window_max = limits::credit_window_max;
};

// What may wait in send(). Beyond it send() says Errc::busy.
inline constexpr std::size_t control_queue_max = 1024 * 1024;
inline constexpr std::size_t content_queue_max = 4 * 1024 * 1024;
// Little: what waits longer is replaced by newer values where it comes from.
inline constexpr std::size_t ephemeral_queue_max = 2 * limits::ephemeral_message_size_max;

class Session {
 public:
  struct Common {
    const crypto::BoxKey& transport_key;  // copied
    Random& random;                       // must outlive the session
    Accept accept;
    std::uint64_t features = 0;
    Tuning tuning{};
  };
  // Calls: the first output is there at once.
  static Session dial(Common common, const Audience& audience, Instant now);
  // Is called: sends nothing before the caller has proven to know the psk of an audience.
  static Session answer(Common common, Audiences audiences, Instant now);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Any piece of the stream. Errors are final. They never name what a stranger could learn:
  //   Errc::forbidden      not accepted, or this device itself
  //   Errc::bad_signature  another psk, or changed bytes
  //   Errc::limit          more than its credit or bounds allow
  //   Errc::invalid, oversized, non_canonical, unsupported
  Result<std::vector<Event>> receive(Bytes bytes, Instant now);

  // Requires: is_open(), !is_own_type(type). Errors: Errc::busy if the queue is full (nothing was
  // queued), Errc::oversized for a body the other side would refuse, Errc::cancelled after
  // say_bye().
  Status send(Channel channel, std::uint8_t type, Bytes body);
  // Bytes in send() that are in no frame yet, whether for want of credit or of take_output().
  std::size_t queued_bytes(Channel channel) const;
  // Whether a body of any allowed size can be queued now.
  bool has_room(Channel channel) const;
  // A received message is durable (or refused): its credit goes back to the sender.
  void consumed(Channel channel, std::size_t cost);

  // Whole frames, until at least `enough` bytes are there or nothing is left to send: at most
  // `enough` + 60 KiB. Channels with content take turns frame by frame, so what is queued here does
  // not delay another channel; what was taken does. Take no more than the socket can hold.
  Buffer take_output(std::size_t enough = 128 * 1024);
  bool has_output() const;

  // Drops what is queued and says why this side will close, as the last output.
  void say_bye(ByeReason reason);

  // When to call tick() next. Errors of tick(): Errc::timeout, final.
  Instant deadline() const;
  Status tick(Instant now);

  bool is_open() const;
  // Requires: is_open().
  const Remote& remote() const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace syncline::session
