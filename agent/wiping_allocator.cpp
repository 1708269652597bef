// SPDX-License-Identifier: Apache-2.0
// Replaces the global operator new and delete of the program it is linked into: memory is
// zeroed before it is freed, so that decrypted content does not linger in the heap after a
// lock. Keys do not depend on it: they live in crypto/arena.h.
//
// Blocks of 32 MiB and more are left alone: malloc always maps those on their own, and the
// kernel zeroes pages before anybody gets them again.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include <malloc.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr std::size_t always_mapped_size = std::size_t{32} << 20;

void* take(std::size_t size) {
  for (;;) {
    if (void* const block = std::malloc(size == 0 ? 1 : size)) return block;
    const std::new_handler more = std::get_new_handler();
    if (more == nullptr) throw std::bad_alloc();
    more();
  }
}

void* take_aligned(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  const std::size_t whole = (size + align - 1) / align * align;
  for (;;) {
    if (void* const block = std::aligned_alloc(align, whole == 0 ? align : whole)) return block;
    const std::new_handler more = std::get_new_handler();
    if (more == nullptr) throw std::bad_alloc();
    more();
  }
}

void wipe_and_free(void* block) noexcept {
  if (block == nullptr) return;
  const std::size_t size = ::malloc_usable_size(block);
  if (size < always_mapped_size) {
    std::memset(block, 0, size);
    // Tells the compiler that somebody looks at the zeros.
    __asm__ __volatile__("" : : "r"(block) : "memory");
  }
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void* operator new(std::size_t size, std::align_val_t align) { return take_aligned(size, align); }
void* operator new[](std::size_t size, std::align_val_t align) { return take_aligned(size, align); }

void operator delete(void* block) noexcept { wipe_and_free(block); }
void operator delete[](void* block) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { wipe_and_free(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  wipe_and_free(block);
}

#endif
