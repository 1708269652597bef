// SPDX-License-Identifier: Apache-2.0
#include "agent/dht/mainline_session.h"

#include "protocol/session/address_text.h"

#include <algorithm>
#include <charconv>

#include <libtorrent/alert_types.hpp>
#include <libtorrent/disabled_disk_io.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>

namespace syncline::agent {
namespace {

using Pack = lt::settings_pack;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

std::string interfaces_of(const MainlineOptions& options) {
  std::vector<std::string> words;
  for (const std::string& host : options.listen)
    words.push_back((host.find(':') == std::string::npos ? host : "[" + host + "]") + ":0");
  return joined(words);
}

// Nothing of BitTorrent but the DHT.
void switch_off_the_rest(Pack& pack) {
  for (const int off :
       {Pack::enable_lsd, Pack::enable_upnp, Pack::enable_natpmp, Pack::enable_incoming_tcp,
        Pack::enable_incoming_utp, Pack::enable_outgoing_tcp, Pack::enable_outgoing_utp})
    pack.set_bool(off, false);
  // It says whom it is like, but not more than any other program with this library does.
  for (const int silent :
       {Pack::user_agent, Pack::handshake_client_version, Pack::peer_fingerprint})
    pack.set_str(silent, "");
  pack.set_int(Pack::listen_queue_size, 1);
  pack.set_int(Pack::connections_limit, 2);
  pack.set_int(Pack::aio_threads, 0);
  pack.set_int(Pack::tick_interval, 1000);
}

Pack pack_of(const MainlineOptions& options, MainlineSession::Begin begin) {
  Pack pack;
  switch_off_the_rest(pack);
  pack.set_bool(Pack::enable_dht, false);
  pack.set_str(Pack::listen_interfaces, interfaces_of(options));
  pack.set_str(Pack::dht_bootstrap_nodes,
               begin == MainlineSession::Begin::at_routers ? joined(options.routers) : "");
  pack.set_int(
      Pack::alert_mask,
      static_cast<int>(static_cast<std::uint32_t>(lt::alert_category_t(lt::alert_category::dht))));
  pack.set_int(Pack::alert_queue_size, 512);
  const bool is_open = options.network == MainlineOptions::Network::open;
  for (const int guard :
       {Pack::dht_restrict_routing_ips, Pack::dht_restrict_search_ips,
        Pack::dht_prefer_verified_node_ids, Pack::dht_ignore_dark_internet, Pack::dht_read_only})
    pack.set_bool(guard, is_open);
  pack.set_int(Pack::dht_max_dht_items, is_open ? 1 : 256);
  if (!is_open) pack.set_int(Pack::dht_block_ratelimit, 1000);
  return pack;
}

std::array<char, 32> key_of(const crypto::VerifyKey& key) {
  std::array<char, 32> out{};
  std::transform(key.view().begin(), key.view().end(), out.begin(),
                 [](std::uint8_t byte) { return static_cast<char>(byte); });
  return out;
}

template <class Made, std::size_t size>
Made bytes_of(const std::array<char, size>& from) {
  Buffer bytes(size);
  std::transform(from.begin(), from.end(), bytes.begin(),
                 [](char each) { return static_cast<std::uint8_t>(each); });
  return *Made::from(bytes);
}

void add_nodes(lt::dht::dht_state& state, const std::vector<std::string>& nodes) {
  for (const std::string& text : nodes) {
    const auto address = session::compact_address(text);
    if (!address) continue;
    const std::string host = text.substr(0, text.rfind(':'));
    lt::error_code error;
    const auto ip =
        lt::make_address(host.front() == '[' ? host.substr(1, host.size() - 2) : host, error);
    if (error) continue;
    (ip.is_v4() ? state.nodes : state.nodes6).emplace_back(ip, address->port);
  }
}

}  // namespace

struct MainlineSession::Parts {
  explicit Parts(lt::session_params params) : session(std::move(params)) {}
  lt::session session;
};

MainlineSession::MainlineSession(const MainlineOptions& options, Begin begin,
                                 std::function<void()> notify) {
  lt::session_params params(pack_of(options, begin), {});
  params.disk_io_constructor = lt::disabled_disk_io_constructor;
  add_nodes(params.dht_state, options.nodes);
  parts_ = std::make_unique<Parts>(std::move(params));
  parts_->session.set_alert_notify(std::move(notify));
  // Only now: a DHT that begins before there are sockets forgets whom it was told to begin with.
  Pack on;
  on.set_bool(Pack::enable_dht, true);
  parts_->session.apply_settings(std::move(on));
}

MainlineSession::~MainlineSession() { parts_->session.set_alert_notify({}); }

void MainlineSession::use_routers(const MainlineOptions& options) {
  Pack pack;
  pack.set_str(Pack::dht_bootstrap_nodes, joined(options.routers));
  parts_->session.apply_settings(std::move(pack));
}

void MainlineSession::meet_routers(const MainlineOptions& options) {
  for (const std::string& router : options.routers) {
    const std::size_t colon = router.rfind(':');
    int port = 0;
    if (colon == std::string::npos ||
        std::from_chars(router.data() + colon + 1, router.data() + router.size(), port).ec !=
            std::errc())
      continue;
    std::string host = router.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    parts_->session.add_dht_node({host, port});
  }
}

void MainlineSession::put(const crypto::VerifyKey& key, const discovery::DhtItem& item) {
  std::array<char, 64> signature{};
  std::transform(item.signature.view().begin(), item.signature.view().end(), signature.begin(),
                 [](std::uint8_t byte) { return static_cast<char>(byte); });
  parts_->session.dht_put_item(
      key_of(key), [value = to_text(item.value), signature, seq = item.seq](
                       lt::entry& entry, std::array<char, 64>& signed_with, std::int64_t& number,
                       const std::string&) {
        entry = value;
        signed_with = signature;
        number = seq;
      });
}

void MainlineSession::get(const crypto::VerifyKey& key) {
  parts_->session.dht_get_item(key_of(key));
}

void MainlineSession::ask_nodes() { parts_->session.post_dht_stats(); }

MainlineNews MainlineSession::take_news() {
  std::vector<lt::alert*> alerts;
  parts_->session.pop_alerts(&alerts);
  MainlineNews news;
  for (const lt::alert* alert : alerts) {
    if (const auto* found = lt::alert_cast<lt::dht_mutable_item_alert>(alert)) {
      MainlineNews::Item item{bytes_of<crypto::VerifyKey>(found->key), {}, found->authoritative};
      const bool is_text = found->item.type() == lt::entry::string_t && found->salt.empty();
      if (is_text && found->item.string().size() <= discovery::dht_value_size_max)
        item.item = discovery::DhtItem{found->seq, to_buffer(as_bytes(found->item.string())),
                                       bytes_of<crypto::Signature>(found->signature)};
      news.items.push_back(std::move(item));
    } else if (const auto* put = lt::alert_cast<lt::dht_put_alert>(alert)) {
      news.stored.push_back({bytes_of<crypto::VerifyKey>(put->public_key), put->seq,
                             static_cast<std::size_t>(std::max(0, put->num_success))});
    } else if (const auto* stats = lt::alert_cast<lt::dht_stats_alert>(alert)) {
      // One for each address family.
      std::size_t nodes = news.nodes.value_or(0);
      for (const lt::dht_routing_bucket& bucket : stats->routing_table)
        nodes += static_cast<std::size_t>(std::max(0, bucket.num_nodes));
      news.nodes = nodes;
    }
  }
  return news;
}

std::vector<std::string> MainlineSession::known_nodes(std::size_t max) {
  const lt::session_params state =
      parts_->session.session_state(lt::session_handle::save_dht_state);
  std::vector<std::string> out;
  for (const auto* family : {&state.dht_state.nodes, &state.dht_state.nodes6})
    for (const auto& node : *family) {
      if (out.size() >= max) return out;
      const std::string host = node.address().to_string();
      out.push_back((node.address().is_v4() ? host : "[" + host + "]") + ":" +
                    std::to_string(node.port()));
    }
  return out;
}

}  // namespace syncline::agent
