// SPDX-License-Identifier: Apache-2.0
//
// Links: every live connection, from its first byte to its last.
//
// Tells device links from pairing links by their preface, runs the session of each, and
// keeps one link per device. Messages go to the replicator or to pairing; what a link is
// for is known here, what it says is not.
#pragma once

#include "protocol/discovery/relay_client.h"
#include "protocol/node/dial_plan.h"
#include "protocol/node/outer_view.h"
#include "protocol/node/pairing.h"
#include "protocol/node/puncher.h"
#include "protocol/node/turn.h"
#include "protocol/session/preface.h"
#include "protocol/session/session.h"

#include <map>
#include <memory>
#include <variant>

namespace syncline::node {

class Links {
 public:
  void up(House& house, Turn& turn, Pairing& pairing, const step::LinkUp& input);
  void down(House& house, Turn& turn, Pairing& pairing, Link link);
  void dial_failed(House& house, Turn& turn, Pairing& pairing, const step::DialFailed& input);
  void received(House& house, Turn& turn, Pairing& pairing, const step::Received& input);
  void drained(House& house, Turn& turn, const step::Drained& input);

  // Dials what is due: devices without a link, and an invitation that is being joined.
  void dial_due(House& house, Turn& turn, Pairing& pairing);
  void dial_now(House& house, Turn& turn) {
    plan_.hurry(house.roster, turn.now.instant);
    house.relays.hurry(turn.now.instant);
    puncher_.hurry(turn.now.instant);
  }
  // An address a person typed; remembered once a device of the vault answers there.
  void connect(Turn& turn, const std::string& address);
  bool is_allowed(const House& house, const std::string& address);
  // It was removed from the list: nobody can call this device there any more.
  void leave_relay(House& house, Turn& turn, Pairing& pairing, const std::string& relay);
  // A device said where it, or another one, can be reached.
  void learned(House& house, Turn& turn, const sync::News::Learned& news);

  // Moves queued output to the shell, within what each link may have waiting there.
  void flush(Turn& turn);
  void tick(House& house, Turn& turn, Pairing& pairing);
  std::optional<Instant> deadline(const House& house) const;
  // Closes every link: the vault was left, or a commit was lost.
  void close_all(House& house, Turn& turn, Pairing& pairing, const std::string& reason);

  std::vector<step::LinkStatus> status_of(const DeviceId& device, Now now) const;
  DialPlan& plan() { return plan_; }
  const DialPlan& plan() const { return plan_; }
  const Puncher& puncher() const { return puncher_; }
  const OuterView& outer() const { return outer_; }
  // Somebody who may become a link to a device.
  bool is_dialling() const;
  bool is_linked(const DeviceId& device) const { return find_device(device) != nullptr; }

 private:
  // Where the others can be reached, to a device that was just linked.
  void tell_of_others(House& house, const DeviceId& device);
  // What the shell may have waiting for one socket: enough to keep it busy, little to lose.
  static constexpr std::size_t shell_queue_max = 1024 * 1024;

  using ControlStage = std::unique_ptr<discovery::RelayControl>;
  struct SpliceStage {
    discovery::RelaySplice splice;
    bool calls = false;  // this device calls; otherwise it was called
  };
  struct Entry final : sync::Outlet {
    Link link;
    std::string address;
    bool dialled = false;  // of a punched link: by whoever began the handshake
    bool punched = false;
    std::string local;  // own end of what was dialled
    std::uint16_t door = 0;
    Instant since;
    std::variant<session::Arrival, session::Session, PairingLink, ControlStage, SpliceStage> stage;
    std::optional<DeviceId> device;  // of an opened device link
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::size_t shell_queued = 0;
    bool closing = false;  // hang up once what is queued has left

    Entry(Link id, std::string from, Instant now)
        : link(id), address(std::move(from)), since(now), stage(session::Arrival(now)) {}
    session::Session* session() { return std::get_if<session::Session>(&stage); }
    Status send(session::Channel channel, std::uint8_t type, Bytes body) override;
    std::size_t queued_bytes(session::Channel channel) const override;
    bool has_room(session::Channel channel) const override;
  };
  using Entries = std::map<Link, std::unique_ptr<Entry>>;

  Status feed(House& house, Turn& turn, Pairing& pairing, Entry& entry, Bytes bytes);
  // The stage of a link that was dialled. False: it is not wanted any more.
  bool begin_dialled(House& house, Turn& turn, Pairing& pairing, Entry& entry);
  Status feed_control(House& house, Turn& turn, Entry& entry, Bytes bytes);
  // The bytes of the link itself, once the relay passes them on.
  Result<std::optional<Buffer>> feed_splice(House& house, Turn& turn, Entry& entry, Bytes bytes);
  void dial(House& house, Turn& turn, DialPurpose purpose);
  // What is agreed and fired with devices that a relay links.
  void punch_due(House& house, Turn& turn);
  Status hear_punch(House& house, Turn& turn, const Entry& entry, const session::Message& message);
  // The stage of a connection that both sides made at once. False: it is not wanted.
  bool begin_punched(House& house, Turn& turn, Entry& entry, const DialPunch& punch);
  // Somebody connected: perhaps the one with whom it was agreed.
  void recognise_punched(House& house, Turn& turn, Entry& entry);
  void stop_punching(Turn& turn, const DeviceId& device, Link but);
  void stop_dialling(House& house, Turn& turn, Pairing& pairing, const DeviceId& device,
                     const Entry& linked);
  DialPlan::Standing standing() const;
  static session::Session::Common common_of(House& house);
  void end(House& house, Turn& turn, Pairing& pairing, Link link, const std::string& reason);
  Status feed_session(House& house, Turn& turn, Pairing& pairing, Entry& entry, Bytes bytes);
  Status handle_event(House& house, Turn& turn, Pairing& pairing, Entry& entry,
                      session::Event event);
  Status hear(House& house, Turn& turn, Entry& entry, const session::Message& message);
  Status begin_device_link(House& house, Turn& turn, Pairing& pairing, Entry& entry,
                           const session::Remote& remote);
  void start_session(House& house, Turn& turn, Entry& entry);
  void drop(House& house, Turn& turn, Pairing& pairing, Link link, const std::string& reason);
  Entry* find_device(const DeviceId& device);
  const Entry* find_device(const DeviceId& device) const;
  void flush_one(Turn& turn, Entry& entry);

  Entries entries_;
  DialPlan plan_;
  Puncher puncher_;
  OuterView outer_;
  std::map<Link, DialPurpose> dialling_;
  std::uint64_t next_link_ = std::uint64_t{1} << 63;
};

}  // namespace syncline::node
