// SPDX-License-Identifier: Apache-2.0
#include "tests/agent/dht/swarm.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/disabled_disk_io.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>

namespace syncline::tests {
namespace {

using Pack = lt::settings_pack;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::unique_ptr<lt::session> make_node(const std::string& host,
                                       const std::vector<lt::udp::endpoint>& others) {
  Pack pack;
  for (const int off : {Pack::enable_lsd, Pack::enable_upnp, Pack::enable_natpmp,
                        Pack::dht_restrict_routing_ips, Pack::dht_restrict_search_ips,
                        Pack::dht_prefer_verified_node_ids, Pack::dht_ignore_dark_internet})
    pack.set_bool(off, false);
  pack.set_bool(Pack::enable_dht, false);
  pack.set_int(Pack::dht_block_ratelimit, 100000);
  pack.set_int(Pack::dht_upload_rate_limit, 10000000);
  pack.set_int(Pack::aio_threads, 0);
  pack.set_str(Pack::listen_interfaces, host + ":0");
  pack.set_str(Pack::dht_bootstrap_nodes, "");
  pack.set_int(Pack::alert_mask,
               static_cast<int>(static_cast<std::uint32_t>(lt::alert_category::status)));
  lt::session_params params(std::move(pack), {});
  params.disk_io_constructor = lt::disabled_disk_io_constructor;
  params.dht_state.nodes = others;
  auto node = std::make_unique<lt::session>(std::move(params));
  // Only now: a DHT that begins before there are sockets forgets whom it was told to begin with.
  Pack on;
  on.set_bool(Pack::enable_dht, true);
  node->apply_settings(std::move(on));
  return node;
}

// Asks again and again, with a pause that only saves CPU, until an alert of that kind matches.
template <class Alert, class Matches>
void wait_for(lt::session& node, Matches matches) {
  for (const auto until = Clock::now() + 20s; Clock::now() < until;) {
    node.post_dht_stats();
    std::this_thread::sleep_for(5ms);
    std::vector<lt::alert*> alerts;
    node.pop_alerts(&alerts);
    for (const lt::alert* each : alerts)
      if (const auto* wanted = lt::alert_cast<Alert>(each); wanted != nullptr && matches(*wanted))
        return;
  }
  throw std::runtime_error("a node of the test's DHT does not start");
}

std::uint16_t port_of(lt::session& node) {
  std::uint16_t port = 0;
  wait_for<lt::listen_succeeded_alert>(node, [&port](const auto& alert) {
    port = static_cast<std::uint16_t>(alert.port);
    return alert.socket_type == lt::socket_type_t::utp;
  });
  return port;
}

// A few are enough: each knows others.
void wait_for_neighbours(lt::session& node, std::size_t count) {
  wait_for<lt::dht_stats_alert>(node, [count](const auto& alert) {
    std::size_t known = 0;
    for (const auto& bucket : alert.routing_table)
      known += static_cast<std::size_t>(bucket.num_nodes);
    return known >= std::min<std::size_t>(count - 1, 6);
  });
}

}  // namespace

struct Swarm::Sessions {
  std::vector<std::unique_ptr<lt::session>> all;
};

Swarm::Swarm(const std::string& host, std::size_t count) : sessions_(std::make_unique<Sessions>()) {
  std::vector<lt::udp::endpoint> others;
  for (std::size_t i = 0; i < count; ++i) {
    sessions_->all.push_back(make_node(host, others));
    const std::uint16_t port = port_of(*sessions_->all.back());
    nodes_.push_back(host + ":" + std::to_string(port));
    others.emplace_back(lt::make_address(host), port);
  }
  for (auto& node : sessions_->all)
    for (const lt::udp::endpoint& other : others) node->add_dht_node({host, other.port()});
  for (auto& node : sessions_->all) wait_for_neighbours(*node, count);
}

Swarm::~Swarm() {
  std::vector<lt::session_proxy> ending;
  for (auto& node : sessions_->all) ending.push_back(node->abort());
}

void Swarm::shrink(std::size_t by) {
  std::vector<lt::session_proxy> ending;
  for (std::size_t i = 0; i < by; ++i) ending.push_back(sessions_->all[i]->abort());
  sessions_->all.erase(sessions_->all.begin(),
                       sessions_->all.begin() + static_cast<std::ptrdiff_t>(by));
  nodes_.erase(nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(by));
}

}  // namespace syncline::tests
