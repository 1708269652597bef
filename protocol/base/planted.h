// SPDX-License-Identifier: Apache-2.0
//
// Planted: deliberate mistakes, one of which the simulator's self-check switches on at a time.
//
// Nothing that is shipped contains them: without SYNCLINE_PLANTED_BUGS, which only that test
// defines for the few files concerned, SYNCLINE_PLANTED(any bug) is the word false. No type may
// depend on the definition, because both kinds of files are linked together there.
#pragma once

#if SYNCLINE_PLANTED_BUGS

#include <cstdint>

namespace syncline::planted {

enum class Bug : std::uint8_t {
  none,
  pull_misses_last_event,   // a range is asked for as if its end did not belong to it
  merge_ignores_causality,  // an event is merged before those its author had seen
  register_by_arrival,      // what is written last replaces values its author never saw
  receipt_before_sync,      // others are told that events are held, before they are synced
  rollback_ignored,         // a restored store goes on in logs of which it lost the end
  nonce_of_place,           // a nonce says where an event stands, not what it says
};

inline Bug active = Bug::none;

}  // namespace syncline::planted

#define SYNCLINE_PLANTED(bug) (::syncline::planted::active == ::syncline::planted::Bug::bug)

#else

#define SYNCLINE_PLANTED(bug) false

#endif
