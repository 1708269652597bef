// SPDX-License-Identifier: Apache-2.0
//
// Recorded sessions as the events that agents would have made of them, and the sealed forms in
// which those are kept and sent.
//
// Keystrokes of one author become one event as long as nobody else's depend on a part of them; an
// event ends after `keystrokes_max`. Not a part of the product: for benchmarks only.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/history/past_event.h"
#include "tools/bench/trace_file.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace syncline::bench {

// About as many as a fast typist makes in the longest burst that one commit holds.
inline constexpr std::size_t keystrokes_max = 100;

const crdt::Path& text_path();
// Logs 0 to `agents` - 1 have ids in that order.
crdt::LogTable logs_of(std::uint32_t agents);

// Types a whole sequential session into `document`. `done`, if given, gets every event.
void type(const SequentialTrace& trace, crdt::Document& document, const crdt::LogTable& logs,
          std::vector<history::PastEvent>* done);
// Types patches as events of `log` from `seq` on, all upon `past`.
void type(std::span<const Patch> patches, crdt::Document& document, crdt::EventId first,
          const crdt::VersionVector& past, const crdt::LogTable& logs,
          std::vector<history::PastEvent>* done);

// The events of a concurrent session, in its order. An agent that writes beside itself counts as
// several. `logs`: how many there are.
std::vector<history::PastEvent> events_of(const ConcurrentTrace& trace, std::uint32_t& logs);

// One sealed row of the view, as storage/FORMAT.md has it, and back.
Buffer seal(Bytes plain);
Buffer open(Bytes sealed);
// A history in segments, sealed.
Buffer sealed_history(const std::vector<history::PastEvent>& events);
// Bytes that the events take as they are in a log: sealed, padded, each for itself.
std::size_t loose_bytes(const std::vector<history::PastEvent>& events);

std::string text_of(const crdt::Document& document);

}  // namespace syncline::bench
