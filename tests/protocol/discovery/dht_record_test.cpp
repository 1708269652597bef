// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/dht_record.h"

#include "protocol/crypto/aead.h"
#include "protocol/wire/writer.h"
#include "tests/protocol/discovery/finding.h"

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::address;
using testing::discovery_key;
using testing::noon;
using testing::SeededRandom;

constexpr std::int64_t minute_ms = 60'000;

WallTime after_minutes(std::int64_t minutes) { return {noon.unix_ms + minutes * minute_ms}; }

RecordKeys keys_of(std::uint8_t audience, std::uint8_t device = 1, std::uint32_t day = 20'741) {
  return record_keys(discovery_key(audience).expose(), {testing::device(device), Day{day}});
}

struct Publishing {
  SeededRandom random{1};
  crypto::SigningKey device = testing::signing_key(9);
  RecordKeys keys = keys_of(1);
  DhtRecord record{next_minute(noon, 0),
                   {address("192.168.1.5:4711"), address("[2001:db8::1]:4711")},
                   {"relay.example:4460", "wss://relay.example/s"}};

  DhtItem seal() { return seal_record(record, keys, &device, random); }
  OpenOptions options(WallTime now = noon) const {
    return {.device = device.verify_key(), .now = now};
  }
  // A sealed and signed item around any plaintext, as another program might write it.
  DhtItem item_of(Bytes plaintext, std::int64_t seq) {
    const Buffer associated = wire::Writer()
                                  .fixed(as_bytes("dht1"))
                                  .u32(keys.day.number)
                                  .id(keys.sign.verify_key())
                                  .take();
    DhtItem item{seq, crypto::seal(keys.seal.expose(), associated, plaintext, random), {}};
    item.signature = keys.sign.sign(bep44_signed_bytes({}, seq, item.value));
    return item;
  }
  Buffer plain_of(const DhtItem& item) const {
    const Buffer associated = wire::Writer()
                                  .fixed(as_bytes("dht1"))
                                  .u32(keys.day.number)
                                  .id(keys.sign.verify_key())
                                  .take();
    return crypto::open(keys.seal.expose(), associated, item.value).value();
  }
  Errc error_of(const DhtItem& item, WallTime now = noon) const {
    const auto opened = open_record(item, keys, options(now));
    REQUIRE_FALSE(opened.has_value());
    return opened.error().code;
  }
};

TEST_CASE("what a device records is read by its audience, and that the device said it") {
  Publishing one;
  const auto opened = open_record(one.seal(), keys_of(1), one.options());
  REQUIRE(opened);
  CHECK(opened->voucher == Voucher::device);
  CHECK(opened->record.minute == one.record.minute);
  CHECK(opened->record.relays == one.record.relays);
  REQUIRE(opened->record.addresses.size() == 2);
  CHECK(session::address_text(opened->record.addresses[0]) == "192.168.1.5:4711");
  CHECK(session::address_text(opened->record.addresses[1]) == "[2001:db8::1]:4711");
}

TEST_CASE("what is signed is what BEP 44 signs") {
  const auto key = crypto::VerifyKey::from_hex_text(
                       "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
                       .value();
  const auto plain = crypto::Signature::from_hex_text(
                         "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff"
                         "1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01")
                         .value();
  const auto salted = crypto::Signature::from_hex_text(
                          "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
                          "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08")
                          .value();
  const Bytes value = as_bytes("Hello World!");
  CHECK(to_text(bencoded(value)) == "12:Hello World!");
  CHECK(crypto::verify(key, bep44_signed_bytes({}, 1, value), plain));
  CHECK(crypto::verify(key, bep44_signed_bytes(as_bytes("foobar"), 1, value), salted));
  CHECK_FALSE(crypto::verify(key, bep44_signed_bytes({}, 2, value), plain));
}

TEST_CASE("F8: a record has one of two sizes, and fits into BEP 44 with the most it can say") {
  Publishing one;
  CHECK(one.seal().value.size() == 512 + 40);
  one.record = {one.record.minute, {}, {}};
  CHECK(one.seal().value.size() == 512 + 40);
  one.record.addresses.assign(record_addresses_max + 1, address("[2001:db8::1]:4711"));
  one.record.relays.assign(record_relays_max + 1, std::string(128, 'r'));
  const DhtItem large = one.seal();
  CHECK(large.value.size() == 896 + 40);
  CHECK(bencoded(large.value).size() <= dht_value_size_max);
  const auto opened = open_record(large, one.keys, one.options());
  REQUIRE(opened);
  CHECK(opened->record.addresses.size() == record_addresses_max);
  CHECK(opened->record.relays.size() == record_relays_max);
}

TEST_CASE("F8: a record of another size, or with anything in its padding, is refused") {
  Publishing one;
  const DhtItem good = one.seal();
  Buffer plain = one.plain_of(good);
  REQUIRE(plain.size() == 512);
  CHECK(open_record(one.item_of(plain, good.seq), one.keys, one.options()).has_value());
  Buffer longer = plain;
  longer.resize(896);
  CHECK(one.error_of(one.item_of(longer, good.seq)) == Errc::non_canonical);
  longer.resize(600);
  CHECK(one.error_of(one.item_of(longer, good.seq)) == Errc::invalid);
  plain.back() = 1;
  CHECK(one.error_of(one.item_of(plain, good.seq)) == Errc::non_canonical);
  CHECK(one.error_of({good.seq, {}, good.signature}) == Errc::invalid);
  CHECK(one.error_of({good.seq, Buffer(100'000), good.signature}) == Errc::invalid);
}

TEST_CASE("F8: two records of one device have no bytes in common") {
  Publishing one;
  const DhtItem first = one.seal();
  const DhtItem second = one.seal();
  CHECK(!equal(first.value, second.value));
  CHECK(!equal(Bytes(first.value).first(24), Bytes(second.value).first(24)));
  std::size_t same = 0;
  for (std::size_t i = 0; i < first.value.size(); ++i)
    same += first.value[i] == second.value[i] ? 1U : 0U;
  CHECK(same < 20);
}

TEST_CASE("F9: whatever is changed in an item, it is refused") {
  Publishing one;
  const DhtItem good = one.seal();
  for (std::size_t i = 0; i < good.value.size(); i += 7) {
    DhtItem bad = good;
    bad.value[i] ^= 1;
    CHECK(one.error_of(bad) == Errc::bad_signature);
  }
  DhtItem later = good;
  later.seq += 1;
  CHECK(one.error_of(later) == Errc::bad_signature);
  DhtItem unsigned_item = good;
  unsigned_item.signature = {};
  CHECK(one.error_of(unsigned_item) == Errc::bad_signature);
}

TEST_CASE("F9: a record is nobody's under the keys of another audience, device or day") {
  Publishing one;
  const DhtItem good = one.seal();
  for (const RecordKeys& keys : {keys_of(2), keys_of(1, 2), keys_of(1, 1, 20'742)}) {
    const auto opened = open_record(good, keys, one.options());
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Errc::bad_signature);
  }
}

TEST_CASE("F9: another one of the audience cannot sign for a device") {
  Publishing one;
  const auto member = testing::signing_key(8);
  CHECK(one.error_of(seal_record(one.record, one.keys, &member, one.random)) ==
        Errc::bad_signature);
  // Nor take the device's signature to another day.
  const DhtItem today = one.seal();
  const Buffer plain = one.plain_of(today);
  one.keys = keys_of(1, 1, 20'742);
  CHECK(one.error_of(one.item_of(plain, today.seq)) == Errc::bad_signature);
}

TEST_CASE("F9: a record without the device's signature is somebody's of the audience") {
  Publishing one;
  const auto opened =
      open_record(seal_record(one.record, one.keys, nullptr, one.random), one.keys, one.options());
  REQUIRE(opened);
  CHECK(opened->voucher == Voucher::audience);
  CHECK(opened->record.relays == one.record.relays);
}

TEST_CASE("F10: a record is believed for three hours, and one hour ahead") {
  Publishing one;
  const DhtItem good = one.seal();
  CHECK(open_record(good, one.keys, one.options(after_minutes(180))).has_value());
  CHECK(one.error_of(good, after_minutes(181)) == Errc::timeout);
  CHECK(open_record(good, one.keys, one.options(after_minutes(-60))).has_value());
  CHECK(one.error_of(good, after_minutes(-61)) == Errc::timeout);
  CHECK(one.error_of(good, {0}) == Errc::timeout);
  CHECK(one.error_of(good, {INT64_MAX}) == Errc::timeout);
}

TEST_CASE("F10: an old record under a new sequence number is refused") {
  Publishing one;
  const DhtItem good = one.seal();
  CHECK(one.error_of(one.item_of(one.plain_of(good), good.seq + 1)) == Errc::invalid);
}

TEST_CASE("F10: addresses that may not be dialled are left out, the others stay") {
  Publishing one;
  one.record.addresses = {address("127.0.0.1:4711"), address("192.168.1.5:4711"),
                          address("192.168.1.5:22"), address("[ff02::1]:4711")};
  auto options = one.options();
  auto opened = open_record(one.seal(), one.keys, options);
  REQUIRE(opened);
  REQUIRE(opened->record.addresses.size() == 1);
  CHECK(session::address_text(opened->record.addresses[0]) == "192.168.1.5:4711");
  options.local = AllowLocal::yes;
  opened = open_record(one.seal(), one.keys, options);
  REQUIRE(opened);
  CHECK(opened->record.addresses.size() == 2);
}

TEST_CASE("a record that is made twice in a minute, or by a clock set back, is the later one") {
  const std::uint32_t first = next_minute(noon, 0);
  CHECK(first == noon.unix_ms / minute_ms);
  CHECK(next_minute(noon, first) == first + 1);
  CHECK(next_minute(after_minutes(-30), first) == first + 1);
  CHECK(next_minute(after_minutes(45), first) == first + 45);
  CHECK(next_minute({-1}, 0) == 0);
  CHECK(next_minute({INT64_MAX}, 0) == UINT32_MAX);
  CHECK(next_minute(noon, UINT32_MAX) == UINT32_MAX);
}

TEST_CASE("a record with counts, sizes, flags or names out of bounds is refused") {
  Publishing one;
  const DhtItem good = seal_record(one.record, one.keys, nullptr, one.random);
  const Buffer plain = one.plain_of(good);
  // version ‖ flags ‖ minute 4 ‖ n ‖ (4 ‖ ip 4 ‖ port 2) ‖ (16 ‖ ip 16 ‖ port 2) ‖ m ‖ (18 ‖ ...)
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Buffer bytes = plain;
    bytes[at] = value;
    return one.error_of(one.item_of(bytes, good.seq));
  };
  CHECK(changed(0, 2) == Errc::unsupported);
  CHECK(changed(1, 2) == Errc::unsupported);
  CHECK(changed(1, 1) == Errc::bad_signature);
  CHECK(changed(6, 9) == Errc::limit);
  CHECK(changed(6, 255) == Errc::limit);
  CHECK(changed(7, 5) == Errc::invalid);
  CHECK(changed(33, 5) == Errc::limit);
  CHECK(changed(34, 0) == Errc::invalid);
  CHECK(changed(34, 129) == Errc::invalid);
  CHECK(changed(35, ' ') == Errc::invalid);
}

}  // namespace
}  // namespace syncline::discovery
