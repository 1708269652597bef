// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/device.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

TEST_CASE("a device's secrets come back from what is stored") {
  TestVault vault;
  const auto& member = vault.member;
  const auto sealed = find_device(vault.store);
  REQUIRE(*sealed);
  const auto secrets = open_device(member.keys, member.cert.id(), **sealed);
  REQUIRE(secrets);
  CHECK(secrets->sign.verify_key() == member.cert.sign_key);
  CHECK(crypto::equal_secret(secrets->local.expose(), member.secrets.local.expose()));
  CHECK(secrets->log_key(member.home, 1).verify_key() ==
        member.secrets.log_key(member.home, 1).verify_key());
}

TEST_CASE("every single changed byte of a device at rest is refused") {
  TestVault vault;
  const Buffer sealed = **find_device(vault.store);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Buffer changed = sealed;
    changed[i] ^= 0x80;
    CHECK_MESSAGE(!open_device(vault.member.keys, vault.member.cert.id(), changed), i);
  }
  DeviceId other = vault.member.cert.id();
  other.bytes[0] ^= 1;
  CHECK_FALSE(open_device(vault.member.keys, other, sealed));
}

TEST_CASE("log keys differ by space and incarnation") {
  TestVault vault;
  const auto& secrets = vault.member.secrets;
  const auto key = secrets.log_key(vault.member.home, 1).verify_key();
  CHECK(secrets.log_key(vault.member.home, 2).verify_key() != key);
  CHECK(secrets.log_key(vault.id(), 1).verify_key() != key);
}

TEST_CASE("a transport identity comes back and a damaged one is refused") {
  TestVault vault;
  const Buffer encoded = encode_identity(vault.member.identity);
  const auto identity = decode_identity(encoded);
  REQUIRE(identity);
  CHECK(identity->vault == vault.id());
  CHECK(identity->device == vault.member.cert.id());
  CHECK(crypto::public_key_of(identity->box.expose()) == vault.member.cert.box_key);
  CHECK(crypto::equal_secret(identity->discovery.expose(), vault.member.keys.discovery().expose()));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    Buffer changed = encoded;
    changed[i] ^= 0x04;
    CHECK_FALSE(decode_identity(changed));
    CHECK_FALSE(decode_identity(Bytes(encoded).first(i)));
  }
}

TEST_CASE("R9: every single changed byte of an introduction's keys is refused") {
  test::CounterRandom random(4);
  const auto newcomer = make_newcomer("phone", {1000}, random);
  REQUIRE(newcomer);
  const Buffer encoded = encode_introduction(newcomer->introduction);
  const auto back = decode_introduction(encoded);
  REQUIRE(back);
  CHECK(back->name == "phone");
  CHECK(back->cert == newcomer->introduction.cert);
  for (std::size_t i = 0; i < encoded.size() - 6; ++i) {
    Buffer changed = encoded;
    changed[i] ^= 0x01;
    CHECK_MESSAGE(!decode_introduction(changed), i);
  }
}

TEST_CASE("a device name is short printable UTF-8") {
  CHECK(check_device_name("Anna's laptop"));
  CHECK(check_device_name("手机"));
  CHECK(check_device_name(std::string(64, 'x')));
  CHECK(error_of(check_device_name("")) == Errc::invalid);
  CHECK(error_of(check_device_name(std::string(65, 'x'))) == Errc::oversized);
  CHECK(error_of(check_device_name("a\nb")) == Errc::invalid);
  CHECK(error_of(check_device_name("\x1b[31m")) == Errc::invalid);
  CHECK(error_of(check_device_name("\xff")) == Errc::invalid);
}

}  // namespace
}  // namespace syncline::space
