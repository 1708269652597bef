// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/author.h"

namespace syncline::node {

Result<Author> Author::open(SpaceMerge::Desk& desk, SpaceMerge& merge, const Identity& identity) {
  const auto origin = space::ensure_own_log(desk.draft, {identity.keys, identity.secrets},
                                            merge.space(), desk.random);
  if (!origin) return pass(origin);
  auto appender = space::open_appender(desk.draft, identity.secrets, *origin);
  if (!appender) return pass(appender);
  const auto head = log::find_head(desk.draft, appender->id());
  if (!head) return pass(head);
  if (*head) merge.grew(appender->id(), (*head)->seq());
  const auto read = merge.merge_own(desk, appender->id());
  if (!read) return pass(read);
  if (!*read)
    return fail(Errc::busy,
                "this device's own events are still waiting for others to be merged; try again");
  Author author(std::move(*appender));
  if (author.seq() == 0) {
    const Status certified = author.certify(desk, merge, identity);
    if (!certified) return pass(certified);
  }
  return author;
}

// What is merged here and was not when the own log's last event was written.
Result<std::vector<log::Dep>> Author::news(SpaceMerge::Desk& desk, SpaceMerge& merge) const {
  const log::LogReaderState& state = merge.own_state(log());
  std::vector<log::Dep> deps;
  for (const crdt::EventId& row : merge.applied().rows()) {
    const LogId& other = merge.table()[row.log];
    if (other == log() || row.seq <= state.known_seq(other)) continue;
    const auto hash = desk.hashes.at(desk.draft, other, row.seq);
    if (!hash) return pass(hash);
    deps.push_back({other, row.seq, *hash});
  }
  return deps;
}

Status Author::seal(SpaceMerge::Desk& desk, SpaceMerge& merge, const log::EventKey& key,
                    log::NewEvent event) {
  auto deps = news(desk, merge);
  if (!deps) return pass(deps);
  if (deps->size() > limits::event_deps_max)
    return fail(Errc::limit, "more logs changed at once than one event can name; write more often");
  event.deps = std::move(*deps);
  const space::SpaceKeys* keys = desk.keys.newest(merge.space());
  auto sealed =
      log::EventCodec::seal(merge.own_state(log()), key, keys->header, event, desk.random);
  if (!sealed) return pass(sealed);
  appender_.queue(std::move(*sealed));
  return {};
}

Status Author::certify(SpaceMerge::Desk& desk, SpaceMerge& merge, const Identity& identity) {
  Buffer body = space::encode_control(space::certify_log(identity.secrets, log()));
  const space::SpaceKeys* keys = desk.keys.newest(merge.space());
  const Status sealed =
      seal(desk, merge, keys->control, {log::EventKind::control, WallTime{}, {}, body});
  if (!sealed) return sealed;
  merge.apply_own_control(log(), identity.device);
  return {};
}

Status Author::grant(SpaceMerge::Desk& desk, SpaceMerge& merge, const EntityId& entity,
                     WallTime wall) {
  const space::SpaceKeys* keys = desk.keys.newest(merge.space());
  space::EntityCreate create;
  create.entities.push_back({entity, crypto::EntityKey::random(desk.random)});
  const crypto::EntityKey key = create.entities.front().key.clone();
  Buffer body = space::encode_control(space::ControlBody(std::move(create)));
  const Status sealed = seal(desk, merge, keys->control, {log::EventKind::control, wall, {}, body});
  crypto::wipe(body);
  if (!sealed) return sealed;
  merge.apply_own_control(log(), std::nullopt);
  return desk.entity_keys.add(desk.draft, {merge.space(), entity, keys->epoch, key}, desk.random);
}

Result<crdt::Applied> Author::write(SpaceMerge::Desk& desk, SpaceMerge& merge, EntityState& state,
                                    const EntityBody& body, WallTime wall) {
  const auto known = desk.entity_keys.by_entity(desk.draft, merge.space(), state.entity);
  if (!known) return pass(known);
  if (*known == nullptr) return fail(Errc::corrupt, "the entity's key is not here; run doctor");
  const Buffer bytes = encode_body(body);
  const Status sealed = seal(desk, merge, (*known)->key, {log::EventKind::entity, wall, {}, bytes});
  if (!sealed) return pass(sealed);
  return merge.apply_own(desk, log(), wall, state, body);
}

}  // namespace syncline::node
