// SPDX-License-Identifier: Apache-2.0
//
// Result: a value, or the reason why there is none.
//
// One list of reasons for the whole program: the local API maps it to `data.kind`,
// sessions to close reasons, tests assert on it. `context` is for a person and never
// holds a secret or the content of an entity.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace syncline {

enum class Errc {
  // What was asked or received is wrong.
  invalid,         // malformed, out of range, or not allowed here
  truncated,       // ends before its last field
  oversized,       // longer than its named limit
  non_canonical,   // decodes, but is not the one encoding of its value
  bad_signature,   // a signature, tag or digest does not match
  unknown_device,  // the device is not in the vault's roster
  not_admitted,    // the log is not in the space's roster
  equivocation,    // two signed heads of one log exclude each other
  wrong_password,  // opens no recipient
  wrong_code,      // a pairing code or secret that does not match
  not_found,
  already_exists,
  conflict,  // `if_version` names another version than the current one
  locked,    // needs the vault's keys while the vault is locked
  forbidden,
  unsupported,  // made by a newer Syncline
  limit,        // a bound on count or size would be exceeded
  // The world failed.
  busy,  // somebody else holds what is needed; try again
  timeout,
  unreachable,  // no connection to the other device
  io,           // the operating system reported an input/output error
  disk_full,
  corrupt,      // stored data is damaged
  degraded,     // the store refuses writes until it has been reopened
  rolled_back,  // the store is older than what it once acknowledged
  cancelled,
};

// The stable name of a reason, as in `data.kind` of the local API ("wrong_password").
std::string_view name_of(Errc code);

struct Error {
  Errc code = Errc::invalid;
  std::string context;

  bool operator==(const Error&) const = default;
};

// tl::expected is not [[nodiscard]] by itself; a dropped error must not compile.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}
};

using Status = Result<void>;

inline tl::unexpected<Error> fail(Errc code, std::string context = {}) {
  return tl::unexpected<Error>(Error{code, std::move(context)});
}

// Passes an error on, unchanged: `return pass(result);`.
template <class T>
tl::unexpected<Error> pass(const Result<T>& failed) {
  return tl::unexpected<Error>(failed.error());
}

}  // namespace syncline
