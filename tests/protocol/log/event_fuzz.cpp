// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what is inside an event: the input is a plaintext as a malicious author would seal it.
//
// Opening moves the reader's state by exactly one event or not at all, and a state that was
// reached is one that can be stored and read back.
#include "protocol/base/check.h"
#include "protocol/log/event_codec.h"
#include "protocol/wire/writer.h"

namespace {

using namespace syncline;
using namespace syncline::log;

// Three logs known already, so that indexes old and new can be tried.
LogReaderState known_state() {
  wire::Writer out;
  out.u8(1).varint(9).zigzag(1'700'000'000'000).varint(3);
  for (std::uint8_t name = 1; name <= 3; ++name) {
    LogId id;
    id.bytes.fill(name);
    out.id(id).varint(name * 100);
  }
  auto state = LogReaderState::decode({}, {}, out.view());
  SYNCLINE_CHECK(state);
  return *state;
}

SealedEvent seal_as_it_is(const LogReaderState& state, const EventKey& key, Bytes plaintext) {
  wire::Writer bound;
  bound.fixed(as_bytes("ev1")).id(state.space()).id(state.log()).u64(state.seq() + 1);
  bound.u32(key.epoch).id(key.id).u8(0);
  SealedEvent event;
  crypto::encrypt(event.ciphertext, key.key.expose(), event.nonce, bound.view(), plaintext);
  return event;
}

void check_state(const LogReaderState& state) {
  const Buffer encoded = state.encode();
  const auto back = LogReaderState::decode(state.space(), state.log(), encoded);
  SYNCLINE_CHECK(back && back->encode() == encoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const EventKey key =
      EventKey::of(crypto::EntityKey::made_by([](auto out) { out[0] = 1; }), 1);
  const Bytes input(data, size);
  LogReaderState state = known_state();
  const Buffer before = state.encode();
  const auto opened = EventCodec::open(state, key, seal_as_it_is(state, key, input).view());
  if (opened) {
    SYNCLINE_CHECK(state.seq() == 10 && opened->body.size() <= size);
    SYNCLINE_CHECK(opened->deps.empty() == !opened->digest);
    for (const KnownLog& dep : opened->deps) SYNCLINE_CHECK(state.known_seq(dep.log) == dep.seq);
    check_state(state);
  } else {
    SYNCLINE_CHECK(state.encode() == before);
  }
  if (const auto other = LogReaderState::decode({}, {}, input)) {
    SYNCLINE_CHECK(equal(other->encode(), input));
    check_state(*other);
  }
  return 0;
}
