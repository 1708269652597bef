// SPDX-License-Identifier: Apache-2.0
#include "ipc/answers.h"

#include "ipc/answer_parts.h"
#include "ipc/net_answers.h"
#include "ipc/path.h"
#include "ipc/text_marks.h"

#include <algorithm>
#include <utility>

namespace syncline::ipc {

namespace {

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string_view name_of(step::VaultState state) {
  switch (state) {
    case step::VaultState::none: return "none";
    case step::VaultState::locked: return "locked";
    case step::VaultState::unlocked: return "unlocked";
    case step::VaultState::joining: return "joining";
  }
  return "none";
}

std::string_view name_of(step::PairPhase phase) {
  switch (phase) {
    case step::PairPhase::idle: return "idle";
    case step::PairPhase::waiting: return "waiting";
    case step::PairPhase::connecting: return "connecting";
    case step::PairPhase::confirming: return "confirming";
    case step::PairPhase::done: return "done";
    case step::PairPhase::failed: return "failed";
  }
  return "idle";
}

Json show(const step::DeviceStatus& device) {
  Json made = {{"device", device.id.hex()},
               {"self", device.is_self},
               {"links", rows_of(device.links, [](const auto& link) { return link_json(link); })},
               {"addresses", device.addresses},
               {"level", device.level},
               {"missing_there", device.missing_there},
               {"missing_here", device.missing_here}};
  put_text(made, "name", device.name);
  if (device.last_seen) made["last_seen"] = rfc3339(*device.last_seen);
  if (device.receipt_at) made["receipt_at"] = rfc3339(*device.receipt_at);
  return made;
}

// Texts of other devices: a program reads JSON, whatever was sent.
Json value_of(const step::PresenceRow& row) {
  Result<Json> value = parse(row.value);
  return value ? std::move(*value) : Json();
}

Json slot_of(const step::PresenceRow& row) {
  return {{"device", row.device.hex()},
          {"device_name", row.device_name},
          {"slot", row.slot},
          {"since", rfc3339(row.since)}};
}

Json show_typing(const crdt::Op& op) {
  Json made = {{"path", pointer_of(op.path)}};
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    made["op"] = "text.insert";
    made["at"] = insert->position;
    made["text"] = insert->text;
  } else if (const auto* remove = std::get_if<crdt::TextRemove>(&op.action)) {
    made["op"] = "text.remove";
    made["at"] = remove->position;
    made["count"] = remove->count;
  }
  return made;
}

Json show_ephemeral(const step::PresenceRow& row) {
  const bool is_preview = row.kind == step::PresenceKind::preview;
  Json made = slot_of(row);
  made["kind"] = is_preview ? "preview" : "presence";
  made["entity"] = row.entity.hex();
  made["gone"] = row.gone;
  if (row.gone) return made;
  if (is_preview) {
    made["version"] = row.version;
    made["ops"] = rows_of(row.ops, show_typing);
  } else {
    made["value"] = value_of(row);
  }
  return made;
}

std::string_view name_of(const std::optional<crdt::Kind>& kind) {
  return kind ? crdt::name_of(*kind) : "leaf";
}

std::string_view name_of(crdt::ConflictKind kind) {
  switch (kind) {
    case crdt::ConflictKind::concurrent_values: return "concurrent_values";
    case crdt::ConflictKind::edited_and_deleted: return "edited_and_deleted";
    case crdt::ConflictKind::move_lost: return "move_lost";
  }
  return "concurrent_values";
}

Json show(const step::ConflictValue& value) {
  Json made = {{"kind", name_of(value.kind)},
               {"device", value.device.hex()},
               {"device_name", value.device_name},
               {"at", rfc3339(value.at)}};
  if (value.value) made["value"] = to_json(*value.value);
  return made;
}

Json show(const step::RemovalRow& removal) {
  Json made = {{"device", removal.device.hex()}, {"device_name", removal.device_name}};
  if (removal.at) made["at"] = rfc3339(*removal.at);
  return made;
}

Json show(const step::MarkNote& mark) {
  Json made = {{"from", mark.from},
               {"to", mark.to},
               {"key", mark.key},
               {"value", to_json(mark.value)},
               {"grows", name_of_growth(mark.grows)}};
  if (!mark.others.empty())
    made["others"] = rows_of(mark.others, [](const auto& value) { return to_json(value); });
  return made;
}

Json show(const step::PlaceNote& note) {
  Json made = {{"path", pointer_of(note.path)},
               {"kind", name_of(note.kind)},
               {"device", note.device.hex()},
               {"device_name", note.device_name},
               {"at", rfc3339(note.at)}};
  if (note.length) made["length"] = *note.length;
  put_text(made, "rule", note.rule);
  if (!note.marks.empty())
    made["marks"] = rows_of(note.marks, [](const auto& mark) { return show(mark); });
  if (!note.others.empty())
    made["others"] = rows_of(note.others, [](const auto& value) { return show(value); });
  return made;
}

std::string_view name_of(step::VersionKind kind) {
  switch (kind) {
    case step::VersionKind::create: return "create";
    case step::VersionKind::edit: return "edit";
    case step::VersionKind::remove: return "delete";
  }
  return "edit";
}

Json show(const history::Change& change) {
  Json made = {{"path", pointer_of(change.path)}};
  const bool is_node =
      !change.path.empty() && std::holds_alternative<crdt::NodeStep>(change.path.back());
  const auto tell_spot = [&] {
    made["parent"] = change.parent.empty() ? Json() : Json(change.parent);
    made["at"] = change.position;
  };
  switch (change.kind) {
    case history::ChangeKind::add:
    case history::ChangeKind::replace:
      made["op"] = change.kind == history::ChangeKind::add ? "add" : "replace";
      made["value"] = to_json(change.value);
      if (is_node && change.kind == history::ChangeKind::add) tell_spot();
      break;
    case history::ChangeKind::move:
      made["op"] = "move";
      tell_spot();
      break;
    case history::ChangeKind::remove: made["op"] = "remove"; break;
    case history::ChangeKind::text:
      made["op"] = "text";
      made["at"] = change.position;
      made["removed"] = change.removed;
      made["inserted"] = change.inserted;
      break;
    case history::ChangeKind::mark:
      made["op"] = "mark";
      made["from"] = change.position;
      made["to"] = change.position + change.length;
      made["key"] = change.key;
      if (!std::holds_alternative<crdt::Null>(change.was)) made["was"] = to_json(change.was);
      if (!std::holds_alternative<crdt::Null>(change.is)) made["value"] = to_json(change.is);
      break;
  }
  return made;
}

std::string_view name_of(step::CursorState state) {
  switch (state) {
    case step::CursorState::unknown: return "unknown";
    case step::CursorState::held: return "held";
    case step::CursorState::gone: return "gone";
  }
  return "unknown";
}

Json show(const step::NamedVersion& named) {
  return {{"version", named.version},
          {"device", named.device.hex()},
          {"device_name", named.device_name},
          {"at", rfc3339(named.at)}};
}

struct Shower {
  Form form;

  Json operator()(const step::Done&) const { return Json::object(); }

  Json operator()(const step::StatusAnswer& status) const {
    Json made = {{"vault", name_of(status.vault)},
                 {"devices", rows_of(status.devices, [](const auto& row) { return show(row); })},
                 {"spaces", status.spaces},
                 {"entities", status.entities},
                 {"events", status.events},
                 {"only_here", status.only_here},
                 {"to_merge", status.to_merge},
                 {"conflicts", status.conflicts},
                 {"receive_paused", status.receive_paused},
                 {"send_paused", status.send_paused},
                 {"degraded", status.degraded},
                 {"rolled_back", status.rolled_back},
                 {"attention", status.attention}};
    if (status.vault_id) made["vault_id"] = status.vault_id->hex();
    if (status.device) made["device"] = status.device->hex();
    put_text(made, "device_name", status.device_name);
    return made;
  }

  Json operator()(const step::NetAnswer& net) const { return net_json(net); }

  Json operator()(const step::RebuildAnswer& answer) const {
    return {{"entities", answer.entities},
            {"equal", answer.unequal_count == 0},
            {"unequal", rows_of(answer.unequal, [](const EntityId& id) { return id.hex(); })},
            {"unequal_count", answer.unequal_count},
            {"changed", answer.changed},
            {"damaged", answer.damaged}};
  }

  Json operator()(const step::DevicesAnswer& answer) const {
    return {{"devices", rows_of(answer.devices, [](const auto& row) { return show(row); })}};
  }

  Json operator()(const step::SpacesAnswer& answer) const {
    return {{"spaces", rows_of(answer.spaces, [](const step::SpaceRow& row) -> Json {
               return {{"space", row.id.hex()},
                       {"name", row.name},
                       {"kind", row.kind},
                       {"logs", row.logs},
                       {"events", row.events}};
             })}};
  }

  Json operator()(const step::InviteAnswer& invite) const {
    return {{"code", invite.code},
            {"uri", invite.uri},
            {"addresses", invite.addresses},
            {"valid_for_s", invite.valid_for.count()}};
  }

  Json operator()(const step::PairAnswer& pair) const {
    Json made = {{"phase", name_of(pair.phase)},
                 {"inviter", pair.inviter},
                 {"valid_for_s", pair.valid_for.count()}};
    put_text(made, "check_number", pair.check_number);
    put_text(made, "device_name", pair.device_name);
    if (pair.failure) made["failure"] = *pair.failure;
    return made;
  }

  Json operator()(const step::WrittenAnswer& written) const {
    Json made = {{"entity", written.entity.hex()},
                 {"version", written.version},
                 {"ops_applied", written.ops_applied}};
    if (!written.nodes_made.empty()) made["made"] = written.nodes_made;
    return made;
  }

  Json operator()(const step::EntityAnswer& entity) const {
    Json made = {
        {"entity", entity.entity.hex()},
        {"space", entity.space.hex()},
        {"type", entity.type},
        {"version", entity.version},
        {"deleted", entity.deleted},
        {"conflicts", entity.conflicts},
        {"created", rfc3339(entity.created)},
        {"changed", rfc3339(entity.changed)},
        {"value", form == Form::annotated
                      ? to_annotated_json(entity.value, {entity.kinds, entity.marks}, entity.path)
                      : to_json(entity.value)}};
    if (form == Form::annotated) {
      made["notes"] = rows_of(entity.notes, [](const auto& note) { return show(note); });
      made["more_notes"] = entity.more_notes;
    }
    return made;
  }

  Json operator()(const step::EntitiesAnswer& answer) const {
    Json made = {{"entities", rows_of(answer.entities, [](const step::EntityRow& row) -> Json {
                    return {{"entity", row.entity.hex()},
                            {"type", row.type},
                            {"title", row.title},
                            {"version", row.version},
                            {"changed", rfc3339(row.changed)},
                            {"conflicts", row.conflicts}};
                  })}};
    put_text(made, "cursor", answer.cursor);
    return made;
  }

  Json operator()(const step::HistoryAnswer& answer) const {
    Json made = {{"versions", rows_of(answer.versions, [](const step::VersionRow& row) -> Json {
                    return {{"version", row.version},
                            {"device", row.device.hex()},
                            {"device_name", row.device_name},
                            {"at", rfc3339(row.at)},
                            {"ops", row.ops},
                            {"kind", name_of(row.kind)},
                            {"changed", rows_of(row.changed, pointer_of)},
                            {"inserted", row.inserted},
                            {"removed", row.removed}};
                  })}};
    put_text(made, "cursor", answer.cursor);
    return made;
  }

  Json operator()(const step::DiffAnswer& answer) const {
    return {{"to", answer.to},
            {"changes", rows_of(answer.changes, [](const auto& change) { return show(change); })}};
  }

  Json operator()(const step::TypedAnswer& answer) const {
    return {
        {"entity", answer.entity.hex()}, {"waiting", answer.waiting}, {"length", answer.length}};
  }

  Json operator()(const step::CursorAnswer& answer) const {
    return {{"cursor", answer.cursor}, {"version", answer.version}};
  }

  Json operator()(const step::CursorPlacesAnswer& answer) const {
    return {{"places", rows_of(answer.places,
                               [](const step::CursorPlace& place) {
                                 Json made = {{"state", name_of(place.state)}};
                                 if (place.state != step::CursorState::unknown)
                                   made["at"] = place.position;
                                 return made;
                               })},
            {"length", answer.length},
            {"version", answer.version}};
  }

  Json operator()(const step::BlameAnswer& answer) const {
    Json made = {
        {"parts", rows_of(answer.rows,
                          [](const step::BlameRow& row) -> Json {
                            return {{"start", row.start},         {"length", row.length},
                                    {"device", row.device.hex()}, {"device_name", row.device_name},
                                    {"at", rfc3339(row.at)},      {"version", row.version}};
                          })},
        {"length", answer.length},
        {"version", answer.version}};
    if (answer.next) made["next"] = *answer.next;
    return made;
  }

  Json operator()(const step::NamedVersionsAnswer& answer) const {
    return {{"versions", rows_of(answer.rows, [](const step::NamedVersionRow& row) {
               Json made = show(row.versions.front());
               made["name"] = row.name;
               const std::span others(row.versions.begin() + 1, row.versions.end());
               if (!others.empty())
                 made["others"] = rows_of(others, [](const auto& one) { return show(one); });
               return made;
             })}};
  }

  Json operator()(const step::ConflictsAnswer& answer) const {
    return {{"conflicts", rows_of(answer.conflicts, [](const step::ConflictRow& row) {
               Json made = {
                   {"entity", row.entity.hex()},
                   {"space", row.space.hex()},
                   {"type", row.type},
                   {"version", row.version},
                   {"path", pointer_of(row.path)},
                   {"kind", name_of(row.kind)},
                   {"values", rows_of(row.values, [](const auto& value) { return show(value); })}};
               if (row.kind == crdt::ConflictKind::move_lost)
                 for (Json& value : made["values"]) value["kind"] = "place";
               if (!row.removals.empty())
                 made["removals"] =
                     rows_of(row.removals, [](const auto& removal) { return show(removal); });
               return made;
             })}};
  }

  Json operator()(const step::TypesAnswer& answer) const {
    return {{"types", rows_of(answer.types, [](const step::TypeRow& row) -> Json {
               return {{"type", row.type},
                       {"space", row.space.hex()},
                       {"entity", row.declaration.hex()},
                       {"changed", rfc3339(row.changed)},
                       {"rules", row.rules}};
             })}};
  }

  Json operator()(const step::SubAnswer& answer) const {
    return {{"sub", std::to_string(answer.sub)}, {"cursor", std::to_string(answer.cursor)}};
  }

  Json operator()(const step::EventsAnswer& answer) const {
    Json made = {{"changes", rows_of(answer.changes,
                                     [](const step::ChangeRow& row) -> Json {
                                       return {{"cursor", std::to_string(row.cursor)},
                                               {"entity", row.entity.hex()},
                                               {"space", row.space.hex()},
                                               {"type", row.type},
                                               {"change", row.change},
                                               {"version", row.version},
                                               {"local", row.local}};
                                     })},
                 {"cursor", std::to_string(answer.cursor)},
                 {"gap", answer.gap}};
    if (!answer.ephemeral.empty()) made["ephemeral"] = rows_of(answer.ephemeral, show_ephemeral);
    return made;
  }

  Json operator()(const step::PresenceAnswer& answer) const { return {{"slot", answer.slot}}; }

  Json operator()(const step::PresencesAnswer& answer) const {
    return {{"presence", rows_of(answer.rows, [](const step::PresenceRow& row) {
               Json made = slot_of(row);
               made["value"] = value_of(row);
               return made;
             })}};
  }

  Json operator()(const step::LogsAnswer& answer) const {
    return {
        {"logs", rows_of(answer.logs, [](const step::LogRow& row) {
           Json made = {
               {"log", row.id.hex()}, {"space", row.space.hex()}, {"incarnation", row.incarnation},
               {"seq", row.seq},      {"head", row.head.hex()},   {"own", row.own},
               {"frozen", row.frozen}};
           if (row.device != DeviceId{}) made["device"] = row.device.hex();
           return made;
         })}};
  }
};

}  // namespace

std::string rfc3339(WallTime time) {
  namespace chrono = std::chrono;
  constexpr std::int64_t first_ms = -62'167'219'200'000;  // 0000-01-01
  constexpr std::int64_t last_ms = 253'402'300'799'999;   // 9999-12-31
  const chrono::milliseconds since_epoch(std::clamp(time.unix_ms, first_ms, last_ms));
  const auto day = chrono::floor<chrono::days>(since_epoch);
  const chrono::year_month_day date{chrono::sys_days(day)};
  const chrono::hh_mm_ss clock(since_epoch - day);
  return padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" +
         padded(unsigned{date.day()}, 2) + "T" + padded(clock.hours().count(), 2) + ":" +
         padded(clock.minutes().count(), 2) + ":" + padded(clock.seconds().count(), 2) + "." +
         padded(clock.subseconds().count(), 3) + "Z";
}

Json to_json(const step::Answer& answer, Form form) { return std::visit(Shower{form}, answer); }

}  // namespace syncline::ipc
