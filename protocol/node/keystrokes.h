// SPDX-License-Identifier: Apache-2.0
//
// Keystrokes: typing that programs send as it happens, gathered until it is worth an event.
//
// What was typed into one text becomes one event when nothing more comes for a while, when it has
// gone on for long, or when somebody asks; meanwhile it is kept in a sealed row, so a crash loses
// nothing, and connected devices see a preview. Positions are of what the program was shown
// (shown_texts.h). The caller must flush before anything reads or writes entities: then the
// gathered typing is in the document.
#pragma once

#include "protocol/crdt/text_edit.h"
#include "protocol/node/library.h"
#include "protocol/node/presence.h"
#include "protocol/node/shown_texts.h"
#include "protocol/text/rope.h"

#include <map>
#include <optional>
#include <set>

namespace syncline::node {

class Keystrokes {
 public:
  // Where previews are shown.
  using Stage = std::function<void(const EntityId&, const Preview&)>;

  bool is_empty() const { return open_.empty(); }

  // Errors: Errc::not_found, Errc::invalid with the place and the length of the text;
  // Errc::conflict if the program has to read first; Errc::limit.
  Result<step::TypedAnswer> type(Library::Desk& desk, const step::TextType& typed, Instant now,
                                 const Stage& stage);
  // Makes events of all of it, or of what was typed into one entity; of what failed before only in
  // this case. Returns the newest one. Errors: of the last one that failed; it is kept then.
  Result<std::optional<Library::Written>> flush(Library::Desk& desk,
                                                const std::optional<EntityId>& entity);
  Status flush_due(Library::Desk& desk, Instant now);
  // Before what arrived is merged: what was typed becomes an event that has not seen it.
  Status write_before_merge(Library::Desk& desk);
  std::optional<Instant> deadline() const;

  // What programs were shown, and what they change in other ways.
  ShownTexts& shown() { return shown_; }

  // The vault was opened: whatever the rows have is due at once.
  void load(OpenVault& vault, const StoreReader& reader);
  void forget();

  // Entities with typing that could not be written: beyond it nothing more is taken.
  static constexpr std::size_t kept_max = 1024;

 private:
  struct Typing {
    crdt::Path path;
    std::string base;  // the version of the entity that it began with
    crdt::TextPen pen;
    std::optional<text::Rope> rope;  // the text with it; nothing after load()
    std::uint64_t strokes = 0;       // which of them was the newest here
    Instant begun, touched;
    bool failed = false;  // it was tried and waits for somebody to ask again

    Instant due() const;
  };
  using Open = std::map<EntityId, Typing>;

  Result<Typing> begin(Library::Desk& desk, const step::TextType& typed, Instant now) const;
  // What the entity is typed into now, begun if need be.
  Result<Open::iterator> place_for(Library::Desk& desk, const step::TextType& typed, Instant now);
  // What is shown of it, with the keystroke.
  Result<ShownTexts::ViewPointer> strike(Library::Desk& desk, const step::TextType& typed,
                                         Typing& typing);
  Result<Library::Written> write(Library::Desk& desk, const EntityId& entity, const Typing& typing);
  using Wanted = std::function<bool(const EntityId&, const Typing&)>;
  Result<std::optional<Library::Written>> write_those(Library::Desk& desk, const Wanted& wanted);
  Status write_due(Library::Desk& desk, Open::iterator at,
                   std::optional<Library::Written>* written);
  // The row of the entity, if it has typing that is kept, and the list of those that have one.
  void save(Library::Desk& desk, const EntityId& entity);
  void erase(Library::Desk& desk, Open::iterator at);
  void load(OpenVault& vault, const StoreReader& reader, const EntityId& entity);

  Open open_;
  std::set<EntityId> listed_;  // have a row
  ShownTexts shown_;
  std::uint64_t strokes_ = 0;
};

}  // namespace syncline::node
