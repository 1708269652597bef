// SPDX-License-Identifier: Apache-2.0
//
// What a caller wants of an entity, as ops that were tried on a copy of its document.
//
// Here positions in the caller's units become scalar values, differences and patches become
// ops, and what makes no sense becomes an error. Nothing is written here.
#pragma once

#include "protocol/base/random.h"
#include "protocol/crdt/rehearsal.h"
#include "protocol/step/command.h"

#include <span>
#include <string>
#include <vector>

namespace syncline::node {

struct EditPlan {
  std::vector<std::vector<crdt::Op>> groups;  // each fits into one event
  std::size_t ops = 0;
  std::vector<std::string> nodes_made = {};

  bool empty() const { return ops == 0; }
};

// Errors of all: Errc::invalid, Errc::oversized, Errc::limit; Errc::conflict for a test of a patch
// that does not hold, Errc::already_exists for a node of a tree. With advice (advice.h).
// `origins`: of each edit the number of the op that the caller gave, for errors; nothing: none.
Result<EditPlan> plan_edits(const crdt::Rehearsal::Scene& scene, std::vector<step::EditOp> edits,
                            crdt::Positions positions, Random& random,
                            std::span<const std::uint32_t> origins = {});
// The marks come after the rewrite.
Result<EditPlan> plan_rewrite(const crdt::Rehearsal::Scene& scene, const step::Rewrite& rewrite,
                              std::span<const step::PutMarks> marks = {});
// Writes `value` to a slot, settling what is contested there.
Result<EditPlan> plan_put(const crdt::Rehearsal::Scene& scene, const step::Put& put);

}  // namespace syncline::node
