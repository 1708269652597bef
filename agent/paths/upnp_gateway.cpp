// SPDX-License-Identifier: Apache-2.0
#include "agent/paths/gateway.h"

#include <array>

#include <arpa/inet.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>

namespace syncline::agent {
namespace {

constexpr int discovery_ms = 1000;
constexpr unsigned char hops = 2;
constexpr const char* forever = "0";
// What a router that keeps no leases says to one. It is taken back when we end, or by the router's
// own restart.
constexpr int only_permanent = 725;
constexpr int taken = 718;
constexpr int tries_max = 4;  // of ports, where others have the one that is wanted
// The router shows it in its pages; it names nobody.
constexpr const char* description = "tcp";

class UpnpGateway final : public Gateway {
 private:
  static auto refused(int code) {
    const char* const why = ::strupnperror(code);
    return fail(Errc::io, "UPnP: refused (" +
                              (why != nullptr ? std::string(why) : std::to_string(code)) + ")");
  }

 public:
  explicit UpnpGateway(const std::atomic<bool>& stopping) : stopping_(stopping) {}
  ~UpnpGateway() override {
    if (is_found_) ::FreeUPNPUrls(&urls_);
  }

  Status find() {
    int error = 0;
    UPNPDev* const devices =
        ::upnpDiscover(discovery_ms, nullptr, nullptr, UPNP_LOCAL_PORT_ANY, 0, hops, &error);
    if (devices == nullptr || stopping_) {
      ::freeUPNPDevlist(devices);
      return fail(Errc::not_found, "UPnP: no answer");
    }
    const int kind =
        ::UPNP_GetValidIGD(devices, &urls_, &igd_, own_.data(), static_cast<int>(own_.size()));
    ::freeUPNPDevlist(devices);
    is_found_ = kind != 0;
    // 2: a router without a connection, 3: something else that speaks UPnP.
    if (kind != 1) return fail(Errc::not_found, "UPnP: no router that is connected");
    return {};
  }

  const char* protocol() const override { return "UPnP"; }

  Result<MappedPort> map(std::uint16_t port, std::uint16_t wanted) override {
    std::array<char, 40> host{};
    in_addr parsed{};
    const int asked =
        ::UPNP_GetExternalIPAddress(urls_.controlURL, igd_.first.servicetype, host.data());
    if (asked != UPNPCOMMAND_SUCCESS) return refused(asked);
    if (::inet_pton(AF_INET, host.data(), &parsed) != 1)
      return fail(Errc::io, "UPnP: the router gave no address");
    std::uint16_t outside = wanted == 0 ? port : wanted;
    for (int i = 0; i < tries_max && !stopping_; ++i) {
      int made = add(port, outside, std::to_string(mapping_lifetime.count()).c_str());
      if (made == only_permanent) made = add(port, outside, forever);
      if (made == UPNPCOMMAND_SUCCESS) return MappedPort{host.data(), outside, mapping_lifetime};
      if (made != taken) return refused(made);
      // Anywhere else above the ports that have names.
      outside = static_cast<std::uint16_t>(1024 + (outside * 31U + 7919U) % (65536 - 1024));
    }
    return fail(Errc::io, "UPnP: the ports that were asked for are taken");
  }

  void unmap(std::uint16_t, std::uint16_t outside) override {
    ::UPNP_DeletePortMapping(urls_.controlURL, igd_.first.servicetype,
                             std::to_string(outside).c_str(), "TCP", nullptr);
  }

 private:
  int add(std::uint16_t port, std::uint16_t outside, const char* how_long) {
    return ::UPNP_AddPortMapping(urls_.controlURL, igd_.first.servicetype,
                                 std::to_string(outside).c_str(), std::to_string(port).c_str(),
                                 own_.data(), description, "TCP", nullptr, how_long);
  }

  const std::atomic<bool>& stopping_;
  UPNPUrls urls_{};
  IGDdatas igd_{};
  std::array<char, 64> own_{};  // our address, as the router sees it
  bool is_found_ = false;
};

}  // namespace

Result<std::unique_ptr<Gateway>> find_upnp(const std::atomic<bool>& stopping) {
  auto found = std::make_unique<UpnpGateway>(stopping);
  if (const Status done = found->find(); !done) return pass(done);
  return std::unique_ptr<Gateway>(std::move(found));
}

}  // namespace syncline::agent
