// SPDX-License-Identifier: Apache-2.0
//
// ShownTexts: what each local program was shown of texts, so that its positions can be understood
// after others changed them.
//
// A program is shown a text by an answer that holds it, and what it does itself it knows. What a
// connection was never told is taken from what any program was told last. All of it is bounded,
// in memory only; what had to be forgotten is an error and never a guess. Not responsible for
// gathering what is typed (keystrokes.h).
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/version.h"
#include "protocol/node/library.h"
#include "protocol/node/shown_text.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace syncline::node {

// Which text it is: another one at its path has another.
struct TextIdentity {
  // The first event in it of each who wrote there. One event may have made several texts.
  crdt::VersionVector first;
  // The items of lists that it is inside of, which move along with it.
  std::vector<crdt::ItemName> items;
};

class ShownTexts {
 public:
  // A text as it is: that of a version with what was typed since.
  struct Present {
    std::string version;
    std::uint64_t strokes = 0;  // unlike that of any other text of this version
    const text::Rope& rope;
  };
  struct View {
    ShownText text;
    std::string version;  // of which present() is the text, with what was typed since
    std::uint64_t strokes = 0;
    TextIdentity identity;
    std::uint64_t used = 0;
    bool is_lost = false;  // there were too many
  };
  using ViewPointer = std::shared_ptr<View>;
  struct Place {
    CallerId caller;
    EntityId entity;
    crdt::Path path;
  };

  // An answer shows all that is at the path in this version.
  void saw(const Place& place, const std::string& version);
  // Whether it was shown the text, or typed into it.
  bool knows(const Place& place) const;
  // The text as the program sees it, beside what it is now. Errors: Errc::conflict if that is not
  // known any more, or another text is there now.
  Result<ViewPointer> find(Library::Desk& desk, const Place& place, const Present& present);
  // The program typed into what find() gave.
  void keep(const Place& place, ViewPointer view);

  // What was typed up to there became an event, which made this version.
  void written(std::uint64_t strokes, const std::string& version);

  // Around a change that the program makes in another way. `version` is that of the entity.
  void before_write(Library::Desk& desk, CallerId caller, const EntityId& entity);
  void after_write(Library::Desk& desk, CallerId caller, const EntityId& entity,
                   const std::string& version);

  void left(CallerId caller) { told_.erase(caller); }
  // Nothing of it holds any more: who asks is told to read again.
  void forget();

  static constexpr std::size_t views_max = 64;
  static constexpr std::size_t bytes_max = std::size_t{64} << 20;
  static constexpr std::size_t differences_max = 4096;
  static constexpr std::size_t entities_max = 256;   // of one connection
  static constexpr std::size_t shared_max = 4096;    // entities, of all together
  static constexpr std::size_t glimpses_max = 16;    // of one entity
  static constexpr std::size_t own_changes_max = 8;  // since a glimpse that was not the newest

 private:
  // What an answer showed, and what the program itself changed after others had: from one version
  // to another.
  struct Glimpse {
    crdt::Path path;
    std::string version;
    std::vector<std::pair<std::string, std::string>> own;
  };
  struct OfEntity {
    std::vector<Glimpse> glimpses;  // the newest last
    std::map<crdt::Path, ViewPointer> views;
    std::string before_write;
    bool has_forgotten = false;
    std::uint64_t used = 0;
  };
  struct Told {
    std::map<EntityId, OfEntity> entities;
    bool has_forgotten = false;
  };
  OfEntity& entry(Told& told, const EntityId& entity, std::size_t most);
  static void show(OfEntity& of, const Glimpse& glimpse);
  static const Glimpse* glimpse_of(const OfEntity& of, const crdt::Path& path);
  static Result<ViewPointer> look(Library::Desk& desk, const OfEntity& of, const Place& place);
  static Result<ViewPointer> recall(Library::Desk& desk, const Glimpse& glimpse,
                                    const Place& place);
  void bound_views();

  std::map<CallerId, Told> told_;
  Told anybody_;
  std::vector<std::weak_ptr<View>> views_;
  std::uint64_t clock_ = 0;
};

}  // namespace syncline::node
