// SPDX-License-Identifier: Apache-2.0
//
// LAN tag: what a device announces on its network, and whether an announcement is of its own.
//
// Those who share an audience's key find the audience and the device in it; to everybody else
// an announcement is noise, a new one each time. A tag proves nothing: it can be played again
// by anybody who heard it, and only the link tells who is there. Nothing is sent here.
//
// An open pairing is announced as such and no more. The nine digits of a code are few enough to
// be tried one by one against anything that is computed from them, so nothing is: who has only
// a code tries every device that says so, at most lan_pairing_tries_max of them, because each
// false one is a guess for somebody. Who scanned a ticket recognises the very device. Spec F5
// to F7.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"
#include "protocol/session/pairing_code.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::discovery {

inline constexpr std::string_view lan_service_type = "_syncline._tcp";
inline constexpr std::size_t lan_audiences_max = 8;
inline constexpr std::size_t lan_txt_size_max = 400;  // each string with its length byte
inline constexpr std::size_t lan_txt_strings_max = 16;
inline constexpr std::size_t lan_pairing_tries_max = 8;

enum class LanPairing : std::uint8_t { closed, open };

struct LanAudience {
  crypto::SubKey key;
  std::vector<DeviceId> devices;  // who is in it; not needed to announce

  static LanAudience of(crypto::KeyView discovery, std::vector<DeviceId> devices);
  // Of an open invitation: also what a scanned ticket recognises.
  static LanAudience of(const session::PairingTicket& ticket);
};

struct LanAnnouncement {
  std::string instance;          // 16 random hexadecimal digits
  std::vector<std::string> txt;  // "key=value"
};
struct LanSelf {
  DeviceId device;
  LanPairing pairing = LanPairing::closed;
};
// Everything is new each time. Requires: at most lan_audiences_max audiences.
LanAnnouncement announce(const LanSelf& self, std::span<const LanAudience> audiences,
                         Random& random);

struct LanMatch {
  std::size_t audience = 0;        // the first of `audiences` that is announced
  std::optional<DeviceId> device;  // nothing: none that the audience knows
};
struct LanSighting {
  std::optional<LanMatch> match;  // nothing: strangers
  LanPairing pairing = LanPairing::closed;
};
// Errors: Errc::oversized, Errc::limit, Errc::invalid; Errc::unsupported for another version.
Result<LanSighting> recognise(std::span<const std::string> txt,
                              std::span<const LanAudience> audiences);

}  // namespace syncline::discovery
