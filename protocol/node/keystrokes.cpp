// SPDX-License-Identifier: Apache-2.0
//
// list   = version u8 (2) n:varint n*entity 16       kept under "typing": those that have a row
// row    = version u8 (2) base:text ops:bytes        "typing" of the entity: one edit of one text
#include "protocol/node/keystrokes.h"

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/crdt/text_edit.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/op_check.h"
#include "protocol/text/utf8.h"

#include <algorithm>

namespace syncline::node {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds idle{2000};
constexpr milliseconds burst{5000};
constexpr std::uint8_t row_version = 2;
constexpr std::string_view row_name = "typing";
// The row is written with every keystroke.
constexpr std::size_t typing_size_max = 12 * 1024;
constexpr std::ptrdiff_t open_max = 4;
constexpr std::size_t merge_slice = 2048;

std::uint64_t length_in(const text::Rope& rope, crdt::Positions unit) {
  if (unit == crdt::Positions::utf16) return rope.utf16_units();
  return unit == crdt::Positions::bytes ? rope.bytes() : rope.scalars();
}

Result<std::uint64_t> place_in(const text::Rope& rope, std::uint64_t position,
                               crdt::Positions unit) {
  std::optional<std::uint64_t> found;
  if (position <= length_in(rope, unit)) {
    found = position;
    if (unit == crdt::Positions::utf16) found = rope.scalar_of_utf16(position);
    if (unit == crdt::Positions::bytes) found = rope.scalar_of_byte(position);
  }
  // Only then is the text looked at, which says where the nearest ones are.
  return found ? Result<std::uint64_t>(*found) : crdt::scalars_before(rope.text(), position, unit);
}

Preview preview_of(const crdt::Path& path, const crdt::TextEdit& edit) {
  Preview preview{path, {}};
  std::string_view rest = edit.text;
  for (const crdt::TextSplice& splice : edit.splices) {
    const std::size_t size = text::byte_of_scalar(rest, static_cast<std::size_t>(splice.inserted));
    preview.splices.push_back({splice.position, splice.removed, std::string(rest.substr(0, size))});
    rest.remove_prefix(size);
  }
  return preview;
}

std::string text_after(std::string_view before, const crdt::TextEdit& edit) {
  text::Rope rope(before);
  for (const PreviewSplice& splice : preview_of({}, edit).splices) {
    const std::uint64_t position = std::min<std::uint64_t>(splice.position, rope.scalars());
    rope.remove(position, std::min<std::uint64_t>(splice.removed, rope.scalars() - position));
    rope.insert(position, splice.inserted, text::count_scalars(splice.inserted));
  }
  return rope.text();
}

// What was loaded, and is shown nowhere yet, was typed into a version that may be in the log only:
// it has to wait until whatever can be merged is. Errors: of merging.
Result<bool> is_ready(Library::Desk& desk, const std::optional<text::Rope>& shown) {
  if (shown || desk.vault.backlog() == 0) return true;
  const auto more = desk.vault.merge(desk.draft, merge_slice);
  if (!more) return pass(more);
  return !*more;
}

// For who asks for it by name. Errors: Errc::busy.
Status check_ready(Library::Desk& desk, const std::optional<text::Rope>& shown) {
  const auto ready = is_ready(desk, shown);
  if (!ready) return pass(ready);
  if (*ready) return {};
  return fail(Errc::busy, "what is stored is still being merged; try again in a moment");
}

// A conflict may show something else and keep the text.
bool shows_text(const EntityState& state, const crdt::Path& path) {
  return state.document.kind_at(path) == crdt::Kind::text;
}

}  // namespace

Instant Keystrokes::Typing::due() const { return std::min(touched + idle, begun + burst); }

Result<Keystrokes::Typing> Keystrokes::begin(Library::Desk& desk, const step::TextType& typed,
                                             Instant now) const {
  const auto state = find_existing(desk, typed.entity);
  if (!state) return pass(state);
  if ((*state)->is_deleted())
    return fail(Errc::not_found, "the entity was deleted; entity.update brings it back");
  const crdt::TextContainer* text = (*state)->document.find_text(typed.path);
  // Who was shown a text goes on with it if something else stands in front of it now.
  const bool is_there = text != nullptr && (shows_text(**state, typed.path) ||
                                            shown_.knows({typed.caller, typed.entity, typed.path}));
  if (!is_there) return no_text((*state)->document, typed.path);
  Typing typing;
  typing.path = typed.path;
  typing.base = (*state)->version(table_of(desk, (*state)->space));
  typing.rope = text->rope();
  typing.begun = typing.touched = now;
  return typing;
}

Result<Keystrokes::Open::iterator> Keystrokes::place_for(Library::Desk& desk,
                                                         const step::TextType& typed, Instant now) {
  auto at = open_.find(typed.entity);
  if (at != open_.end() && at->second.path == typed.path && at->second.rope && !at->second.failed)
    return at;
  if (at != open_.end())
    if (Status ready = check_ready(desk, at->second.rope); !ready) return pass(ready);
  const auto waits = [](const auto& each) { return !each.second.failed; };
  const bool is_full = at == open_.end() && std::ranges::count_if(open_, waits) >= open_max;
  const std::optional<EntityId> which = is_full ? std::nullopt : std::optional(typed.entity);
  // What failed once is tried once more, and then makes room.
  if (at != open_.end() && at->second.failed) {
    [[maybe_unused]] const auto last_try = write(desk, at->first, at->second);
    erase(desk, at);
  }
  if (auto written = flush(desk, which); !written) return pass(written);
  if (is_full)
    for (const auto& [entity, waiting] : open_)
      if (!waiting.failed)
        if (Status ready = check_ready(desk, waiting.rope); !ready) return pass(ready);
  if (open_.size() >= kept_max)
    return fail(Errc::limit,
                "what was typed into 1024 entities could not be written and waits; text.flush of "
                "one of them tells why");
  auto typing = begin(desk, typed, now);
  if (!typing) return pass(typing);
  return open_.insert_or_assign(typed.entity, std::move(*typing)).first;
}

Result<ShownTexts::ViewPointer> Keystrokes::strike(Library::Desk& desk, const step::TextType& typed,
                                                   Typing& typing) {
  if (typed.removed == 0 && typed.inserted.empty())
    return fail(Errc::invalid, "nothing was typed: say what to insert or how much to remove");
  auto view = shown_.find(desk, {typed.caller, typed.entity, typed.path},
                          {typing.base, typing.strokes, *typing.rope});
  if (!view) return view;
  ShownText& text = (*view)->text;
  const auto from = place_in(text.shown(), typed.position, typed.positions);
  if (!from) return no_position(from.error(), typed.path);
  const auto to = place_in(text.shown(), typed.position + typed.removed, typed.positions);
  if (!to) return no_position(to.error(), typed.path);
  for (const crdt::TextSplice& splice : text.type(*from, *to, typed.inserted)) {
    if (splice.removed > 0) {
      typing.rope->remove(splice.position, splice.removed);
      typing.pen.remove(splice.position, splice.removed);
    }
    if (splice.inserted > 0) {
      typing.rope->insert(splice.position, typed.inserted, splice.inserted);
      typing.pen.insert(splice.position, typed.inserted, splice.inserted);
    }
  }
  (*view)->strokes = typing.strokes = ++strokes_;
  shown_.keep({typed.caller, typed.entity, typed.path}, *view);
  return view;
}

Result<step::TypedAnswer> Keystrokes::type(Library::Desk& desk, const step::TextType& typed,
                                           Instant now, const Stage& stage) {
  const auto at = place_for(desk, typed, now);
  if (!at) return pass(at);
  Typing& typing = (*at)->second;
  const auto view = strike(desk, typed, typing);
  if (!view) {
    if (typing.pen.is_empty()) erase(desk, *at);
    return pass(view);
  }
  typing.touched = now;
  step::TypedAnswer answer;
  answer.entity = typed.entity;
  answer.waiting = !typing.pen.is_empty();
  answer.length = length_in((*view)->text.shown(), typed.positions);
  if (typing.pen.size_bytes() > typing_size_max) {
    if (auto written = flush(desk, typed.entity); !written) return pass(written);
    answer.waiting = false;
    return answer;
  }
  save(desk, typed.entity);
  stage(typed.entity, preview_of(typing.path, typing.pen.edit()));
  return answer;
}

// Spec C7: positions are of the version that was typed into. If others have changed the entity
// since, what was typed is merged into what the text is now; one that they replaced is kept beside
// what they put there, and so is what was typed.
Result<Library::Written> Keystrokes::write(Library::Desk& desk, const EntityId& entity,
                                           const Typing& typing) {
  const auto state = find_existing(desk, entity);
  if (!state) return pass(state);
  step::EntityUpdate update;
  update.entity = entity;
  const crdt::TextEdit& edit = typing.pen.edit();
  if ((*state)->version(table_of(desk, (*state)->space)) != typing.base) {
    const auto then = entity_at(desk, **state, typing.base);
    const crdt::TextContainer* text = then ? then->document.find_text(typing.path) : nullptr;
    const crdt::TextContainer* now = (*state)->document.find_text(typing.path);
    if (text != nullptr && now != nullptr) {
      const std::string from = text->text();
      const auto edits = crdt::merge_texts(from, text_after(from, edit), now->text());
      for (crdt::Op& op : crdt::ops_of(edits, typing.path)) update.ops.emplace_back(std::move(op));
    }
  }
  if (update.ops.empty()) update.ops.emplace_back(crdt::Op{typing.path, edit});
  return Library::update(desk, std::move(update));
}

Status Keystrokes::write_due(Library::Desk& desk, Open::iterator at,
                             std::optional<Library::Written>* written) {
  if (at->second.pen.is_empty()) {
    erase(desk, at);
    return {};
  }
  auto made = write(desk, at->first, at->second);
  if (!made) {
    at->second.failed = true;
    at->second.rope.reset();
    return pass(made);
  }
  shown_.written(at->second.strokes, made->answer.version);
  *written = std::move(*made);
  erase(desk, at);
  return {};
}

Result<std::optional<Library::Written>> Keystrokes::write_those(Library::Desk& desk,
                                                                const Wanted& wanted) {
  std::optional<Library::Written> written;
  Status done;
  for (auto at = open_.begin(); at != open_.end();) {
    const auto next = std::next(at);
    const auto ready =
        wanted(at->first, at->second) ? is_ready(desk, at->second.rope) : Result<bool>(false);
    if (!ready) {
      at->second.failed = true;
      done = pass(ready);
    } else if (*ready) {
      if (Status one = write_due(desk, at, &written); !one) done = one;
    }
    at = next;
  }
  if (!done) return pass(done);
  return written;
}

Result<std::optional<Library::Written>> Keystrokes::flush(Library::Desk& desk,
                                                          const std::optional<EntityId>& entity) {
  if (const auto at = entity ? open_.find(*entity) : open_.end(); at != open_.end())
    if (Status ready = check_ready(desk, at->second.rope); !ready) return pass(ready);
  return write_those(desk, [&](const EntityId& id, const Typing& typing) {
    return entity ? id == *entity : !typing.failed;
  });
}

Status Keystrokes::flush_due(Library::Desk& desk, Instant now) {
  const auto written = write_those(desk, [now](const EntityId&, const Typing& typing) {
    return !typing.failed && typing.due() <= now;
  });
  return written ? Status() : pass(written);
}

Status Keystrokes::write_before_merge(Library::Desk& desk) {
  const auto written =
      write_those(desk, [](const EntityId&, const Typing& typing) { return !typing.failed; });
  return written ? Status() : pass(written);
}

std::optional<Instant> Keystrokes::deadline() const {
  std::optional<Instant> first;
  for (const auto& [entity, typing] : open_) {
    // All that was typed was taken back.
    if (typing.failed || typing.pen.is_empty()) continue;
    if (!first || typing.due() < *first) first = typing.due();
  }
  return first;
}

void Keystrokes::save(Library::Desk& desk, const EntityId& entity) {
  View& view = desk.vault.view();
  const auto at = open_.find(entity);
  const bool has_row = at != open_.end() && !at->second.pen.is_empty();
  if (has_row) {
    const crdt::Op op{at->second.path, at->second.pen.edit()};
    wire::Writer row;
    row.u8(row_version).text(at->second.base).bytes(crdt::encode_ops(std::span(&op, 1)));
    view.keep(desk.draft, row_name, entity.view(), row.view(), desk.random);
  } else {
    view.drop_kept(desk.draft, row_name, entity.view());
  }
  if (has_row ? !listed_.insert(entity).second : listed_.erase(entity) == 0) return;
  wire::Writer list;
  list.u8(row_version).varint(listed_.size());
  for (const EntityId& each : listed_) list.id(each);
  view.keep(desk.draft, row_name, {}, list.view(), desk.random);
}

void Keystrokes::erase(Library::Desk& desk, Open::iterator at) {
  const EntityId entity = at->first;
  open_.erase(at);
  if (listed_.contains(entity)) save(desk, entity);
}

void Keystrokes::forget() {
  open_.clear();
  listed_.clear();
  shown_.forget();
}

void Keystrokes::load(OpenVault& vault, const StoreReader& reader) {
  forget();
  const auto list = vault.view().find_kept(reader, row_name, {});
  if (!list || !*list) return;
  wire::Reader in(**list);
  if (in.u8() != row_version) return;
  const std::uint64_t count = in.varint(kept_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i)
    if (const auto entity = in.id<EntityId>(); in.ok()) load(vault, reader, entity);
}

// A row that cannot be read takes no other one along.
void Keystrokes::load(OpenVault& vault, const StoreReader& reader, const EntityId& entity) {
  listed_.insert(entity);
  const auto row = vault.view().find_kept(reader, row_name, entity.view());
  if (!row || !*row) return;
  wire::Reader in(**row);
  if (in.u8() != row_version) return;
  Typing typing;
  typing.base = in.text(limits::event_plaintext_size_max);
  auto ops = crdt::decode_ops(in.bytes(limits::event_plaintext_size_max));
  const auto* edit =
      ops && ops->size() == 1 ? std::get_if<crdt::TextEdit>(&ops->front().action) : nullptr;
  if (!in.ok() || edit == nullptr) return;
  typing.path = ops->front().path;
  typing.pen.add(*edit);
  open_.insert_or_assign(entity, std::move(typing));
}

}  // namespace syncline::node
