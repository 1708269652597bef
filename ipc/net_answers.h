// SPDX-License-Identifier: Apache-2.0
//
// How devices find and reach each other, as JSON. Its schema is in answer_schemas.cpp, and a test
// compares the two.
#pragma once

#include "ipc/json.h"
#include "protocol/step/answer.h"

namespace syncline::ipc {

Json link_json(const step::LinkStatus& link);
Json net_json(const step::NetAnswer& net);

}  // namespace syncline::ipc
