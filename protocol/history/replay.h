// SPDX-License-Identifier: Apache-2.0
//
// Reading a history: event by event, or as the document that it leads to.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/writings.h"
#include "protocol/history/segment.h"

#include <functional>
#include <span>

namespace syncline::history {

// Visits every event in order; `visit` returns false to stop. Errors: Errc::corrupt.
Status for_each_event(std::span<const Buffer> segments,
                      const std::function<bool(const PastEvent&)>& visit);

// The document after all events. Errors: Errc::corrupt.
Result<crdt::Document> replay(std::span<const Buffer> segments, const crdt::LogTable& logs);
// The document as somebody had it who had seen `version`, which must be one that an author or
// this device had: with an event it has all that the event's author had seen.
Result<crdt::Document> replay(std::span<const Buffer> segments, const crdt::LogTable& logs,
                              const crdt::VersionVector& version);

// Goes on from a version that is part of this one. Requires: `document` came from here.
Status replay_on(crdt::Document& document, std::span<const Buffer> segments,
                 const crdt::LogTable& logs, const crdt::VersionVector& version);
// Goes on to the end and watches what everybody but one log writes.
struct Watch {
  crdt::Writings& writings;
  crdt::LogIndex but = 0;
};
Status replay_watched(crdt::Document& document, std::span<const Buffer> segments,
                      const crdt::LogTable& logs, const Watch& watch);
// To be read, and to be edited by somebody who has seen all of it. Errors: Errc::corrupt.
Result<crdt::Document> copy_of(const crdt::Document& document);

}  // namespace syncline::history
