// SPDX-License-Identifier: Apache-2.0
//
// Relay messages: what a device and a relay say to each other before a relay only passes bytes on.
//
// A RelayFrames takes messages off the front of a stream and nothing behind them: after Spliced
// the rest of the input belongs to the two devices. Who may say what when is not known here
// (relay_client.h, and the relay itself). Spec F11 to F13.
#pragma once

#include "protocol/base/result.h"
#include "protocol/discovery/day_keys.h"
#include "protocol/session/address_text.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::discovery {

using RelayNonce = Id<struct RelayNonceTag, 32>;
using SpliceToken = Id<struct SpliceTokenTag, 16>;

inline constexpr std::uint8_t relay_version = 1;
inline constexpr std::size_t relay_message_size_max = 2048;  // type and body
inline constexpr std::size_t registrations_max = 16;
inline constexpr std::size_t relay_name_size_max = 128;

enum class RelayFailure : std::uint8_t {
  absent = 1,
  busy = 2,
  limit = 3,
  refused = 4,
  draining = 5,
};

struct RelayHello {  // relay to device, first on every connection
  RelayNonce nonce;
  session::CompactAddress observed;  // of the device, as the relay sees it
  std::uint16_t ttl_s = 0;           // a control connection that is silent for longer is closed
};
struct Registration {
  crypto::VerifyKey key;
  crypto::Signature signature;
};
struct RelayRegister {  // device to relay; replaces what the connection had registered
  std::string relay;    // as the device dialled it
  std::vector<Registration> registrations;
};
struct RelayRegistered {
  std::uint8_t count = 0;
};
struct RelayCall {  // device to relay
  RendezvousId callee;
};
struct RelayRing {  // relay to device, on its control connection
  SpliceToken token;
};
struct RelayTake {  // device to relay, on a connection of its own
  SpliceToken token;
};
struct RelaySpliced {};  // relay to both: from the next byte on the stream is theirs
struct RelayPing {};
struct RelayPong {};
struct RelayFailed {
  RelayFailure code = RelayFailure::refused;
};
struct RelayDrain {
  std::uint16_t seconds = 0;  // the relay closes then
};
using RelayMessage =
    std::variant<RelayHello, RelayRegister, RelayRegistered, RelayCall, RelayRing, RelayTake,
                 RelaySpliced, RelayPing, RelayPong, RelayFailed, RelayDrain>;

// With its size in front. Requires: within the bounds above (and is_relay_name).
Buffer encode_relay_message(const RelayMessage& message);
// Type and body, without the size. Errors: as Reader; Errc::unsupported for an unknown type or
// version.
Result<RelayMessage> decode_relay_message(Bytes message);

// 1 to relay_name_size_max printable ASCII characters without blanks.
bool is_relay_name(std::string_view name);

Registration make_registration(const crypto::SigningKey& key, const RelayNonce& nonce,
                               std::string_view relay);
// For the relay: with the nonce it said hello with.
bool verify_registration(const Registration& registration, const RelayNonce& nonce,
                         std::string_view relay);

class RelayFrames {
 public:
  // The next message, taken off the front of `input`; nothing when all input is taken and a
  // message is still incomplete. Errors are final: the stream is to be closed.
  Result<std::optional<RelayMessage>> take(Bytes& input);

 private:
  Buffer partial_;
};

}  // namespace syncline::discovery
