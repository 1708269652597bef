// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/aead.h"

#include "protocol/crypto/hash.h"
#include "tests/protocol/crypto/vectors.h"

#include <set>

#include <doctest/doctest.h>
#include <sodium.h>

namespace syncline::crypto {
namespace {

const char* const key_hex = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";

}  // namespace

TEST_CASE("encryption is XChaCha20-Poly1305 as the draft's example shows") {
  const auto key = testing::key_of<EntityKey>(key_hex);
  const auto nonce = testing::id_of<Nonce>("404142434445464748494a4b4c4d4e4f5051525354555657");
  const Buffer associated = testing::bytes_of("50515253c0c1c2c3c4c5c6c7");
  const Bytes plaintext = as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.");
  Buffer out{0xaa};
  encrypt(out, key.expose(), nonce, associated, plaintext);
  REQUIRE(out.size() == 1 + plaintext.size() + aead_tag_size);
  CHECK(out[0] == 0xaa);
  CHECK(to_hex(Bytes(out).subspan(1, 16)) == "bd6d179d3e83d43b9576579493c0e939");
  CHECK(to_hex(Bytes(out).last(16)) == "c0875924c1c7987947deafd8780acf49");
  const auto opened = decrypt(key.expose(), nonce, associated, Bytes(out).subspan(1));
  REQUIRE(opened);
  CHECK(equal(*opened, plaintext));
}

TEST_CASE("Wycheproof's XChaCha20-Poly1305 verdicts are ours") {
  const auto vectors = testing::vector_json("wycheproof/xchacha20_poly1305_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong_size = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const auto key = testing::key_of<EntityKey>(test.at("key").get<std::string>());
      const bool is_valid = test.at("result") == "valid";
      const auto nonce = Nonce::from(testing::field(test, "iv"));
      ++run;
      if (!nonce) {  // our type has no other size, so such a message cannot even be asked about
        ++wrong_size;
        if (is_valid) ++wrong;
        continue;
      }
      const Buffer associated = testing::field(test, "aad");
      const Buffer plaintext = testing::field(test, "msg");
      Buffer ciphertext = testing::field(test, "ct");
      append(ciphertext, testing::field(test, "tag"));
      const auto opened = decrypt(key.expose(), *nonce, associated, ciphertext);
      if (opened.has_value() != is_valid) ++wrong;
      if (!is_valid) continue;
      Buffer made;
      encrypt(made, key.expose(), *nonce, associated, plaintext);
      if (made != ciphertext || !opened || *opened != plaintext) ++wrong;
    }
  testing::report("Wycheproof XChaCha20-Poly1305", run, 0, "9 of them refused by the nonce's type");
  CHECK(run == 315);
  CHECK(wrong_size == 9);
  CHECK(wrong == 0);
}

TEST_CASE("a sealed value opens with its key and its associated data only") {
  testing::SeededRandom random(20);
  const SpaceKey key = SpaceKey::random(random);
  const SpaceKey other = SpaceKey::random(random);
  for (const std::size_t size : {0, 1, 63, 64, 65, 5000}) {
    Buffer plaintext(size);
    random.fill(plaintext);
    const Buffer sealed = seal(key.expose(), as_bytes("context"), plaintext, random);
    CHECK(sealed.size() == size + sealed_box_overhead);
    CHECK(open(key.expose(), as_bytes("context"), sealed).value() == plaintext);
    for (const auto& wrong :
         {open(other.expose(), as_bytes("context"), sealed),
          open(key.expose(), as_bytes("contexu"), sealed), open(key.expose(), {}, sealed)}) {
      REQUIRE_FALSE(wrong);
      CHECK(wrong.error().code == Errc::bad_signature);
    }
  }
}

TEST_CASE("a sealed value that is changed, cut or grown anywhere does not open") {
  testing::SeededRandom random(21);
  const SpaceKey key = SpaceKey::random(random);
  Buffer sealed = seal(key.expose(), as_bytes("ad"), as_bytes("plain text"), random);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(open(key.expose(), as_bytes("ad"), sealed));
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    const auto opened = open(key.expose(), as_bytes("ad"), Bytes(sealed).first(size));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::bad_signature);
  }
  sealed.push_back(0);
  CHECK_FALSE(open(key.expose(), as_bytes("ad"), sealed));
  CHECK_FALSE(decrypt(key.expose(), Nonce{}, {}, {}));
  CHECK_FALSE(decrypt(key.expose(), Nonce{}, {}, Buffer(15)));
}

TEST_CASE("a stuck generator repeats a nonce only for the same message") {
  testing::SeededRandom seeds(22);
  testing::StuckRandom stuck;
  const SpaceKey key = SpaceKey::random(seeds);
  const SpaceKey other = SpaceKey::random(seeds);
  const SubKey nonce_key = nonce_key_of(key.expose());
  const auto nonce_for = [&](std::string_view associated, std::string_view plaintext) {
    return hedged_nonce(nonce_key, as_bytes(associated), as_bytes(plaintext), stuck);
  };
  CHECK(nonce_for("a", "text") == nonce_for("a", "text"));
  std::set<Nonce> nonces{nonce_for("a", "text"), nonce_for("a", "texu"), nonce_for("a", ""),
                         nonce_for("b", "text"), nonce_for("", "atext"), nonce_for("at", "ext")};
  CHECK(nonces.size() == 6);
  nonces.insert(hedged_nonce(nonce_key_of(other.expose()), as_bytes("a"), as_bytes("text"), stuck));
  CHECK(nonces.size() == 7);
  CHECK(seal(key.expose(), {}, as_bytes("x"), stuck) ==
        seal(key.expose(), {}, as_bytes("x"), stuck));
}

TEST_CASE("a working generator never repeats a nonce, even for the same message") {
  testing::SeededRandom random(23);
  const SubKey nonce_key = nonce_key_of(SpaceKey::random(random).expose());
  std::set<Nonce> nonces;
  for (int i = 0; i < 1000; ++i)
    nonces.insert(hedged_nonce(nonce_key, as_bytes("a"), as_bytes("text"), random));
  CHECK(nonces.size() == 1000);
}

TEST_CASE("a nonce is the keyed BLAKE2b-192 of randomness, sizes and message") {
  testing::SeededRandom seeds(24);
  testing::StuckRandom stuck;
  const SpaceKey key = SpaceKey::random(seeds);
  const SubKey nonce_key = nonce_key_of(key.expose());
  CHECK(equal(nonce_key.expose(), derive<SubKey>(key.expose(), "nonce").expose()));
  Buffer input(16, 0x5a);
  append(input, testing::bytes_of("0000000000000002"));
  append(input, as_bytes("adplain"));
  Nonce expected;
  crypto_generichash(expected.bytes.data(), expected.size, input.data(), input.size(),
                     nonce_key.expose().data(), 32);
  CHECK(hedged_nonce(nonce_key, as_bytes("ad"), as_bytes("plain"), stuck) == expected);
}

TEST_CASE("a sealed key opens into the arena, and nothing of another size does") {
  testing::SeededRandom random(25);
  const SpaceKey wrapping = SpaceKey::random(random);
  const EntityKey key = EntityKey::random(random);
  const Buffer sealed = seal(wrapping.expose(), as_bytes("wrap"), key.expose(), random);
  const auto opened = open_secret<EntityKey>(wrapping.expose(), as_bytes("wrap"), sealed);
  REQUIRE(opened);
  CHECK(equal_secret(opened->expose(), key.expose()));
  CHECK(open_secret<EntityKey>(wrapping.expose(), as_bytes("warp"), sealed).error().code ==
        Errc::bad_signature);
  for (const std::size_t size : {0, 31, 33}) {
    const Buffer odd = seal(wrapping.expose(), as_bytes("wrap"), Buffer(size), random);
    CHECK(open_secret<EntityKey>(wrapping.expose(), as_bytes("wrap"), odd).error().code ==
          Errc::invalid);
  }
}

TEST_CASE("the header mask is the start of the XChaCha20 stream") {
  const auto key = testing::key_of<SubKey>(key_hex);
  const auto nonce = testing::id_of<Nonce>("404142434445464748494a4b4c4d4e4f5051525354555658");
  Buffer zeros(64);
  Buffer stream(64);
  crypto_stream_xchacha20_xor(stream.data(), zeros.data(), zeros.size(), nonce.bytes.data(),
                              key.expose().data());
  const EntityTag8 mask = header_mask(key.expose(), nonce);
  CHECK(equal(mask.view(), Bytes(stream).first(8)));
  CHECK(mask != header_mask(key.expose(), Nonce{}));
}

}  // namespace syncline::crypto
