// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/noise_primitives.h"

#include "tests/protocol/crypto/vectors.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::crypto::noise {

TEST_CASE("HMAC and HKDF give the first examples of RFC 4231 and RFC 5869") {
  CHECK(to_hex(hmac_sha256(testing::bytes_of("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                           as_bytes("Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  Buffer out(42);
  REQUIRE(hkdf_sha256(out, testing::bytes_of("000102030405060708090a0b0c"), Buffer(22, 0x0b),
                      testing::bytes_of("f0f1f2f3f4f5f6f7f8f9")));
  CHECK(to_hex(out) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("Wycheproof's HMAC-SHA256 verdicts are ours") {
  const auto vectors = testing::vector_json("wycheproof/hmac_sha256_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const Sha256 mac = hmac_sha256(testing::field(test, "key"), testing::field(test, "msg"));
      const Buffer tag = testing::field(test, "tag");
      const std::size_t size = group.at("tagSize").get<std::size_t>() / 8;
      REQUIRE(size <= mac.size());
      if (equal(Bytes(mac).first(size), tag) != (test.at("result") == "valid")) ++wrong;
      ++run;
    }
  testing::report("Wycheproof HMAC-SHA256", run, 0);
  CHECK(run == 174);
  CHECK(wrong == 0);
}

TEST_CASE("Wycheproof's HKDF-SHA256 values are ours, and too long ones are refused") {
  const auto vectors = testing::vector_json("wycheproof/hkdf_sha256_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      Buffer out(test.at("size").get<std::size_t>());
      const auto done = hkdf_sha256(out, testing::field(test, "salt"), testing::field(test, "ikm"),
                                    testing::field(test, "info"));
      const bool is_valid = test.at("result") == "valid";
      if (done.has_value() != is_valid || (is_valid && out != testing::field(test, "okm"))) ++wrong;
      ++run;
    }
  testing::report("Wycheproof HKDF-SHA256", run, 0);
  CHECK(run == 86);
  CHECK(wrong == 0);
}

TEST_CASE("HKDF gives exactly as much as RFC 5869 allows") {
  Buffer most(hkdf_size_max);
  CHECK(hkdf_sha256(most, {}, as_bytes("x"), {}));
  Buffer shorter(100);
  CHECK(hkdf_sha256(shorter, {}, as_bytes("x"), {}));
  CHECK(equal(shorter, Bytes(most).first(100)));
  Buffer more(hkdf_size_max + 1);
  CHECK(hkdf_sha256(more, {}, as_bytes("x"), {}).error().code == Errc::oversized);
}

TEST_CASE("Wycheproof's ChaCha20-Poly1305 verdicts are ours") {
  const auto vectors = testing::vector_json("wycheproof/chacha20_poly1305_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong_size = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const bool is_valid = test.at("result") == "valid";
      const Buffer iv = testing::field(test, "iv");
      ChaChaNonce nonce;
      ++run;
      if (iv.size() != nonce.size()) {  // our type has no other size
        ++wrong_size;
        if (is_valid) ++wrong;
        continue;
      }
      std::copy(iv.begin(), iv.end(), nonce.begin());
      const auto key = testing::key_of<SubKey>(test.at("key").get<std::string>());
      const Buffer associated = testing::field(test, "aad");
      Buffer ciphertext = testing::field(test, "ct");
      append(ciphertext, testing::field(test, "tag"));
      Buffer plaintext;
      const auto opened = open(plaintext, key.expose(), nonce, associated, ciphertext);
      if (opened.has_value() != is_valid) ++wrong;
      if (!is_valid) continue;
      Buffer made;
      seal(made, key.expose(), nonce, associated, testing::field(test, "msg"));
      if (made != ciphertext || plaintext != testing::field(test, "msg")) ++wrong;
    }
  testing::report("Wycheproof ChaCha20-Poly1305", run, 0, "9 of them refused by the nonce's type");
  CHECK(run == 325);
  CHECK(wrong_size == 9);
  CHECK(wrong == 0);
}

TEST_CASE("a counter becomes four zero bytes and its little-endian form") {
  CHECK(to_hex(nonce_of(0)) == "000000000000000000000000");
  CHECK(to_hex(nonce_of(0x0102030405060708)) == "000000000807060504030201");
  CHECK(to_hex(nonce_of(UINT64_MAX)) == "00000000ffffffffffffffff");
}

}  // namespace syncline::crypto::noise
