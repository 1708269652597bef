// SPDX-License-Identifier: Apache-2.0
//
// RelayControl and RelaySplice: a device's side of its connections to a relay.
//
// A RelayControl is the one idle connection over which calls are announced; a RelaySplice is a
// connection that becomes a link: dialled to call, or to take a call that was announced. Bytes
// in, events and bytes out. They never dial, and what is spliced is nothing to them: the link's own
// handshake decides who is there. Spec F13 to F16, and F12.
#pragma once

#include "protocol/base/time.h"
#include "protocol/discovery/relay_messages.h"

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::discovery {

inline constexpr std::size_t relay_audiences_max = 8;

class RelayControl {
 public:
  struct Setup {
    std::string relay;                            // as people configured it; is_relay_name()
    DeviceId device;                              // this one
    std::vector<crypto::DiscoveryKey> audiences;  // 1 to relay_audiences_max
  };
  struct Ready {  // once: calls to this device can come now
    session::CompactAddress observed;
    Duration ttl;
  };
  struct Rung {  // dial the relay and take it, within ten seconds
    SpliceToken token;
  };
  struct Failed {  // the last event: the relay closes
    RelayFailure code;
  };
  struct Draining {  // the relay closes by itself after that time
    Duration left;
  };
  using Event = std::variant<Ready, Rung, Failed, Draining>;

  RelayControl(Setup setup, Now now);

  // Errors: close the connection.
  Result<std::vector<Event>> receive(Bytes bytes, Now now);
  // Errors: Errc::timeout.
  Status tick(Now now);
  Instant deadline() const;
  Buffer take_output() { return std::exchange(output_, {}); }
  bool has_output() const { return !output_.empty(); }
  bool is_ready() const { return is_ready_; }

 private:
  struct Place {
    std::size_t audience;
    Day day;
    bool operator==(const Place&) const = default;
  };

  Status take(const RelayMessage& message, Now now, std::vector<Event>& events);
  Status greet(const RelayHello& hello, Now now);
  std::vector<Place> places(WallTime now) const;
  // Says where calls are to go, if that is not what the relay knows already.
  void enroll(Now now);
  bool admits_ring(Instant now);
  void send(const RelayMessage& message);

  Setup setup_;
  std::vector<DayClock> clocks_;
  RelayFrames frames_;
  Buffer output_;
  std::optional<RelayHello> hello_;
  std::vector<Place> enrolled_;
  std::optional<Instant> answer_due_;  // HELLO or REG_OK is owed
  Instant heard_;
  Instant pinged_;
  Instant day_check_;
  std::deque<Instant> rings_;
  bool is_ready_ = false;
  bool has_failed_ = false;
  bool owes_pong_ = false;
};

class RelaySplice {
 public:
  // The connection was just dialled to the relay; the request is there to be sent at once.
  static RelaySplice call(const RendezvousId& callee, Instant now);
  static RelaySplice take(const SpliceToken& token, Instant now);

  // Nothing until the connection is spliced; then the first bytes of the link, which may be none.
  // After that the bytes of the connection are the link's: do not call again.
  // Errors: Errc::unreachable (nobody there, or not any more), Errc::busy, Errc::limit,
  // Errc::forbidden, Errc::cancelled (the relay is draining); others: not our protocol.
  Result<std::optional<Buffer>> receive(Bytes bytes);
  Status tick(Instant now) const;  // Errc::timeout
  Instant deadline() const { return deadline_; }
  Buffer take_output() { return std::exchange(output_, {}); }

 private:
  RelaySplice(const RelayMessage& request, Instant now);

  RelayFrames frames_;
  Buffer output_;
  Instant deadline_;
  bool was_greeted_ = false;
};

// What a caller learns from a relay's refusal.
Error explain(RelayFailure code);

}  // namespace syncline::discovery
