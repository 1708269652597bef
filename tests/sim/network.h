// SPDX-License-Identifier: Apache-2.0
//
// Network: byte streams between simulated devices, with everything that goes wrong on the way.
//
// Device i listens at "d<i>:1". A stream delivers in order and completely until it is cut, as
// TCP does: late, in any pieces, or not at all for a while. Nobody is told that a stream has
// stopped moving.
#pragma once

#include "protocol/step/step.h"
#include "tests/sim/schedule.h"
#include "tests/sim/seeded_random.h"
#include "tests/sim/trace.h"

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace syncline::sim {

std::string address_of(std::size_t device);

struct Weather {
  Duration latency_min = std::chrono::milliseconds(1);
  Duration latency_max = std::chrono::milliseconds(20);  // drawn for each stream
  Duration jitter{};                                     // added to each write
  std::uint64_t bytes_per_second = 0;                    // 0: no limit
  std::size_t pieces_max = 1;                            // what one write may arrive in
};

class Network {
 public:
  // A device as the network sees it. Calls may come at any time except from inside a call to
  // the network by the same device, where only drained() does.
  class Door {
   public:
    virtual ~Door() = default;
    virtual Link next_link() = 0;  // of a stream that somebody else dialled
    virtual void link_up(step::LinkUp up) = 0;
    virtual void link_down(Link link) = 0;
    virtual void dial_failed(Link link, std::string reason) = 0;
    virtual void received(Link link, Buffer bytes) = 0;
    virtual void drained(step::Drained drained) = 0;
  };

  struct Ground {
    Schedule& schedule;
    Trace& trace;
    Verdict& verdict;
  };
  Network(const Ground& ground, SeededRandom random) : ground_(ground), random_(random) {}

  void add(Door& door) { places_.push_back({&door, false, 0}); }
  void set_weather(const Weather& weather) { weather_ = weather; }

  // ---- for devices
  void arrive(std::size_t device) { places_[device].present = true; }
  enum class Leaving : std::uint8_t { told, silent };  // whether the other ends hear of it
  void leave(std::size_t device, Leaving how);
  void dial(std::size_t device, Link link, const std::string& address);
  void send(std::size_t device, Link link, Buffer bytes);
  void hang_up(std::size_t device, Link link);

  // ---- for faults
  // Streams between groups stop moving, dials between them time out. One group: all is well.
  void partition(std::vector<unsigned> group_of);
  // Dials in this direction are refused from now on, until heal().
  void refuse_dials(std::size_t from, std::size_t to) { refused_.insert({from, to}); }
  void cut(std::size_t stream);    // both ends are told; what is under way is lost
  void stall(std::size_t stream);  // nothing moves until heal() or release()
  void release(std::size_t stream);
  void heal();
  std::vector<std::size_t> streams() const;
  std::vector<std::size_t> streams_of(std::size_t device) const;

  std::uint64_t bytes_carried() const { return bytes_carried_; }
  std::size_t queue_peak() const { return queue_peak_; }

 private:
  struct End {
    std::size_t device = 0;
    Link link;
    bool open = false;
    std::deque<Buffer> queue;  // not yet on the way
    std::size_t queued = 0;
    bool writing = false;
    bool was_high = false;
    bool closing = false;     // tell the other end once the queue has left
    Instant last_arrival;     // at the other end
    std::deque<Buffer> held;  // arrived while the stream was stalled; empty: the end of it
  };
  struct Stream {
    std::array<End, 2> ends;
    Duration latency{};
    bool stalled = false;
    bool orphaned = false;  // one end lost its power: the other finds out when it writes
  };
  struct Place {
    Door* door = nullptr;
    bool present = false;
    std::uint64_t stays = 0;  // grows with every leave()
  };
  struct Where {
    std::size_t stream = 0;
    unsigned end = 0;
  };
  using Key = std::pair<std::size_t, Link>;

  bool apart(std::size_t a, std::size_t b) const;
  void connect(std::size_t from, std::size_t to, Link link);
  void pump(std::size_t id, unsigned end);
  void written(std::size_t id, unsigned end, Buffer bytes);
  void deliver(std::size_t id, unsigned to, Buffer bytes);
  void arrived(std::size_t id, unsigned to, Buffer bytes);
  void close_end(std::size_t id, unsigned end);
  void lose(std::size_t id);
  Duration delay(const Stream& stream);

  Ground ground_;
  SeededRandom random_;
  Weather weather_;
  std::vector<Place> places_;
  std::map<std::size_t, Stream> streams_;
  std::map<Key, Where> where_;
  std::set<Key> dialling_;
  std::vector<unsigned> group_of_;
  std::set<std::pair<std::size_t, std::size_t>> refused_;
  std::size_t next_stream_ = 0;
  std::uint64_t bytes_carried_ = 0;
  std::size_t queue_peak_ = 0;
};

}  // namespace syncline::sim
