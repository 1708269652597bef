// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/sign.h"

#include "protocol/crypto/hash.h"
#include "tests/protocol/crypto/vectors.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::crypto {
namespace {

bool verdict(const std::string& key, Bytes message, Bytes signature) {
  const auto raw = Signature::from(signature);
  const auto public_key = VerifyKey::from_hex_text(key);
  return raw && public_key && verify(*public_key, message, *raw);
}

}  // namespace

TEST_CASE("Ed25519 signs as RFC 8032 section 7.1 shows") {
  struct Example {
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
  };
  const Example examples[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b46b"
       "d25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11d8c"
       "387b2eaeb4302aeeb00d291612bb0c00"},
  };
  for (const auto& example : examples) {
    const auto key = SigningKey::from_seed(testing::key_of<SigningSeed>(example.seed));
    CHECK(key.verify_key().hex() == example.key);
    const Buffer message = testing::bytes_of(example.message);
    CHECK(key.sign(message).hex() == example.signature);
    CHECK(verify(key.verify_key(), message, key.sign(message)));
  }
}

TEST_CASE("a signature fails for another message, another key and every flipped bit") {
  testing::SeededRandom random(8);
  const auto key = SigningKey::from_seed(SigningSeed::random(random));
  const auto other = SigningKey::from_seed(SigningSeed::random(random));
  const auto message = as_bytes("one head");
  Signature signature = key.sign(message);
  CHECK(verify(key.verify_key(), message, signature));
  CHECK_FALSE(verify(key.verify_key(), as_bytes("one heat"), signature));
  CHECK_FALSE(verify(other.verify_key(), message, signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    signature.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(verify(key.verify_key(), message, signature));
    signature.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
}

TEST_CASE("a clone signs the same, and a signing key holds one slot") {
  testing::SeededRandom random(9);
  const std::size_t before = SecretArena::shared().used();
  const auto key = SigningKey::from_seed(SigningSeed::random(random));
  CHECK(SecretArena::shared().used() == before + 1);
  const auto twin = key.clone();
  CHECK(twin.sign(as_bytes("m")) == key.sign(as_bytes("m")));
  CHECK(twin.verify_key() == key.verify_key());
}

TEST_CASE("Wycheproof's Ed25519 verdicts are ours") {
  const auto vectors = testing::vector_json("wycheproof/ed25519_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const bool accepted = verdict(group.at("publicKey").at("pk").get<std::string>(),
                                    testing::field(test, "msg"), testing::field(test, "sig"));
      if (accepted != (test.at("result") == "valid")) ++wrong;
      ++run;
    }
  testing::report("Wycheproof Ed25519", run, 0);
  CHECK(run == 151);
  CHECK(wrong == 0);
}

// Every device must agree on which events are valid, so the verdicts on disputed signatures are
// part of the protocol: a library that decides otherwise splits the vault.
TEST_CASE("the verdicts on disputed Ed25519 signatures are the pinned ones") {
  if (const auto cases = testing::vector_json("ed25519/speccheck_cases.json")) {
    std::string accepted;
    for (std::size_t i = 0; i < cases->size(); ++i) {
      const auto& test = cases->at(i);
      if (verdict(test.at("pub_key").get<std::string>(), testing::field(test, "message"),
                  testing::field(test, "signature")))
        accepted += std::to_string(i) + " ";
    }
    testing::report("Ed25519 speccheck", cases->size(), 0);
    CHECK(cases->size() == 12);
    CHECK(accepted == "3 ");
  }
  if (const auto cases = testing::vector_json("ed25519/cctv_ed25519vectors.json")) {
    Buffer verdicts;
    std::size_t accepted = 0;
    for (const auto& test : *cases) {
      const auto message = test.at("msg").get<std::string>();
      const bool valid = verdict(test.at("key").get<std::string>(), as_bytes(message),
                                 testing::field(test, "sig"));
      verdicts.push_back(valid ? 1 : 0);
      if (valid) ++accepted;
    }
    testing::report("CCTV Ed25519", cases->size(), 0);
    CHECK(cases->size() == 914);
    CHECK(accepted == 43);
    CHECK(hash("", verdicts).hex() ==
          "bff32dfc7bd8f26c81c787690124a0793326f5b4b2ec937839b964705dd522f7");
  }
}

TEST_CASE("signatures by keys of low order are refused without any vector file") {
  // Key and R both the neutral element, S zero: valid for every message if nothing is checked.
  const std::string neutral = "01" + std::string(62, '0');
  CHECK_FALSE(verdict(neutral, as_bytes("any"), testing::bytes_of(neutral + std::string(64, '0'))));
  // S at the group order is the other encoding of S = 0.
  const auto key = SigningKey::from_seed(testing::key_of<SigningSeed>(std::string(64, '0')));
  Signature signature = key.sign(as_bytes("m"));
  const Buffer order =
      testing::bytes_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned>(signature.bytes[32 + i]) + order[i];
    signature.bytes[32 + i] = static_cast<std::uint8_t>(carry & 0xff);
    carry >>= 8;
  }
  CHECK_FALSE(verify(key.verify_key(), as_bytes("m"), signature));
}

}  // namespace syncline::crypto
