// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what opens a vault: bodies of records, introductions, join material, control events
// and what a device keeps. The first byte chooses the layout.
//
// What decodes has one encoding, and a recipient or grant that was made up opens nothing.
#include "protocol/base/check.h"
#include "protocol/space/control.h"
#include "protocol/space/recipient.h"
#include "protocol/space/space_roster.h"
#include "protocol/space/vault_setup.h"

namespace {

using namespace syncline;
using namespace syncline::space;

template <class Decoded>
void check_body(const Result<Decoded>& body, Bytes input) {
  if (body) SYNCLINE_CHECK(equal(encode_body(*body), input));
}

void check_recipient(Bytes input) {
  static const auto master = crypto::MasterKey::made_by([](auto out) { out[0] = 1; });
  const auto recipient = decode_recipient_add(input);
  check_body(recipient, input);
  if (recipient) SYNCLINE_CHECK(!open_password({}, *recipient, master));
}

void check_grant(Bytes input) {
  static const auto key = crypto::RecipientKey::made_by([](auto out) { out[0] = 1; });
  const auto grant = decode_grant(input);
  check_body(grant, input);
  if (grant) SYNCLINE_CHECK(!open_grant({}, *grant, key));
}

void check_space(Bytes input) {
  static const auto keys =
      UnlockedKeys::create({}, crypto::AccountKey::made_by([](auto out) { out[0] = 1; }));
  const auto add = decode_space_add(input);
  check_body(add, input);
  if (add) SYNCLINE_CHECK(!unwrap_space(keys, *add));
  SYNCLINE_CHECK(!open_device(keys, {}, input));
}

void check_letters(Bytes input) {
  if (const auto introduction = decode_introduction(input))
    SYNCLINE_CHECK(equal(encode_introduction(*introduction), input));
  if (const auto material = decode_join_material(input))
    SYNCLINE_CHECK(equal(encode_join_material(*material), input));
  if (const auto identity = decode_identity(input))
    SYNCLINE_CHECK(equal(encode_identity(*identity), input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  switch (data[0] % 8) {
    case 0: check_recipient(input); break;
    case 1: check_grant(input); break;
    case 2: check_space(input); break;
    case 3: check_letters(input); break;
    case 4: check_body(decode_device_admit(input), input); break;
    case 5: check_body(decode_recipient_remove(input), input); break;
    case 6: check_body(decode_log_admit(input), input); break;
    case 7:
      if (const auto control = decode_control(input))
        SYNCLINE_CHECK(equal(encode_control(*control), input));
      break;
  }
  return 0;
}
