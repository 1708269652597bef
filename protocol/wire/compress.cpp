// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/compress.h"

#include "protocol/base/check.h"

#include <memory>
#include <new>

// For contexts whose memory comes from operator new: what is freed there is wiped by the agent,
// what the C library takes back is not, and a context holds pieces of what went through it.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

namespace syncline::wire {

namespace {

// Higher levels take ten times as long for a tenth less.
constexpr int level = 5;

void* take_memory(void*, std::size_t size) { return ::operator new(size, std::nothrow); }
void give_memory(void*, void* memory) { ::operator delete(memory); }
constexpr ZSTD_customMem own_memory{take_memory, give_memory, nullptr};

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

Buffer compress(Bytes plain) {
  const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx_advanced(own_memory));
  SYNCLINE_CHECK(context);
  Buffer out(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), out.data(), out.size(), plain.data(), plain.size(), level);
  SYNCLINE_CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

Result<Buffer> decompress(Bytes compressed, std::size_t size_max) {
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
    return fail(Errc::corrupt, "not a compressed record");
  if (size > size_max) return fail(Errc::oversized, "a compressed record is too long");
  const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx_advanced(own_memory));
  SYNCLINE_CHECK(context);
  Buffer out(static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompressDCtx(context.get(), out.data(), out.size(),
                                              compressed.data(), compressed.size());
  if (ZSTD_isError(got) || got != out.size()) return fail(Errc::corrupt, "a compressed record");
  return out;
}

}  // namespace syncline::wire
