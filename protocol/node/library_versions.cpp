// SPDX-License-Identifier: Apache-2.0
//
// Named versions, as Library gives, lists and takes away names.
#include "protocol/node/entity_past.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/version_names.h"

#include <algorithm>

namespace syncline::node {

namespace {

constexpr std::size_t names_max = 1000;
constexpr std::size_t version_size_max = 4096;

using Names = std::map<std::string, std::vector<NamedVersion>>;

Result<Names> names_for(Library::Desk& desk, const EntityState& entity) {
  const auto found = desk.vault.view().find(desk.draft, names_of(entity.space, entity.entity));
  if (!found) return pass(found);
  if (*found == nullptr || !(*found)->exists()) return Names();
  return read_names((*found)->document);
}

Result<Library::Written> write_name(Library::Desk& desk, const EntityState& entity,
                                    const std::string& name,
                                    const std::optional<std::string>& version) {
  auto written = write_own(desk, {entity.space, names_of(entity.space, entity.entity), names_type},
                           naming(entity.entity, name, version));
  if (written) written->answer.entity = entity.entity;
  return written;
}

}  // namespace

Result<std::string> version_called(Library::Desk& desk, const EntityState& entity,
                                   const std::string& text) {
  if (is_version(text)) return text;
  const auto names = names_for(desk, entity);
  if (!names) return pass(names);
  const auto found = names->find(text);
  if (found == names->end())
    return fail(Errc::not_found,
                "this entity has no version of that name; `syncline version list` shows them, "
                "`syncline history` all versions");
  return found->second.front().version;
}

Result<Library::Written> Library::name_version(Desk& desk, const step::VersionName& command) {
  const Status fits = check_version_name(command.name);
  if (!fits) return pass(fits);
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const EntityId id = (*found)->entity;
  auto version = command.at.empty()
                     ? Result<std::string>((*found)->version(table_of(desk, (*found)->space)))
                     : version_called(desk, **found, command.at);
  if (!version) return pass(version);
  if (version->size() > version_size_max)
    return fail(Errc::oversized, "the version is too long to be named; name it after a change");
  const auto known = entity_at(desk, **found, *version);
  if (!known) return pass(known);
  const auto names = names_for(desk, **found);
  if (!names) return pass(names);
  Written unchanged;
  unchanged.answer = {id, *version, 0};
  if (const auto taken = names->find(command.name); taken != names->end()) {
    const auto& versions = taken->second;
    if (versions.size() == 1 && versions.front().version == *version) return unchanged;
    return fail(Errc::already_exists,
                "another version has this name; remove it first with version.remove, or choose "
                "another name");
  }
  if (names->size() >= names_max)
    return fail(Errc::limit, "1000 versions of this entity have names; remove some first");
  auto written = write_name(desk, **found, command.name, *version);
  if (written) written->answer.version = std::move(*version);
  return written;
}

Result<Library::Written> Library::remove_name(Desk& desk, const step::VersionRemove& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto names = names_for(desk, **found);
  if (!names) return pass(names);
  const auto named = names->find(command.name);
  if (named == names->end())
    return fail(Errc::not_found,
                "this entity has no version of that name; `syncline version list` shows them");
  auto written = write_name(desk, **found, command.name, std::nullopt);
  if (written) written->answer.version = named->second.front().version;
  return written;
}

Result<step::NamedVersionsAnswer> Library::names(Desk& desk, const step::VersionList& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto names = names_for(desk, **found);
  if (!names) return pass(names);
  const crdt::LogTable& logs = table_of(desk, (*found)->space);
  step::NamedVersionsAnswer answer;
  for (const auto& [name, versions] : *names) {
    step::NamedVersionRow row;
    row.name = name;
    for (const NamedVersion& one : versions) {
      Signer signer = signer_of(desk, logs.at(one.log));
      row.versions.push_back({one.version, signer.device, std::move(signer.name), one.at});
    }
    answer.rows.push_back(std::move(row));
  }
  return answer;
}

}  // namespace syncline::node
