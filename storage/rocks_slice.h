// SPDX-License-Identifier: Apache-2.0
//
// to_slice: bytes as RocksDB wants them.
//
// The slice looks at the bytes and does not own them. No cast: characters and bytes alias, but the
// language has no implicit conversion.
#pragma once

#include "protocol/base/bytes.h"

#include <rocksdb/slice.h>

namespace syncline::storage {

inline rocksdb::Slice to_slice(Bytes bytes) {
  if (bytes.empty()) return {};
  return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

}  // namespace syncline::storage
