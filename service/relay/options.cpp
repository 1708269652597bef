// SPDX-License-Identifier: Apache-2.0
#include "service/relay/options.h"

#include <algorithm>
#include <charconv>

namespace syncline::relay {
namespace {

using ErrorCode = boost::system::error_code;

struct NumberOption {
  std::string_view name;
  std::uint32_t Options::*value;
  std::uint32_t min, max;
  std::string_view about;
};
constexpr NumberOption number_options[] = {
    {"--connections", &Options::connections, 2, 1'000'000, "open connections, all together"},
    {"--prefix-connections", &Options::prefix_connections, 1, 1'000'000, "open connections"},
    {"--register-rate", &Options::register_rate, 1, 1'000'000, "registered ids a second"},
    {"--register-burst", &Options::register_burst, 16, 1'000'000, "registered ids at once"},
    {"--call-rate", &Options::call_rate, 1, 1'000'000, "calls a second"},
    {"--call-burst", &Options::call_burst, 1, 1'000'000, "calls at once"},
    {"--pending-calls", &Options::pending_calls, 1, 1'000'000, "calls that nobody took yet"},
    {"--byte-rate", &Options::byte_rate, 0, 4'000'000'000, "bytes a second; 0: no limit"},
    {"--byte-burst", &Options::byte_burst, 65536, 4'000'000'000, "bytes at once"},
    {"--handshake", &Options::handshake, 1, 60, "until a connection says what it is for"},
    {"--call-wait", &Options::call_wait, 1, 60, "until a call that nobody takes ends"},
    {"--ttl", &Options::ttl, 15, 3600, "that a control connection may be silent"},
    {"--idle", &Options::idle, 1, 86400, "that a splice may be silent"},
    {"--drain", &Options::drain, 0, 3600, "that splices go on after SIGTERM"},
};

Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t min, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || value < min || value > max)
    return fail(Errc::invalid, "`" + std::string(text) + "` is not a number from " +
                                   std::to_string(min) + " to " + std::to_string(max));
  return value;
}

Result<tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::string wrong =
      "`" + std::string(text) + "` is not an IP address and a port; for IPv6 write [ADDRESS]:PORT";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(Errc::invalid, wrong);
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  ErrorCode error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  const auto port = parse_number(text.substr(colon + 1), 0, 65535);
  if (error || !port || address.is_v6() != is_bracketed) return fail(Errc::invalid, wrong);
  return tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

Status take_option(Options& options, const std::string& name, const std::string& value) {
  if (name == "--listen" || name == "--listen-ws") {
    const auto at = parse_endpoint(value);
    if (!at) return pass(at);
    options.doors.push_back({*at, name == "--listen-ws"});
    return {};
  }
  if (name == "--dht") {
    const auto at = parse_endpoint(value);
    if (!at) return pass(at);
    options.dht = *at;
    return {};
  }
  if (name == "--dht-start") {
    const std::size_t colon = value.rfind(':');
    if (colon == std::string::npos || colon == 0 || value.find(',') != std::string::npos ||
        !parse_number(value.substr(colon + 1), 1, 65535))
      return fail(Errc::invalid, "`" + value + "` is not HOST:PORT of a node of the DHT");
    options.dht_start.push_back(value);
    return {};
  }
  for (const NumberOption& one : number_options) {
    if (one.name != name) continue;
    const auto number = parse_number(value, one.min, one.max);
    if (!number) return fail(Errc::invalid, name + ": " + number.error().context);
    options.*one.value = *number;
    return {};
  }
  return fail(Errc::invalid, "`" + name + "` is not an option; see --help");
}

}  // namespace

std::string help() {
  std::string text =
      "Usage: syncline-relay [options]\n\n"
      "Passes bytes on between devices that cannot reach each other. Keeps nothing, logs "
      "nothing.\n\n"
      "  --listen ADDR:PORT          plain TCP; may be given again (default [::]:4460 "
      "0.0.0.0:4460)\n"
      "  --listen-ws ADDR:PORT       WebSocket, for behind a TLS terminator; may be given again\n"
      "  --trust-proxy               believe X-Forwarded-For at --listen-ws: only where nobody "
      "but\n"
      "                              your proxy can connect\n"
      "  --dht ADDR:PORT             also a node of a DHT (UDP), for devices to begin with\n"
      "  --dht-start HOST:PORT       a node of the DHT to join; may be given again (none: a DHT\n"
      "                              of its own)\n"
      "  --help, --version\n";
  const auto list = [&](std::string_view title, std::size_t from, std::size_t to) {
    text += "\n" + std::string(title) + "\n";
    for (std::size_t i = from; i < to; ++i) {
      const NumberOption& one = number_options[i];
      std::string line = "  " + std::string(one.name) + " N";
      line.resize(30, ' ');
      text += line + std::string(one.about) + " (" + std::to_string(Options().*one.value) + ")\n";
    }
  };
  list("In all:", 0, 1);
  list("For each network prefix (/24 of IPv4, /48 of IPv6):", 1, 7);
  list("For each spliced pair:", 7, 9);
  list("Seconds:", 9, std::size(number_options));
  return text + "\nSIGUSR1 prints the counters. SIGTERM drains and ends.\n";
}

Result<Options> parse_options(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--trust-proxy") {
      options.trusts_proxy = true;
      continue;
    }
    const std::size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    const bool is_inline = equals != std::string::npos;
    if (!is_inline && i + 1 == words.size() && name.starts_with("--"))
      return fail(Errc::invalid, name + " is not known or needs a value; see --help");
    const std::string value = is_inline              ? words[i].substr(equals + 1)
                              : i + 1 < words.size() ? words[i + 1]
                                                     : std::string();
    if (auto taken = take_option(options, name, value); !taken) return pass(taken);
    if (!is_inline) ++i;
  }
  const auto web = [](const Door& door) { return door.is_web; };
  if (options.trusts_proxy && std::none_of(options.doors.begin(), options.doors.end(), web))
    return fail(Errc::invalid, "--trust-proxy is for --listen-ws, of which there is none");
  if (!options.dht_start.empty() && !options.dht)
    return fail(Errc::invalid, "--dht-start is for --dht, which is not given");
  if (options.doors.empty())
    options.doors = {{tcp::endpoint(tcp::v6(), 4460)}, {tcp::endpoint(tcp::v4(), 4460)}};
  return options;
}

}  // namespace syncline::relay
