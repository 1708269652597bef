// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/messages.h"

#include "protocol/base/limits.h"
#include "protocol/wire/writer.h"

#include <doctest/doctest.h>

namespace syncline::sync {

namespace {

template <class IdType>
IdType id_of(std::uint8_t fill) {
  IdType id;
  id.bytes.fill(fill);
  return id;
}

Hello a_hello() {
  return {id_of<StoreEpoch>(1), id_of<StoreEpoch>(2), 77, true, false, {"10.0.0.1:7000", ":7001"}};
}

Rows some_rows() {
  Rows rows;
  rows.spaces.push_back(
      {id_of<SpaceId>(3),
       4,
       id_of<ShortHash>(5),
       {{id_of<LogId>(6), 7, id_of<ShortHash>(8)}, {id_of<LogId>(9), 300, id_of<ShortHash>(1)}}});
  return rows;
}

Receipt a_receipt() {
  Receipt receipt;
  receipt.vault = id_of<SpaceId>(1);
  receipt.device = id_of<DeviceId>(2);
  receipt.change = 99;
  receipt.at = WallTime{-5};
  receipt.rows.push_back({id_of<LogId>(6), 7, id_of<ShortHash>(8)});
  receipt.signature = id_of<crypto::Signature>(9);
  return receipt;
}

}  // namespace

TEST_CASE("every message reads back as it was written") {
  const auto hello = decode_hello(encode(a_hello()));
  REQUIRE(hello);
  CHECK(hello->known_change == 77);
  CHECK(hello->receive_paused);
  CHECK_FALSE(hello->send_paused);
  CHECK(hello->addresses == a_hello().addresses);

  const auto addresses =
      decode_addresses(encode(Addresses{{{id_of<DeviceId>(5), {"10.0.0.1:7000"}}, {{}, {}}}}));
  REQUIRE(addresses);
  REQUIRE(addresses->devices.size() == 2);
  CHECK(addresses->devices[0].device == id_of<DeviceId>(5));
  CHECK(addresses->devices[0].addresses == std::vector<std::string>{"10.0.0.1:7000"});

  const auto rows = decode_rows(encode(some_rows()));
  REQUIRE(rows);
  REQUIRE(rows->spaces.size() == 1);
  CHECK(rows->spaces[0].rows == some_rows().spaces[0].rows);

  const auto end = decode_rows_end(encode(RowsEnd{5, id_of<Digest>(4), 6}));
  REQUIRE(end);
  CHECK(end->change == 5);

  const auto receipt = decode_receipt(encode(a_receipt()));
  REQUIRE(receipt);
  CHECK(receipt->at == WallTime{-5});
  CHECK(signed_part(*receipt) == signed_part(a_receipt()));

  const auto records =
      decode_records(encode(Records{id_of<SpaceId>(1), true, {Buffer{1, 2, 3}, Buffer{}}}));
  REQUIRE(records);
  CHECK(records->last);
  CHECK(records->records.size() == 2);
}

TEST_CASE("every proper prefix of a message is refused") {
  const Buffer messages[] = {encode(a_hello()), encode(some_rows()), encode(a_receipt()),
                             encode(RowsEnd{5, id_of<Digest>(4), 6}),
                             encode(Pull{id_of<LogId>(1), 2, 3})};
  for (const Buffer& message : messages) {
    for (std::size_t size = 0; size < message.size(); ++size) {
      const Bytes part = Bytes(message).first(size);
      const bool read = decode_hello(part).has_value() && decode_rows(part).has_value() &&
                        decode_receipt(part).has_value() && decode_rows_end(part).has_value() &&
                        decode_pull(part).has_value();
      CHECK_FALSE(read);
    }
  }
  for (std::size_t size = 0; size < messages[1].size(); ++size)
    CHECK_FALSE(decode_rows(Bytes(messages[1]).first(size)).has_value());
  for (std::size_t size = 0; size < messages[2].size(); ++size)
    CHECK_FALSE(decode_receipt(Bytes(messages[2]).first(size)).has_value());
}

TEST_CASE("a declared count reserves nothing that was not sent") {
  for (const std::uint64_t count :
       {std::uint64_t{1}, std::uint64_t{1800}, std::uint64_t{1} << 31, std::uint64_t{1} << 63}) {
    wire::Writer rows;
    rows.u8(1).varint(1).id(id_of<SpaceId>(1)).varint(1).id(id_of<ShortHash>(1)).varint(count);
    CHECK_FALSE(decode_rows(rows.view()).has_value());
    wire::Writer records;
    records.u8(1).id(id_of<SpaceId>(1)).u8(1).varint(count);
    CHECK_FALSE(decode_records(records.view()).has_value());
    wire::Writer addresses;
    addresses.u8(1).varint(count);
    CHECK_FALSE(decode_addresses(addresses.view()).has_value());
  }
}

TEST_CASE("a pull of nothing or backwards is refused") {
  CHECK_FALSE(decode_pull(encode(Pull{id_of<LogId>(1), 0, 3})).has_value());
  CHECK_FALSE(decode_pull(encode(Pull{id_of<LogId>(1), 4, 3})).has_value());
  CHECK(decode_pull(encode(Pull{id_of<LogId>(1), 4, 4})).has_value());
}

TEST_CASE(
    "fields of a newer minor version behind a hello are skipped, behind other messages refused") {
  Buffer hello = encode(a_hello());
  hello.push_back(42);
  CHECK(decode_hello(hello).has_value());
  Buffer pull = encode(Pull{id_of<LogId>(1), 4, 4});
  pull.push_back(42);
  CHECK(decode_pull(pull).error().code == Errc::non_canonical);
}

}  // namespace syncline::sync
