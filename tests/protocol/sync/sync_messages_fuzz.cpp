// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the body of any replication message: decoded or refused; what was decoded
// encodes to the same bytes again (but for a hello, whose later fields are skipped).
#include "protocol/sync/ephemeral.h"
#include "protocol/sync/messages.h"
#include "protocol/sync/punch.h"

#include <cstdint>
#include <cstdlib>

using namespace syncline;

namespace {
template <class Message>
void same_again(const Result<Message>& decoded, Bytes body) {
  if (decoded && !equal(sync::encode(*decoded), body)) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes body(data + 1, size - 1);
  switch (data[0] % 15) {
    case 0: (void)sync::decode_hello(body).has_value(); break;
    case 1: same_again(sync::decode_rows(body), body); break;
    case 2: same_again(sync::decode_rows_end(body), body); break;
    case 3: same_again(sync::decode_pull(body), body); break;
    case 4: same_again(sync::decode_batch(body), body); break;
    case 5: same_again(sync::decode_record_ids(body), body); break;
    case 6: same_again(sync::decode_records(body), body); break;
    case 7: same_again(sync::decode_receipt(body), body); break;
    case 8: same_again(sync::decode_prune(body), body); break;
    case 9: same_again(sync::decode_graft(body), body); break;
    case 10: same_again(sync::decode_head(body), body); break;
    case 11: same_again(sync::decode_ephemeral(body), body); break;
    case 12: same_again(sync::decode_addresses(body), body); break;
    case 13: same_again(sync::decode_punch(body), body); break;
    default: same_again(sync::decode_head_wanted(body), body); break;
  }
  return 0;
}
