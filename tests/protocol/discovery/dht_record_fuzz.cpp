// SPDX-License-Identifier: Apache-2.0
//
// Arbitrary records, sealed and signed as somebody of the audience can, and arbitrary values as a
// node of the table can store them. Promise: no crash, what is read is within the bounds and may be
// dialled, there is one encoding of each record, and nobody signs for the device.
//
// Input: mode u8 ‖ bytes of a value (mode even) or of a record, which is padded (odd).
#include "protocol/base/check.h"
#include "protocol/crypto/aead.h"
#include "protocol/discovery/dht_record.h"
#include "protocol/wire/writer.h"
#include "tests/protocol/discovery/finding.h"

namespace syncline::discovery {
namespace {

using testing::noon;

const RecordKeys& keys() {
  static const RecordKeys made =
      record_keys(testing::discovery_key(1).expose(), {testing::device(1), Day{20'741}});
  return made;
}

const crypto::SigningKey& device() {
  static const crypto::SigningKey made = testing::signing_key(9);
  return made;
}

void fuzz_value(Bytes bytes) {
  DhtItem item{1, to_buffer(bytes), {}};
  item.signature = keys().sign.sign(bep44_signed_bytes({}, item.seq, item.value));
  SYNCLINE_CHECK(
      !open_record(item, keys(), {.device = device().verify_key(), .now = noon}).has_value());
}

void fuzz_record(Bytes bytes) {
  Buffer record = to_buffer(bytes);
  record.resize(bytes.size() <= 512 ? 512 : 896);
  const Buffer associated = wire::Writer()
                                .fixed(as_bytes("dht1"))
                                .u32(keys().day.number)
                                .id(keys().sign.verify_key())
                                .take();
  testing::SeededRandom random(1);
  DhtItem item{0, crypto::seal(keys().seal.expose(), associated, record, random), {}};
  // Whatever minute it says is now.
  for (std::size_t i = 2; i < 6; ++i) item.seq = item.seq << 8 | record[i];
  item.signature = keys().sign.sign(bep44_signed_bytes({}, item.seq, item.value));
  const OpenOptions options{
      .device = device().verify_key(), .now = {item.seq * 60'000}, .local = AllowLocal::no};
  const auto opened = open_record(item, keys(), options);
  if (!opened) return;
  // Signatures are made by nobody here but once, for the saved inputs.
  SYNCLINE_CHECK(opened->record.minute == item.seq);
  SYNCLINE_CHECK(opened->record.addresses.size() <= record_addresses_max);
  SYNCLINE_CHECK(opened->record.relays.size() <= record_relays_max);
  for (const auto& address : opened->record.addresses)
    SYNCLINE_CHECK(is_dialable(address, AllowLocal::no));
  const crypto::SigningKey* signer = opened->voucher == Voucher::device ? &device() : nullptr;
  const DhtItem again = seal_record(opened->record, keys(), signer, random);
  const auto same = open_record(again, keys(), options);
  SYNCLINE_CHECK(same && same->record.relays == opened->record.relays);
  SYNCLINE_CHECK(same->record.addresses.size() == opened->record.addresses.size());
  const std::size_t left_out = bytes.size() > 6 ? record[6] - opened->record.addresses.size() : 0;
  if (left_out == 0) SYNCLINE_CHECK(again.value.size() == item.value.size());
}

}  // namespace
}  // namespace syncline::discovery

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline::discovery;
  if (size < 1 || size > 1 + 936) return 0;
  const syncline::Bytes bytes(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    fuzz_value(bytes);
  } else if (bytes.size() <= 896) {
    fuzz_record(bytes);
  }
  return 0;
}
