// SPDX-License-Identifier: Apache-2.0
//
// PairingCode and PairingTicket: what a person carries from one device to the other.
//
// A code is nine digits to read out: three that find the invitation (the nameplate) and six
// that are the CPace password. A ticket is what a QR code holds: a 128-bit secret and the
// addresses to dial. Both are wiped when they die. Spec P1 and P2.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"
#include "protocol/session/audience.h"

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace syncline::session {

class PairingCode {
 public:
  static PairingCode random(Random& random);
  // "123-456-789"; spaces and dashes may stand anywhere or be left out.
  static Result<PairingCode> parse(std::string_view text);

  PairingCode(PairingCode&& other) noexcept : digits_(other.digits_) { other.clear(); }
  PairingCode& operator=(PairingCode&& other) noexcept {
    if (this != &other) {
      digits_ = other.digits_;
      other.clear();
    }
    return *this;
  }
  ~PairingCode() { clear(); }

  PairingCode clone() const { return PairingCode(digits_); }
  std::uint16_t nameplate() const;
  // Six ASCII digits. Valid while the code is.
  Bytes password() const { return Bytes(digits_).subspan(3); }
  std::string text() const;

 private:
  using Digits = std::array<std::uint8_t, 9>;  // ASCII
  explicit PairingCode(const Digits& digits) : digits_(digits) {}
  void clear() { crypto::wipe(digits_); }

  Digits digits_;
};

inline constexpr std::size_t ticket_addresses_max = 8;
inline constexpr std::size_t ticket_address_size_max = 128;
inline constexpr std::size_t ticket_uri_size_max = 2048;

struct PairingTicket {
  crypto::SubKey secret;               // 16 random bytes, then zeros
  std::vector<std::string> addresses;  // host:port

  static PairingTicket random(Random& random, std::vector<std::string> addresses);
  // "SYNCLINE:..." in the alphanumeric set of QR codes; parse() takes either case.
  // Addresses beyond ticket_addresses_max or longer than allowed are left out.
  std::string uri() const;
  static Result<PairingTicket> parse(std::string_view uri);
};

// The audience that a ticket's secret stands for, in place of a discovery key. Spec P5.
Audience audience_of(const PairingTicket& ticket);

using PairingInput = std::variant<PairingCode, PairingTicket>;
// Whatever a person typed or scanned. The context of an error is a sentence for them.
Result<PairingInput> parse_pairing_input(std::string_view text);

}  // namespace syncline::session
