// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/replay.h"

namespace syncline::history {

namespace {

void apply(crdt::Document& document, const PastEvent& event, const crdt::LogTable& logs,
           crdt::Writings* writings = nullptr) {
  if (event.kind == EventKind::remove) return;
  const crdt::EventContext context{event.id.log, event.id.seq,  event.past, event.wall,
                                   logs,         event.lamport, writings};
  document.apply(context, event.ops);
}

}  // namespace

Status for_each_event(std::span<const Buffer> segments,
                      const std::function<bool(const PastEvent&)>& visit) {
  for (const Buffer& segment : segments) {
    if (segment.empty()) continue;
    auto reader = SegmentReader::open(segment);
    if (!reader) return pass(reader);
    while (true) {
      const auto event = reader->next();
      if (!event) return pass(event);
      if (*event == nullptr) break;
      if (!visit(**event)) return {};
    }
  }
  return {};
}

Result<crdt::Document> replay(std::span<const Buffer> segments, const crdt::LogTable& logs) {
  crdt::Document document;
  const Status read = for_each_event(segments, [&](const PastEvent& event) {
    apply(document, event, logs);
    return true;
  });
  if (!read) return pass(read);
  return document;
}

Result<crdt::Document> replay(std::span<const Buffer> segments, const crdt::LogTable& logs,
                              const crdt::VersionVector& version) {
  crdt::Document document;
  const Status read = for_each_event(segments, [&](const PastEvent& event) {
    if (version.covers(event.id)) apply(document, event, logs);
    return true;
  });
  if (!read) return pass(read);
  return document;
}

Status replay_on(crdt::Document& document, std::span<const Buffer> segments,
                 const crdt::LogTable& logs, const crdt::VersionVector& version) {
  return for_each_event(segments, [&](const PastEvent& event) {
    if (version.covers(event.id)) apply(document, event, logs);
    return true;
  });
}

Status replay_watched(crdt::Document& document, std::span<const Buffer> segments,
                      const crdt::LogTable& logs, const Watch& watch) {
  return for_each_event(segments, [&](const PastEvent& event) {
    if (event.id.log == watch.but)
      watch.writings.look_away();
    else
      watch.writings.watch();
    apply(document, event, logs, &watch.writings);
    return true;
  });
}

Result<crdt::Document> copy_of(const crdt::Document& document) {
  wire::Writer out;
  document.encode(out);
  wire::Reader in(out.view());
  return crdt::Document::decode(in);
}

}  // namespace syncline::history
