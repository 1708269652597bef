// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/cpace.h"

#include "protocol/crypto/hash.h"
#include "tests/protocol/crypto/vectors.h"

#include <string>

#include <doctest/doctest.h>
#include <sodium.h>

namespace syncline::crypto {
namespace {

using Role = Cpace::Role;

struct Exchange {
  Buffer password, channel, session;
  Buffer scalar_a, associated_a, scalar_b, associated_b;
  std::string share_a, share_b, isk;
};

void check_exchange(const Exchange& x) {
  const auto start = [&](const Buffer& scalar, const Buffer& associated) {
    const SubKey key = SubKey::copy_of(KeyView(scalar.data(), 32));
    return Cpace::start_with({x.password, x.channel, x.session, associated}, key.expose());
  };
  const Cpace a = start(x.scalar_a, x.associated_a);
  const Cpace b = start(x.scalar_b, x.associated_b);
  CHECK(a.share().view().size() == 32);
  CHECK(equal(a.share().view(), testing::bytes_of(x.share_a)));
  CHECK(equal(b.share().view(), testing::bytes_of(x.share_b)));
  const auto isk_a = a.intermediate_key(Role::initiator, b.share(), x.associated_b);
  const auto isk_b = b.intermediate_key(Role::responder, a.share(), x.associated_a);
  REQUIRE(isk_a);
  REQUIRE(isk_b);
  CHECK(equal(*isk_a, testing::bytes_of(x.isk)));
  CHECK(equal(*isk_b, testing::bytes_of(x.isk)));
}

struct Side {
  std::string_view password = "482913";
  std::string_view channel = "inviter|joiner";
  std::string_view session = "session";
  std::string_view associated = "v1";
};

Cpace start(const Side& side, Random& random) {
  return Cpace::start({as_bytes(side.password), as_bytes(side.channel), as_bytes(side.session),
                       as_bytes(side.associated)},
                      random);
}

bool agree_on_key(const Side& left, const Side& right) {
  testing::SeededRandom random(30);
  const Cpace a = start(left, random);
  const Cpace b = start(right, random);
  const auto key_a = a.finish(Role::initiator, b.share(), as_bytes(right.associated));
  const auto key_b = b.finish(Role::responder, a.share(), as_bytes(left.associated));
  REQUIRE(key_a);
  REQUIRE(key_b);
  return equal_secret(key_a->expose(), key_b->expose());
}

}  // namespace

TEST_CASE("CPace gives the shares and the key of the draft's text") {
  check_exchange(
      {.password = to_buffer(as_bytes("Password")),
       .channel = testing::bytes_of("6f630b425f726573706f6e6465720b415f696e69746961746f72"),
       .session = testing::bytes_of("7e4b4791d6a8ef019b936c79fb7f2c57"),
       .scalar_a =
           testing::bytes_of("da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08"),
       .associated_a = to_buffer(as_bytes("ADa")),
       .scalar_b =
           testing::bytes_of("d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d"),
       .associated_b = to_buffer(as_bytes("ADb")),
       .share_a = "d40fb265a7abeaee7939d91a585fe59f7053f982c296ec413c624c669308f87a",
       .share_b = "08bcf6e9777a9c313a3db6daa510f2d398403319c2341bd506a92e672eb7e307",
       .isk = "4c5469a16b2364c4b944ebc1a79e51d1674ad47db26e8718154f59faebfaa52d"
              "8346f30aa58377117eb20d527f2cbc5c76381f7fd372e89df8239f87f2e02ed1"});
}

TEST_CASE("CPace passes the draft's vectors for ristretto255, and refuses its invalid points") {
  const auto vectors = testing::vector_json("cpace/testvectors.json");
  if (!vectors) return;
  const auto& group = vectors->at("G_Coffee25519");
  check_exchange({.password = testing::field(group, "PRS"),
                  .channel = testing::field(group, "CI"),
                  .session = testing::field(group, "sid"),
                  .scalar_a = testing::field(group, "ya"),
                  .associated_a = testing::field(group, "ADa"),
                  .scalar_b = testing::field(group, "yb"),
                  .associated_b = testing::field(group, "ADb"),
                  .share_a = group.at("Ya").get<std::string>(),
                  .share_b = group.at("Yb").get<std::string>(),
                  .isk = group.at("ISK_IR").get<std::string>()});

  // The generator and K are inside; they are right because they lead to the public values.
  const Buffer generator = testing::field(group, "g");
  Buffer point(32);
  REQUIRE(crypto_scalarmult_ristretto255(point.data(), testing::field(group, "ya").data(),
                                         generator.data()) == 0);
  CHECK(point == testing::field(group, "Ya"));
  REQUIRE(crypto_scalarmult_ristretto255(point.data(), testing::field(group, "ya").data(),
                                         testing::field(group, "Yb").data()) == 0);
  CHECK(point == testing::field(group, "K"));

  const auto& points = vectors->at("G_Coffee25519_points");
  testing::SeededRandom random(31);
  const Cpace side = start({}, random);
  for (const char* const name : {"Invalid Y1", "Invalid Y2"}) {
    const auto bad = testing::id_of<CpaceShare>(points.at(name).get<std::string>());
    CHECK(side.intermediate_key(Role::initiator, bad, {}).error().code == Errc::invalid);
    CHECK(side.finish(Role::responder, bad, {}).error().code == Errc::invalid);
  }
  testing::report("CPace ristretto255", 1 + 2, vectors->size() - 2, "other groups");
}

TEST_CASE("both sides with one code, one channel and one session get one key") {
  CHECK(agree_on_key({}, {}));
  CHECK(agree_on_key({.associated = "inviter"}, {.associated = "joiner"}));
  CHECK_FALSE(agree_on_key({}, {.password = "482914"}));
  CHECK_FALSE(agree_on_key({}, {.channel = "inviter|joine"}));
  CHECK_FALSE(agree_on_key({}, {.session = "sessioN"}));
  CHECK_FALSE(agree_on_key({.password = "1", .channel = "23"}, {.password = "12", .channel = "3"}));
}

TEST_CASE("a key depends on who is who and on the associated data of both") {
  testing::SeededRandom random(32);
  const Cpace a = start({}, random);
  const Cpace b = start({}, random);
  const auto key = [](const Cpace& mine, Role role, const Cpace& other,
                      std::string_view associated) {
    return to_hex(mine.finish(role, other.share(), as_bytes(associated)).value().expose());
  };
  const std::string right = key(a, Role::initiator, b, "v1");
  CHECK(right == key(b, Role::responder, a, "v1"));
  CHECK(right != key(b, Role::initiator, a, "v1"));
  CHECK(right != key(b, Role::responder, a, "v2"));
}

TEST_CASE("the link's key is the tagged hash of the session key") {
  testing::SeededRandom random(33);
  const Cpace a = start({}, random);
  const Cpace b = start({}, random);
  const auto isk = a.intermediate_key(Role::initiator, b.share(), as_bytes("v1"));
  const auto psk = a.finish(Role::initiator, b.share(), as_bytes("v1"));
  REQUIRE(isk);
  REQUIRE(psk);
  CHECK(isk->size() == 64);
  CHECK(equal(psk->expose(), hash("pair-psk", *isk).view()));
}

TEST_CASE("long and empty inputs are separated like short ones") {
  const std::string longer(1000, 'p');
  const std::string block(128, 'p');
  CHECK(agree_on_key({.password = longer, .session = longer},
                     {.password = longer, .session = longer}));
  CHECK(agree_on_key({.password = "", .channel = "", .session = "", .associated = ""},
                     {.password = "", .channel = "", .session = "", .associated = ""}));
  CHECK_FALSE(agree_on_key({.password = block}, {.password = longer}));
}

TEST_CASE("most strings of 32 bytes are no share, and none of them crashes") {
  testing::SeededRandom random(34);
  const Cpace side = start({}, random);
  int refused = 0;
  for (int i = 0; i < 500; ++i) {
    CpaceShare other;
    random.fill(other.bytes);
    const auto key = side.finish(Role::initiator, other, {});
    if (!key) {
      CHECK(key.error().code == Errc::invalid);
      ++refused;
    }
  }
  CHECK(refused > 400);
  CHECK(refused < 500);
}

TEST_CASE("a finished exchange leaves no secret behind") {
  const std::size_t before = SecretArena::shared().used();
  CHECK(agree_on_key({}, {}));
  CHECK(SecretArena::shared().used() == before);
  CHECK(SecretArena::shared().free_slots_are_zero());
}

}  // namespace syncline::crypto
