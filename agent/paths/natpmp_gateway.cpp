// SPDX-License-Identifier: Apache-2.0
#include "agent/paths/gateway.h"

#include <algorithm>

#include <arpa/inet.h>
#include <natpmp.h>
#include <poll.h>

namespace syncline::agent {
namespace {

using namespace std::chrono_literals;

// The RFC's retries end after a minute. A router answers in milliseconds.
constexpr auto patience = 1500ms;
constexpr auto look_around = 100ms;  // whether to stop

class NatPmpGateway final : public Gateway {
 public:
  explicit NatPmpGateway(const std::atomic<bool>& stopping) : stopping_(stopping) {}
  ~NatPmpGateway() override {
    if (is_open_) ::closenatpmp(&router_);
  }

  Status open() {
    if (::initnatpmp(&router_, 0, 0) != 0)
      return fail(Errc::not_found, "this network has no router");
    is_open_ = true;
    return {};
  }

  const char* protocol() const override { return "NAT-PMP"; }

  Result<std::string> external_host() {
    if (::sendpublicaddressrequest(&router_) < 0) return fail(Errc::io, "NAT-PMP: cannot ask");
    const auto answer = answer_of(NATPMP_RESPTYPE_PUBLICADDRESS);
    if (!answer) return pass(answer);
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &answer->pnu.publicaddress.addr, text, sizeof text);
    return std::string(text);
  }

  Result<MappedPort> map(std::uint16_t port, std::uint16_t wanted) override {
    auto host = external_host();
    if (!host) return pass(host);
    const auto answer = ask(port, wanted, mapping_lifetime);
    if (!answer) return pass(answer);
    const auto& made = answer->pnu.newportmapping;
    if (made.mappedpublicport == 0 || made.lifetime == 0)
      return fail(Errc::io, "NAT-PMP: the router gave no port");
    return MappedPort{std::move(*host), made.mappedpublicport,
                      std::min(mapping_lifetime, std::chrono::seconds(made.lifetime))};
  }

  void unmap(std::uint16_t port, std::uint16_t) override { (void)ask(port, 0, 0s).has_value(); }

 private:
  Result<natpmpresp_t> ask(std::uint16_t port, std::uint16_t wanted,
                           std::chrono::seconds how_long) {
    if (::sendnewportmappingrequest(&router_, NATPMP_PROTOCOL_TCP, port, wanted,
                                    static_cast<std::uint32_t>(how_long.count())) < 0)
      return fail(Errc::io, "NAT-PMP: cannot ask");
    return answer_of(NATPMP_RESPTYPE_TCPPORTMAPPING);
  }

  Result<natpmpresp_t> answer_of(std::uint16_t type) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!stopping_ && std::chrono::steady_clock::now() < until) {
      timeval retry{};
      ::getnatpmprequesttimeout(&router_, &retry);
      const auto left =
          std::chrono::seconds(retry.tv_sec) + std::chrono::microseconds(retry.tv_usec);
      const auto wait = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left), 1ms,
                                   std::chrono::milliseconds(look_around));
      pollfd readable{router_.s, POLLIN, 0};
      ::poll(&readable, 1, static_cast<int>(wait.count()));
      natpmpresp_t answer{};
      const int got = ::readnatpmpresponseorretry(&router_, &answer);
      if (got == NATPMP_TRYAGAIN) continue;
      if (got != 0) return fail(Errc::io, "NAT-PMP: refused (" + std::to_string(got) + ")");
      if (answer.type == type) return answer;
    }
    return fail(Errc::not_found, "NAT-PMP: no answer");
  }

  const std::atomic<bool>& stopping_;
  natpmp_t router_{};
  bool is_open_ = false;
};

}  // namespace

Result<std::unique_ptr<Gateway>> find_natpmp(const std::atomic<bool>& stopping) {
  auto found = std::make_unique<NatPmpGateway>(stopping);
  if (const Status opened = found->open(); !opened) return pass(opened);
  if (const auto host = found->external_host(); !host) return pass(host);
  return std::unique_ptr<Gateway>(std::move(found));
}

}  // namespace syncline::agent
