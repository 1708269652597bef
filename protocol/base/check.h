// SPDX-License-Identifier: Apache-2.0
//
// SYNCLINE_CHECK: an invariant of ours. Always on, in every build.
//
// Never for input: what another device, an app or a disk can cause is a Result.
// A failed check ends the process; state is only ever committed in whole steps.
#pragma once

namespace syncline {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace syncline

#define SYNCLINE_CHECK(expression) \
  ((expression) ? void(0) : ::syncline::check_failed(#expression, __FILE__, __LINE__))
