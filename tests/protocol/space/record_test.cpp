// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/record.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;

struct Signer {
  test::CounterRandom random{1};
  crypto::SigningKey key = crypto::SigningKey::from_seed(crypto::SigningSeed::random(random));

  Record record(std::vector<RecordId> prev = {}) {
    SpaceId scope;
    random.fill(scope.bytes);
    return sign_record({scope, RecordKind::log_admit, std::move(prev), Buffer{1, 2, 3}}, key);
  }
};

RecordId id_of(std::uint8_t value) {
  RecordId id;
  id.bytes.fill(value);
  return id;
}

TEST_CASE("a record comes back from its encoding") {
  Signer signer;
  const Record record = signer.record({id_of(1), id_of(2)});
  const Buffer encoded = encode_record(record);
  const auto back = decode_record(encoded);
  REQUIRE(back);
  CHECK(*back == record);
  CHECK(verify_record(*back, signer.key.verify_key()));
  CHECK(record_id(*back) == record_id(encoded));
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(decode_record(Bytes(encoded).first(size)));
}

TEST_CASE("R1: every single changed byte of a record is refused") {
  Signer signer;
  const Buffer encoded = encode_record(signer.record({id_of(1)}));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Buffer changed = encoded;
      changed[i] ^= static_cast<std::uint8_t>(1u << bit);
      const auto record = decode_record(changed);
      CHECK_MESSAGE((!record || !verify_record(*record, signer.key.verify_key())), i);
    }
  }
}

TEST_CASE("R1: a record signed by another key than the authority is refused") {
  Signer signer;
  test::CounterRandom random(2);
  const auto other = crypto::SigningKey::from_seed(crypto::SigningSeed::random(random));
  const Record record = signer.record();
  CHECK(error_of(verify_record(record, other.verify_key())) == Errc::bad_signature);
}

TEST_CASE("predecessors ascend and there are at most 16") {
  Signer signer;
  CHECK(error_of(decode_record(encode_record(signer.record({id_of(2), id_of(1)})))) ==
        Errc::non_canonical);
  CHECK(error_of(decode_record(encode_record(signer.record({id_of(1), id_of(1)})))) ==
        Errc::non_canonical);
  std::vector<RecordId> prev;
  for (std::uint8_t i = 0; i <= record_prev_max; ++i) prev.push_back(id_of(i));
  CHECK(error_of(decode_record(encode_record(signer.record(prev)))) == Errc::oversized);
  prev.pop_back();
  CHECK(decode_record(encode_record(signer.record(prev))));
}

TEST_CASE("R3: a record of an unknown kind or version is refused as unsupported") {
  Signer signer;
  Buffer encoded = encode_record(signer.record());
  Buffer version = encoded;
  version[0] = 2;
  CHECK(error_of(decode_record(version)) == Errc::unsupported);
  Buffer kind = encoded;
  kind[33] = 99;
  CHECK(error_of(decode_record(kind)) == Errc::unsupported);
}

TEST_CASE("a record is at most 8 KiB") {
  CHECK(error_of(decode_record(Buffer(limits::record_size_max + 1))) == Errc::oversized);
}

}  // namespace
}  // namespace syncline::space
