// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/recorded.h"

#include "protocol/crdt/text_edit.h"
#include "protocol/crypto/aead.h"
#include "protocol/history/segment.h"
#include "protocol/log/event_codec.h"
#include "protocol/node/entity_body.h"
#include "protocol/text/utf8.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace syncline::bench {

namespace {

crypto::SubKey row_key() {
  const Buffer bytes(32, 7);
  return crypto::SubKey::copy_of(crypto::KeyView(bytes));
}

}  // namespace

const crdt::Path& text_path() {
  static const crdt::Path path{crdt::Step{std::string("text")}};
  return path;
}

crdt::LogTable logs_of(std::uint32_t agents) {
  crdt::LogTable logs(agents);
  for (std::uint32_t i = 0; i < agents; ++i) {
    logs[i].bytes[0] = static_cast<std::uint8_t>(i >> 16);
    logs[i].bytes[1] = static_cast<std::uint8_t>(i >> 8);
    logs[i].bytes[2] = static_cast<std::uint8_t>(i);
  }
  return logs;
}

void type(std::span<const Patch> patches, crdt::Document& document, crdt::EventId first,
          const crdt::VersionVector& past, const crdt::LogTable& logs,
          std::vector<history::PastEvent>* done) {
  crdt::VersionVector seen = past;
  for (std::size_t at = 0; at < patches.size(); at += keystrokes_max) {
    const crdt::EventContext context{first.log, first.seq, seen, WallTime{}, logs};
    auto typing = document.type(context, text_path());
    if (!typing) std::abort();
    for (const Patch& patch : patches.subspan(at, std::min(keystrokes_max, patches.size() - at))) {
      typing->remove(patch.position, patch.removed);
      typing->insert(patch.position, patch.inserted);
    }
    auto op = typing->commit();
    if (!op) continue;
    if (done)
      done->push_back({first,
                       seen.sum() + 1,
                       WallTime{},
                       seen,
                       history::EventKind::edit,
                       {},
                       {std::move(*op)}});
    seen.raise(first.log, first.seq++);
  }
}

void type(const SequentialTrace& trace, crdt::Document& document, const crdt::LogTable& logs,
          std::vector<history::PastEvent>* done) {
  std::uint64_t seq = 1;
  if (!trace.start.empty()) {
    const Patch start{0, 0, text::count_scalars(trace.start), trace.start};
    type(std::span(&start, 1), document, {0, seq++}, {}, logs, done);
  }
  type(trace.patches, document, {0, seq}, document.frontier(), logs, done);
}

namespace {

// Chooses the log of each transaction: the newest event of that log must be in its past.
class Writers {
 public:
  std::uint32_t log_for(std::uint32_t agent, const crdt::VersionVector& past) {
    for (const std::uint32_t log : logs_of_[agent])
      if (past.covers(log, newest_[log])) return log;
    newest_.push_back(0);
    logs_of_[agent].push_back(static_cast<std::uint32_t>(newest_.size() - 1));
    return logs_of_[agent].back();
  }
  std::uint64_t next_seq(std::uint32_t log) { return ++newest_[log]; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(newest_.size()); }

 private:
  std::map<std::uint32_t, std::vector<std::uint32_t>> logs_of_;  // of each agent
  std::vector<std::uint64_t> newest_;                            // of each log, its seq
};

}  // namespace

std::vector<history::PastEvent> events_of(const ConcurrentTrace& trace, std::uint32_t& logs) {
  const std::size_t count = trace.transactions.size();
  std::vector<std::uint32_t> children(count);
  for (const Transaction& transaction : trace.transactions)
    for (const std::uint32_t parent : transaction.parents) ++children[parent];
  Writers writers;
  std::vector<crdt::VersionVector> version(count);  // with the transaction
  std::vector<history::PastEvent> events;
  crdt::TextPen pen;
  std::size_t keystrokes = 0;
  const auto finish = [&] {
    if (!pen.is_empty()) events.back().ops = {{text_path(), pen.take()}};
    keystrokes = 0;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Transaction& transaction = trace.transactions[i];
    const bool goes_on =
        i > 0 && transaction.parents == std::vector{static_cast<std::uint32_t>(i - 1)} &&
        transaction.agent == trace.transactions[i - 1].agent && children[i - 1] == 1 &&
        keystrokes + transaction.patches.size() <= keystrokes_max;
    if (!goes_on) {
      finish();
      crdt::VersionVector past;
      for (const std::uint32_t parent : transaction.parents) past.merge(version[parent]);
      const std::uint32_t log = writers.log_for(transaction.agent, past);
      events.push_back({{log, writers.next_seq(log)},
                        past.sum() + 1,
                        WallTime{},
                        past,
                        history::EventKind::edit,
                        {},
                        {}});
    }
    version[i] = events.back().past;
    version[i].raise(events.back().id.log, events.back().id.seq);
    keystrokes += transaction.patches.size();
    for (const Patch& patch : transaction.patches) {
      if (patch.removed > 0) pen.remove(patch.position, patch.removed);
      if (patch.added > 0) pen.insert(patch.position, patch.inserted, patch.added);
    }
  }
  logs = writers.count();
  finish();
  return events;
}

Buffer seal(Bytes plain) {
  const crypto::SubKey key = row_key();
  crypto::Nonce nonce;
  Buffer out = to_buffer(nonce.view());
  crypto::encrypt(out, key.expose(), nonce, {}, plain);
  return out;
}

Buffer open(Bytes sealed) {
  const crypto::SubKey key = row_key();
  auto plain = crypto::open(key.expose(), {}, sealed);
  if (!plain) std::abort();
  return std::move(*plain);
}

Buffer sealed_history(const std::vector<history::PastEvent>& events) {
  history::SegmentWriter writer;
  for (const history::PastEvent& event : events) writer.add(history::view_of(event));
  return seal(writer.take());
}

namespace {

// Of the dependencies of an event whose author knew `before` when it wrote last. Spec E4.
std::size_t deps_size(const history::PastEvent& event, const crdt::VersionVector& before) {
  std::size_t size = 0;
  for (const crdt::EventId& seen : event.past.rows()) {
    const std::uint64_t known = before.get(seen.log);
    if (seen.log == event.id.log || seen.seq == known) continue;
    size += 1 + wire::varint_size(seen.seq - known) + (known == 0 ? 16 : 0);
  }
  return size > 0 ? 1 + size + 16 : 0;
}

}  // namespace

// What stands around a body in a log: tag, nonce, flags and size, the seal; inside, Spec section 5:
// head, wall, dependencies, and its length.
std::size_t loose_bytes(const std::vector<history::PastEvent>& events) {
  constexpr std::size_t outside = 8 + 24 + 1 + 2 + crypto::aead_tag_size, inside = 1 + 3;
  std::size_t size = 0;
  std::map<crdt::LogIndex, crdt::VersionVector> known;  // to each log
  for (const history::PastEvent& event : events) {
    const std::size_t body = node::encode_body({node::BodyKind::edit, {}, event.ops}).size();
    const std::size_t deps = deps_size(event, known[event.id.log]);
    known[event.id.log] = event.past;
    size += outside + log::padded_size(inside + deps + wire::varint_size(body) + body);
  }
  return size;
}

std::string text_of(const crdt::Document& document) {
  const auto value = document.read(text_path());
  const auto* scalar = value ? std::get_if<crdt::Scalar>(&value->node) : nullptr;
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  return text ? *text : std::string();
}

}  // namespace syncline::bench
