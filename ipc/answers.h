// SPDX-License-Identifier: Apache-2.0
//
// Answers: what the agent answered, as the result of a call.
//
// Ids are hexadecimal, versions and cursors opaque strings, times RFC 3339 in UTC. What is
// not there is left out, never null. The schemas say the same for rpc.discover and API.md.
#pragma once

#include "ipc/document_value.h"
#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/base/time.h"
#include "protocol/step/answer.h"

#include <string>

namespace syncline::ipc {

Json to_json(const step::Answer& answer, Form form);

// "2030-01-31T12:00:00.000Z"; years outside 0000 to 9999 become the nearest moment inside.
std::string rfc3339(WallTime time);

Schema done_schema();
Schema status_schema();
Schema net_schema();
Schema network_mode(std::string about);
Schema rebuild_schema();
Schema devices_schema();
Schema spaces_schema();
Schema invite_schema();
Schema pair_schema();
Schema written_schema();
Schema entity_schema();
Schema entities_schema();
Schema history_schema();
Schema diff_schema();
Schema typed_schema();
Schema cursor_schema();
Schema cursor_places_schema();
Schema blame_schema();
Schema named_schema();
Schema named_versions_schema();
Schema conflicts_schema();
Schema types_schema();
Schema sub_schema();
Schema events_schema();
Schema presence_set_schema();
Schema presence_list_schema();
Schema logs_schema();

}  // namespace syncline::ipc
