// SPDX-License-Identifier: Apache-2.0
#include "ipc/method_fields.h"

#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {
constexpr std::int64_t version_bytes_max = 4096;
}  // namespace

Field entity_field() { return required("entity", id16("the entity")); }

EntityId read_entity(const Json& params) {
  return read_id<EntityId>(params, "entity").value_or(EntityId{});
}

Field wait_field() {
  return optional("wait",
                  one_of("what has to hold the change before the answer: this process's store, "
                         "this device's disk, one more device, or every device",
                         {"buffered", "local", "one_device", "all_devices"}),
                  "\"local\"");
}

step::Wait read_wait(Json& params) {
  const std::string word = take_text(params, "wait");
  if (word == "buffered") return step::Wait::local_buffered;
  if (word == "one_device") return step::Wait::one_device;
  if (word == "all_devices") return step::Wait::all_devices;
  return step::Wait::local;
}

Field positions_field() {
  return optional("positions",
                  one_of("what positions and lengths in texts count: Unicode scalar values, UTF-16 "
                         "units as in JavaScript and Java, or bytes of UTF-8",
                         {"scalars", "utf16", "bytes"}),
                  "\"scalars\"");
}

crdt::Positions read_positions(Json& params) {
  const std::string word = take_text(params, "positions");
  if (word == "utf16") return crdt::Positions::utf16;
  if (word == "bytes") return crdt::Positions::bytes;
  return crdt::Positions::scalars;
}

Schema version_text(std::string about) { return text(std::move(about), version_bytes_max, 1); }

}  // namespace syncline::ipc
