// SPDX-License-Identifier: Apache-2.0
#include "ipc/params.h"

#include <charconv>
#include <utility>

namespace syncline::ipc {

bool has(const Json& params, const char* name) { return params.find(name) != params.end(); }

std::string take_text(Json& params, const char* name) {
  const auto found = params.find(name);
  return found == params.end() ? std::string() : std::move(found->get_ref<std::string&>());
}

step::SecretText take_secret(Json& params, const char* name) {
  const auto found = params.find(name);
  if (found == params.end()) return {};
  step::SecretText taken(std::move(found->get_ref<std::string&>()));
  // Moving a short text leaves its bytes behind.
  wipe(*found);
  return taken;
}

std::vector<std::string> take_texts(Json& params, const char* name) {
  std::vector<std::string> texts;
  const auto found = params.find(name);
  if (found == params.end()) return texts;
  for (Json& item : *found) texts.push_back(std::move(item.get_ref<std::string&>()));
  return texts;
}

std::int64_t read_integer(const Json& params, const char* name, std::int64_t otherwise) {
  const auto found = params.find(name);
  return found == params.end() ? otherwise : found->get<std::int64_t>();
}

bool read_boolean(const Json& params, const char* name) {
  const auto found = params.find(name);
  return found != params.end() && found->get<bool>();
}

std::optional<std::uint64_t> read_decimal(const Json& params, const char* name) {
  const auto found = params.find(name);
  if (found == params.end()) return std::nullopt;
  const auto& digits = found->get_ref<const std::string&>();
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace syncline::ipc
