// SPDX-License-Identifier: Apache-2.0
//
// Chain: the hash chain over a log's events and the signature over its head.
//
// Pure functions. A head signature binds the space, the log, the sequence number and, by
// the chain, every event before it. Whose key signs comes from the roster. Spec section 6.
#pragma once

#include "protocol/log/event.h"

#include <span>

namespace syncline::log {

// A position of a log: `hash` is the chain value after event `seq`.
struct Position {
  std::uint64_t seq = 0;
  Digest hash;

  bool operator==(const Position&) const = default;
};

struct SignedHead {
  Position at;
  crypto::Signature signature;

  bool operator==(const SignedHead&) const = default;
};

// h_0: where a log starts, before its first event.
Digest chain_start(const LogOrigin& origin);
Digest leaf_of(const EventView& event);
Digest chain_step(const Digest& before, const Digest& leaf);
// The chain value after `events`, and the leaves on the way if asked for.
Digest chain_over(Digest before, std::span<const EventView> events,
                  std::vector<Digest>* leaves = nullptr);

SignedHead sign_head(const crypto::SigningKey& key, const SpaceId& space, const LogId& log,
                     const Position& at);
bool verify_head(const LogOrigin& origin, const SignedHead& head);

}  // namespace syncline::log
