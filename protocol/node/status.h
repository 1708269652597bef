// SPDX-License-Identifier: Apache-2.0
//
// Status: what the agent says about itself and the other devices. Reads, never changes.
#pragma once

#include "protocol/node/links.h"

namespace syncline::node {

step::StatusAnswer status_of(const House& house, const Links& links, const Pairing& pairing,
                             const sync::Pauses& pauses, const StoreReader& reader, Now now);
std::vector<step::DeviceStatus> devices_of(const House& house, const Links& links, Now now);
Result<step::SpacesAnswer> spaces_of(const House& house, const StoreReader& reader);
Result<step::LogsAnswer> logs_of(const House& house, const StoreReader& reader);

}  // namespace syncline::node
