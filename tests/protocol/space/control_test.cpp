// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/control.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

EntityCreate create_of(std::size_t count, Random& random) {
  EntityCreate create;
  for (std::size_t i = 0; i < count; ++i) {
    EntityId entity;
    random.fill(entity.bytes);
    create.entities.push_back({entity, crypto::EntityKey::random(random)});
  }
  return create;
}

TEST_CASE("entity keys come back from a control body") {
  test::CounterRandom random(1);
  for (const std::size_t count : {std::size_t{1}, entities_per_create_max}) {
    EntityCreate create = create_of(count, random);
    const EntityId last = create.entities.back().entity;
    const auto key = create.entities.back().key.clone();
    const Buffer body = encode_control(std::move(create));
    const auto back = decode_control(body);
    REQUIRE(back);
    const auto& entities = std::get<EntityCreate>(*back).entities;
    REQUIRE(entities.size() == count);
    CHECK(entities.back().entity == last);
    CHECK(crypto::equal_secret(entities.back().key.expose(), key.expose()));
    CHECK_FALSE(decode_control(Bytes(body).first(body.size() - 1)));
  }
}

TEST_CASE("a control body with no entity or too many or of a newer kind is refused") {
  wire::Writer none;
  none.u8(1).varint(0);
  CHECK(error_of(decode_control(none.view())) == Errc::invalid);
  wire::Writer many;
  many.u8(1).varint(entities_per_create_max + 1);
  CHECK(error_of(decode_control(many.view())) == Errc::oversized);
  CHECK(error_of(decode_control(Buffer{3})) == Errc::unsupported);
  CHECK(error_of(decode_control({})) == Errc::unsupported);
}

TEST_CASE("R11: a log certificate names the device that signed it and no other log") {
  TestVault vault;
  const LogId log = log_id_of(**find_own_log(vault.store, vault.member.home));
  const LogCertificate made = certify_log(vault.member.secrets, log);
  const auto back = decode_control(encode_control(made));
  REQUIRE(back);
  const auto& certificate = std::get<LogCertificate>(*back);
  CHECK(verify_certificate(certificate, vault.member.cert, log));
  LogId other = log;
  other.bytes[0] ^= 1;
  CHECK_FALSE(verify_certificate(certificate, vault.member.cert, other));
  auto newcomer = make_newcomer("phone", {}, vault.random);
  CHECK_FALSE(verify_certificate(certificate, newcomer->introduction.cert, log));
  LogCertificate claimed = certificate;
  claimed.device = newcomer->introduction.cert.id();
  CHECK_FALSE(verify_certificate(claimed, newcomer->introduction.cert, log));
}

}  // namespace
}  // namespace syncline::space
