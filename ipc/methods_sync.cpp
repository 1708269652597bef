// SPDX-License-Identifier: Apache-2.0
//
// sync.*, sub.* and events.poll: bringing devices level, and following changes.
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t poll_wait_ms_max = 30'000;

Field direction_field() {
  return optional("direction", one_of("which way", {"both", "receive", "send"}), "\"both\"");
}

step::SyncDirection read_direction(Json& params) {
  const std::string word = take_text(params, "direction");
  if (word == "receive") return step::SyncDirection::receive;
  if (word == "send") return step::SyncDirection::send;
  return step::SyncDirection::both;
}

Field sub_field() { return required("sub", decimal("the subscription, from sub.open")); }

tl::unexpected<Error> too_great(const char* name) {
  return fail(Errc::invalid, std::string("params.") + name + " has to be a number below 2^64");
}

Result<step::Command> open(Json& params) {
  step::SubOpen command;
  command.space = read_id<SpaceId>(params, "space");
  command.entity = read_id<EntityId>(params, "entity");
  command.type = take_text(params, "type");
  command.ephemeral = read_boolean(params, "ephemeral");
  command.since = read_decimal(params, "since");
  if (has(params, "since") && !command.since) return too_great("since");
  return step::Command(std::move(command));
}

Result<step::Command> close(Json& params) {
  const auto sub = read_decimal(params, "sub");
  if (!sub) return too_great("sub");
  return step::Command(step::SubClose{*sub});
}

Result<step::Command> acknowledge(Json& params) {
  const auto sub = read_decimal(params, "sub");
  const auto cursor = read_decimal(params, "cursor");
  if (!sub) return too_great("sub");
  if (!cursor) return too_great("cursor");
  return step::Command(step::SubAck{*sub, *cursor});
}

Result<step::Command> poll(Json& params) {
  const auto sub = read_decimal(params, "sub");
  if (!sub) return too_great("sub");
  step::EventsPoll command;
  command.sub = *sub;
  command.limit = static_cast<std::uint32_t>(read_integer(params, "limit", 100));
  command.wait = std::chrono::milliseconds(read_integer(params, "wait_ms", 0));
  return step::Command(command);
}

}  // namespace

std::vector<Method> sync_methods() {
  return {
      {.name = "sync.status",
       .summary = "How this device stands towards each other one",
       .params = object("", {}),
       .result = status_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::SyncStatus{}); }},
      {.name = "sync.now",
       .summary = "Dials what is not connected, and answers when level with every connected device",
       .params = object("", {}),
       .result = done_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::SyncNow{}); }},
      {.name = "sync.pause",
       .summary = "Stops syncing until sync.resume",
       .params = object("", {direction_field()}),
       .result = done_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::SyncPause{read_direction(params)});
       }},
      {.name = "sync.resume",
       .summary = "Goes on syncing",
       .params = object("", {direction_field()}),
       .result = done_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::SyncResume{read_direction(params)});
       }},
      {.name = "sync.connect",
       .summary = "Dials an address, and remembers it if a device of the vault answers",
       .params = object("", {required("address", text("host and port", 300, 1))}),
       .result = done_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::SyncConnect{take_text(params, "address")});
       }},
  };
}

std::vector<Method> watch_methods() {
  return {
      {.name = "sub.open",
       .summary = "Begins to follow changes; read them with events.poll",
       .params = object("", {optional("space", id32("only of this space"), "every space"),
                             optional("entity", id16("only of this entity"), "every entity"),
                             optional("type", text("only of this type", 64), "every type"),
                             optional("since", decimal("a cursor seen before"), "from now on"),
                             optional("ephemeral",
                                      boolean("whether to follow presence and previews of typing, "
                                              "too; needs an entity"),
                                      "false")}),
       .result = sub_schema(),
       .command = open},
      {.name = "sub.close",
       .summary = "Ends a subscription",
       .params = object("", {sub_field()}),
       .result = done_schema(),
       .command = close},
      {.name = "sub.ack",
       .summary = "Says that changes up to a cursor are dealt with: they are not given again",
       .params = object("", {sub_field(), required("cursor", decimal("the last one dealt with"))}),
       .result = done_schema(),
       .command = acknowledge},
      {.name = "events.poll",
       .summary = "The changes that are not acknowledged yet; waits for one if there is none",
       .params = object(
           "", {sub_field(), optional("limit", integer("at most so many", 1, 1000), "100"),
                optional("wait_ms", integer("how long to wait for a change", 0, poll_wait_ms_max),
                         "0")}),
       .result = events_schema(),
       .command = poll},
  };
}

}  // namespace syncline::ipc
