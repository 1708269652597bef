// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/result.h"

namespace syncline {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::invalid: return "invalid";
    case Errc::truncated: return "truncated";
    case Errc::oversized: return "too_large";
    case Errc::non_canonical: return "non_canonical";
    case Errc::bad_signature: return "bad_signature";
    case Errc::unknown_device: return "unknown_device";
    case Errc::not_admitted: return "not_admitted";
    case Errc::equivocation: return "equivocation";
    case Errc::wrong_password: return "wrong_password";
    case Errc::wrong_code: return "wrong_code";
    case Errc::not_found: return "not_found";
    case Errc::already_exists: return "already_exists";
    case Errc::conflict: return "conflict";
    case Errc::locked: return "locked";
    case Errc::forbidden: return "forbidden";
    case Errc::unsupported: return "unsupported";
    case Errc::limit: return "limit";
    case Errc::busy: return "busy";
    case Errc::timeout: return "timeout";
    case Errc::unreachable: return "unreachable";
    case Errc::io: return "io";
    case Errc::disk_full: return "disk_full";
    case Errc::corrupt: return "corrupt";
    case Errc::degraded: return "degraded";
    case Errc::rolled_back: return "rolled_back";
    case Errc::cancelled: return "cancelled";
  }
  return "invalid";
}

}  // namespace syncline
