// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_container.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/text/utf8.h"

#include <algorithm>

namespace syncline::crdt {

namespace {

class RopeSink final : public text::Sink {
 public:
  explicit RopeSink(text::Rope& rope) : rope_(rope) {}
  void insert(std::uint32_t position, std::uint32_t count, text::Lv,
              std::string_view utf8) override {
    rope_.insert(position, utf8, count);
  }
  void remove(std::uint32_t position, std::uint32_t count, text::Lv) override {
    rope_.remove(position, count);
  }
  std::uint32_t length() const override { return static_cast<std::uint32_t>(rope_.scalars()); }

 private:
  text::Rope& rope_;
};

// The bytes of the next `count` characters, taken off the front of `rest`.
std::string_view take(std::string_view& rest, std::uint64_t count, bool ascii) {
  const std::size_t size = ascii ? static_cast<std::size_t>(count)
                                 : text::byte_of_scalar(rest, static_cast<std::size_t>(count));
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

std::uint64_t inserted_by(std::span<const TextSplice> splices) {
  std::uint64_t sum = 0;
  for (const TextSplice& splice : splices) sum += splice.inserted;
  return sum;
}

}  // namespace

TextContainer::TextContainer() : log_(std::make_unique<text::TextLog>()) {}
TextContainer::~TextContainer() = default;
TextContainer::TextContainer(TextContainer&&) noexcept = default;
TextContainer& TextContainer::operator=(TextContainer&&) noexcept = default;

// ---- reading -----------------------------------------------------------------------------------

text::Replay::Precedes TextContainer::order() const {
  return [this](LogIndex a, LogIndex b) {
    const auto id = [this](LogIndex log) {
      const auto found = ids_.find(log);
      return found != ids_.end() ? found->second : LogId{};
    };
    return id(a) < id(b);
  };
}

void TextContainer::settle() const {
  if (!log_ || settled_ == log_->size()) return;
  if (!replay_) replay_ = std::make_unique<text::Replay>();
  RopeSink sink(rope_);
  replay_->run(*log_, settled_, sink, order());
  settled_ = log_->size();
  if (replay_->is_idle()) replay_.reset();
}

const text::Rope& TextContainer::rope() const {
  settle();
  return rope_;
}

std::uint64_t TextContainer::length() const { return rope().scalars(); }

const text::TextLog* TextContainer::history() const {
  settle();
  return log_.get();
}

const text::Replay& TextContainer::whole() const {
  SYNCLINE_CHECK(log_);
  if (!whole_) {
    whole_ = std::make_unique<text::Replay>();
    text::Rope again;
    RopeSink sink(again);
    whole_->run_whole(*log_, sink, order());
  }
  return *whole_;
}

const TextMarks& TextContainer::marks() const {
  settle();
  if (!marks_are_placed_) place_marks();
  return marks_;
}

void TextContainer::place_marks() const {
  const text::OrderTree& tree = whole().tree();
  const auto place = [&](const text::MarkEnd& end) -> TextMarks::End {
    const bool after = end.side == text::MarkEnd::Side::after;
    if (end.character == text::no_char) return {after ? 0 : rope_.scalars(), after};
    const std::uint64_t before = tree.shown_before(end.character);
    if (!after || tree.at(tree.locate(end.character)).gone) return {before, false};
    return {before + 1, true};
  };
  for (std::size_t i = 0; i < marks_.rows().size(); ++i) {
    const auto& [start, end] = whole_->mark_ends(i);
    marks_.place(i, place(start), place(end));
  }
  marks_are_placed_ = true;
}

// ---- writing -----------------------------------------------------------------------------------

bool TextContainer::edit(const Edit& edit, std::span<const TextSplice> splices,
                         std::string_view utf8) {
  whole_.reset();
  const bool newest = edit.view.covers(touched_);
  bool fits = true;
  if (newest && (!log_ || settled_ == log_->size()))
    fits = splice_newest(edit, splices, utf8);
  else
    append(edit, splices, utf8);
  note_writer(edit);
  return fits;
}

bool TextContainer::splice_newest(const Edit& edit, std::span<const TextSplice> splices,
                                  std::string_view utf8) {
  bool fits = true;
  const bool ascii = inserted_by(splices) == utf8.size();
  if (log_) begin(edit);
  for (const TextSplice& splice : splices) {
    const std::uint64_t length = rope_.scalars();
    const std::uint64_t position = std::min(splice.position, length);
    const std::uint64_t removed = std::min(splice.removed, length - position);
    fits = fits && position == splice.position && removed == splice.removed;
    const std::string_view piece = take(utf8, splice.inserted, ascii);
    if (log_ && !log_->has_room(removed + splice.inserted)) continue;
    if (removed > 0) rope_.remove(position, removed);
    if (splice.inserted > 0) rope_.insert(position, piece, splice.inserted);
    changed({position, removed, splice.inserted});
    if (log_) log_splice({position, removed, splice.inserted}, piece);
  }
  if (log_) {
    settled_ = log_->size();
    log_->note_length_now_and_then(static_cast<std::uint32_t>(rope_.scalars()));
  }
  return fits;
}

bool TextContainer::type(const TextSplice& splice, std::string_view utf8) {
  settle();
  // Each keystroke may become units of the log, and a burst of them is no longer than an event.
  constexpr std::uint64_t burst_max = limits::event_plaintext_size_max;
  if (log_ && !log_->has_room(splice.removed + splice.inserted + burst_max)) return false;
  if (splice.removed > 0) rope_.remove(splice.position, splice.removed);
  if (splice.inserted > 0) rope_.insert(splice.position, utf8, splice.inserted);
  changed(splice);
  return true;
}

void TextContainer::typed(const Edit& edit, std::span<const TextSplice> splices,
                          std::string_view utf8) {
  whole_.reset();
  if (log_) {
    begin(edit);
    const bool ascii = inserted_by(splices) == utf8.size();
    for (const TextSplice& splice : splices) log_splice(splice, take(utf8, splice.inserted, ascii));
    settled_ = log_->size();
    log_->note_length_now_and_then(static_cast<std::uint32_t>(rope_.scalars()));
    // They have followed what was taken back, too.
    if (!marks_.empty()) marks_are_placed_ = false;
  }
  note_writer(edit);
}

void TextContainer::log_splice(const TextSplice& splice, std::string_view utf8) {
  const auto at = static_cast<std::uint32_t>(splice.position);
  if (splice.removed > 0) log_->remove(at, static_cast<std::uint32_t>(splice.removed));
  if (splice.inserted > 0) log_->insert(at, utf8, static_cast<std::uint32_t>(splice.inserted));
}

// The rope is up to date, and so are the marks if they were.
void TextContainer::changed(const TextSplice& splice) {
  if (!marks_.empty() && marks_are_placed_)
    marks_.splice(splice.position, splice.removed, splice.inserted);
}

bool TextContainer::mark(const Edit& edit, const TextMark& mark) {
  whole_.reset();
  const bool newest = edit.view.covers(touched_) && (!log_ || settled_ == log_->size());
  SYNCLINE_CHECK(newest || log_);
  if (log_ && !log_->has_room(1)) return true;
  if (log_) {
    begin(edit);
    log_->mark({static_cast<std::uint32_t>(mark.position), static_cast<std::uint32_t>(mark.count),
                mark.grows});
    if (newest) {
      settled_ = log_->size();
      log_->note_length_now_and_then(static_cast<std::uint32_t>(rope_.scalars()));
    }
  }
  marks_.add(edit, mark);
  note_writer(edit);
  marks_are_placed_ = newest && marks_are_placed_;
  if (!marks_are_placed_) return true;
  const std::uint64_t length = rope_.scalars();
  const auto [start, end] = TextMarks::ends_of(mark, length);
  marks_.place(marks_.rows().size() - 1, start, end);
  return mark.position <= length && mark.count <= length - mark.position;
}

void TextContainer::note_writer(const Edit& edit) {
  touched_.raise(edit.self.log, edit.self.seq);
  if (const std::uint64_t first = first_.get(edit.self.log); first == 0 || edit.self.seq < first)
    first_.set(edit.self.log, edit.self.seq);
}

void TextContainer::append(const Edit& edit, std::span<const TextSplice> splices,
                           std::string_view utf8) {
  SYNCLINE_CHECK(log_);
  begin(edit);
  if (!marks_.empty()) marks_are_placed_ = false;
  const bool ascii = inserted_by(splices) == utf8.size();
  for (const TextSplice& splice : splices) {
    const std::string_view piece = take(utf8, splice.inserted, ascii);
    if (log_->has_room(splice.removed + splice.inserted)) log_splice(splice, piece);
  }
}

// Whether the author had seen anybody write here. What the events did is not asked: it depends on
// which came first here.
bool TextContainer::is_known_to(const Edit& edit) const {
  return std::any_of(first_.rows().begin(), first_.rows().end(),
                     [&edit](const EventId& event) { return edit.view.covers(event); });
}

void TextContainer::clear(const Edit& edit) {
  if (!is_known_to(edit)) return;
  whole_.reset();
  const bool newest = edit.view.covers(touched_) && (!log_ || settled_ == log_->size());
  touched_.raise(edit.self.log, edit.self.seq);
  if (log_) {
    begin(edit);
    log_->clear();
  }
  if (!newest) {
    if (!marks_.empty()) marks_are_placed_ = false;
    return;
  }
  changed({0, rope_.scalars(), 0});
  rope_ = text::Rope();
  if (log_) settled_ = log_->size();
}

void TextContainer::begin(const Edit& edit) {
  const text::EventRef event{edit.self.log, edit.self.seq};
  if (log_->goes_on(event)) return;
  if (!ids_.contains(edit.self.log)) ids_.emplace(edit.self.log, edit.id_of(edit.self.log));
  log_->begin(event, log_->parents_for(edit.self.log,
                                       [&edit](LogIndex log) { return edit.view.get(log); }));
}

// ---- keeping -----------------------------------------------------------------------------------

void TextContainer::drop_history() {
  marks();
  whole_.reset();
  if (replay_ || !log_) return;
  if (pristine()) return;  // nothing to free, and complete
  marks_.forget_spent();
  log_.reset();
  ids_.clear();
}

bool TextContainer::adopt_history(TextContainer& other) {
  if (log_) return true;
  if (!other.log_ || other.touched_ != touched_) return false;
  // The replay leaves in the log what later ones begin with, and shows that it leads here.
  if (other.rope().scalars() != rope_.scalars() || other.text() != rope_.text()) return false;
  log_ = std::move(other.log_);
  ids_ = std::move(other.ids_);
  marks_ = std::move(other.marks_);
  marks_are_placed_ = other.marks_are_placed_;
  settled_ = log_->size();
  replay_ = std::move(other.replay_);
  return true;
}

void TextContainer::restore(std::string_view utf8, VersionVector first, VersionVector touched,
                            std::vector<TextMarks::Row> marks) {
  marks_.restore(std::move(marks));
  rope_ = text::Rope(utf8);
  first_ = std::move(first);
  touched_ = std::move(touched);
  if (!touched_.empty()) log_.reset();
}

std::size_t TextContainer::size_estimate_bytes() const {
  std::size_t size = sizeof(*this) + rope_.memory_bytes() + touched_.size() * sizeof(EventId);
  if (log_) size += log_->memory_bytes();
  if (replay_) size += replay_->memory_bytes();
  if (whole_) size += whole_->memory_bytes();
  size += marks_.size_estimate_bytes();
  return size;
}

std::optional<std::string> TextContainer::check() const {
  settle();
  if (auto found = rope_.check()) return found;
  if (replay_)
    if (auto found = replay_->tree().check()) return found;
  if (!log_) return std::nullopt;
  text::Rope again;
  RopeSink sink(again);
  text::Replay().run_whole(*log_, sink, order());
  if (again.text() != rope_.text()) return "a text that its history does not lead to";
  if (marks_.empty() || !marks_are_placed_) return std::nullopt;
  const std::vector<TextMarks::Row> kept = marks_.rows();
  whole_.reset();
  place_marks();
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i].start != marks_.rows()[i].start || kept[i].end != marks_.rows()[i].end)
      return "a mark that is not where its history has it";
  return std::nullopt;
}

}  // namespace syncline::crdt
