// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/arena.h"

#include "protocol/base/check.h"

#include <atomic>
#include <cerrno>
#include <limits>
#include <string>

#include <sodium.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace syncline::crypto {
namespace {

std::atomic<SecretArena*> shared_arena{nullptr};
std::atomic_flag shared_arena_busy;
std::atomic_flag slots_busy;

// A spin lock: what it guards takes a few instructions, and protocol/ knows no threads.
class Spin {
 public:
  explicit Spin(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Spin() { flag_.clear(std::memory_order_release); }
  Spin(const Spin&) = delete;
  Spin& operator=(const Spin&) = delete;

 private:
  std::atomic_flag& flag_;
};

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

// By number: the words for it depend on the locale.
std::string code_of(int error) { return " (system error " + std::to_string(error) + ")"; }

std::string limit_found() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return "not known";
  return limit.rlim_cur == RLIM_INFINITY ? "none" : std::to_string(limit.rlim_cur) + " bytes";
}

std::string lock_refused(std::size_t needed, int error) {
  return "keys need " + std::to_string(needed) +
         " bytes of memory that is never swapped out, and the system refused to lock them" +
         code_of(error) + "; the limit of the whole process is " + limit_found() +
         "; raise LimitMEMLOCK of the service, or `ulimit -l` of the shell";
}

}  // namespace

Result<std::unique_ptr<SecretArena>> SecretArena::create(std::size_t slots, bool must_lock) {
  SYNCLINE_CHECK(slots > 0 && slots <= std::numeric_limits<std::uint32_t>::max());
  std::unique_ptr<SecretArena> arena(new SecretArena);
  if (auto mapped = arena->map(slots); !mapped) return pass(mapped);
  if (auto locked = arena->lock_in_memory(); !locked && must_lock) return pass(locked);
  arena->free_stack_ = std::make_unique<std::uint32_t[]>(slots);
  for (std::size_t i = 0; i < slots; ++i)
    arena->free_stack_[i] = static_cast<std::uint32_t>(slots - 1 - i);
  arena->slots_ = slots;
  arena->free_count_ = slots;
  return arena;
}

// The slots end exactly at the guard page: a write past the last one faults at once.
Status SecretArena::map(std::size_t slots) {
  const std::size_t page = page_size();
  const std::size_t inner = round_up(slots * slot_size, page);
  const std::size_t whole = inner + 2 * page;
  void* const guarded = ::mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (guarded == MAP_FAILED) return fail(Errc::io, "cannot map memory for keys" + code_of(errno));
  mapping_ = static_cast<std::uint8_t*>(guarded);
  mapping_size_ = whole;
  void* const opened = ::mmap(mapping_ + page, inner, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (opened == MAP_FAILED) return fail(Errc::io, "cannot map memory for keys" + code_of(errno));
  slots_begin_ = mapping_ + page + inner - slots * slot_size;
  return {};
}

Status SecretArena::lock_in_memory() {
  const std::size_t page = page_size();
  std::uint8_t* const inner = mapping_ + page;
  const std::size_t inner_size = mapping_size_ - 2 * page;
  const bool undumpable = ::madvise(inner, inner_size, MADV_DONTDUMP) == 0;
  const int dump_error = errno;
  if (::mlock(inner, inner_size) != 0) return fail(Errc::limit, lock_refused(inner_size, errno));
  locked_ = true;
  if (!undumpable)
    return fail(Errc::io, "cannot keep keys out of core dumps" + code_of(dump_error));
  return {};
}

SecretArena& SecretArena::shared() {
  SecretArena* arena = shared_arena.load(std::memory_order_acquire);
  if (arena != nullptr) return *arena;
  const Spin spin(shared_arena_busy);
  arena = shared_arena.load(std::memory_order_relaxed);
  if (arena != nullptr) return *arena;
  auto made = create(slots_default, false);
  SYNCLINE_CHECK(made.has_value());
  arena = made->release();
  shared_arena.store(arena, std::memory_order_release);
  return *arena;
}

void SecretArena::install_shared(std::unique_ptr<SecretArena> arena) {
  SYNCLINE_CHECK(arena != nullptr);
  const Spin spin(shared_arena_busy);
  SecretArena* const old = shared_arena.exchange(arena.release(), std::memory_order_acq_rel);
  SYNCLINE_CHECK(old == nullptr || old->used() == 0);
  delete old;
}

SecretArena::~SecretArena() {
  if (mapping_ == nullptr) return;
  if (slots_begin_ != nullptr) sodium_memzero(slots_begin_, slots_ * slot_size);
  ::munmap(mapping_, mapping_size_);
}

std::uint8_t* SecretArena::take() {
  const Spin spin(slots_busy);
  SYNCLINE_CHECK(free_count_ > 0);
  --free_count_;
  return slots_begin_ + free_stack_[free_count_] * slot_size;
}

void SecretArena::release(std::uint8_t* slot) {
  if (slot == nullptr) return;
  const auto offset = static_cast<std::size_t>(slot - slots_begin_);
  SYNCLINE_CHECK(slot >= slots_begin_ && offset < slots_ * slot_size && offset % slot_size == 0);
  sodium_memzero(slot, slot_size);
  const Spin spin(slots_busy);
  SYNCLINE_CHECK(free_count_ < slots_);
  free_stack_[free_count_] = static_cast<std::uint32_t>(offset / slot_size);
  ++free_count_;
}

std::size_t SecretArena::used() const {
  const Spin spin(slots_busy);
  return slots_ - free_count_;
}

bool SecretArena::free_slots_are_zero() const {
  const Spin spin(slots_busy);
  for (std::size_t i = 0; i < free_count_; ++i)
    if (sodium_is_zero(slots_begin_ + free_stack_[i] * slot_size, slot_size) == 0) return false;
  return true;
}

}  // namespace syncline::crypto
