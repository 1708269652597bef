// SPDX-License-Identifier: Apache-2.0
//
// Two Sessions over a pipe that cuts as it likes, driven by the input. Promise: what arrives
// is what was sent, per channel in order; nobody fails unless bytes were changed on the way,
// and changed bytes never arrive as a message. Memory stays within the windows.
//
// Input: a list of two-byte steps, op u8 ‖ argument u8.
#include "protocol/base/check.h"
#include "tests/protocol/session/link_pair.h"

#include <deque>

namespace syncline::session {
namespace {

using testing::at;
using testing::LinkPair;
using testing::pattern;

constexpr Tuning tuning = {
    .rekey_frames = 5, .rekey_bytes = 200'000, .credit_window_max = 300 * 1024};

// Made once: most of the time would go into it.
Bytes body_of(std::uint8_t type, std::size_t size) {
  static const Buffer long_one = pattern(limits::batch_message_size_max + 256);
  return Bytes(long_one).subspan(type, size);
}

struct Sent {
  Channel channel{};
  std::uint8_t type = 0;
  std::size_t size = 0;
};

// One end, with the bytes on their way to it.
struct End {
  explicit End(Session made) : session(std::move(made)) {}

  Session session;
  Buffer pipe;
  std::array<std::deque<Sent>, channel_count> expected{};
  std::array<std::size_t, channel_count> unconsumed{};
  bool failed = false;
  bool farewell = false;
  std::uint8_t sent_count = 0;
};

class Driver {
 public:
  Driver()
      : pair_(LinkPair::Options{.tuning = tuning}),
        ends_{End(std::move(pair_.dialler)), End(std::move(pair_.responder))} {}

  void step(std::uint8_t op, std::uint8_t argument) {
    End& end = ends_[op & 1];
    End& other = ends_[1 - (op & 1)];
    switch (op >> 1 & 7) {
      case 0: return send(end, other, argument, argument);
      case 1: return send(end, other, argument, std::size_t{argument} * 1300);
      case 2: return flow(end, other, argument);
      case 3: return deliver(end, std::size_t{argument} * argument + 1);
      case 4: return deliver(end, SIZE_MAX);
      case 5: return consume(end, argument);
      case 6: return tick(end, argument);
      default: return (op & 0x80) != 0 ? change(end, argument) : bye(end, argument);
    }
  }

  bool is_moving() const {
    return std::any_of(ends_.begin(), ends_.end(), [](const End& end) {
      const bool stores = std::any_of(end.unconsumed.begin(), end.unconsumed.end(),
                                      [](std::size_t bytes) { return bytes > 0; });
      return stores || !end.pipe.empty() || end.session.has_output();
    });
  }

  // Whatever happened before: with everything delivered and stored, nothing is left over.
  void settle() {
    constexpr int rounds_max = 10'000;
    for (int round = 0; round < rounds_max && is_moving(); ++round) {
      for (std::size_t i = 0; i < ends_.size(); ++i) {
        flow(ends_[i], ends_[1 - i], 255);
        deliver(ends_[1 - i], SIZE_MAX);
        for (std::uint8_t channel = 0; channel < channel_count; ++channel) {
          consume(ends_[1 - i], channel);
        }
      }
    }
    if (changed_ || said_bye_ || timed_out_) return;
    for (const End& end : ends_) {
      SYNCLINE_CHECK(end.session.is_open() && !end.failed && end.pipe.empty());
      for (const auto& expected : end.expected) SYNCLINE_CHECK(expected.empty());
    }
  }

 private:
  void send(End& from, End& to, std::uint8_t argument, std::size_t size) {
    if (!from.session.is_open() || from.failed) return;
    const Channel channel = channels[argument % channel_count];
    size = std::min(size, body_size_max(channel));
    const std::uint8_t type = from.sent_count & 0x1f;
    if (!from.session.send(channel, type, body_of(type, size))) return;
    ++from.sent_count;
    to.expected[static_cast<std::size_t>(channel)].push_back({channel, type, size});
  }

  // From a session into the pipe.
  void flow(End& from, End& to, std::uint8_t argument) {
    const Buffer bytes = from.session.take_output(std::size_t{argument} * 1024);
    if (from.failed) SYNCLINE_CHECK(bytes.empty());
    append(to.pipe, bytes);
  }

  void deliver(End& to, std::size_t size) {
    const std::size_t taken = std::min(size, to.pipe.size());
    const Buffer bytes(to.pipe.begin(), to.pipe.begin() + static_cast<std::ptrdiff_t>(taken));
    to.pipe.erase(to.pipe.begin(), to.pipe.begin() + static_cast<std::ptrdiff_t>(taken));
    const auto events = to.session.receive(bytes, now_);
    if (!events) {
      SYNCLINE_CHECK(changed_ || timed_out_);
      to.failed = true;
      return;
    }
    for (const Event& event : *events) take(to, event);
  }

  void take(End& to, const Event& event) {
    if (std::holds_alternative<Farewell>(event)) {
      SYNCLINE_CHECK(said_bye_);
      to.farewell = true;
    }
    const auto* message = std::get_if<Message>(&event);
    if (message == nullptr) return;
    SYNCLINE_CHECK(!to.farewell);
    const auto index = static_cast<std::size_t>(message->channel);
    auto& expected = to.expected[index];
    SYNCLINE_CHECK(!expected.empty());
    const Sent sent = expected.front();
    expected.pop_front();
    SYNCLINE_CHECK(message->type == sent.type &&
                   equal(message->body, body_of(sent.type, sent.size)));
    to.unconsumed[index] += message->cost;
    SYNCLINE_CHECK(to.unconsumed[index] <=
                   tuning.credit_window_max + limits::batch_message_size_max + 16);
  }

  void consume(End& end, std::uint8_t argument) {
    const std::size_t index = argument % channel_count;
    end.session.consumed(channels[index], end.unconsumed[index]);
    end.unconsumed[index] = 0;
  }

  void tick(End& end, std::uint8_t argument) {
    now_ = now_ + std::chrono::milliseconds(argument * 40);
    if (end.session.tick(now_)) return;
    timed_out_ = true;
    end.failed = true;
  }

  void change(End& to, std::uint8_t argument) {
    if (to.pipe.empty()) return;
    to.pipe[argument % to.pipe.size()] ^= static_cast<std::uint8_t>(argument | 1);
    changed_ = true;
  }

  void bye(End& end, std::uint8_t argument) {
    if (!end.session.is_open()) return;
    said_bye_ = true;
    end.session.say_bye(static_cast<ByeReason>(argument % 5));
  }

  LinkPair pair_;
  std::array<End, 2> ends_;
  Instant now_ = at(0s);
  bool changed_ = false;
  bool said_bye_ = false;
  bool timed_out_ = false;
};

}  // namespace
}  // namespace syncline::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t steps_max = 400;
  syncline::session::Driver driver;
  for (std::size_t i = 0; i + 1 < std::min(size, 2 * steps_max); i += 2) {
    driver.step(data[i], data[i + 1]);
  }
  driver.settle();
  return 0;
}
