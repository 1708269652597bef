// SPDX-License-Identifier: Apache-2.0
//
// TextContainer: one text of a document: its present content and, when needed, its history.
//
// Whoever has seen everything edits the rope and no more. What was done without knowing
// something goes into the log and is brought into the rope when somebody reads: many events cost
// one replay. A text read from a snapshot has no log: the owner supplies it before an event
// comes that has not seen everything (Document::wants_history). Order: Spec C14; what lies
// beyond the end: C15.
#pragma once

#include "protocol/crdt/edit.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/text_marks.h"
#include "protocol/text/replay.h"
#include "protocol/text/rope.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace syncline::crdt {

class TextContainer {
 public:
  TextContainer();
  ~TextContainer();
  TextContainer(TextContainer&&) noexcept;
  TextContainer& operator=(TextContainer&&) noexcept;

  // Characters, and the characters themselves, with all that is known brought in.
  std::uint64_t length() const;
  std::string text() const { return rope().text(); }
  const text::Rope& rope() const;
  // What is said about it, in its present places.
  const TextMarks& marks() const;
  // Nothing was ever written here.
  bool pristine() const { return touched_.empty(); }
  // The newest event of each log that changed it.
  const VersionVector& touched() const { return touched_; }
  // The first event of each log that wrote here.
  const VersionVector& first() const { return first_; }

  // `utf8` holds what the splices insert, in their order. False if the author had seen everything
  // and a place lay beyond the end: the nearest place was taken then.
  bool edit(const Edit& edit, std::span<const TextSplice> splices, std::string_view utf8);
  // False if the author had seen everything and the range reached beyond the end.
  bool mark(const Edit& edit, const TextMark& mark);
  // Removes whatever the author saw.
  void clear(const Edit& edit);
  // One splice by somebody who has seen everything and goes on typing. False: there is no room.
  // Requires: it lies within the text, and typed() follows before anything else is written.
  bool type(const TextSplice& splice, std::string_view utf8);
  // What all of it came to: the event that it becomes.
  void typed(const Edit& edit, std::span<const TextSplice> splices, std::string_view utf8);

  // All of its history is here, so that any event can be taken in.
  bool has_history() const { return log_ != nullptr; }
  // Frees it, unless something is going on that will need it again at once.
  void drop_history();
  // Takes over the history of another instance that has had the same events. False if it has not.
  bool adopt_history(TextContainer& other);
  // The history, if it is here. Brings in what waits.
  const text::TextLog* history() const;
  // A replay of all of it, for those who ask where a character is or whose it is. Requires:
  // has_history(). Valid until the text changes.
  const text::Replay& whole() const;

  // From a snapshot.
  void restore(std::string_view utf8, VersionVector first, VersionVector touched,
               std::vector<TextMarks::Row> marks);

  std::size_t size_estimate_bytes() const;
  std::optional<std::string> check() const;

 private:
  struct Known;

  bool splice_newest(const Edit& edit, std::span<const TextSplice> splices, std::string_view utf8);
  void append(const Edit& edit, std::span<const TextSplice> splices, std::string_view utf8);
  void log_splice(const TextSplice& splice, std::string_view utf8);
  void begin(const Edit& edit);
  void note_writer(const Edit& edit);
  bool is_known_to(const Edit& edit) const;
  text::Replay::Precedes order() const;
  void settle() const;
  void changed(const TextSplice& splice);
  void place_marks() const;

  VersionVector first_;
  VersionVector touched_;
  // Ids of the logs in the history, for the order of what was written at one place.
  std::map<LogIndex, LogId> ids_;
  std::unique_ptr<text::TextLog> log_;
  // What reading may bring up to date.
  mutable text::Rope rope_;
  mutable text::Lv settled_ = 0;  // units of the log that the rope has
  mutable std::unique_ptr<text::Replay> replay_;
  mutable std::unique_ptr<text::Replay> whole_;
  // With a history one for each of its marks, in their order.
  mutable TextMarks marks_;
  mutable bool marks_are_placed_ = true;
};

}  // namespace syncline::crdt
