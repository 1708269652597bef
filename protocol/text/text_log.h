// SPDX-License-Identifier: Apache-2.0
//
// TextLog: the whole history of one text: what was done, by which events, and what their authors
// had seen.
//
// The text at any version follows from it (replay.h). Events must come after all they have
// seen. Whether this is kept in memory is its owner's choice: a text that nobody changes
// concurrently is read and written without it.
#pragma once

#include "protocol/text/authors.h"
#include "protocol/text/graph.h"
#include "protocol/text/ops.h"

#include <string_view>

namespace syncline::text {

class TextLog {
 public:
  Lv size() const { return ops_.size(); }
  const Graph& graph() const { return graph_; }
  const Ops& ops() const { return ops_; }
  const Authors& authors() const { return authors_; }

  // The version of somebody who has seen `seq_of(log)` events of each log.
  template <class SeqOf>
  Frontier version_of(SeqOf seq_of) const;
  // Whether that is everything.
  template <class SeqOf>
  bool sees_all(SeqOf seq_of) const;

  // The same for the author of a new event of `log`. What it knew at its last one need not be
  // looked at again. Valid until the next call, and until the log grows.
  template <class SeqOf>
  const Frontier& parents_for(std::uint32_t log, SeqOf seq_of);

  // One event's changes follow, each relative to the text after the one before.
  void begin(const EventRef& event, std::span<const Tip> parents);
  // The event that began last may have more changes.
  bool goes_on(const EventRef& event) const { return has_begun_ && event == event_; }
  void insert(std::uint32_t position, std::string_view utf8, std::uint32_t count);
  void remove(std::uint32_t position, std::uint32_t count);
  void clear();
  void mark(const MarkRange& range);
  // There is room for so many more units.
  bool has_room(std::uint64_t units) const { return units < lv_max - size(); }

  // How long the text is at a critical version. Requires: it was noted there or at an earlier one.
  std::uint32_t length_at(std::optional<Lv> critical) const;
  // Whoever replays notes lengths now and then, at critical versions, in ascending order.
  void note_length(Lv size, std::uint32_t length);
  // At the newest version, which is a critical one.
  void note_length_now_and_then(std::uint32_t length);

  std::size_t memory_bytes() const {
    return graph_.memory_bytes() + ops_.memory_bytes() + authors_.memory_bytes();
  }

 private:
  void grew(Lv from);

  // With more authors than this, all are looked at for every event.
  static constexpr std::size_t remembered_authors_max = 256;

  Graph graph_;
  Ops ops_;
  Authors authors_;
  std::vector<std::vector<std::uint64_t>> known_;  // by each author at its last units: seqs
  // That of the event that parents_for() was asked for; it counts once the event has a unit.
  std::vector<std::uint64_t> news_;
  AuthorIndex news_of_ = 0;
  Frontier tips_;  // what parents_for() found, kept for its memory
  EventRef event_;
  Frontier parents_;        // of the next unit
  bool has_begun_ = false;  // the event has units already
  struct Length {
    Lv size = 0;  // of the log at that version
    std::uint32_t length = 0;
  };
  std::vector<Length> lengths_;
};

template <class SeqOf>
bool TextLog::sees_all(SeqOf seq_of) const {
  for (AuthorIndex author = 0; author < authors_.size(); ++author)
    if (seq_of(authors_.log_of(author)) < authors_.last_seq(author)) return false;
  return true;
}

template <class SeqOf>
const Frontier& TextLog::parents_for(std::uint32_t log, SeqOf seq_of) {
  const AuthorIndex self = authors_.index_of(log);
  if (authors_.size() > remembered_authors_max) return tips_ = version_of(seq_of);
  if (known_.size() < authors_.size()) known_.resize(authors_.size());
  std::vector<std::uint64_t>& known = known_[self];
  known.resize(authors_.size());
  news_.resize(authors_.size());
  news_of_ = self;
  bool sees_all = true;
  for (AuthorIndex author = 0; author < authors_.size(); ++author) {
    news_[author] = seq_of(authors_.log_of(author));
    sees_all = sees_all && news_[author] >= authors_.last_seq(author);
  }
  if (sees_all) return graph_.heads();
  tips_.clear();
  for (AuthorIndex author = 0; author < authors_.size(); ++author) {
    if (author != self && news_[author] <= known[author]) continue;
    if (const auto unit = authors_.last_unit(author, news_[author]))
      tips_.push_back(graph_.tip_at(*unit));
  }
  if (tips_.size() > 1) graph_.reduce(tips_);
  return tips_;
}

template <class SeqOf>
Frontier TextLog::version_of(SeqOf seq_of) const {
  if (sees_all(seq_of)) return graph_.heads();
  Frontier tips;
  for (AuthorIndex author = 0; author < authors_.size(); ++author)
    if (const auto unit = authors_.last_unit(author, seq_of(authors_.log_of(author))))
      tips.push_back(graph_.tip_at(*unit));
  if (tips.size() > 1) graph_.reduce(tips);
  return tips;
}

}  // namespace syncline::text
