// SPDX-License-Identifier: Apache-2.0
#include "agent/hygiene.h"

#include "protocol/crypto/arena.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace syncline::agent {

Status harden_process(KeyMemory key_memory) {
  ::umask(S_IRWXG | S_IRWXO);
  // A write to a connection that is gone is an error to look at, not a reason to end.
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0)
    return fail(Errc::io, std::string("cannot switch core dumps off: ") + std::strerror(errno));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return fail(Errc::io, std::string("cannot keep debuggers out: ") + std::strerror(errno));
  auto arena = crypto::SecretArena::create(crypto::SecretArena::slots_default,
                                           key_memory == KeyMemory::must_be_locked);
  if (!arena) return pass(arena);
  crypto::SecretArena::install_shared(std::move(*arena));
  return {};
}

HardeningState hardening_state() {
  rlimit core{};
  return HardeningState{
      .core_dumps_off = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0,
      .undumpable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
      .keys_locked = crypto::SecretArena::shared().is_locked(),
  };
}

}  // namespace syncline::agent
