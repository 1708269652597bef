// SPDX-License-Identifier: Apache-2.0
//
// Document::Typing: keystrokes go straight to the rope; the event is made when they end.
#include "protocol/crdt/apply.h"
#include "protocol/crdt/text_edit.h"

namespace syncline::crdt {

struct Document::Typing::Session {
  Document& document;
  EventContext context;
  Edit edit;
  Path path;
  TextContainer& text;
  TextPen pen;
};

Document::Typing::Typing(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Document::Typing::Typing(Typing&&) noexcept = default;
Document::Typing::~Typing() = default;

Result<Document::Typing> Document::type(const EventContext& context, const Path& path) {
  const EventId self{context.log, context.seq};
  const Edit edit{
      View(context.past, self), self, context.lamport_time(), context.wall, context.logs, 0};
  TextContainer* text = path.empty() ? nullptr : enter_text(state_->root, edit, path);
  if (text == nullptr) return fail(Errc::not_found, "no text can be at this path");
  return Typing(
      std::make_unique<Typing::Session>(Typing::Session{*this, context, edit, path, *text, {}}));
}

void Document::Typing::insert(std::uint64_t position, std::string_view utf8) {
  const std::uint64_t count = text::count_scalars(utf8);
  if (count == 0 || !session_->text.type({position, 0, count}, utf8)) return;
  session_->pen.insert(position, utf8, count);
}

void Document::Typing::remove(std::uint64_t position, std::uint64_t count) {
  if (count == 0 || !session_->text.type({position, count, 0}, {})) return;
  session_->pen.remove(position, count);
}

std::uint64_t Document::Typing::length() const { return session_->text.length(); }

std::optional<Op> Document::Typing::commit() {
  if (session_->pen.is_empty()) return std::nullopt;
  TextEdit edit = session_->pen.take();
  session_->text.typed(session_->edit, edit.splices, edit.text);
  session_->document.note_event(session_->edit, 1);
  return Op{session_->path, std::move(edit)};
}

}  // namespace syncline::crdt
