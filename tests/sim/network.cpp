// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network.h"

#include <algorithm>

namespace syncline::sim {

namespace {

// As the agent's own sockets do it.
constexpr std::size_t write_size_max = std::size_t{64} << 10;
constexpr std::size_t low_water = std::size_t{256} << 10;
constexpr auto dial_timeout = std::chrono::seconds(10);
// What the core may leave with the shell for one stream, and a message on top of it.
constexpr std::size_t queue_max = (std::size_t{1} << 20) + (std::size_t{128} << 10);

}  // namespace

std::string address_of(std::size_t device) { return "d" + std::to_string(device) + ":1"; }

bool Network::apart(std::size_t a, std::size_t b) const {
  return !group_of_.empty() && group_of_[a] != group_of_[b];
}

Duration Network::delay(const Stream& stream) {
  return weather_.jitter.count() == 0
             ? stream.latency
             : stream.latency + random_.between(Duration{}, weather_.jitter);
}

// ---- opening -----------------------------------------------------------------------------------

void Network::dial(std::size_t device, Link link, const std::string& address) {
  std::size_t to = places_.size();
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (address_of(i) == address) to = i;
  dialling_.insert({device, link});
  const std::uint64_t stay = places_[device].stays;
  const auto still = [this, device, link, stay] {
    return places_[device].stays == stay && dialling_.erase({device, link}) > 0;
  };
  const auto fail_after = [&](Duration wait, const char* why) {
    ground_.schedule.after(wait, [this, device, link, still, why] {
      if (still()) places_[device].door->dial_failed(link, why);
    });
  };
  const Duration latency = random_.between(weather_.latency_min, weather_.latency_max);
  if (to == places_.size() || to == device) return fail_after(latency, "no such place");
  if (apart(device, to)) return fail_after(dial_timeout, "no answer");
  if (!places_[to].present || refused_.contains({device, to}))
    return fail_after(2 * latency, "connection refused");
  ground_.schedule.after(2 * latency, [this, device, to, link, still] {
    if (!still()) return;
    if (apart(device, to) || !places_[to].present)
      return places_[device].door->dial_failed(link, "connection reset");
    connect(device, to, link);
  });
}

void Network::connect(std::size_t from, std::size_t to, Link link) {
  const std::size_t id = next_stream_++;
  Stream& stream = streams_[id];
  stream.latency = random_.between(weather_.latency_min, weather_.latency_max);
  const Link accepted = places_[to].door->next_link();
  const std::array<Key, 2> keys{Key{from, link}, Key{to, accepted}};
  for (unsigned end = 0; end < 2; ++end) {
    stream.ends[end].device = keys[end].first;
    stream.ends[end].link = keys[end].second;
    stream.ends[end].open = true;
    where_[keys[end]] = {id, end};
  }
  ground_.trace.add(ground_.schedule.now(), from, "link", id);
  places_[from].door->link_up({link, address_of(to), true});
  places_[to].door->link_up({accepted, "d" + std::to_string(from) + ":50000", false});
}

// ---- moving bytes ------------------------------------------------------------------------------

void Network::send(std::size_t device, Link link, Buffer bytes) {
  const auto found = where_.find({device, link});
  if (found == where_.end()) return;  // the core has not heard of its end yet
  const auto [id, end] = found->second;
  Stream& stream = streams_.at(id);
  bytes_carried_ += bytes.size();
  stream.ends[end].queued += bytes.size();
  queue_peak_ = std::max(queue_peak_, stream.ends[end].queued);
  if (stream.ends[end].queued > queue_max)
    ground_.verdict.fail("I7: d" + std::to_string(device) + " leaves " +
                         std::to_string(stream.ends[end].queued) + " bytes with one stream");
  stream.ends[end].queue.push_back(std::move(bytes));
  const std::size_t other = stream.ends[1 - end].device;
  if (stream.orphaned && places_[other].present && !apart(device, other)) {
    stream.orphaned = false;
    ground_.schedule.after(2 * stream.latency, [this, id = id] { lose(id); });
    return;
  }
  pump(id, end);
}

void Network::pump(std::size_t id, unsigned end) {
  for (;;) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    Stream& stream = found->second;
    End& from = stream.ends[end];
    if (stream.stalled || from.writing) return;
    if (from.queue.empty()) {
      if (from.closing) {
        from.closing = false;
        deliver(id, 1 - end, {});
      }
      return;
    }
    Buffer bytes = std::move(from.queue.front());
    from.queue.pop_front();
    while (!from.queue.empty() && bytes.size() + from.queue.front().size() <= write_size_max) {
      append(bytes, from.queue.front());
      from.queue.pop_front();
    }
    if (weather_.bytes_per_second == 0) {
      written(id, end, std::move(bytes));
      continue;
    }
    from.writing = true;
    const auto took = std::chrono::nanoseconds(
        static_cast<std::int64_t>(bytes.size() * 1'000'000'000 / weather_.bytes_per_second));
    ground_.schedule.after(took, [this, id, end, bytes = std::move(bytes)]() mutable {
      const auto still = streams_.find(id);
      if (still == streams_.end()) return;
      still->second.ends[end].writing = false;
      written(id, end, std::move(bytes));
      pump(id, end);
    });
    return;
  }
}

void Network::written(std::size_t id, unsigned end, Buffer bytes) {
  End& from = streams_.at(id).ends[end];
  from.was_high = from.was_high || from.queued >= low_water;
  from.queued -= bytes.size();
  deliver(id, 1 - end, std::move(bytes));
  if (!from.open) return;
  const bool fell = from.was_high && from.queued < low_water;
  if (!fell && from.queued != 0) return;
  from.was_high = false;
  places_[from.device].door->drained({from.link, from.queued});
}

// Empty bytes stand for the end of the stream.
void Network::deliver(std::size_t id, unsigned to, Buffer bytes) {
  Stream& stream = streams_.at(id);
  End& from = stream.ends[1 - to];
  Instant when = std::max(ground_.schedule.now() + delay(stream), from.last_arrival);
  std::size_t pieces = bytes.size() < 2 ? 1 : random_.between(1, weather_.pieces_max);
  std::size_t at = 0;
  for (; pieces > 1 && bytes.size() - at > 1; --pieces) {
    const std::size_t size = random_.between(1, std::min<std::size_t>(bytes.size() - at - 1, 2048));
    Buffer piece = to_buffer(Bytes(bytes).subspan(at, size));
    at += size;
    ground_.schedule.at(when, [this, id, to, piece = std::move(piece)]() mutable {
      arrived(id, to, std::move(piece));
    });
    when = when + random_.between(Duration{}, std::chrono::microseconds(400));
  }
  from.last_arrival = when;
  if (at > 0) bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  ground_.schedule.at(when, [this, id, to, bytes = std::move(bytes)]() mutable {
    arrived(id, to, std::move(bytes));
  });
}

void Network::arrived(std::size_t id, unsigned to, Buffer bytes) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = found->second;
  End& end = stream.ends[to];
  if (!end.open) return;
  if (stream.stalled) {
    end.held.push_back(std::move(bytes));
    return;
  }
  if (!bytes.empty()) return places_[end.device].door->received(end.link, std::move(bytes));
  Network::Door& door = *places_[end.device].door;
  const Link link = end.link;
  close_end(id, to);
  door.link_down(link);
}

// ---- closing -----------------------------------------------------------------------------------

void Network::close_end(std::size_t id, unsigned end) {
  Stream& stream = streams_.at(id);
  where_.erase({stream.ends[end].device, stream.ends[end].link});
  stream.ends[end].open = false;
  if (!stream.ends[1 - end].open) streams_.erase(id);
}

void Network::hang_up(std::size_t device, Link link) {
  if (dialling_.erase({device, link}) > 0) return;
  const auto found = where_.find({device, link});
  if (found == where_.end()) return;
  const auto [id, end] = found->second;
  streams_.at(id).ends[end].closing = true;
  where_.erase(found);
  streams_.at(id).ends[end].open = false;
  pump(id, end);
  const auto still = streams_.find(id);
  if (still != streams_.end() && !still->second.ends[1 - end].open) streams_.erase(still);
}

// Both ends hear of it at once, or an end that is gone does not.
void Network::lose(std::size_t id) {
  for (unsigned end = 0; end < 2; ++end) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    const End& one = found->second.ends[end];
    if (!one.open) continue;
    Network::Door& door = *places_[one.device].door;
    const Link link = one.link;
    close_end(id, end);
    door.link_down(link);
  }
}

void Network::leave(std::size_t device, Leaving how) {
  places_[device].present = false;
  ++places_[device].stays;
  std::erase_if(dialling_, [&](const Key& key) { return key.first == device; });
  for (const std::size_t id : streams_of(device)) {
    Stream& stream = streams_.at(id);
    const unsigned end = stream.ends[0].device == device && stream.ends[0].open ? 0 : 1;
    if (how == Leaving::told) {
      stream.ends[end].queue.clear();
      if (stream.ends[1 - end].open && !stream.stalled) deliver(id, 1 - end, {});
      stream.orphaned = stream.stalled;
    } else {
      stream.orphaned = true;
    }
    close_end(id, end);
  }
}

// ---- faults ------------------------------------------------------------------------------------

std::vector<std::size_t> Network::streams() const {
  std::vector<std::size_t> ids;
  for (const auto& [id, stream] : streams_) ids.push_back(id);
  return ids;
}

std::vector<std::size_t> Network::streams_of(std::size_t device) const {
  std::vector<std::size_t> ids;
  for (const auto& [id, stream] : streams_)
    for (const End& end : stream.ends)
      if (end.open && end.device == device) ids.push_back(id);
  return ids;
}

void Network::cut(std::size_t stream) {
  ground_.trace.add(ground_.schedule.now(), 0, "cut", stream);
  lose(stream);
}

void Network::stall(std::size_t stream) {
  const auto found = streams_.find(stream);
  if (found != streams_.end()) found->second.stalled = true;
}

void Network::release(std::size_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || !found->second.stalled) return;
  found->second.stalled = false;
  for (unsigned end = 0; end < 2; ++end) {
    std::deque<Buffer> held;
    if (!streams_.contains(stream)) return;
    held.swap(streams_.at(stream).ends[end].held);
    for (Buffer& bytes : held) arrived(stream, end, std::move(bytes));
  }
  for (unsigned end = 0; end < 2; ++end) pump(stream, end);
}

void Network::partition(std::vector<unsigned> group_of) {
  group_of_ = std::move(group_of);
  for (const std::size_t id : streams()) {
    const Stream& stream = streams_.at(id);
    if (apart(stream.ends[0].device, stream.ends[1].device))
      stall(id);
    else
      release(id);
  }
}

void Network::heal() {
  refused_.clear();
  partition({});
}

}  // namespace syncline::sim
