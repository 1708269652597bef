// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/compress.h"

#include "protocol/base/check.h"

#include <zstd.h>

namespace syncline::wire {

namespace {
// Higher levels take ten times as long for a tenth less.
constexpr int level = 5;
}  // namespace

Buffer compress(Bytes plain) {
  Buffer out(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), level);
  SYNCLINE_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

Result<Buffer> decompress(Bytes compressed, std::size_t size_max) {
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
    return fail(Errc::corrupt, "not a compressed record");
  if (size > size_max) return fail(Errc::oversized, "a compressed record is too long");
  Buffer out(static_cast<std::size_t>(size));
  const std::size_t got =
      ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(got) || got != out.size()) return fail(Errc::corrupt, "a compressed record");
  return out;
}

}  // namespace syncline::wire
