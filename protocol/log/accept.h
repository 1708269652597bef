// SPDX-License-Identifier: Apache-2.0
//
// Accept: how events of other devices come in: verified first, stored as received.
//
// What is already held is dropped before anything is hashed; the rest must continue the
// chain and end at a valid signature of the log's key, which comes from the roster. Nothing
// is decrypted here. A fork is proven, stored and freezes the log. Spec L4 to L7.
#pragma once

#include "protocol/log/log_store.h"

namespace syncline::log {

struct Accepted {
  std::uint64_t first_seq = 0;  // of what is new
  std::uint64_t count = 0;      // 0: everything was held already
  SignedHead head;              // of the log afterwards
};

// The last position of a log that its space's roster still accepts.
struct Cut {
  std::uint64_t seq = seq_max;
};

// Errors, each without a change of the draft except the last:
//   not_admitted   the log is not known
//   not_found      the block starts after what is held: pull from the head first
//   bad_signature  chain or signature do not match; also for a forged h_before
//   forbidden      beyond the cut
//   equivocation   the log is frozen, or is now: the draft holds the proof, commit it
//   anything decode_block says
Result<Accepted> accept_block(Draft& draft, const LogId& log, Bytes block, const Cut& cut = {});

}  // namespace syncline::log
