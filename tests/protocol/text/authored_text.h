// SPDX-License-Identifier: Apache-2.0
//
// AuthoredText: a text that several authors change, each knowing what it was told.
//
// Every event is kept with what its author had seen, so that the same history can be delivered
// again in any causal order. Positions are taken as given: beyond the end, too. Authors are
// ordered by their numbers.
#pragma once

#include "protocol/text/replay.h"
#include "protocol/text/rope.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace syncline::text {

class RopeSink final : public Sink {
 public:
  Rope rope;

  void insert(std::uint32_t position, std::uint32_t count, Lv, std::string_view utf8) override {
    rope.insert(position, utf8, count);
  }
  void remove(std::uint32_t position, std::uint32_t count, Lv) override {
    rope.remove(position, count);
  }
  std::uint32_t length() const override { return static_cast<std::uint32_t>(rope.scalars()); }
};

inline bool lower_log_first(std::uint32_t a, std::uint32_t b) { return a < b; }

class AuthoredText {
 public:
  static constexpr std::uint32_t authors = 3;
  using Seen = std::array<std::uint64_t, authors>;

  struct Change {
    OpKind kind = OpKind::insert;
    std::uint32_t position = 0;
    std::uint32_t count = 0;
    std::string utf8;  // of an insert
  };
  struct Event {
    EventRef id;
    Seen seen{};  // before it
    std::vector<Change> changes;
  };

  const std::vector<Event>& events() const { return events_; }
  TextLog& log() { return log_; }

  // The author gets to know what the other one knows.
  void tell(std::uint32_t author, std::uint32_t other) {
    for (std::uint32_t i = 0; i < authors; ++i)
      seen_[author][i] = std::max(seen_[author][i], seen_[other][i]);
  }
  void tell_everything(std::uint32_t author) {
    for (std::uint32_t other = 0; other < authors; ++other) tell(author, other);
  }
  void write(std::uint32_t author, std::vector<Change> changes) {
    Event event{{author, ++seqs_[author]}, seen_[author], std::move(changes)};
    seen_[author][author] = event.id.seq;
    deliver(event, log_);
    events_.push_back(std::move(event));
  }
  void type(std::uint32_t author, std::uint32_t position, std::string ascii) {
    const auto count = static_cast<std::uint32_t>(ascii.size());
    write(author, {{OpKind::insert, position, count, std::move(ascii)}});
  }
  void remove(std::uint32_t author, std::uint32_t position, std::uint32_t count) {
    write(author, {{OpKind::remove, position, count, {}}});
  }
  void clear(std::uint32_t author) { write(author, {{OpKind::clear, 0, 1, {}}}); }

  static void deliver(const Event& event, TextLog& log) {
    log.begin(event.id,
              log.version_of([&event](std::uint32_t author) { return event.seen[author]; }));
    for (const Change& change : event.changes) {
      if (change.kind == OpKind::insert)
        log.insert(change.position, change.utf8, change.count);
      else if (change.kind == OpKind::clear)
        log.clear();
      else
        log.remove(change.position, change.count);
    }
  }

  // The same history in another order: `choose(n)` gives which of n events that could come next.
  template <class Choose>
  TextLog delivered_again(Choose choose) const {
    TextLog log;
    Seen there{};
    std::vector<const Event*> waiting;
    for (const Event& event : events_) waiting.push_back(&event);
    while (!waiting.empty()) {
      std::vector<std::size_t> ready;
      for (std::size_t i = 0; i < waiting.size(); ++i) {
        bool known = waiting[i]->id.seq == there[waiting[i]->id.log] + 1;
        for (std::uint32_t a = 0; a < authors; ++a)
          known = known && waiting[i]->seen[a] <= there[a];
        if (known) ready.push_back(i);
      }
      const std::size_t next = ready[choose(ready.size())];
      deliver(*waiting[next], log);
      there[waiting[next]->id.log] = waiting[next]->id.seq;
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(next));
    }
    return log;
  }

  // The text as it is, by each of the ways that lead there; of another log, too.
  static std::string text_of(TextLog& log) {
    RopeSink sink;
    Replay().run(log, 0, sink, lower_log_first);
    return sink.rope.text();
  }
  std::string text() { return text_of(log_); }

 private:
  TextLog log_;
  std::vector<Event> events_;
  Seen seqs_{};
  std::array<Seen, authors> seen_{};
};

// A reader of a growing log that brings its text up to date now and then.
class Follower {
 public:
  void follow(TextLog& log) {
    replay_.run(log, done_, sink_, lower_log_first);
    done_ = log.size();
  }
  const Rope& rope() const { return sink_.rope; }

  // Nothing, or how this text is not the one that a replay from the start leads to.
  std::optional<std::string> check(TextLog& log) const {
    if (!replay_.is_idle())
      if (auto broken = replay_.tree().check()) return broken;
    if (auto broken = sink_.rope.check()) return broken;
    RopeSink whole;
    Replay again;
    again.run_whole(log, whole, lower_log_first);
    if (auto broken = again.tree().check()) return "whole: " + *broken;
    const std::string wanted = whole.rope.text();
    const std::string bulk = AuthoredText::text_of(log);
    const std::string mine = sink_.rope.text();
    if (mine != wanted) return "step by step '" + mine + "', kept whole '" + wanted + "'";
    if (bulk != wanted) return "at once '" + bulk + "', kept whole '" + wanted + "'";
    if (again.tree().shown_length() != whole.rope.scalars()) return "a tree of another length";
    return std::nullopt;
  }

 private:
  RopeSink sink_;
  Replay replay_;
  Lv done_ = 0;
};

}  // namespace syncline::text
