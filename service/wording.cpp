// SPDX-License-Identifier: Apache-2.0
#include "service/wording.h"

#include "agent/address.h"
#include "agent/printable.h"

#include <charconv>
#include <chrono>

namespace syncline::service {

std::string safe(const ipc::Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return agent::printable(found->get_ref<const std::string&>());
}

std::uint64_t number(const ipc::Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return 0;
  const auto value = found->get<std::int64_t>();
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

bool yes(const ipc::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const ipc::Json& list(const ipc::Json& object, const char* name) {
  static const ipc::Json none = ipc::Json::array();
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : none;
}

std::string short_id(std::string_view id) { return std::string(id.substr(0, 10)); }

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  // A four-digit number reads well as it is.
  if (digits.size() < 5) return digits;
  for (std::size_t at = digits.size() - 3; at > 0 && at<digits.size(); at = at> 3 ? at - 3 : 0)
    digits.insert(at, " ");
  return digits;
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view more) {
  return grouped(count) + " " + std::string(count == 1 ? one : more);
}

std::string lasting(std::uint64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 86400) return std::to_string(seconds / 3600) + " h";
  return counted(seconds / 86400, "day", "days");
}

std::int64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::int64_t unix_ms_of(std::string_view text) {
  // "2030-01-31T12:00:00.000Z", the one form the local API has.
  if (text.size() < 19) return 0;
  const auto part = [&](std::size_t at, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year{part(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(part(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(part(8, 2))}};
  if (!date.ok()) return 0;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(days).count() +
                       part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2);
  return seconds * 1000 + (text.size() >= 23 ? part(20, 3) : 0);
}

std::string ago(std::string_view rfc3339, std::int64_t now_ms) {
  const std::int64_t then = unix_ms_of(rfc3339);
  if (then == 0) return "never";
  const std::int64_t seconds = (now_ms - then) / 1000;
  // A clock that is wrong somewhere is no reason to say nonsense.
  if (seconds < 10) return "just now";
  return lasting(static_cast<std::uint64_t>(seconds)) + " ago";
}

std::string sized(std::uint64_t bytes) {
  static constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t tenths = bytes * 10;
  while (tenths >= 10240 && unit + 1 < std::size(units)) {
    tenths /= 1024;
    ++unit;
  }
  const bool exact = unit == 0 || tenths >= 1000;
  return std::to_string(tenths / 10) + (exact ? "" : "." + std::to_string(tenths % 10)) + " " +
         std::string(units[unit]);
}

std::string way_of(std::string_view address) {
  if (address.starts_with("relay:")) return "relay";
  const auto parsed = agent::parse_host_port(address);
  return parsed && agent::is_local_network(parsed->host) ? "LAN" : "direct";
}

}  // namespace syncline::service
