// SPDX-License-Identifier: Apache-2.0
//
// Puncher: when two devices behind routers both connect at once, so that each router takes the
// other's packets for answers.
//
// It decides, for each device that is linked by a relay only: what is said over that link, when
// to connect and where to, how often, and when it is enough. It opens nothing and knows no
// links; whoever connects is proven by the handshake as on any other. Spec F26 to F31.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/time.h"
#include "protocol/step/answer.h"
#include "protocol/sync/punch.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace syncline::node {

class Puncher {
 public:
  // Between the same addresses, until one of them changes or somebody asks.
  static constexpr std::size_t rounds_max = 4;
  // What another device may make this one do in a minute.
  static constexpr std::size_t answers_max = 6;
  // Afterwards the same addresses are worth trying again on a new relayed link.
  static constexpr Duration forget_after = std::chrono::minutes(10);

  enum class Role : std::uint8_t { asker, answerer };  // the asker begins the handshake
  struct Said {
    DeviceId to;
    sync::Punch message;
  };
  // Connect now, from the port at which this device is seen.
  struct Shot {
    DeviceId device;
    std::uint32_t attempt = 0;
    Role role = Role::asker;
    std::string address;
    std::uint8_t first_ttl = 0;  // of the first packet; 0: as usual
  };
  struct Orders {
    std::vector<Said> said;
    std::vector<Shot> shots;
  };
  struct Expected {
    DeviceId device;
    std::uint32_t attempt = 0;
  };

  // Who this device is, and where it is seen from outside.
  void know(const DeviceId& self, std::vector<std::string> outer, Instant now);
  void relayed(const DeviceId& device, Instant now);
  void linked(const DeviceId& device);  // directly
  void unlinked(const DeviceId& device);
  // On the relayed link with that device.
  void hear(const DeviceId& device, const sync::Punch& message, Instant now);
  // A shot came to nothing, or the connection that it was.
  void failed(const Expected& of, const std::string& reason, Instant now);
  // Whether a connection from there is the one that this device asked for.
  std::optional<Expected> expects(const std::string& address, Instant now) const;
  // A connection stands: no other one of this attempt is wanted. False: one stands already.
  bool met(const Expected& of, Instant now);
  // Somebody asked, or the network is another one.
  void hurry(Instant now);
  void tick(Instant now);

  Orders take_orders() { return std::exchange(orders_, {}); }
  std::optional<Instant> deadline() const;
  std::optional<step::PunchStatus> status(const DeviceId& device, Instant now) const;

 private:
  enum class Phase : std::uint8_t {
    asked,  // an answer is owed
    aimed,  // it goes off by itself
    ready,  // at their word
    fired,
    met,
  };
  struct Attempt {
    std::uint32_t number = 0;
    Role role = Role::asker;
    Phase phase = Phase::asked;
    Instant since, until;
    std::size_t outstanding = 0;  // shots
  };
  struct Device {
    bool is_relayed = false;
    std::vector<std::string> mine, theirs;  // of the last attempt
    std::size_t rounds = 0;                 // that failed between these
    std::size_t refusals = 0;               // to be met, one after the other
    std::optional<Instant> next;            // when this device asks
    Instant not_before{};
    std::optional<Instant> tried_at;
    std::optional<Attempt> attempt;
    std::optional<Attempt> late;  // failed, but its connection may still be taken at the door
    std::string result;
    std::deque<Instant> answered;
  };

  bool is_first(const DeviceId& device) const { return self_ < device; }
  std::vector<std::string> usable(const std::vector<session::CompactAddress>& told) const;
  void begin(Device& device, std::vector<std::string> theirs, Instant now);
  void ask(const DeviceId& id, Device& device, Instant now);
  void hear_ask(const DeviceId& id, Device& device, const sync::Punch& message, Instant now);
  void hear_answer(const DeviceId& id, Device& device, const sync::Punch& message, Instant now);
  void fire(const DeviceId& id, Device& device, Instant now);
  void finish(const DeviceId& id, Device& device, std::string result, Instant now);
  void refused(const DeviceId& id, Device& device, Instant now);
  void pause(const DeviceId& id, Device& device, Duration wait, Instant now) const;
  bool admits_answer(Device& device, Instant now) const;
  void say(const DeviceId& to, sync::PunchKind kind, std::uint32_t attempt);
  Attempt* find(const Expected& of);

  DeviceId self_;
  std::vector<std::string> outer_;
  std::map<DeviceId, Device> devices_;
  std::uint32_t attempts_ = 0;
  Orders orders_;
};

}  // namespace syncline::node
