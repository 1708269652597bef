// SPDX-License-Identifier: Apache-2.0
//
// What Library tells about the characters of a text: cursors that stay with them, and who wrote
// them.
#include "protocol/crdt/blame.h"
#include "protocol/crdt/cursor.h"
#include "protocol/history/replay.h"
#include "protocol/node/entity_past.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/op_check.h"

#include <algorithm>
#include <map>

namespace syncline::node {

namespace {

constexpr std::size_t cursors_max = 1000;
constexpr std::uint32_t rows_max = 10000;

Result<const crdt::TextContainer*> text_in(const crdt::Document& document, const crdt::Path& path) {
  const crdt::TextContainer* text = document.find_text(path);
  if (text == nullptr) return no_text(document, path);
  return text;
}

// With its history. Valid until the entity changes.
Result<const crdt::TextContainer*> text_now(Library::Desk& desk, EntityState& state,
                                            const crdt::Path& path) {
  const auto text = text_in(state.document, path);
  if (!text || (*text)->has_history()) return text;
  const Status recalled = desk.vault.view().recall(desk.draft, state, table_of(desk, state.space));
  if (!recalled) return pass(recalled);
  return text_in(state.document, path);
}

crdt::Bias bias_of(step::CursorSide side) {
  return side == step::CursorSide::left ? crdt::Bias::after : crdt::Bias::before;
}

step::CursorPlace place_row(const std::optional<crdt::CursorPlace>& place, std::string_view text,
                            crdt::Positions unit) {
  if (!place) return {};
  const auto state = place->is_gone ? step::CursorState::gone : step::CursorState::held;
  return {state, crdt::position_of(text, place->position, unit)};
}

// Positions of neighbouring parts of a text, without counting from its start each time.
class Steps {
 public:
  Steps(std::string_view text, crdt::Positions unit) : rest_(text), unit_(unit) {}

  // Goes `scalars` further; how far that is.
  std::uint64_t go(std::uint64_t scalars) {
    const std::uint64_t bytes = crdt::position_of(rest_, scalars, crdt::Positions::bytes);
    const std::uint64_t length = crdt::length_of(rest_.substr(0, bytes), unit_);
    rest_.remove_prefix(bytes);
    return length;
  }

 private:
  std::string_view rest_;
  crdt::Positions unit_;
};

struct Page {
  std::vector<crdt::Written> runs;
  std::optional<std::uint64_t> next;
};

Page runs_from(const crdt::TextContainer& text, std::uint64_t from, std::uint32_t wanted) {
  const std::size_t limit = std::clamp<std::uint32_t>(wanted, 1, rows_max);
  Page page;
  crdt::for_each_written(text, from, [&](const crdt::Written& run) {
    if (page.runs.size() == limit) page.next = run.position;
    if (!page.next) page.runs.push_back(run);
    return !page.next;
  });
  return page;
}

Result<std::map<crdt::EventId, WallTime>> times_of(std::span<const Buffer> segments,
                                                   const std::vector<crdt::Written>& runs) {
  std::map<crdt::EventId, WallTime> times;
  for (const crdt::Written& run : runs) times.emplace(run.event, WallTime{});
  const Status read = history::for_each_event(segments, [&](const history::PastEvent& event) {
    const auto found = times.find(event.id);
    if (found != times.end()) found->second = event.wall;
    return true;
  });
  if (!read) return pass(read);
  return times;
}

}  // namespace

Result<step::CursorAnswer> Library::cursor(Desk& desk, const step::TextCursor& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto text = text_now(desk, **found, command.path);
  if (!text) return pass(text);
  const auto scalars = crdt::scalars_before((*text)->text(), command.position, command.positions);
  if (!scalars) return no_position(scalars.error(), command.path);
  const crdt::LogTable& logs = table_of(desk, (*found)->space);
  step::CursorAnswer answer;
  answer.cursor = crdt::cursor_at(**text, *scalars, bias_of(command.side), logs).to_text();
  answer.version = (*found)->version(logs);
  return answer;
}

Result<step::CursorPlacesAnswer> Library::places(Desk& desk, const step::TextResolve& command) {
  if (command.cursors.size() > cursors_max)
    return fail(Errc::limit, "at most 1000 cursors fit into one call; ask in several");
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto text = text_now(desk, **found, command.path);
  if (!text) return pass(text);
  const crdt::LogTable& logs = table_of(desk, (*found)->space);
  const std::string utf8 = (*text)->text();
  step::CursorPlacesAnswer answer;
  for (std::size_t i = 0; i < command.cursors.size(); ++i) {
    const auto cursor = crdt::Cursor::parse(command.cursors[i]);
    if (!cursor)
      return fail(Errc::invalid, "cursors[" + std::to_string(i) + "]: " + cursor.error().context);
    answer.places.push_back(
        place_row(crdt::place_of(**text, *cursor, logs), utf8, command.positions));
  }
  answer.length = crdt::length_of(utf8, command.positions);
  answer.version = (*found)->version(logs);
  return answer;
}

Result<step::BlameAnswer> Library::blame(Desk& desk, const step::TextBlame& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto then = entity_then(desk, **found, command.at);
  if (!then) return pass(then);
  const auto text =
      *then ? text_in((*then)->document, command.path) : text_now(desk, **found, command.path);
  if (!text) return pass(text);
  const std::string utf8 = (*text)->text();
  const auto from = crdt::scalars_before(utf8, command.from, command.positions);
  if (!from) return no_position(from.error(), command.path);
  const Page page = runs_from(**text, *from, command.limit);
  const auto segments = desk.vault.view().history(desk.draft, **found);
  if (!segments) return pass(segments);
  const auto times = times_of(*segments, page.runs);
  if (!times) return pass(times);

  const crdt::LogTable& logs = table_of(desk, (*found)->space);
  step::BlameAnswer answer;
  answer.version = (*then ? **then : **found).version(logs);
  answer.length = crdt::length_of(utf8, command.positions);
  Steps steps(utf8, command.positions);
  std::uint64_t position = page.runs.empty() ? 0 : steps.go(page.runs.front().position);
  std::map<crdt::LogIndex, Signer> signers;  // names are sealed: each is opened once
  for (const crdt::Written& run : page.runs) {
    const auto [signer, is_new] = signers.try_emplace(run.event.log);
    if (is_new) signer->second = signer_of(desk, logs.at(run.event.log));
    const std::uint64_t length = steps.go(run.count);
    answer.rows.push_back({position, length, signer->second.device, signer->second.name,
                           times->at(run.event), name_of_version(logs, run.event)});
    position += length;
  }
  if (page.next) answer.next = position;
  return answer;
}

}  // namespace syncline::node
