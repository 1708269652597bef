// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/hash.h"

#include "tests/protocol/crypto/vectors.h"

#include <doctest/doctest.h>
#include <sodium.h>

namespace syncline::crypto {
namespace {

Digest plain_blake2b(Bytes key, Bytes message) {
  Digest digest;
  crypto_generichash(digest.bytes.data(), digest.size, message.data(), message.size(), key.data(),
                     key.size());
  return digest;
}

}  // namespace

TEST_CASE("the hash is BLAKE2b-256") {
  CHECK(Hasher("").finish().hex() ==
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  CHECK(Hasher("abc").finish().hex() ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("parts are hashed as one input, whatever their sizes") {
  testing::SeededRandom random(6);
  Buffer message(700);
  random.fill(message);
  const SubKey key = SubKey::random(random);
  for (const std::size_t split : {0, 1, 127, 128, 129, 255, 256, 257, 512, 700}) {
    const Bytes first = Bytes(message).first(split);
    const Bytes rest = Bytes(message).subspan(split);
    CHECK(Hasher("").add(first).add(rest).finish() == plain_blake2b({}, message));
    CHECK(Hasher(key.expose(), "").add(first).add(rest).finish() ==
          plain_blake2b(key.expose(), message));
  }
  CHECK(hash("tag1", message) == Hasher("tag1").add(message).finish());
  CHECK(hash("tag1", message) != hash("tag2", message));
}

TEST_CASE("numbers are hashed big-endian and ids by their bytes") {
  const auto id = testing::id_of<DeviceId>("000102030405060708090a0b0c0d0e0f");
  CHECK(Hasher("t").add_u8(1).add_u32(0x01020304).add_u64(0x0102030405060708).add(id).finish() ==
        hash("t", testing::bytes_of("01010203040102030405060708000102030405060708090a0b0c0d0e0f")));
}

TEST_CASE("a derived key is the keyed hash of the length-prefixed label and the context") {
  testing::SeededRandom random(7);
  const SpaceKey key = SpaceKey::random(random);
  const Buffer context = testing::bytes_of("c0ffee");
  const SubKey derived = derive<SubKey>(key.expose(), "hdr", context);
  const Digest expected = plain_blake2b(key.expose(), testing::bytes_of("03686472c0ffee"));
  CHECK(equal(derived.expose(), expected.view()));
  // The prefix keeps "ab" + "c" apart from "a" + "bc".
  CHECK_FALSE(equal(derive<SubKey>(key.expose(), "ab", as_bytes("c")).expose(),
                    derive<SubKey>(key.expose(), "a", as_bytes("bc")).expose()));
}

TEST_CASE("a key's id is the start of its commitment") {
  const auto key = testing::key_of<EntityKey>(
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  CHECK(key_commitment(key.expose()) == hash("kid1", key.expose()));
  CHECK(key_id(key.expose()).hex() == key_commitment(key.expose()).hex().substr(0, 32));
  CHECK(truncated<EntityTag8>(key_commitment(key.expose())).hex() ==
        key_commitment(key.expose()).hex().substr(0, 16));
}

TEST_CASE("the BLAKE2b known answers come out of the library this build uses") {
  const auto vectors = testing::vector_json("blake2/blake2-kat.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong = 0;
  for (const auto& vector : *vectors) {
    if (vector.at("hash") != "blake2b") continue;
    const Buffer message = testing::field(vector, "in");
    const Buffer key = testing::field(vector, "key");
    std::array<std::uint8_t, 64> out{};
    crypto_generichash(out.data(), out.size(), message.data(), message.size(), key.data(),
                       key.size());
    if (!equal(out, testing::field(vector, "out"))) ++wrong;
    ++run;
  }
  testing::report("BLAKE2b known answers", run, vectors->size() - run, "other functions");
  CHECK(run == 512);
  CHECK(wrong == 0);
}

}  // namespace syncline::crypto
