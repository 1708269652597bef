// SPDX-License-Identifier: Apache-2.0
#include "agent/discovery/avahi_discovery.h"

#include "agent/address.h"
#include "agent/discovery/avahi_poll.h"
#include "agent/discovery/interface_addresses.h"
#include "protocol/discovery/lan_tag.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/address.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>
#include <net/if.h>

namespace syncline::agent {
namespace {

constexpr const char* service_type = discovery::lan_service_type.data();  // a literal: it ends in 0
constexpr auto retry_first = std::chrono::seconds(1);
constexpr auto retry_last = std::chrono::seconds(60);
// Answers get lost on wireless networks.
constexpr int tries_max = 3;

template <class T, auto Free>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Client = std::unique_ptr<AvahiClient, Freed<AvahiClient, avahi_client_free>>;
using Group = std::unique_ptr<AvahiEntryGroup, Freed<AvahiEntryGroup, avahi_entry_group_free>>;
using Browser =
    std::unique_ptr<AvahiServiceBrowser, Freed<AvahiServiceBrowser, avahi_service_browser_free>>;
using Resolver =
    std::unique_ptr<AvahiServiceResolver, Freed<AvahiServiceResolver, avahi_service_resolver_free>>;
using Strings = std::unique_ptr<AvahiStringList, Freed<AvahiStringList, avahi_string_list_free>>;

std::string text_of(const AvahiAddress& address, AvahiIfIndex interface) {
  char text[AVAHI_ADDRESS_STR_MAX];
  avahi_address_snprint(text, sizeof text, &address);
  std::string host = text;
  const bool is_local = address.proto == AVAHI_PROTO_INET6 &&
                        address.data.ipv6.address[0] == 0xfe &&
                        (address.data.ipv6.address[1] & 0xc0) == 0x80;
  if (char name[IF_NAMESIZE]; is_local && ::if_indextoname(static_cast<unsigned>(interface), name))
    host += std::string("%") + name;
  return host;
}

// Nothing where it says more than anybody of ours would.
std::optional<std::vector<std::string>> texts_of(const AvahiStringList* list) {
  std::vector<std::string> out;
  std::size_t size = 0;
  for (; list != nullptr; list = list->next) {
    size += list->size + 1;
    if (size > discovery::lan_txt_size_max) return std::nullopt;
    const auto* begin = static_cast<const std::uint8_t*>(list->text);
    out.emplace_back(begin, begin + list->size);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

class AvahiDiscovery final : public LanDiscovery {
 public:
  AvahiDiscovery(asio::io_context& io, Events events)
      : events_(std::move(events)), poller_(io), retry_timer_(io) {
    start();
  }
  ~AvahiDiscovery() override {
    names_.clear();
    close();
  }

  void announce(LanAnnouncement announcement) override {
    if (announced_ == announcement) return;
    announced_ = std::move(announcement);
    group_.reset();
    publish();
  }
  void withdraw() override {
    announced_.reset();
    group_.reset();
  }

 private:
  using Key = std::tuple<AvahiIfIndex, AvahiProtocol, std::string>;
  struct Found {
    Resolver resolver;
    int tries = 0;
  };

  // ---- the connection to the daemon -------------------------------------------------------

  void start() {
    int error = 0;
    // With NO_FAIL a missing daemon is waited for; without a system bus there is no client.
    client_.reset(
        avahi_client_new(poller_.get(), AVAHI_CLIENT_NO_FAIL, &client_changed, this, &error));
    if (!client_) {
      tell(false, "no connection to avahi-daemon: " + std::string(avahi_strerror(error)) +
                      "; install it to be found on the local network");
      retry();
    }
  }

  static void client_changed(AvahiClient* client, AvahiClientState state, void* self) {
    static_cast<AvahiDiscovery*>(self)->changed(client, state);
  }

  // The first call comes before avahi_client_new() has returned.
  void changed(AvahiClient* client, AvahiClientState state) {
    switch (state) {
      case AVAHI_CLIENT_S_RUNNING:
        retry_wait_ = retry_first;
        tell(true, "announced and heard by avahi-daemon");
        running_ = client;
        publish();
        browse();
        return;
      case AVAHI_CLIENT_S_REGISTERING:
      case AVAHI_CLIENT_S_COLLISION: group_.reset(); return;
      case AVAHI_CLIENT_CONNECTING:
        tell(false, "avahi-daemon is not running; start it to be found on the local network");
        return;
      case AVAHI_CLIENT_FAILURE: break;
    }
    tell(false, "avahi-daemon: " + std::string(avahi_strerror(avahi_client_errno(client))));
    running_ = nullptr;
    retry();
  }

  // Never from within a call of the client: everything is freed here.
  void retry() {
    retry_timer_.expires_after(retry_wait_);
    retry_wait_ = std::min<std::chrono::seconds>(2 * retry_wait_, retry_last);
    retry_timer_.async_wait([this](ErrorCode error) {
      if (error) return;
      close();
      start();
    });
  }

  void close() {
    running_ = nullptr;
    group_.reset();
    found_.clear();
    queue_.clear();
    resolving_ = 0;
    browser_.reset();
    client_.reset();
    for (const auto& [name, places] : std::exchange(names_, {})) events_.gone(name);
  }

  void tell(bool works, const std::string& sentence) {
    if (std::exchange(told_, sentence) != sentence) events_.state(works, sentence);
  }

  // ---- announcing -------------------------------------------------------------------------

  void publish() {
    if (running_ == nullptr || !announced_ || group_) return;
    group_.reset(avahi_entry_group_new(running_, &group_changed, this));
    if (!group_ || !fill_group() || avahi_entry_group_commit(group_.get()) < 0) group_failed();
  }

  bool fill_group() {
    const std::string host = announced_->instance + ".local";
    bool any = false;
    for (const InterfaceAddress& each : interface_addresses()) {
      AvahiAddress address;
      if (avahi_address_parse(each.address.c_str(), AVAHI_PROTO_UNSPEC, &address) == nullptr)
        continue;
      any = avahi_entry_group_add_address(group_.get(), static_cast<AvahiIfIndex>(each.interface),
                                          AVAHI_PROTO_UNSPEC, AVAHI_PUBLISH_NO_REVERSE,
                                          host.c_str(), &address) >= 0 ||
            any;
    }
    if (!any) return false;
    Strings txt;
    for (const std::string& text : announced_->txt)
      txt.reset(avahi_string_list_add(txt.release(), text.c_str()));
    return avahi_entry_group_add_service_strlst(group_.get(), AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                                AvahiPublishFlags{}, announced_->instance.c_str(),
                                                service_type, nullptr, host.c_str(),
                                                announced_->port, txt.get()) >= 0;
  }

  static void group_changed(AvahiEntryGroup*, AvahiEntryGroupState state, void* self) {
    if (state == AVAHI_ENTRY_GROUP_FAILURE || state == AVAHI_ENTRY_GROUP_COLLISION)
      static_cast<AvahiDiscovery*>(self)->group_failed();
  }

  // Other addresses, or another random name, come with the next announcement.
  void group_failed() {
    tell(true, "avahi-daemon refuses the announcement: " +
                   std::string(avahi_strerror(avahi_client_errno(running_))) +
                   "; other devices are still found");
  }

  // ---- searching --------------------------------------------------------------------------

  void browse() {
    if (browser_) return;
    browser_.reset(avahi_service_browser_new(running_, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                             service_type, nullptr, AvahiLookupFlags{}, &browsed,
                                             this));
    if (!browser_)
      tell(false, "avahi-daemon does not search: " +
                      std::string(avahi_strerror(avahi_client_errno(running_))));
  }

  static void browsed(AvahiServiceBrowser*, AvahiIfIndex interface, AvahiProtocol protocol,
                      AvahiBrowserEvent event, const char* name, const char*, const char*,
                      AvahiLookupResultFlags flags, void* self) {
    auto& house = *static_cast<AvahiDiscovery*>(self);
    if (event == AVAHI_BROWSER_FAILURE) return house.retry();
    if (name == nullptr || (flags & AVAHI_LOOKUP_RESULT_OUR_OWN) != 0) return;
    const Key key{interface, protocol, name};
    if (event == AVAHI_BROWSER_NEW) house.appeared(key);
    if (event == AVAHI_BROWSER_REMOVE) house.vanished(key);
  }

  void appeared(const Key& key) {
    if (found_.size() >= instances_max || found_.contains(key)) return;
    found_[key];
    queue_.push_back(key);
    resolve_next();
  }

  void vanished(const Key& key) {
    const auto found = found_.find(key);
    if (found == found_.end()) return;
    if (found->second.resolver) --resolving_;
    found_.erase(found);
    lost(std::get<2>(key));
    resolve_next();
  }

  // A resolver is kept only until it has an answer, so that a flood costs little.
  void resolve_next() {
    while (resolving_ < resolving_max && !queue_.empty()) {
      const Key key = std::move(queue_.front());
      queue_.pop_front();
      const auto found = found_.find(key);
      if (found == found_.end() || found->second.resolver) continue;
      ++found->second.tries;
      found->second.resolver.reset(avahi_service_resolver_new(
          running_, std::get<0>(key), std::get<1>(key), std::get<2>(key).c_str(), service_type,
          "local", AVAHI_PROTO_UNSPEC, AvahiLookupFlags{}, &resolved, this));
      if (found->second.resolver) ++resolving_;
    }
  }

  static void resolved(AvahiServiceResolver*, AvahiIfIndex interface, AvahiProtocol protocol,
                       AvahiResolverEvent event, const char* name, const char*, const char*,
                       const char*, const AvahiAddress* address, std::uint16_t port,
                       AvahiStringList* txt, AvahiLookupResultFlags, void* self) {
    auto& house = *static_cast<AvahiDiscovery*>(self);
    const auto found = house.found_.find(Key{interface, protocol, name});
    if (found == house.found_.end()) return;
    found->second.resolver.reset();
    --house.resolving_;
    if (event == AVAHI_RESOLVER_FOUND && address != nullptr && port != 0) {
      if (auto texts = texts_of(txt)) {
        if (house.names_[name].insert(found->first).second)
          house.events_.seen(
              {name, address_text({text_of(*address, interface), port}), std::move(*texts)});
      }
    } else if (event == AVAHI_RESOLVER_FAILURE && found->second.tries < tries_max) {
      house.queue_.push_back(found->first);
    }
    house.resolve_next();
  }

  void lost(const std::string& name) {
    const auto known = names_.find(name);
    if (known == names_.end()) return;
    std::erase_if(known->second, [this](const Key& key) { return !found_.contains(key); });
    if (!known->second.empty()) return;
    names_.erase(known);
    events_.gone(name);
  }

  Events events_;
  AvahiPoller poller_;
  asio::steady_timer retry_timer_;
  std::chrono::seconds retry_wait_ = retry_first;
  std::string told_;
  std::optional<LanAnnouncement> announced_;
  // What follows is freed from the end to the front.
  Client client_;
  AvahiClient* running_ = nullptr;
  Group group_;
  Browser browser_;
  std::map<Key, Found> found_;
  std::deque<Key> queue_;
  std::size_t resolving_ = 0;
  std::map<std::string, std::set<Key>> names_;  // those that were told, and where they are
};

}  // namespace

std::unique_ptr<LanDiscovery> make_avahi_discovery(asio::io_context& io,
                                                   LanDiscovery::Events events) {
  return std::make_unique<AvahiDiscovery>(io, std::move(events));
}

}  // namespace syncline::agent
