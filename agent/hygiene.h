// SPDX-License-Identifier: Apache-2.0
//
// Hygiene: what the process does first, before any key is in its memory.
//
// No core dumps, no debugger of the same user, files for the owner only, keys in memory
// that is never swapped out. Call once at the start of main, before any thread exists.
#pragma once

#include "protocol/base/result.h"

namespace syncline::agent {

enum class KeyMemory { must_be_locked, may_be_unlocked };

// Errors: Errc::limit with what to raise if key memory cannot be locked and must be; Errc::io.
Status harden_process(KeyMemory key_memory);

// For doctor: what the running process really has.
struct HardeningState {
  bool core_dumps_off = false;
  bool undumpable = false;
  bool keys_locked = false;
};
HardeningState hardening_state();

}  // namespace syncline::agent
