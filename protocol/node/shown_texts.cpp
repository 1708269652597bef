// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/shown_texts.h"

#include "protocol/crdt/text_container.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/text_since.h"

#include <algorithm>

namespace syncline::node {

namespace {

Error read_again(const std::string& what) {
  return {Errc::conflict, what + "; read it with entity.get, then type into that"};
}

Error is_forgotten() {
  return read_again("what this connection was shown of the text is not kept any more");
}

bool begins_with(const crdt::Path& path, const crdt::Path& start) {
  return start.size() <= path.size() && std::equal(start.begin(), start.end(), path.begin());
}

Error is_another() {
  return read_again("the text at this path is not the one that this connection was shown");
}

// Nobody who wrote first in a text stops having done so.
bool is_same_text(const TextIdentity& then, const TextIdentity& now) {
  return then.items == now.items && std::ranges::all_of(then.first.rows(), [&](const auto& row) {
           return now.first.get(row.log) == row.seq;
         });
}

// A text in one version of its entity.
class TextThen {
 public:
  // Errors: Errc::conflict if there is no such version any more.
  static Result<TextThen> read(Library::Desk& desk, const EntityId& entity, const crdt::Path& path,
                               const std::string& version) {
    const auto state = find_existing(desk, entity);
    if (!state) return pass(state);
    const crdt::LogTable& logs = table_of(desk, (*state)->space);
    TextThen then;
    if (version == (*state)->version(logs)) {
      then.look((*state)->document, path);
      then.now_ = *state;
      return then;
    }
    auto past = entity_at(desk, **state, version);
    if (!past) return tl::unexpected<Error>(is_forgotten());
    then.past_ = std::make_unique<EntityState>(std::move(*past));
    then.look(then.past_->document, path);
    return then;
  }
  const crdt::TextContainer* get() const { return text_; }
  // Of no text: nobody wrote there.
  const TextIdentity& identity() const { return identity_; }
  std::string utf8() const { return text_ != nullptr ? text_->text() : std::string(); }
  // With its history; nullptr if there is none.
  const crdt::TextContainer* whole(Library::Desk& desk, const crdt::Path& path) {
    if (text_ == nullptr || text_->has_history()) return text_;
    if (now_ == nullptr ||
        !desk.vault.view().recall(desk.draft, *now_, table_of(desk, now_->space)))
      return nullptr;
    text_ = now_->document.find_text(path);
    return text_;
  }

 private:
  void look(const crdt::Document& document, const crdt::Path& path) {
    text_ = document.find_text(path);
    if (text_ != nullptr) identity_ = {text_->first(), document.items_on(path)};
  }

  EntityState* now_ = nullptr;
  std::unique_ptr<EntityState> past_;
  const crdt::TextContainer* text_ = nullptr;
  TextIdentity identity_;
};

// Whatever happened up to the version happens to the text. Character by character, if the view
// stands for a version itself; else, and if that fails, by comparing.
// Errors: Errc::conflict if others put another text there.
Status follow(Library::Desk& desk, ShownTexts::View& view, const ShownTexts::Place& place,
              const std::string& version, ShownText::By by) {
  if (view.version == version && view.strokes == 0) return {};
  auto now = TextThen::read(desk, place.entity, place.path, version);
  if (!now) return pass(now);
  const bool is_by_others = by == ShownText::By::others;
  if (is_by_others && now->get() != nullptr && !is_same_text(view.identity, now->identity()))
    return tl::unexpected<Error>(is_another());
  const std::string utf8 = now->utf8();
  const std::string shown = view.text.present().text();
  bool is_done = shown == utf8;
  if (!is_done && view.strokes == 0) {
    auto then = TextThen::read(desk, place.entity, place.path, view.version);
    if (!then) return pass(then);
    const crdt::TextContainer* from = then->whole(desk, place.path);
    const crdt::TextContainer* to = now->whole(desk, place.path);
    const bool is_known = from != nullptr && to != nullptr && then->utf8() == shown;
    const auto changes = is_known ? changes_since(*from, *to) : std::nullopt;
    if (changes) view.text.changed(by, *changes);
    is_done = changes.has_value();
  }
  if (!is_done) view.text.became(by, utf8);
  if (now->get() != nullptr) view.identity = now->identity();
  view.version = version;
  view.strokes = 0;
  return {};
}

}  // namespace

ShownTexts::OfEntity& ShownTexts::entry(Told& told, const EntityId& entity, std::size_t most) {
  if (!told.entities.contains(entity) && told.entities.size() >= most) {
    const auto oldest = std::ranges::min_element(told.entities, {},
                                                 [](const auto& each) { return each.second.used; });
    told.entities.erase(oldest);
    told.has_forgotten = true;
  }
  OfEntity& of = told.entities[entity];
  of.used = ++clock_;
  return of;
}

void ShownTexts::show(OfEntity& of, const Glimpse& glimpse) {
  std::erase_if(of.views, [&](const auto& each) { return begins_with(each.first, glimpse.path); });
  std::erase_if(of.glimpses,
                [&](const Glimpse& each) { return begins_with(each.path, glimpse.path); });
  if (glimpse.path.empty()) of.has_forgotten = false;
  if (of.glimpses.size() >= glimpses_max) {
    of.glimpses.erase(of.glimpses.begin());
    of.has_forgotten = true;
  }
  of.glimpses.push_back(glimpse);
}

void ShownTexts::saw(const Place& place, const std::string& version) {
  const Glimpse glimpse{place.path, version, {}};
  show(entry(told_[place.caller], place.entity, entities_max), glimpse);
  show(entry(anybody_, place.entity, shared_max), glimpse);
}

const ShownTexts::Glimpse* ShownTexts::glimpse_of(const OfEntity& of, const crdt::Path& path) {
  const auto found =
      std::find_if(of.glimpses.rbegin(), of.glimpses.rend(),
                   [&](const Glimpse& each) { return begins_with(path, each.path); });
  return found == of.glimpses.rend() ? nullptr : &*found;
}

bool ShownTexts::knows(const Place& place) const {
  const auto holds = [&](const Told& told) {
    const auto of = told.entities.find(place.entity);
    return of != told.entities.end() &&
           (of->second.views.contains(place.path) || glimpse_of(of->second, place.path) != nullptr);
  };
  const auto told = told_.find(place.caller);
  return (told != told_.end() && holds(told->second)) || holds(anybody_);
}

Result<ShownTexts::ViewPointer> ShownTexts::recall(Library::Desk& desk, const Glimpse& glimpse,
                                                   const Place& place) {
  const auto then = TextThen::read(desk, place.entity, place.path, glimpse.version);
  if (!then) return pass(then);
  bool was_there = then->get() != nullptr;
  const auto view =
      std::make_shared<View>(View{ShownText(was_there ? then->get()->rope() : text::Rope()),
                                  glimpse.version, 0, then->identity(), 0, false});
  for (const auto& [before, after] : glimpse.own) {
    for (const auto& [version, by] :
         {std::pair(before, ShownText::By::others), std::pair(after, ShownText::By::itself)})
      if (const Status followed = follow(desk, *view, place, version, by); !followed)
        return pass(followed);
    was_there = was_there || !view->identity.first.empty();
  }
  // A text that was made later was shown to nobody.
  return was_there ? view : ViewPointer();
}

Result<ShownTexts::ViewPointer> ShownTexts::look(Library::Desk& desk, const OfEntity& of,
                                                 const Place& place) {
  if (const auto view = of.views.find(place.path); view != of.views.end()) {
    if (view->second->is_lost) return tl::unexpected<Error>(is_forgotten());
    return view->second;
  }
  if (const Glimpse* glimpse = glimpse_of(of, place.path)) return recall(desk, *glimpse, place);
  if (of.has_forgotten) return tl::unexpected<Error>(is_forgotten());
  return ViewPointer();
}

Result<ShownTexts::ViewPointer> ShownTexts::find(Library::Desk& desk, const Place& place,
                                                 const Present& present) {
  const auto now = TextThen::read(desk, place.entity, place.path, present.version);
  if (!now) return pass(now);
  ViewPointer view;
  if (const auto told = told_.find(place.caller); told != told_.end()) {
    const auto of = told->second.entities.find(place.entity);
    if (of != told->second.entities.end()) {
      auto own = look(desk, of->second, place);
      if (!own) return pass(own);
      view = std::move(*own);
    } else if (told->second.has_forgotten) {
      return tl::unexpected<Error>(is_forgotten());
    }
  }
  const auto of = anybody_.entities.find(place.entity);
  if (!view && of != anybody_.entities.end()) {
    // Somebody else goes on with it, too, and what this program does is news there.
    auto shared = look(desk, of->second, place);
    if (shared && *shared) view = std::make_shared<View>(**shared);
  }
  if (!view)
    view = std::make_shared<View>(
        View{ShownText(present.rope), present.version, present.strokes, now->identity(), 0, false});
  if (!is_same_text(view->identity, now->identity())) return tl::unexpected<Error>(is_another());
  if (view->version != present.version || view->strokes != present.strokes) {
    if (view->strokes == 0)
      if (const Status followed =
              follow(desk, *view, place, present.version, ShownText::By::others);
          !followed)
        return pass(followed);
    // What other programs typed here, and is no event yet.
    if (view->version != present.version || view->strokes != present.strokes)
      view->text.became(ShownText::By::others, present.rope.text());
    view->identity = now->identity();
    view->version = present.version;
    view->strokes = present.strokes;
  }
  if (view->text.differences() > differences_max)
    return tl::unexpected<Error>(
        read_again("others changed too much of the text since this connection was shown it"));
  return view;
}

void ShownTexts::keep(const Place& place, ViewPointer view) {
  view->used = ++clock_;
  const bool is_new = std::ranges::none_of(
      views_, [&](const std::weak_ptr<View>& each) { return each.lock() == view; });
  if (is_new) views_.push_back(view);
  for (OfEntity* of : {&entry(told_[place.caller], place.entity, entities_max),
                       &entry(anybody_, place.entity, shared_max)}) {
    if (of->views.size() >= views_max && !of->views.contains(place.path)) {
      of->views.erase(of->views.begin());
      of->has_forgotten = true;
    }
    of->views[place.path] = view;
  }
  if (is_new) bound_views();
}

void ShownTexts::bound_views() {
  std::erase_if(views_, [](const std::weak_ptr<View>& each) { return each.expired(); });
  const auto bytes = [&] {
    std::size_t sum = 0;
    for (const auto& each : views_)
      if (const ViewPointer view = each.lock()) sum += view->text.memory_bytes();
    return sum;
  };
  while (views_.size() > 1 && (views_.size() > views_max || bytes() > bytes_max)) {
    const auto oldest = std::ranges::min_element(
        views_, {}, [](const std::weak_ptr<View>& each) { return each.lock()->used; });
    const ViewPointer view = oldest->lock();
    view->text = ShownText(text::Rope());
    view->is_lost = true;
    views_.erase(oldest);
  }
}

void ShownTexts::written(std::uint64_t strokes, const std::string& version) {
  for (const auto& each : views_) {
    const ViewPointer view = each.lock();
    if (!view || strokes == 0 || view->strokes != strokes) continue;
    view->version = version;
    view->strokes = 0;
  }
}

void ShownTexts::before_write(Library::Desk& desk, CallerId caller, const EntityId& entity) {
  const auto shared = anybody_.entities.find(entity);
  const auto told = told_.find(caller);
  const bool is_known = told != told_.end() && told->second.entities.contains(entity);
  if (!is_known && shared == anybody_.entities.end()) return;
  OfEntity& of = entry(told_[caller], entity, entities_max);
  if (!is_known) {
    of = shared->second;
    for (auto& [path, view] : of.views) {
      view = std::make_shared<View>(*view);
      views_.push_back(view);
    }
    bound_views();
  }
  const auto state = find_existing(desk, entity);
  if (!state) return;
  of.before_write = (*state)->version(table_of(desk, (*state)->space));
  for (auto& [path, view] : of.views) {
    if (view->is_lost) continue;
    if (!follow(desk, *view, {caller, entity, path}, of.before_write, ShownText::By::others))
      view->is_lost = true;
  }
}

void ShownTexts::after_write(Library::Desk& desk, CallerId caller, const EntityId& entity,
                             const std::string& version) {
  const auto told = told_.find(caller);
  if (told == told_.end() || !told->second.entities.contains(entity)) return;
  OfEntity& of = told->second.entities.find(entity)->second;
  for (auto& [path, view] : of.views) {
    if (view->is_lost) continue;
    if (!follow(desk, *view, {caller, entity, path}, version, ShownText::By::itself))
      view->is_lost = true;
  }
  for (Glimpse& glimpse : of.glimpses) {
    std::string& last = glimpse.own.empty() ? glimpse.version : glimpse.own.back().second;
    if (last == version || version == of.before_write) continue;
    if (last == of.before_write)
      last = version;
    else
      glimpse.own.emplace_back(of.before_write, version);
  }
  const std::size_t known = of.glimpses.size();
  std::erase_if(of.glimpses, [](const Glimpse& each) { return each.own.size() > own_changes_max; });
  of.has_forgotten = of.has_forgotten || of.glimpses.size() < known;
  OfEntity& shared = entry(anybody_, entity, shared_max);
  for (const Glimpse& glimpse : of.glimpses) show(shared, glimpse);
  for (const auto& [path, view] : of.views) shared.views[path] = view;
}

void ShownTexts::forget() {
  for (auto& [caller, told] : told_) {
    told.has_forgotten = told.has_forgotten || !told.entities.empty();
    told.entities.clear();
  }
  anybody_ = {};
  views_.clear();
}

}  // namespace syncline::node
