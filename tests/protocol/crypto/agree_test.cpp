// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/agree.h"

#include "tests/protocol/crypto/vectors.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <sodium.h>

namespace syncline::crypto {
namespace {

// The points of order 1, 2, 4 and 8, and the other encodings of the first two.
const char* const low_order_points[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};

}  // namespace

TEST_CASE("X25519 agrees as RFC 7748 section 6.1 shows") {
  const auto alice =
      testing::key_of<BoxKey>("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const auto bob =
      testing::key_of<BoxKey>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  const BoxPublicKey alice_public = public_key_of(alice.expose());
  const BoxPublicKey bob_public = public_key_of(bob.expose());
  CHECK(alice_public.hex() == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(bob_public.hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const auto one = agree(alice.expose(), bob_public);
  const auto two = agree(bob.expose(), alice_public);
  REQUIRE(one);
  REQUIRE(two);
  CHECK(to_hex(one->expose()) ==
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
  CHECK(equal_secret(one->expose(), two->expose()));
}

TEST_CASE("a public key of low order is refused and not usable") {
  testing::SeededRandom random(10);
  const BoxKey mine = BoxKey::random(random);
  for (const char* const point : low_order_points) {
    const auto other = testing::id_of<BoxPublicKey>(point);
    const auto shared = agree(mine.expose(), other);
    REQUIRE_FALSE(shared);
    CHECK(shared.error().code == Errc::invalid);
    CHECK_FALSE(is_usable(other));
  }
  CHECK(is_usable(public_key_of(mine.expose())));
}

TEST_CASE("Wycheproof's X25519 values are ours, and its zero shared secrets are refused") {
  const auto vectors = testing::vector_json("wycheproof/x25519_test.json");
  if (!vectors) return;
  std::size_t run = 0;
  std::size_t refused = 0;
  std::size_t wrong = 0;
  for (const auto& group : vectors->at("testGroups"))
    for (const auto& test : group.at("tests")) {
      const auto secret = testing::key_of<BoxKey>(test.at("private").get<std::string>());
      const auto shared = agree(secret.expose(),
                                testing::id_of<BoxPublicKey>(test.at("public").get<std::string>()));
      const Buffer expected = testing::field(test, "shared");
      const bool is_zero = sodium_is_zero(expected.data(), expected.size()) == 1;
      if (!shared) ++refused;
      if (is_zero == shared.has_value() || (shared && !equal(shared->expose(), expected))) ++wrong;
      ++run;
    }
  testing::report("Wycheproof X25519", run, 0);
  CHECK(run == 518);
  CHECK(refused == 31);
  CHECK(wrong == 0);
}

TEST_CASE("a sealed box opens for its recipient only") {
  testing::SeededRandom random(11);
  const BoxKey recipient = BoxKey::random(random);
  const BoxKey other = BoxKey::random(random);
  for (const std::size_t size : {0, 1, 31, 32, 33, 64, 1000}) {
    Buffer message(size);
    random.fill(message);
    const Buffer sealed = seal_to(public_key_of(recipient.expose()), message, random);
    CHECK(sealed.size() == size + sealed_overhead);
    CHECK(open_sealed(recipient.expose(), sealed).value() == message);
    CHECK(open_sealed(other.expose(), sealed).error().code == Errc::bad_signature);
  }
}

TEST_CASE("sealed boxes are libsodium's, in both directions") {
  testing::SeededRandom random(12);
  const BoxKey recipient = BoxKey::random(random);
  const BoxPublicKey recipient_public = public_key_of(recipient.expose());
  const Bytes message = as_bytes("a generation's account key");

  const Buffer ours = seal_to(recipient_public, message, random);
  Buffer opened(message.size());
  REQUIRE(crypto_box_curve25519xchacha20poly1305_seal_open(opened.data(), ours.data(), ours.size(),
                                                           recipient_public.bytes.data(),
                                                           recipient.expose().data()) == 0);
  CHECK(equal(opened, message));

  Buffer theirs(message.size() + crypto_box_curve25519xchacha20poly1305_SEALBYTES);
  REQUIRE(crypto_box_curve25519xchacha20poly1305_seal(theirs.data(), message.data(), message.size(),
                                                      recipient_public.bytes.data()) == 0);
  const auto read = open_sealed(recipient.expose(), theirs);
  REQUIRE(read);
  CHECK(equal(*read, message));
}

TEST_CASE("a sealed box that is changed or cut anywhere does not open") {
  testing::SeededRandom random(13);
  const BoxKey recipient = BoxKey::random(random);
  Buffer sealed = seal_to(public_key_of(recipient.expose()), as_bytes("key"), random);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto opened = open_sealed(recipient.expose(), sealed);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::bad_signature);
    sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    CHECK_FALSE(open_sealed(recipient.expose(), Bytes(sealed).first(size)));
  for (const char* const point : low_order_points) {
    const Buffer raw = testing::bytes_of(point);
    std::copy(raw.begin(), raw.end(), sealed.begin());
    CHECK_FALSE(open_sealed(recipient.expose(), sealed));
  }
}

TEST_CASE("a box sealed to a key of low order has the usual size and opens for nobody") {
  for (const char* const point : low_order_points) {
    testing::SeededRandom random(14);
    const auto recipient = testing::id_of<BoxPublicKey>(point);
    const Buffer sealed = seal_to(recipient, as_bytes("the account key"), random);
    CHECK(sealed.size() == 15 + sealed_overhead);
    // What anybody could compute: the key of the neutral shared point.
    std::array<std::uint8_t, 32> key{};
    const std::array<std::uint8_t, 32> neutral{};
    const std::array<std::uint8_t, 16> zero{};
    crypto_core_hchacha20(key.data(), zero.data(), neutral.data(), nullptr);
    std::array<std::uint8_t, 24> nonce{};
    Buffer both = to_buffer(Bytes(sealed).first(32));
    append(both, recipient.view());
    crypto_generichash(nonce.data(), nonce.size(), both.data(), both.size(), nullptr, 0);
    Buffer opened(15);
    CHECK(crypto_box_curve25519xchacha20poly1305_open_easy_afternm(
              opened.data(), sealed.data() + 32, sealed.size() - 32, nonce.data(), key.data()) !=
          0);
  }
}

}  // namespace syncline::crypto
