// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/address_text.h"

#include "protocol/base/check.h"

#include <charconv>

namespace syncline::session {
namespace {

constexpr std::size_t groups_max = 8;

std::optional<std::uint16_t> number(std::string_view text, int base, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

// Up to the separator, which is taken too; all of the rest if there is none.
std::string_view take_part(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

std::optional<Buffer> parse_ip4(std::string_view text) {
  Buffer ip;
  for (int i = 0; i < 4; ++i) {
    const auto byte = number(take_part(text, '.'), 10, 255);
    if (!byte) return std::nullopt;
    ip.push_back(static_cast<std::uint8_t>(*byte));
  }
  return text.empty() ? std::optional(ip) : std::nullopt;
}

bool append_groups(Buffer& out, std::string_view text) {
  while (!text.empty()) {
    const auto group = number(take_part(text, ':'), 16, 0xffff);
    if (!group || out.size() >= 2 * groups_max) return false;
    out.push_back(static_cast<std::uint8_t>(*group >> 8));
    out.push_back(static_cast<std::uint8_t>(*group & 0xff));
  }
  return true;
}

std::optional<Buffer> parse_ip6(std::string_view text) {
  const std::size_t gap = text.find("::");
  Buffer ip;
  Buffer tail;
  if (!append_groups(ip, text.substr(0, gap))) return std::nullopt;
  if (gap != std::string_view::npos && !append_groups(tail, text.substr(gap + 2))) {
    return std::nullopt;
  }
  if (ip.size() + tail.size() > 2 * groups_max) return std::nullopt;
  ip.resize(2 * groups_max - tail.size());
  append(ip, tail);
  return ip;
}

// The first of the longest runs of two or more zero groups, as RFC 5952 shortens it.
struct Run {
  std::size_t begin = groups_max;
  std::size_t size = 1;
};
Run longest_zeros(const std::array<unsigned, groups_max>& groups) {
  Run best;
  for (std::size_t begin = 0; begin < groups_max; ++begin) {
    std::size_t size = 0;
    while (begin + size < groups_max && groups[begin + size] == 0) ++size;
    if (size > best.size) best = {begin, size};
  }
  return best;
}

std::string format_ip6(Bytes ip) {
  std::array<unsigned, groups_max> groups{};
  for (std::size_t i = 0; i < groups_max; ++i) groups[i] = ip[2 * i] * 256U + ip[2 * i + 1];
  const Run zeros = longest_zeros(groups);
  std::string text;
  for (std::size_t i = 0; i < groups_max; ++i) {
    if (i == zeros.begin) {
      text += "::";
      i += zeros.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), groups[i], 16).ptr;
    text.append(digits.begin(), end);
  }
  return text;
}

}  // namespace

std::optional<CompactAddress> compact_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number(text.substr(colon + 1), 10, 65535);
  if (!port) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  auto ip = is_bracketed ? parse_ip6(host.substr(1, host.size() - 2)) : parse_ip4(host);
  if (!ip) return std::nullopt;
  CompactAddress address{.ip = std::move(*ip), .port = *port};
  if (address_text(address) != text) return std::nullopt;
  return address;
}

std::string address_text(const CompactAddress& address) {
  SYNCLINE_CHECK(address.ip.size() == 4 || address.ip.size() == 2 * groups_max);
  std::string text;
  if (address.ip.size() == 4) {
    for (const std::uint8_t byte : address.ip) text += std::to_string(byte) + '.';
    text.back() = ':';
  } else {
    text = '[' + format_ip6(address.ip) + "]:";
  }
  return text + std::to_string(address.port);
}

}  // namespace syncline::session
