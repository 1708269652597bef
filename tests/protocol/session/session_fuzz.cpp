// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary bytes into one end of a link before anything is proven, and into the decoders
// behind it. Promise: no crash, no memory beyond the bounds, nothing opened, and not one byte
// for a caller who did not prove to know the psk.
//
// Input: mode u8 ‖ piece size u8 ‖ bytes.
#include "protocol/base/check.h"
#include "protocol/session/frames.h"
#include "protocol/session/handshake.h"
#include "protocol/session/inbox.h"
#include "protocol/session/preface.h"
#include "tests/protocol/session/link_pair.h"

namespace syncline::session {
namespace {

using testing::at;
using testing::LinkPair;

void feed(Session& session, Bytes bytes, std::size_t piece) {
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    if (!session.receive(part, at(0s))) {
      SYNCLINE_CHECK(!session.has_output() && session.take_output().empty());
      SYNCLINE_CHECK(!session.receive(part, at(0s)));
      return;
    }
  }
}

bool begins_with(Bytes bytes, Bytes beginning) {
  return bytes.size() >= beginning.size() && equal(bytes.first(beginning.size()), beginning);
}

// What the two ends say in an undisturbed handshake. Every LinkPair of one seed says the same,
// so that an input which happens to be right is told apart from one that must be refused.
struct Honest {
  Buffer call;
  Buffer answer;
  Buffer third;

  Honest() {
    LinkPair pair;
    call = pair.dialler.take_output();
    feed(pair.responder, call, SIZE_MAX);
    answer = pair.responder.take_output();
    feed(pair.dialler, answer, SIZE_MAX);
    third = pair.dialler.take_output();
  }
};
const Honest& honest() {
  static const Honest said;
  return said;
}

void fuzz_responder(Bytes bytes, std::size_t piece) {
  LinkPair pair;
  (void)pair.dialler.take_output();
  feed(pair.responder, bytes, piece);
  SYNCLINE_CHECK(!pair.responder.is_open());
  SYNCLINE_CHECK(begins_with(bytes, honest().call) || pair.responder.take_output().empty());
}

void fuzz_dialler(Bytes bytes, std::size_t piece) {
  LinkPair pair;
  feed(pair.responder, pair.dialler.take_output(), SIZE_MAX);
  feed(pair.dialler, bytes, piece);
  if (begins_with(bytes, honest().answer)) return;
  SYNCLINE_CHECK(!pair.dialler.is_open());
  SYNCLINE_CHECK(pair.dialler.take_output().empty());
}

// After the proof: what a caller that knows the psk could send as message 3.
void fuzz_third_message(Bytes bytes, std::size_t piece) {
  LinkPair pair;
  feed(pair.responder, pair.dialler.take_output(), SIZE_MAX);
  feed(pair.responder, bytes, piece);
  SYNCLINE_CHECK(begins_with(bytes, honest().third) || !pair.responder.is_open());
}

// What is inside the frames of a link: a device of the vault may have gone mad.
void fuzz_inbox(Bytes bytes, std::size_t piece) {
  Inbox inbox(4096, 16384);
  std::vector<Inbox::Arrived> arrived;
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    arrived.clear();
    if (!inbox.take_frame(part, arrived)) return;
    for (const auto& [channel, message] : arrived) {
      SYNCLINE_CHECK(message.body.size() <= body_size_max(channel));
      if (!has_credit(channel)) continue;
      inbox.consumed(channel, message.stream_size);
      (void)inbox.take_grant(channel);
    }
  }
}

void fuzz_small_decoders(Bytes bytes, std::size_t piece) {
  if (const auto features = decode_features(bytes)) {
    const Buffer again = encode(*features);
    SYNCLINE_CHECK(again.size() <= bytes.size());
    SYNCLINE_CHECK(equal(Bytes(again).subspan(1), bytes.subspan(1, again.size() - 1)));
  }
  Arrival arrival(at(0s));
  while (!bytes.empty()) {
    const Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    const auto kind = arrival.receive(part);
    if (!kind || *kind) return;
  }
}

// Without the key no frame opens.
void fuzz_frames(Bytes bytes, std::size_t piece) {
  std::array<std::uint8_t, 32> key{};
  FrameOpener opener(crypto::NoiseCipher(crypto::SubKey::copy_of(crypto::KeyView(key))),
                     RekeyRule{.frames = 2, .bytes = 1000});
  Buffer plaintext;
  while (!bytes.empty()) {
    Bytes part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (true) {
      const auto opened = opener.open(part, plaintext);
      if (!opened) return;
      if (!*opened) break;
    }
    SYNCLINE_CHECK(part.empty());
  }
}

}  // namespace
}  // namespace syncline::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline::session;
  if (size < 2) return 0;
  const std::size_t piece = data[1] == 0 ? SIZE_MAX : data[1];
  const syncline::Bytes bytes(data + 2, size - 2);
  switch (data[0] % 6) {
    case 0: fuzz_responder(bytes, piece); break;
    case 1: fuzz_dialler(bytes, piece); break;
    case 2: fuzz_third_message(bytes, piece); break;
    case 3: fuzz_inbox(bytes, piece); break;
    case 4: fuzz_small_decoders(bytes, piece); break;
    default: fuzz_frames(bytes, piece); break;
  }
  return 0;
}
