// SPDX-License-Identifier: Apache-2.0
#include "service/for_people.h"

#include <algorithm>
#include <array>
#include <utility>

namespace syncline::service {
namespace {

struct Word {
  std::string_view method;
  std::string_view subcommand;
};
constexpr std::array words{
    Word{"entity.create", "`syncline put --new`"},
    Word{"entity.update", "`syncline put`"},
    Word{"entity.put", "`syncline put --whole`"},
    Word{"entity.delete", "`syncline rm`"},
    Word{"entity.get", "`syncline get`"},
    Word{"entity.list", "`syncline ls`"},
    Word{"entity.history", "`syncline history`"},
    Word{"conflict.list", "`syncline conflicts`"},
    Word{"version.list", "`syncline version list`"},
    Word{"device.list", "`syncline devices`"},
    Word{"pair.invite", "`syncline invite`"},
    Word{"vault.unlock", "`syncline unlock`"},
    Word{"sync.status", "`syncline status`"},
    Word{"system.status", "`syncline status`"},
};

// What only programs can do.
bool is_for_programs(std::string_view text) {
  static constexpr std::array marks{
      std::string_view("rpc.discover"), std::string_view("ipc/API.md"),
      std::string_view("{\"op\""),      std::string_view("the op "),
      std::string_view("text."),        std::string_view("list."),
      std::string_view("tree."),        std::string_view("set.add"),
      std::string_view("set.rem"),      std::string_view("counter.add"),
      std::string_view("entity."),      std::string_view("\"annotated\""),
      std::string_view("conflict.")};
  return std::ranges::any_of(
      marks, [text](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

std::string with_subcommands(std::string text) {
  for (const auto& [method, subcommand] : words) {
    for (std::size_t at = text.find(method); at != std::string::npos; at = text.find(method, at)) {
      const std::string said = std::string(method) + " (" + std::string(subcommand) + ")";
      const bool is_said = text.compare(at, said.size(), said) == 0;
      text.replace(at, is_said ? said.size() : method.size(), subcommand);
      at += subcommand.size();
    }
  }
  return text;
}

// The parts of a next step that a person can follow.
std::string followed(std::string_view next) {
  std::string kept;
  while (!next.empty()) {
    const std::size_t end = std::min(next.find("; "), next.size());
    std::string_view part = next.substr(0, end);
    next.remove_prefix(std::min(next.size(), end + 2));
    part = part.substr(0, part.find(": {\"op\""));
    const std::string shown = with_subcommands(std::string(part));
    if (!is_for_programs(shown)) kept += (kept.empty() ? "" : "; ") + shown;
  }
  return kept;
}

// How the subcommand calls a parameter.
std::string name_of(const std::string& parameter, const Row& row) {
  std::string dashed = "--" + parameter;
  std::ranges::replace(dashed, '_', '-');
  if (parameter == "idempotency_key") dashed = "--key";
  for (const Option& option : row.options) {
    if (option.name == dashed) return "`" + dashed + "`";
    if (option.name == parameter) return option.value;
  }
  std::string plain = parameter;
  std::ranges::replace(plain, '_', ' ');
  return "the " + plain;
}

bool take(std::string_view& text, std::string_view front) {
  if (text.substr(0, front.size()) != front) return false;
  text.remove_prefix(front.size());
  return true;
}

// After "params.".
std::string without_parameters(std::string_view rest, const Row& row) {
  if (take(rest, "ops[")) {
    rest.remove_prefix(std::min(rest.size(), rest.find(']') + 1));
    if (take(rest, " at "))
      return std::string(rest.substr(std::min(rest.size(), rest.find(": ") + 2)));
    if (take(rest, ".path")) return "the path" + std::string(rest);
    if (take(rest, ".value")) return "the value" + std::string(rest);
    return std::string(rest);
  }
  if (take(rest, "value.")) return std::string(rest);
  if (take(rest, "value ")) return "the document " + std::string(rest);
  const std::size_t end = std::min(rest.find_first_of(" .[:"), rest.size());
  return name_of(std::string(rest.substr(0, end)), row) + std::string(rest.substr(end));
}

std::string message_of(const std::string& message, const Row& row) {
  std::string_view rest = message;
  std::string shown = message;
  if (take(rest, "params.")) {
    shown = without_parameters(rest, row);
  } else if (take(rest, "if_version ")) {
    shown = "`--if-version` " + std::string(rest);
  }
  return with_subcommands(std::move(shown));
}

// What else there is to do, by the kind of the failure.
std::string usual_next(const std::string& kind, const std::string& help) {
  if (kind == "not_found")
    return "see what there is with `syncline ls`, `get`, `history` and `conflicts`";
  if (kind == "conflict") return "look at it with `syncline get`, and repeat the change";
  if (kind == "invalid" || kind == "too_large" || kind == "usage") return help;
  return {};
}

}  // namespace

Failure for_people(Failure failure, const Row& row) {
  const std::string help = "see `syncline help " + row.name + "`";
  if (row.name == "rpc") {
    if (failure.code == ExitCode::usage && failure.next.empty()) failure.next = help;
    return failure;
  }
  // The sentence itself names the way on.
  const bool says_it = failure.message.find("`syncline ") != std::string::npos;
  const bool was_said = !failure.next.empty();
  // With more than one thing named, it is the agent's list for all that is not found.
  const bool is_list = failure.next.find("see what there is: entity.list") == 0;
  failure.message = message_of(failure.message, row);
  failure.next = is_list ? std::string() : followed(failure.next);
  if (failure.kind == "conflict" &&
      failure.next.find("retry with its version") != std::string::npos)
    failure.next.clear();
  const bool wants_next = was_said || failure.code == ExitCode::usage;
  if (failure.next.empty() && wants_next) failure.next = usual_next(failure.kind, help);
  const bool is_usual = failure.next == usual_next(failure.kind, help);
  if (says_it && is_usual) failure.next.clear();
  return failure;
}

}  // namespace syncline::service
