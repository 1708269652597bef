// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/arena.h"

#include "protocol/crypto/secret.h"
#include "tests/protocol/crypto/vectors.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace syncline::crypto {
namespace {

// The sanitizers' runtime answers mlock itself and locks nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool locks_are_real = false;
#else
constexpr bool locks_are_real = true;
#endif

struct ChildEnd {
  std::string said;
  int status = 0;
};

// Runs `body` in a child process, so that limits and faults stay there.
ChildEnd in_child(const std::function<std::string()>& body) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(SIGSEGV, SIG_DFL);
    const std::string said = body();
    const bool written = ::write(pipe_ends[1], said.data(), said.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  ::close(pipe_ends[1]);
  ChildEnd end;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    end.said.append(buffer, static_cast<std::size_t>(got));
  ::close(pipe_ends[0]);
  REQUIRE(::waitpid(child, &end.status, 0) == child);
  return end;
}

bool ended_well(const ChildEnd& end) {
  return WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0;
}

// The super-user may lock any amount, so the limit only shows for somebody else.
void become_limited(rlim_t lockable) {
  const rlimit limit{lockable, lockable};
  ::setrlimit(RLIMIT_MEMLOCK, &limit);
  if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
}

}  // namespace

TEST_CASE("a slot is zero when taken and wiped when released") {
  auto arena = SecretArena::create(8, false).value();
  std::uint8_t* const slot = arena->take();
  CHECK(arena->used() == 1);
  for (std::size_t i = 0; i < SecretArena::slot_size; ++i) CHECK(slot[i] == 0);
  std::memset(slot, 0xa5, SecretArena::slot_size);
  CHECK(arena->free_slots_are_zero());
  arena->release(slot);
  CHECK(arena->used() == 0);
  CHECK(arena->free_slots_are_zero());
  CHECK(arena->take() == slot);
  for (std::size_t i = 0; i < SecretArena::slot_size; ++i) CHECK(slot[i] == 0);
  arena->release(slot);
  arena->release(nullptr);
}

TEST_CASE("a free slot that is not zero is noticed") {
  auto arena = SecretArena::create(4, false).value();
  std::uint8_t* const slot = arena->take();
  arena->release(slot);
  slot[31] = 1;
  CHECK_FALSE(arena->free_slots_are_zero());
  slot[31] = 0;
  CHECK(arena->free_slots_are_zero());
}

TEST_CASE("every slot can be taken, each is its own memory, and all come back") {
  for (const std::size_t slots :
       {std::size_t{1}, std::size_t{127}, std::size_t{128}, std::size_t{129}}) {
    auto arena = SecretArena::create(slots, false).value();
    CHECK(arena->capacity() == slots);
    std::set<std::uint8_t*> taken;
    for (std::size_t i = 0; i < slots; ++i) {
      std::uint8_t* const slot = arena->take();
      std::memset(slot, 0xff, SecretArena::slot_size);
      taken.insert(slot);
    }
    CHECK(taken.size() == slots);
    CHECK(arena->used() == slots);
    std::uint8_t* previous = nullptr;
    for (std::uint8_t* const slot : taken) {
      if (previous != nullptr) CHECK(slot - previous == SecretArena::slot_size);
      previous = slot;
    }
    for (std::uint8_t* const slot : taken) arena->release(slot);
    CHECK(arena->used() == 0);
    CHECK(arena->free_slots_are_zero());
  }
}

TEST_CASE("a write past the last slot or before the first page ends the process") {
  auto arena = SecretArena::create(128, false).value();
  std::set<std::uint8_t*> taken;
  for (std::size_t i = 0; i < 128; ++i) taken.insert(arena->take());
  std::uint8_t* const past = *taken.rbegin() + SecretArena::slot_size;
  std::uint8_t* const before = *taken.begin() - 1;
  for (std::uint8_t* const target : {past, before}) {
    const ChildEnd end = in_child([&] {
      *static_cast<volatile std::uint8_t*>(target) = 1;
      return std::string("survived");
    });
    CHECK(end.said.empty());
    CHECK_FALSE(ended_well(end));
  }
  for (std::uint8_t* const slot : taken) arena->release(slot);
}

TEST_CASE("a locked arena is really locked, as the kernel counts it") {
  const auto locked_kib = [] {
    std::FILE* const file = std::fopen("/proc/self/status", "r");
    REQUIRE(file != nullptr);
    long kib = -1;
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr)
      if (std::sscanf(line, "VmLck: %ld kB", &kib) == 1) break;
    std::fclose(file);
    return kib;
  };
  const long before = locked_kib();
  auto arena = SecretArena::create(1024, false).value();
  if (!locks_are_real || !arena->is_locked()) {
    std::puts("skipped: no memory can be locked here");
    return;
  }
  CHECK(locked_kib() - before == 32);
  arena.reset();
  CHECK(locked_kib() == before);
}

TEST_CASE("an arena that must be locked names the limit, the need and the next step") {
  if (!locks_are_real) return;
  const ChildEnd end = in_child([] {
    become_limited(64 * 1024);
    const auto refused = SecretArena::create(SecretArena::slots_default, true);
    if (refused) return std::string("created");
    return std::string(name_of(refused.error().code)) + "|" + refused.error().context;
  });
  REQUIRE(ended_well(end));
  CHECK(end.said.substr(0, 6) == "limit|");
  CHECK(end.said.find("need 524288 bytes") != std::string::npos);
  CHECK(end.said.find("65536 bytes") != std::string::npos);
  CHECK(end.said.find("LimitMEMLOCK") != std::string::npos);
}

TEST_CASE("an arena that fits the limit exactly is created and locked for an ordinary user") {
  if (!locks_are_real) return;
  const ChildEnd end = in_child([] {
    become_limited(64 * 1024);
    const auto fits = SecretArena::create(2048, true);
    const auto too_many = SecretArena::create(2049, true);
    return std::string(fits && (*fits)->is_locked() ? "locked " : "refused ") +
           (too_many ? "created" : "refused");
  });
  REQUIRE(ended_well(end));
  CHECK(end.said == "locked refused");
}

TEST_CASE("an arena that need not be locked works without the lock and says so") {
  if (!locks_are_real) return;
  const ChildEnd end = in_child([] {
    become_limited(0);
    const auto arena = SecretArena::create(64, false);
    if (!arena) return std::string("refused");
    (*arena)->release((*arena)->take());
    return std::string((*arena)->is_locked() ? "locked" : "unlocked");
  });
  REQUIRE(ended_well(end));
  CHECK(end.said == "unlocked");
}

TEST_CASE("the shared arena can be replaced while it is empty") {
  REQUIRE(SecretArena::shared().used() == 0);
  SecretArena::install_shared(SecretArena::create(100, false).value());
  CHECK(SecretArena::shared().capacity() == 100);
  testing::SeededRandom random(1);
  {
    const SubKey key = SubKey::random(random);
    CHECK(SecretArena::shared().used() == 1);
  }
  SecretArena::install_shared(SecretArena::create(SecretArena::slots_default, false).value());
  CHECK(SecretArena::shared().capacity() == SecretArena::slots_default);
}

TEST_CASE("two threads never get the same slot") {
  const auto churn = [](std::uint8_t mark, bool& clean) {
    clean = true;
    for (int round = 0; round < 5000; ++round) {
      std::vector<SubKey> keys;
      for (int i = 0; i < 4; ++i)
        keys.push_back(SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
          for (auto& byte : out) clean = clean && byte == 0;
          std::memset(out.data(), mark, out.size());
        }));
      for (const auto& key : keys)
        for (const auto byte : key.expose()) clean = clean && byte == mark;
    }
  };
  bool first_clean = false;
  bool second_clean = false;
  std::thread other([&] { churn(0x11, second_clean); });
  churn(0xee, first_clean);
  other.join();
  CHECK(first_clean);
  CHECK(second_clean);
  CHECK(SecretArena::shared().used() == 0);
  CHECK(SecretArena::shared().free_slots_are_zero());
}

}  // namespace syncline::crypto
