// SPDX-License-Identifier: Apache-2.0
#include "service/for_people.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

const Row put_row = {"put",
                     "",
                     {{"--type", Takes::text, "", "TYPE"},
                      {"--key", Takes::text, "", "KEY"},
                      {"--if-version", Takes::text, "", "VERSION"},
                      {"name", Takes::text, "", "NAME"}},
                     nullptr};

struct Said {
  const char* kind;
  const char* message;
  const char* next;
  const char* shown_message;
  const char* shown_next;
};

TEST_CASE("a refusal of the agent names options, places and subcommands, and no methods") {
  const Said rows[] = {
      {"too_large", "params.type has 70 bytes, and may have at most 64",
       "shorten it, or send less at once; the limits are listed in ipc/API.md",
       "`--type` has 70 bytes, and may have at most 64", "shorten it, or send less at once"},
      {"too_large", "params.idempotency_key has 70 bytes", "", "`--key` has 70 bytes", ""},
      {"too_large", "params.name has 70 bytes", "", "NAME has 70 bytes", ""},
      {"invalid", "params.address has to be a string", "see rpc.discover",
       "the address has to be a string", "see `syncline help put`"},
      {"too_large", "params.value.a.b[1]: the string has 20000 bytes",
       "make it a text, which may be longer: {\"$text\": \"...\"}",
       "a.b[1]: the string has 20000 bytes",
       "make it a text, which may be longer: {\"$text\": \"...\"}"},
      {"invalid", "params.ops[3] at /l/9: /l is a list of 2 items, and has no item 9",
       "its items are /l/0 to /l/1; list.insert at 2 puts one behind the last",
       "/l is a list of 2 items, and has no item 9", "its items are /l/0 to /l/1"},
      {"invalid", "params.ops[0] at /title/x: /title is a number, and nothing is inside of it",
       R"(correct the path, or replace what is there by a map: {"op": "set", "path": "/title", "value": {}})",
       "/title is a number, and nothing is inside of it",
       "correct the path, or replace what is there by a map"},
      {"invalid", "params.ops[0] at /t/x: /t is a text: no path leads into it",
       "change it with text.insert and text.remove, path /t", "/t is a text: no path leads into it",
       "see `syncline help put`"},
      {"invalid", "the cursor is not one that entity.history gave",
       "see the method's parameters in ipc/API.md or in rpc.discover",
       "the cursor is not one that `syncline history` gave", "see `syncline help put`"},
      {"invalid", "if_version is no version", "see rpc.discover", "`--if-version` is no version",
       "see `syncline help put`"},
      {"not_found", "no such relay; `syncline net` lists them",
       "see what there is: entity.list, entity.get, entity.history, conflict.list or device.list",
       "no such relay; `syncline net` lists them", ""},
      {"not_found", "nothing is at /x", "entity.get shows what is there", "nothing is at /x",
       "`syncline get` shows what is there"},
      {"conflict", "the version is another one",
       "read again with entity.get, apply the change to that, and retry with its version",
       "the version is another one", "look at it with `syncline get`, and repeat the change"},
      {"locked", "", "unlock it with vault.unlock (`syncline unlock`)", "",
       "unlock it with `syncline unlock`"},
  };
  for (const Said& row : rows) {
    CAPTURE(row.message);
    const Failure shown = for_people({ExitCode::failed, row.kind, row.message, row.next}, put_row);
    CHECK(shown.message == row.shown_message);
    CHECK(shown.next == row.shown_next);
  }
}

TEST_CASE("what programs call gets the agent's own words") {
  const Row rpc = {"rpc", "", {}, nullptr};
  const Failure shown =
      for_people({ExitCode::usage, "invalid", "params.a is missing", "see rpc.discover"}, rpc);
  CHECK(shown.message == "params.a is missing");
  CHECK(shown.next == "see rpc.discover");
}

}  // namespace
}  // namespace syncline::service
