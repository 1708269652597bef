// SPDX-License-Identifier: Apache-2.0
//
// DhtFinding: what this device puts into the DHT and whom it looks for there.
//
// It publishes where the device can be reached while there is another one to find it, and looks
// for those that are not linked; what it finds are addresses for the dial plan, tried after all
// others. Strangers keep the records: they may forget, delay or repeat them, and that is all.
// Nothing happens unless the mode is "anywhere" and the shell has a DHT. Spec F22 to F25.
#pragma once

#include "protocol/discovery/dht_record.h"
#include "protocol/node/links.h"

#include <map>

namespace syncline::node {

class DhtFinding {
 public:
  // A record is put again after so long, and a little more.
  static constexpr Duration renew_after = std::chrono::minutes(45);
  static constexpr Duration renew_spread = std::chrono::minutes(15);
  static constexpr Duration renew_late = std::chrono::minutes(30);  // at most, after failures
  // A device that was lost gets so long to come back by other ways.
  static constexpr Duration patience = std::chrono::seconds(1);
  static constexpr Duration look_again_first = std::chrono::seconds(5);
  static constexpr Duration look_again_last = std::chrono::minutes(15);
  // An answer that takes longer does not hold up the question for another day.
  static constexpr Duration next_day_after = std::chrono::seconds(3);
  static constexpr Duration round_max = std::chrono::seconds(40);
  static constexpr std::size_t rounds_max = 8;  // at once

  void state_changed(const step::DhtState& state) { state_ = state; }
  void stored(House& house, const step::DhtStored& stored, Now now);
  void found(House& house, Turn& turn, Links& links, const step::DhtFound& found);
  // The network changed, or somebody asked: what failed is tried again now.
  void hurry(Now now);

  // Publishes and looks for what is due.
  void settle(House& house, Turn& turn, const Links& links);
  std::optional<Instant> deadline() const { return deadline_; }

  void describe(step::NetAnswer& answer, Now now) const;

 private:
  struct Places {
    std::vector<session::CompactAddress> addresses;
    std::vector<std::string> relays;
    bool is_signed = false;
  };
  struct Publication {
    std::optional<crypto::VerifyKey> key;
    std::uint32_t minute = 0;  // of the newest record
    Places places;
    Instant put_at{};
    Instant next{};
    std::uint32_t failures = 0;
    std::optional<Instant> stored_at;
    std::size_t copies = 0;
  };
  struct Search {
    bool is_linked = false;
    bool is_running = false;
    bool has_found = false;   // in the present round
    std::size_t days = 0;     // asked in it
    std::size_t waiting = 0;  // of these, without a complete answer
    Instant began{}, asked{}, next{};
    std::uint32_t failures = 0;
    std::uint32_t minute = 0;  // of the newest record that was believed
    std::optional<Instant> asked_at, found_at;
  };
  struct Question {
    DeviceId device;
    discovery::Day day;
  };

  static bool same(const Places& one, const Places& other);
  static Places places_of(const House& house);
  bool is_on(const House& house) const;
  void publish(House& house, Turn& turn);
  void put(House& house, Turn& turn, discovery::Day day, Publication& of, Places places);
  Instant due_of(const Publication& of, const Places& places, Now now) const;
  void search(House& house, Turn& turn, const Links& links);
  void go_on(House& house, Turn& turn, const DeviceId& device, Search& search);
  void ask(House& house, Turn& turn, const DeviceId& device, Search& search);
  void end_round(House& house, const DeviceId& device, Search& search, Instant now);
  void forget_questions(const DeviceId& device);
  void consider(Instant at);

  step::DhtState state_{false, false, 0, "this agent runs without one"};
  std::map<discovery::Day, Publication> publications_;
  std::map<DeviceId, Search> searches_;
  std::map<crypto::VerifyKey, Question> questions_;
  std::optional<Instant> deadline_;
};

}  // namespace syncline::node
