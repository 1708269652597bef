// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary bytes as what a relay says, and as what a device says to one. Promise: no crash, one
// encoding of each message, the same meaning in whatever pieces it comes, bounded answers, and the
// bytes behind a splice are untouched.
//
// Input: mode u8 ‖ piece size u8 ‖ bytes.
#include "protocol/base/check.h"
#include "protocol/discovery/relay_client.h"
#include "tests/protocol/discovery/finding.h"

namespace syncline::discovery {
namespace {

using testing::noon;

template <class Receive>
void feed(Bytes bytes, std::size_t piece, Receive receive) {
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    if (!receive(part)) return;
  }
}

void fuzz_frames(Bytes bytes, std::size_t piece) {
  RelayFrames frames;
  Buffer again;
  bool has_failed = false;
  feed(bytes, piece, [&](Bytes part) {
    while (true) {
      const auto message = frames.take(part);
      has_failed = !message;
      if (has_failed) return false;
      if (!*message) return true;
      append(again, encode_relay_message(**message));
    }
  });
  SYNCLINE_CHECK(again.size() <= bytes.size());
  SYNCLINE_CHECK(equal(again, bytes.first(again.size())));
}

void fuzz_control(Bytes bytes, std::size_t piece) {
  RelayControl::Setup setup{"relay.example:4460", testing::device(1), {}};
  setup.audiences.push_back(testing::discovery_key(1));
  setup.audiences.push_back(testing::discovery_key(2));
  Now now{Instant{}, noon};
  RelayControl control(std::move(setup), now);
  std::size_t rings = 0;
  feed(bytes, piece, [&](Bytes part) {
    const auto events = control.receive(part, now);
    if (!events) return false;
    for (const auto& event : *events)
      rings += std::holds_alternative<RelayControl::Rung>(event) ? 1U : 0U;
    SYNCLINE_CHECK(control.take_output().size() <= 1024);
    return control.tick(now).has_value() && control.deadline() > now.instant;
  });
  SYNCLINE_CHECK(rings <= 32);
}

void fuzz_splice(Bytes bytes, std::size_t piece) {
  auto splice = RelaySplice::call(RendezvousId{}, Instant{});
  (void)splice.take_output();
  std::size_t taken = 0;
  feed(bytes, piece, [&](Bytes part) {
    const auto spliced = splice.receive(part);
    taken += part.size();
    SYNCLINE_CHECK(splice.take_output().empty());
    if (!spliced) return false;
    if (!*spliced) return true;
    const Buffer& first = **spliced;
    SYNCLINE_CHECK(equal(first, bytes.first(taken).last(first.size())));
    const Bytes before = bytes.first(taken - first.size());
    SYNCLINE_CHECK(before.size() >= 3 && before.back() == 7);
    return false;
  });
}

}  // namespace
}  // namespace syncline::discovery

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline::discovery;
  if (size < 2) return 0;
  const std::size_t piece = data[1] == 0 ? SIZE_MAX : data[1];
  const syncline::Bytes bytes(data + 2, size - 2);
  switch (data[0] % 3) {
    case 0: fuzz_frames(bytes, piece); break;
    case 1: fuzz_control(bytes, piece); break;
    default: fuzz_splice(bytes, piece); break;
  }
  return 0;
}
