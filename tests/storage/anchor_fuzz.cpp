// SPDX-License-Identifier: Apache-2.0
//
// Fuzz target of decode_anchor: what is accepted encodes to the same bytes again. Inputs
// are tried as they are and with a fitting mac, so that the fields behind it are reached.
#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"
#include "storage/anchor.h"

#include <cstddef>
#include <cstdint>

using namespace syncline;

namespace {

const crypto::SubKey& key() {
  static const crypto::SubKey made = crypto::SubKey::made_by([](std::span<std::uint8_t, 32> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(i);
  });
  return made;
}

void try_decoding(Bytes bytes) {
  const auto anchor = storage::decode_anchor(bytes, key().expose());
  if (anchor) SYNCLINE_CHECK(equal(storage::encode_anchor(*anchor, key().expose()), bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const Bytes bytes(input, size);
  try_decoding(bytes);
  Buffer fitting = to_buffer(bytes);
  append(fitting, crypto::Hasher(key().expose(), "anchor1").add(bytes).finish().view());
  try_decoding(fitting);
  return 0;
}
