// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/noise.h"

#include "protocol/base/limits.h"
#include "tests/protocol/crypto/noise_pair.h"
#include "tests/protocol/crypto/vectors.h"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sodium.h>

namespace syncline::crypto {
namespace {

using testing::NoisePair;
using Vector = std::map<std::string, std::string>;

// Blocks of "name=value" lines, parted by empty lines.
std::vector<Vector> blocks_of(const std::string& text, std::string_view handshake) {
  std::vector<Vector> blocks(1);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) {
      if (blocks.back()["handshake"] == handshake) blocks.emplace_back();
      blocks.back().clear();
    } else {
      blocks.back()[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  if (blocks.back()["handshake"] != handshake) blocks.pop_back();
  return blocks;
}

// Both sides, so that everything written is also read. Returns how many messages were compared.
std::size_t check_vector(const Vector& vector) {
  const auto at = [&](const std::string& name) {
    const auto found = vector.find(name);
    return found == vector.end() ? std::string() : found->second;
  };
  const BoxKey first_static = testing::key_of<BoxKey>(at("init_static"));
  const BoxKey second_static = testing::key_of<BoxKey>(at("resp_static"));
  const LinkPsk psk = testing::key_of<LinkPsk>(at("preshared_key"));
  const Buffer prologue = testing::bytes_of(at("prologue"));
  NoiseHandshake first({NoiseRole::initiator, first_static, psk, prologue},
                       testing::key_of<BoxKey>(at("gen_init_ephemeral")));
  NoiseHandshake second({NoiseRole::responder, second_static, psk, prologue},
                        testing::key_of<BoxKey>(at("gen_resp_ephemeral")));
  std::size_t messages = 0;
  const auto payload_of = [&] {
    return testing::bytes_of(at("msg_" + std::to_string(messages) + "_payload"));
  };
  const auto expected = [&] { return at("msg_" + std::to_string(messages) + "_ciphertext"); };
  for (; messages < 3; ++messages) {
    NoiseHandshake& writer = messages == 1 ? second : first;
    NoiseHandshake& reader = messages == 1 ? first : second;
    const auto message = writer.write_message(payload_of());
    REQUIRE(message);
    CHECK(to_hex(*message) == expected());
    CHECK(reader.read_message(*message).value() == payload_of());
  }
  REQUIRE(first.is_finished());
  REQUIRE(second.is_finished());
  CHECK(first.handshake_hash() == second.handshake_hash());
  CHECK(first.remote_static() == public_key_of(second_static.expose()));
  CHECK(second.remote_static() == public_key_of(first_static.expose()));

  auto of_first = first.split();
  auto of_second = second.split();
  for (; !expected().empty(); ++messages) {  // these vectors alternate, the initiator first
    const bool is_first = messages % 2 == 1;
    Buffer sealed;
    Buffer opened;
    REQUIRE((is_first ? of_first : of_second).send.encrypt(sealed, {}, payload_of()));
    CHECK(to_hex(sealed) == expected());
    REQUIRE((is_first ? of_second : of_first).receive.decrypt(opened, {}, sealed));
    CHECK(opened == payload_of());
  }
  return messages;
}

}  // namespace

TEST_CASE("the handshake gives a published vector byte for byte") {
  CHECK(check_vector(
            {{"init_static", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
             {"resp_static", "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"},
             {"gen_init_ephemeral",
              "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"},
             {"gen_resp_ephemeral",
              "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60"},
             {"prologue", "6e6f74736563726574"},
             {"preshared_key", "2176657279736563726574766572797365637265747665727973656372657421"},
             {"msg_0_payload", "746573745f6d73675f30"},
             {"msg_0_ciphertext",
              "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254"
              "7f533cf20723ac4407c87f43dc5dc6f6d1867a322a706af81adb"},
             {"msg_1_payload", "746573745f6d73675f31"},
             {"msg_1_ciphertext",
              "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d4846622df46c0ac1e"
              "0fc71795a84e37cc0e963d131c8e84c02cd5cfcfe8def3fe128b59d623ffc18ae67b1acba43e"
              "b87910b02dc6c1642ae7e8ae8c8e861ed15d8d6b65ff99f73d8286cc9819"},
             {"msg_2_payload", "746573745f6d73675f32"},
             {"msg_2_ciphertext",
              "462127adbe047db3d1fce0581b5447d99b606c591545a7719132e0c91fe93d1294b31017013e"
              "8ac0a697b42922a5fe204111b0bfa4fdeb4704a4b5492137b40088f810ee4d1a58882e25"},
             {"msg_3_payload", "79656c6c6f777375626d6172696e65"},
             {"msg_3_ciphertext", "75fff8afebd2f14da1cac9cc5b5201395cdf2ad65f3a97804e360c16f4e2ac"},
             {"msg_4_payload", "7375626d6172696e6579656c6c6f77"},
             {"msg_4_ciphertext",
              "150cc85f79f9ca0f0730b8b4707805ed1969ff6b2770a5d466cd2754802805"}}) == 5);
}

TEST_CASE("every published vector of our pattern and suite passes") {
  const auto text = testing::vector_text("noise/flynn-noise-vectors.txt");
  if (!text) return;
  const auto vectors = blocks_of(*text, "Noise_XXpsk0_25519_ChaChaPoly_SHA256");
  std::size_t messages = 0;
  for (const auto& vector : vectors) messages += check_vector(vector);
  testing::report("Noise XXpsk0 vectors", vectors.size(), 1920 - vectors.size(),
                  "other patterns and suites");
  CHECK(vectors.size() == 4);
  CHECK(messages == 20);
}

TEST_CASE("two devices with one psk agree, and each side's keys belong together") {
  NoisePair pair(40);
  pair.run_to(3);
  CHECK(pair.first->handshake_hash() == pair.second->handshake_hash());
  CHECK(pair.first->remote_static() == public_key_of(pair.second_static.expose()));
  CHECK(pair.second->remote_static() == public_key_of(pair.first_static.expose()));
  auto first = pair.first->split();
  auto second = pair.second->split();
  for (int round = 0; round < 3; ++round) {
    Buffer sealed;
    Buffer opened;
    REQUIRE(first.send.encrypt(sealed, as_bytes("ad"), as_bytes("there")));
    REQUIRE(second.receive.decrypt(opened, as_bytes("ad"), sealed));
    CHECK(to_text(opened) == "there");
    sealed.clear();
    opened.clear();
    REQUIRE(second.send.encrypt(sealed, {}, as_bytes("back")));
    REQUIRE(first.receive.decrypt(opened, {}, sealed));
    CHECK(to_text(opened) == "back");
  }
  CHECK(first.send.messages() == 3);
  CHECK(first.receive.messages() == 3);
}

TEST_CASE("handshakes with fresh ephemeral keys share no byte of their messages' start") {
  NoisePair one(41);
  NoisePair two(42);
  CHECK(one.write(0) != two.write(0));
}

TEST_CASE("a wrong psk fails at message 1, and so does another prologue") {
  testing::SeededRandom random(43);
  NoisePair pair(44);
  const Buffer message = pair.write(0);
  const LinkPsk other_psk = LinkPsk::random(random);
  NoiseHandshake wrong_psk({NoiseRole::responder, pair.second_static, other_psk, pair.prologue},
                           random);
  CHECK(wrong_psk.read_message(message).error().code == Errc::bad_signature);
  NoiseHandshake wrong_prologue(
      {NoiseRole::responder, pair.second_static, pair.psk, as_bytes("v2")}, random);
  CHECK(wrong_prologue.read_message(message).error().code == Errc::bad_signature);
  CHECK(pair.second->read_message(message));
}

TEST_CASE("every bit of every handshake message matters") {
  for (int index = 0; index < 3; ++index) {
    NoisePair genuine(45);
    genuine.run_to(index);
    const Buffer message = genuine.write(index);
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
      NoisePair pair(45);
      pair.run_to(index);
      (void)pair.write(index);
      Buffer changed = message;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const auto payload = pair.reader(index).read_message(changed);
      REQUIRE_FALSE(payload);
      const Errc code = payload.error().code;
      CHECK((code == Errc::bad_signature || code == Errc::invalid));
      CHECK_FALSE(pair.reader(index).remote_static());
    }
  }
}

TEST_CASE("a handshake message that is cut or grown anywhere is refused") {
  for (int index = 0; index < 3; ++index) {
    NoisePair genuine(46);
    genuine.run_to(index);
    Buffer message = genuine.write(index);
    const std::size_t shortest = index == 0 ? 48 : index == 1 ? 96 : 64;
    message.push_back(0);
    for (std::size_t size = 0; size <= message.size(); ++size) {
      if (size + 1 == message.size()) continue;  // the genuine one
      NoisePair pair(46);
      pair.run_to(index);
      const auto payload = pair.reader(index).read_message(Bytes(message).first(size));
      REQUIRE_FALSE(payload);
      CHECK(payload.error().code == (size < shortest ? Errc::truncated : Errc::bad_signature));
    }
  }
}

TEST_CASE("messages have their bounds: 65535 bytes pass, one more does not") {
  for (int index = 0; index < 3; ++index) {
    NoisePair pair(47);
    pair.run_to(index);
    const std::size_t overhead = index == 0 ? 48 : index == 1 ? 96 : 64;
    const Buffer longest(limits::noise_message_size_max - overhead, 0x33);
    const Buffer longer(longest.size() + 1, 0x33);
    CHECK(pair.writer(index).write_message(longer).error().code == Errc::oversized);
    const auto message = pair.writer(index).write_message(longest);  // still its turn
    REQUIRE(message);
    CHECK(message->size() == limits::noise_message_size_max);
    CHECK(pair.reader(index).read_message(*message).value() == longest);
    NoisePair other(47);
    other.run_to(index);
    CHECK(
        other.reader(index).read_message(Buffer(limits::noise_message_size_max + 1)).error().code ==
        Errc::oversized);
  }
}

TEST_CASE("who speaks out of turn is refused") {
  NoisePair pair(48);
  CHECK(pair.second->write_message({}).error().code == Errc::invalid);
  const Buffer first = pair.write(0);
  CHECK(pair.first->write_message({}).error().code == Errc::invalid);
  REQUIRE(pair.second->read_message(first));
  const Buffer second = pair.write(1);
  CHECK(pair.second->write_message({}).error().code == Errc::invalid);
  REQUIRE(pair.first->read_message(second));
  REQUIRE(pair.second->read_message(pair.write(2)));
  CHECK(pair.first->is_finished());
  CHECK(pair.first->write_message({}).error().code == Errc::invalid);
  CHECK(pair.second->read_message(first).error().code == Errc::invalid);
  CHECK(pair.second->is_finished());

  NoisePair replayed(49);
  const Buffer message = replayed.write(0);
  REQUIRE(replayed.second->read_message(message));
  CHECK(replayed.second->read_message(message).error().code == Errc::invalid);
  CHECK(replayed.second->write_message({}).error().code == Errc::invalid);
}

TEST_CASE("after a refused message the handshake is over") {
  NoisePair pair(50);
  const Buffer message = pair.write(0);
  Buffer changed = message;
  changed.back() ^= 1;
  CHECK_FALSE(pair.second->read_message(changed));
  CHECK(pair.second->read_message(message).error().code == Errc::invalid);
  CHECK(pair.second->write_message({}).error().code == Errc::invalid);
  CHECK_FALSE(pair.second->is_finished());
}

TEST_CASE("messages of another handshake do not fit") {
  NoisePair one(51);
  NoisePair two(52);
  REQUIRE(one.second->read_message(one.write(0)));
  REQUIRE(two.second->read_message(two.write(0)));
  (void)one.write(1);
  CHECK(one.first->read_message(two.write(1)).error().code == Errc::bad_signature);
}

TEST_CASE("an ephemeral key of low order is refused by either side") {
  for (const char* const point :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto low = testing::id_of<BoxPublicKey>(point);
    NoisePair pair(53);
    // Somebody who knows the psk sends it in message 1: that only shows when ee is computed.
    REQUIRE(pair.second->read_message(pair.first_message_with(low)));
    CHECK(pair.second->write_message({}).error().code == Errc::invalid);
    CHECK(pair.second->write_message({}).error().code == Errc::invalid);

    NoisePair other(54);
    other.run_to(1);
    Buffer message = other.write(1);
    std::copy(low.bytes.begin(), low.bytes.end(), message.begin());
    CHECK(other.first->read_message(message).error().code == Errc::invalid);
  }
}

TEST_CASE("a transport message is refused when changed, cut, repeated or taken out of order") {
  NoisePair pair(55);
  pair.run_to(3);
  auto first = pair.first->split();
  auto second = pair.second->split();
  Buffer one;
  Buffer two;
  REQUIRE(first.send.encrypt(one, {}, as_bytes("one")));
  REQUIRE(first.send.encrypt(two, {}, as_bytes("two")));
  Buffer out{7};
  CHECK(second.receive.decrypt(out, {}, two).error().code == Errc::bad_signature);
  CHECK(second.receive.decrypt(out, as_bytes("ad"), one).error().code == Errc::bad_signature);
  for (std::size_t size = 0; size < one.size(); ++size)
    CHECK(second.receive.decrypt(out, {}, Bytes(one).first(size)).error().code ==
          (size < 16 ? Errc::truncated : Errc::bad_signature));
  for (std::size_t bit = 0; bit < one.size() * 8; ++bit) {
    one[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(second.receive.decrypt(out, {}, one));
    one[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  CHECK(out == Buffer{7});
  CHECK(second.receive.messages() == 0);
  REQUIRE(second.receive.decrypt(out, {}, one));
  CHECK(to_text(Bytes(out).subspan(1)) == "one");
  CHECK(second.receive.decrypt(out, {}, one).error().code == Errc::bad_signature);
  CHECK(second.receive.decrypt(out, {}, two));
}

TEST_CASE("a transport message has its bounds") {
  testing::SeededRandom random(56);
  const SubKey key = SubKey::random(random);
  NoiseCipher sender(key.clone());
  NoiseCipher receiver(key.clone());
  const Buffer longest(limits::frame_plaintext_size_max, 1);
  Buffer sealed;
  CHECK(sender.encrypt(sealed, {}, Buffer(longest.size() + 1)).error().code == Errc::oversized);
  CHECK(sealed.empty());
  REQUIRE(sender.encrypt(sealed, {}, longest));
  CHECK(sealed.size() == limits::noise_message_size_max);
  Buffer opened;
  CHECK(receiver.decrypt(opened, {}, Buffer(sealed.size() + 1)).error().code == Errc::oversized);
  REQUIRE(receiver.decrypt(opened, {}, sealed));
  CHECK(opened == longest);
}

TEST_CASE("the last nonce is never used for a message") {
  testing::SeededRandom random(57);
  const SubKey key = SubKey::random(random);
  NoiseCipher sender(key.clone(), UINT64_MAX - 1);
  NoiseCipher receiver(key.clone(), UINT64_MAX - 1);
  Buffer sealed;
  Buffer opened;
  REQUIRE(sender.encrypt(sealed, {}, as_bytes("last")));
  REQUIRE(receiver.decrypt(opened, {}, sealed));
  CHECK(sender.encrypt(sealed, {}, as_bytes("more")).error().code == Errc::limit);
  CHECK(receiver.decrypt(opened, {}, sealed).error().code == Errc::limit);
}

TEST_CASE("rekeying changes the key as the specification says and keeps the nonce") {
  testing::SeededRandom random(58);
  const SubKey key = SubKey::random(random);
  NoiseCipher cipher(key.clone(), 5);
  cipher.rekey();
  CHECK(cipher.messages() == 5);
  // The ciphertext of 32 zeros is the ChaCha20 stream from block 1 at the highest nonce.
  const std::array<std::uint8_t, 12> highest{0,    0,    0,    0,    0xff, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const Buffer zeros(32);
  Buffer stream(32);
  crypto_stream_chacha20_ietf_xor_ic(stream.data(), zeros.data(), zeros.size(), highest.data(), 1,
                                     key.expose().data());
  NoiseCipher expected(SubKey::copy_of(KeyView(stream.data(), 32)), 5);
  Buffer ours;
  Buffer theirs;
  REQUIRE(cipher.encrypt(ours, as_bytes("ad"), as_bytes("text")));
  REQUIRE(expected.encrypt(theirs, as_bytes("ad"), as_bytes("text")));
  CHECK(ours == theirs);

  NoiseCipher old(key.clone(), 5);
  Buffer opened;
  CHECK(old.decrypt(opened, as_bytes("ad"), ours).error().code == Errc::bad_signature);
}

TEST_CASE("a handshake leaves no secret behind, however it ends") {
  const std::size_t before = SecretArena::shared().used();
  for (int index = 0; index < 3; ++index) {
    NoisePair pair(59);
    pair.run_to(index);
    const std::size_t running = SecretArena::shared().used();
    CHECK_FALSE(pair.reader(index).read_message(Buffer(200)));
    // Static key, psk, ephemeral key, chaining key and, once there is one, the cipher key.
    CHECK(running - SecretArena::shared().used() == (index == 0 ? 4 : 5));
  }
  CHECK(SecretArena::shared().used() == before);
  {
    NoisePair pair(60);
    const std::size_t own = SecretArena::shared().used();
    pair.run_to(3);
    auto first = pair.first->split();
    auto second = pair.second->split();
    CHECK(SecretArena::shared().used() < own);  // two keys a side are all that lives on
  }
  CHECK(SecretArena::shared().used() == before);
  CHECK(SecretArena::shared().free_slots_are_zero());
}

}  // namespace syncline::crypto
