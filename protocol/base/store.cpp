// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/store.h"

namespace syncline {

std::string_view name_of(Family family) {
  switch (family) {
    case Family::meta: return "meta";
    case Family::events: return "events";
    case Family::heads: return "heads";
    case Family::feed: return "feed";
    case Family::records: return "records";
    case Family::devices: return "devices";
    case Family::keys: return "keys";
    case Family::view: return "view";
    case Family::proofs: return "proofs";
  }
  return "unknown";
}

}  // namespace syncline
