// SPDX-License-Identifier: Apache-2.0
//
// Types, as Library declares and lists them.
#include "protocol/node/library_desk.h"

namespace syncline::node {

namespace {

// The declaration as a merge patch: what others declared of the same type stays.
crdt::Shape patch_of(const step::TypeDeclare& command) {
  crdt::ShapeMap rules;
  for (const auto& [pattern, rule] : command.rules) {
    crdt::Scalar word = crdt::Null{};
    if (rule) word = std::string(crdt::name_of(*rule));
    rules.insert_or_assign(pattern, crdt::Shape{std::nullopt, std::move(word), {}});
  }
  crdt::ShapeMap root;
  root.emplace("type", crdt::Shape{std::nullopt, crdt::Scalar(command.type), {}});
  root.emplace("rules", crdt::Shape{std::nullopt, std::move(rules), {}});
  return {std::nullopt, std::move(root), {}};
}

Status check_rules(const crdt::RuleSet* known, const step::TypeDeclare& command) {
  crdt::RuleSet all;
  if (known != nullptr)
    for (const auto& [pattern, rule] : known->list()) {
      const auto now = command.rules.find(pattern);
      if (now != command.rules.end() && !now->second) continue;
      if (Status added = all.add(pattern, rule); !added) return added;
    }
  for (const auto& [pattern, rule] : command.rules) {
    const Status added = all.add(pattern, rule.value_or(crdt::Rule::max));
    if (!added) return fail(added.error().code, "\"" + pattern + "\": " + added.error().context);
  }
  return {};
}

}  // namespace

Result<Library::Written> Library::declare(Desk& desk, const step::TypeDeclare& command) {
  if (command.type.empty() || command.type.size() > type_size_max)
    return fail(Errc::invalid, "a type has 1 to 64 bytes");
  if (is_own_type(command.type))
    return fail(Errc::forbidden, "types that begin with \"syncline.\" are not for apps");
  const std::optional<SpaceId> space = command.space ? command.space : desk.vault.home();
  if (!space)
    return fail(Errc::busy, "the home space has not arrived yet; wait for the first sync");
  const Status fits = check_rules(desk.vault.view().types().find(*space, command.type), command);
  if (!fits) return pass(fits);
  return write_own(desk, {*space, declaration_of(*space, command.type), declaration_type},
                   patch_of(command));
}

Result<step::TypesAnswer> Library::types(Desk& desk) {
  step::TypesAnswer answer;
  for (const auto& [key, row] : desk.vault.view().types().rows()) {
    step::TypeRow made{key.first, key.second, row.declaration, row.changed, {}};
    for (const auto& [pattern, rule] : row.rules.list())
      made.rules.emplace(pattern, crdt::name_of(rule));
    answer.types.push_back(std::move(made));
  }
  return answer;
}

}  // namespace syncline::node
