// SPDX-License-Identifier: Apache-2.0
//
// Input: one byte that says where to deliver, then the bytes to deliver.
//
//   delivery % 8: 0-2 the handshake message of that number, 3 a transport frame,
//                 4 a sealed box, 5 a CPace share with associated data, 6 a sealed value,
//                 7 all bytes as a sequence of length-prefixed messages to one handshake
//   delivery >= 128: the bytes are XORed over the genuine message instead of replacing it
//
// Besides not crashing, nothing but the genuine message may ever be accepted.
#include "protocol/crypto/aead.h"
#include "protocol/crypto/cpace.h"
#include "tests/protocol/crypto/noise_pair.h"

#include <algorithm>

namespace {

using namespace syncline;
using namespace syncline::crypto;
using testing::NoisePair;

constexpr std::uint8_t seed = 1;

class FixedRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next_++ * 17);
  }

 private:
  unsigned next_ = 1;
};

Buffer delivered(Bytes genuine, Bytes input, bool is_edit) {
  if (!is_edit) return to_buffer(input);
  Buffer edited = to_buffer(genuine);
  edited.resize(std::max(genuine.size(), input.size()));
  for (std::size_t i = 0; i < input.size(); ++i)
    edited[i] = static_cast<std::uint8_t>(edited[i] ^ input[i]);
  return edited;
}

void deliver_handshake(int index, Bytes input, bool is_edit) {
  NoisePair pair(seed);
  pair.run_to(index);
  const Buffer genuine = pair.write(index);
  const Buffer message = delivered(genuine, input, is_edit);
  const auto payload = pair.reader(index).read_message(message);
  SYNCLINE_CHECK(payload.has_value() == (message == genuine));
  SYNCLINE_CHECK(payload.has_value() || !pair.reader(index).remote_static().has_value());
  if (!payload) SYNCLINE_CHECK(!pair.reader(index).write_message({}).has_value());
}

void deliver_transport(Bytes input, bool is_edit) {
  const SubKey key = SubKey::made_by([](std::span<std::uint8_t, 32> out) { out[0] = seed; });
  NoiseCipher sender(key.clone());
  NoiseCipher receiver(key.clone());
  Buffer genuine;
  SYNCLINE_CHECK(sender.encrypt(genuine, {}, as_bytes("frame")).has_value());
  const Buffer frame = delivered(genuine, input, is_edit);
  Buffer out;
  SYNCLINE_CHECK(receiver.decrypt(out, {}, frame).has_value() == (frame == genuine));
  SYNCLINE_CHECK(out.empty() != (frame == genuine));
}

void deliver_sealed_box(Bytes input, bool is_edit) {
  FixedRandom random;
  const BoxKey recipient = BoxKey::random(random);
  const Buffer genuine = seal_to(public_key_of(recipient.expose()), as_bytes("a key"), random);
  const Buffer box = delivered(genuine, input, is_edit);
  const auto opened = open_sealed(recipient.expose(), box);
  // The top bit of the ephemeral key is no part of it, but of the nonce: still refused.
  SYNCLINE_CHECK(opened.has_value() == (box == genuine));
}

void deliver_share(Bytes input, bool is_edit) {
  FixedRandom random;
  const Cpace::Setup setup{as_bytes("123456"), as_bytes("ci"), as_bytes("sid"), as_bytes("ad")};
  const Cpace mine = Cpace::start(setup, random);
  const Cpace theirs = Cpace::start(setup, random);
  const Buffer bytes = delivered(theirs.share().view(), input, is_edit);
  if (bytes.size() < CpaceShare::size) return;
  const CpaceShare share = *CpaceShare::from(Bytes(bytes).first(CpaceShare::size));
  const Bytes associated = Bytes(bytes).subspan(CpaceShare::size);
  const auto key = mine.finish(Cpace::Role::initiator, share, associated);
  if (!key || share == theirs.share()) return;
  const auto honest = theirs.finish(Cpace::Role::responder, mine.share(), as_bytes("ad"));
  SYNCLINE_CHECK(honest.has_value() && !equal_secret(honest->expose(), key->expose()));
}

void deliver_sealed_value(Bytes input, bool is_edit) {
  FixedRandom random;
  const SpaceKey key = SpaceKey::random(random);
  const Buffer genuine = seal(key.expose(), as_bytes("ad"), as_bytes("value"), random);
  const Buffer sealed = delivered(genuine, input, is_edit);
  SYNCLINE_CHECK(open(key.expose(), as_bytes("ad"), sealed).has_value() == (sealed == genuine));
}

// What a stranger may send on one connection: any messages in any number.
void deliver_sequence(Bytes input) {
  NoisePair pair(seed);
  while (!input.empty()) {
    const std::size_t size = std::min<std::size_t>(input[0], input.size() - 1);
    (void)pair.second->read_message(input.subspan(1, size));
    input = input.subspan(1 + size);
  }
  SYNCLINE_CHECK(!pair.second->is_finished());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  const bool is_edit = data[0] >= 128;
  const int target = data[0] % 8;
  if (target < 3) deliver_handshake(target, input, is_edit);
  if (target == 3) deliver_transport(input, is_edit);
  if (target == 4) deliver_sealed_box(input, is_edit);
  if (target == 5) deliver_share(input, is_edit);
  if (target == 6) deliver_sealed_value(input, is_edit);
  if (target == 7) deliver_sequence(input);
  SYNCLINE_CHECK(SecretArena::shared().used() == 0);
  return 0;
}
