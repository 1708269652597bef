// SPDX-License-Identifier: Apache-2.0
//
// SecretArena: the one block of memory in which keys live.
//
// Locked into RAM (mlock) and excluded from core dumps (MADV_DONTDUMP), with guard pages
// around it. One block rather than one sodium_malloc a key, because RLIMIT_MEMLOCK is
// counted in pages and libsodium stops locking silently when it is used up.
// The arena is an allocator and nothing else: the only process-wide object in protocol/.
// One thread owns any one Secret; taking and releasing slots is safe from several threads,
// because key stretching runs beside the core.
#pragma once

#include "protocol/base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace syncline::crypto {

class SecretArena {
 public:
  static constexpr std::size_t slot_size = 32;
  static constexpr std::size_t slots_default = 16384;  // 512 KiB

  // Maps, locks and verifies the lock. Errors: Errc::limit with the limit found, the bytes
  // needed and what to do ("raise LimitMEMLOCK ..."), Errc::io if the memory cannot be mapped.
  static Result<std::unique_ptr<SecretArena>> create(std::size_t slots, bool must_lock);

  // The arena every Secret uses. The agent installs a verified one first thing; without
  // that (tests, tools) the first use creates one that is locked if the system allows it.
  // It is never destroyed: Secrets with static lifetime may outlive everything else.
  static SecretArena& shared();
  // Requires: no Secret lives in the arena that this one replaces.
  static void install_shared(std::unique_ptr<SecretArena> arena);

  ~SecretArena();
  SecretArena(const SecretArena&) = delete;
  SecretArena& operator=(const SecretArena&) = delete;

  // A zeroed slot. Running out is a broken invariant: every cache of keys is bounded.
  std::uint8_t* take();
  // Wipes and returns the slot; nullptr is fine.
  void release(std::uint8_t* slot);

  std::size_t used() const;
  std::size_t capacity() const { return slots_; }
  bool is_locked() const { return locked_; }
  // Every slot that is free is all zero: for the test of what `lock` leaves behind.
  bool free_slots_are_zero() const;

 private:
  SecretArena() = default;
  Status map(std::size_t slots);
  Status lock_in_memory();

  std::uint8_t* mapping_ = nullptr;  // guard page, slots, guard page
  std::size_t mapping_size_ = 0;
  std::uint8_t* slots_begin_ = nullptr;
  std::size_t slots_ = 0;
  std::unique_ptr<std::uint32_t[]> free_stack_;
  std::size_t free_count_ = 0;
  bool locked_ = false;
};

}  // namespace syncline::crypto
