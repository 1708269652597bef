// SPDX-License-Identifier: Apache-2.0
#include "service/relay/dht_node.h"

#include <chrono>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/disabled_disk_io.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>

namespace syncline::relay {
namespace {

using Pack = lt::settings_pack;

constexpr int items_max = 4096;        // of BEP 44, at most a kilobyte each
constexpr int announcements_max = 64;  // of BitTorrent's own kind, which nobody needs here
constexpr int answer_rate_bytes = 128 * 1024;
constexpr int requests_a_second = 20;  // of one address
constexpr auto opening_timeout = std::chrono::seconds(5);

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

Pack pack_of(const DhtNode::Options& options) {
  Pack pack;
  // Nothing of BitTorrent but the DHT, and nothing that says who this is.
  for (const int off : {Pack::enable_dht, Pack::enable_lsd, Pack::enable_upnp, Pack::enable_natpmp,
                        Pack::enable_incoming_tcp, Pack::enable_incoming_utp,
                        Pack::enable_outgoing_tcp, Pack::enable_outgoing_utp})
    pack.set_bool(off, false);
  for (const int silent :
       {Pack::user_agent, Pack::handshake_client_version, Pack::peer_fingerprint})
    pack.set_str(silent, "");
  pack.set_str(Pack::listen_interfaces, options.listen);
  pack.set_str(Pack::dht_bootstrap_nodes, joined(options.start));
  pack.set_int(Pack::connections_limit, 2);
  pack.set_int(Pack::aio_threads, 0);
  pack.set_int(Pack::max_retry_port_bind, 0);
  // In a network of one's own all nodes may be on one computer.
  const bool is_open = !options.start.empty();
  for (const int guard : {Pack::dht_restrict_routing_ips, Pack::dht_restrict_search_ips,
                          Pack::dht_prefer_verified_node_ids, Pack::dht_ignore_dark_internet})
    pack.set_bool(guard, is_open);
  pack.set_int(Pack::dht_max_dht_items, items_max);
  pack.set_int(Pack::dht_max_torrents, announcements_max);
  pack.set_int(Pack::dht_upload_rate_limit, answer_rate_bytes);
  pack.set_int(Pack::dht_block_ratelimit, is_open ? requests_a_second : 1000);
  pack.set_int(Pack::alert_mask,
               static_cast<int>(static_cast<std::uint32_t>(lt::alert_category::status)));
  pack.set_int(Pack::alert_queue_size, 64);
  return pack;
}

}  // namespace

struct DhtNode::Session {
  explicit Session(lt::session_params params) : session(std::move(params)) {}
  lt::session session;
};

DhtNode::DhtNode() = default;
DhtNode::~DhtNode() = default;

Result<std::unique_ptr<DhtNode>> DhtNode::open(const Options& options) {
  lt::session_params params(pack_of(options), {});
  params.disk_io_constructor = lt::disabled_disk_io_constructor;
  std::unique_ptr<DhtNode> node(new DhtNode);
  node->session_ = std::make_unique<Session>(std::move(params));
  lt::session& session = node->session_->session;
  for (const auto until = std::chrono::steady_clock::now() + opening_timeout;
       node->port_ == 0 && std::chrono::steady_clock::now() < until;) {
    session.wait_for_alert(std::chrono::milliseconds(100));
    std::vector<lt::alert*> alerts;
    session.pop_alerts(&alerts);
    for (const lt::alert* each : alerts) {
      if (const auto* failed = lt::alert_cast<lt::listen_failed_alert>(each))
        return fail(Errc::io, "cannot listen on " + options.listen +
                                  " for the DHT: " + failed->error.message());
      const auto* listening = lt::alert_cast<lt::listen_succeeded_alert>(each);
      if (listening != nullptr && listening->socket_type == lt::socket_type_t::utp)
        node->port_ = static_cast<std::uint16_t>(listening->port);
    }
  }
  if (node->port_ == 0)
    return fail(Errc::io, "cannot listen on " + options.listen + " for the DHT");
  // Only now: a DHT that begins before there are sockets forgets whom it was told to begin with.
  Pack on;
  on.set_bool(Pack::enable_dht, true);
  on.set_int(Pack::alert_mask, 0);
  session.apply_settings(std::move(on));
  return node;
}

}  // namespace syncline::relay
