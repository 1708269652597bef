// SPDX-License-Identifier: Apache-2.0
//
// The decoder of ops takes any bytes: what it accepts is within every bound and encodes to the
// very same bytes again.
#include "protocol/base/check.h"
#include "protocol/crdt/op.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const Bytes input(data, size);
  const auto ops = crdt::decode_ops(input);
  if (!ops) return 0;
  SYNCLINE_CHECK(crdt::check_ops(*ops));
  SYNCLINE_CHECK(equal(crdt::encode_ops(*ops), input));
  return 0;
}
