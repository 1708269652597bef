// SPDX-License-Identifier: Apache-2.0
#include "ipc/answers.h"

#include <limits>

namespace syncline::ipc {

namespace {

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

Schema any_text(std::string about) { return text(std::move(about), unbounded); }

Field listed(std::string name, Schema row) {
  return required(std::move(name), array("", std::move(row), unbounded));
}

Schema link_schema() {
  return object("", {required("address", any_text("host and port of the other end")),
                     required("dialled", boolean("whether this device opened it")),
                     required("state", one_of("how far it is", {"connecting", "syncing", "live"})),
                     required("up_s", count("seconds since it was opened")),
                     required("bytes_sent", count("bytes sent")),
                     required("bytes_received", count("bytes received")),
                     required("punched", boolean("whether both ends connected at once, through "
                                                 "routers that let nobody in"))});
}

Schema device_schema() {
  return object(
      "",
      {required("device", id16("its id")),
       optional("name", any_text("its name; left out while the vault is locked")),
       required("self", boolean("whether it is this device")), listed("links", link_schema()),
       required("addresses", array("remembered addresses, best first", any_text(""), unbounded)),
       optional("last_seen", time("when it was last connected")),
       required("level", boolean("whether both are proven to hold the same events")),
       required("missing_there", count("events held here that it has not proven to hold")),
       required("missing_here", count("events it announced that are not here yet")),
       optional("receipt_at", time("its newest signed receipt"))});
}

Schema punch_schema() {
  return object("connecting at once with a device that a relay links",
                {required("running", boolean("whether it is being tried")),
                 required("rounds", count("tries that failed between the addresses that both have "
                                          "now; after four it rests until something changes")),
                 optional("tried_s", count("seconds since the last try began")),
                 optional("result", any_text("what came of it, if it failed")),
                 optional("next_try_s", count("seconds until the next one"))});
}

Schema nat_schema() {
  return object(
      "what is between this device and the internet, as relays see it",
      {required("kind",
                one_of("\"none\": it is seen at its own address; \"preserving\": at "
                       "another with the same ports; \"independent\": with other ports, "
                       "the same towards everybody; \"changing\": with other ports, and "
                       "one relay cannot tell more; \"dependent\": with a new port "
                       "towards everybody",
                       {"unknown", "none", "preserving", "independent", "changing", "dependent"})),
       required("outer", array("where it is seen if it connects from its own port", any_text(""),
                               unbounded))});
}

Schema reach_schema() {
  return object(
      "",
      {required("device", id16("its id")),
       optional("name", any_text("its name; left out while the vault is locked")),
       listed("links", link_schema()),
       listed("addresses",
              object("in the order in which they are tried",
                     {required("address", any_text("host and port")),
                      required("source",
                               one_of("announced on a local network now, remembered, or told "
                                      "by another device",
                                      {"nearby", "remembered", "told"})),
                      required("allowed", boolean("whether the mode lets it be dialled")),
                      optional("tried_s", count("seconds since it was dialled last")),
                      optional("result", any_text("what came of that, if it failed"))})),
       optional("next_try_s", count("seconds until it is dialled again; left out while it is "
                                    "connected or there is nowhere to look")),
       optional("dht_asked_s", count("seconds since the DHT was asked for it last")),
       optional("dht_found_s", count("seconds since the DHT had a record of it that was believed")),
       optional("punch", punch_schema())});
}

Schema dht_schema() {
  return object(
      "the distributed hash table",
      {required("available", boolean("whether this agent runs with one")),
       required("works", boolean("whether nodes of it answered when they were asked last")),
       required("nodes", count("how many answered since it was asked last; 0 while it rests")),
       required("sentence", any_text("how it is, for people")),
       optional("published_s", count("seconds since a record of this device was put there")),
       optional("copies", count("how many nodes took that record"))});
}

Field attention_field() {
  return required("attention", array("sentences for the person, each with a next step",
                                     any_text(""), unbounded));
}

Schema kept_value_schema() {
  return object("", {optional("value", any_value("the value; left out for the entity itself")),
                     required("kind", any_text("\"leaf\", or what container it is; \"place\" of a "
                                               "move")),
                     required("device", id16("who wrote it")),
                     required("device_name", any_text("that device's name")),
                     required("at", time("when, by that device's clock"))});
}

Schema mark_schema() {
  return object(
      "", {required("from", count("where it begins, counted as positions says")),
           required("to", count("where it ends")), required("key", any_text("what kind of thing")),
           required("value", any_value("what is said; null if it was taken back, beside others")),
           required("grows", one_of("where it takes in what is typed right beside it",
                                    {"end", "start", "both", "none"})),
           optional("others", array("other values, set by devices that did not know of each other",
                                    any_value(""), unbounded))});
}

Schema note_schema() {
  return object(
      "", {required("path", any_text("the place, as a JSON Pointer")),
           required("kind", any_text("\"leaf\", or what container it is")),
           required("device", id16("who wrote it last, or anything inside of it")),
           required("device_name", any_text("that device's name")),
           required("at", time("when, by that device's clock")),
           optional("length", count("of a text, counted as positions says")),
           optional("rule", any_text("the rule of the type that made this value of the others")),
           optional("marks",
                    array("of a text: what text.mark said about it", mark_schema(), unbounded)),
           optional("others", array("what else is kept there", kept_value_schema(), unbounded))});
}

}  // namespace

Schema done_schema() { return object("", {}); }

Schema relay_schema() {
  return object(
      "where this device can be called",
      {required("address", any_text("host and port")),
       required("state", one_of("whether devices can call now", {"waiting", "dialling", "ready"})),
       optional("reason", any_text("why the last try ended")),
       optional("next_try_s", count("seconds until the next one"))});
}

Schema network_mode(std::string about) {
  return one_of(std::move(about), {"anywhere", "lan-only", "off"});
}

Schema net_schema() {
  return object(
      "",
      {required("mode", network_mode("how far packets may go")),
       required("listening", array("where this device can be reached", any_text(""), unbounded)),
       required("lan", object("the local networks",
                              {required("works", boolean("whether they are searched")),
                               required("sentence", any_text("how, or why not")),
                               required("announced", boolean("whether this device announces "
                                                             "itself there"))})),
       required("router",
                object("the router of this network, if it passes connections on",
                       {optional("address", any_text("host and port, as dialled from outside")),
                        required("sentence", any_text("how it is, for people"))})),
       required("nat", nat_schema()), required("dht", dht_schema()),
       listed("relays", relay_schema()), listed("devices", reach_schema())});
}

Schema status_schema() {
  return object(
      "",
      {required("vault", one_of("the vault's state", {"none", "locked", "unlocked", "joining"})),
       optional("vault_id", id32("the vault's id")), optional("device", id16("this device's id")),
       optional("device_name", any_text("this device's name")), listed("devices", device_schema()),
       required("spaces", count("spaces")),
       required("entities", count("entities; 0 while the vault is locked")),
       required("events", count("events held here")),
       required("only_here", count("events no other device has proven to hold")),
       required("to_merge", count("events stored but not merged into entities yet")),
       required("conflicts", count("conflicts to resolve")),
       required("receive_paused", boolean("whether receiving is paused")),
       required("send_paused", boolean("whether sending is paused")),
       required("degraded", boolean("whether the store refuses writes")),
       required("rolled_back", boolean("whether the store was found older than it should be")),
       attention_field()});
}

Schema rebuild_schema() {
  return object(
      "", {required("entities", count("how many entities there are now, hidden ones included")),
           required("equal", boolean("whether everything that was compared reads as before")),
           required("unequal", array("the first 100 that do not", id16(""), unbounded)),
           required("unequal_count", count("how many do not")),
           required("changed", count("how many were not compared, because changes to them arrived "
                                     "meanwhile")),
           required("damaged", boolean("whether there was damage, so that not all could be "
                                       "compared; it is mended"))});
}

Schema devices_schema() { return object("", {listed("devices", device_schema())}); }

Schema spaces_schema() {
  return object("", {listed("spaces", object("", {required("space", id32("its id")),
                                                  required("name", any_text("its name")),
                                                  required("kind", any_text("\"home\"")),
                                                  required("logs", count("logs in it")),
                                                  required("events", count("events in it"))}))});
}

Schema invite_schema() {
  return object("",
                {required("code", any_text("the code to type on the new device")),
                 required("uri", any_text("the same as a URI, for a QR code")),
                 required("addresses", array("where this device listens", any_text(""), unbounded)),
                 required("valid_for_s", count("seconds until it expires"))});
}

Schema pair_schema() {
  return object("",
                {required("phase", one_of("how far pairing is", {"idle", "waiting", "connecting",
                                                                 "confirming", "done", "failed"})),
                 required("inviter", boolean("whether this device invited")),
                 optional("check_number", any_text("six digits, the same on both devices")),
                 optional("device_name", any_text("the other device's name")),
                 required("valid_for_s", count("seconds until the invitation expires")),
                 optional("failure", any_text("why it failed, and what to do"))});
}

Schema written_schema() {
  return object("", {required("entity", id16("the entity")),
                     required("version", any_text("its version after the change")),
                     required("ops_applied", count("elementary changes that took effect")),
                     optional("made", array("the ids of the nodes that tree.insert made, in order",
                                            any_text(""), unbounded))});
}

Schema entity_schema() {
  return object(
      "", {required("entity", id16("the entity")), required("space", id32("the space it is in")),
           required("type", any_text("the app's word for it")),
           required("version", any_text("its version, for if_version")),
           required("deleted", boolean("whether it was deleted")),
           required("conflicts", count("conflicts in it")),
           required("created", time("when it was created")),
           required("changed", time("when it was last changed")),
           required("value", any_value("the document, or the part of it that was asked for")),
           optional("notes", array("only if annotated: the places of it, in reading order",
                                   note_schema(), unbounded)),
           optional("more_notes", boolean("only if annotated: whether there are more places than "
                                          "notes; ask for a part with path"))});
}

Schema entities_schema() {
  return object(
      "", {listed("entities", object("", {required("entity", id16("the entity")),
                                          required("type", any_text("the app's word for it")),
                                          required("title", any_text("the first short text in it")),
                                          required("version", any_text("its version")),
                                          required("changed", time("when it was last changed")),
                                          required("conflicts", count("conflicts in it"))})),
           optional("cursor", any_text("pass it to get the next ones; left out at the end"))});
}

Schema history_schema() {
  return object(
      "",
      {listed("versions",
              object("", {required("version", any_text("its name, for entity.get, entity.diff and "
                                                       "entity.restore")),
                          required("device", id16("who made it")),
                          required("device_name", any_text("that device's name")),
                          required("at", time("when, by that device's clock")),
                          required("ops", count("elementary changes in it")),
                          required("kind", one_of("what it was", {"create", "edit", "delete"})),
                          required("changed", array("the first 16 places that it changed, as JSON "
                                                    "Pointers",
                                                    any_text(""), unbounded)),
                          required("inserted", count("characters put into texts")),
                          required("removed", count("characters removed from texts"))})),
       optional("cursor", any_text("pass it to get the next ones; left out at the end"))});
}

Schema diff_schema() {
  const auto change = [](const char* op, const char* about, std::vector<Field> more) {
    std::vector<Field> fields = {required("op", one_of("what happens", {op})),
                                 required("path", any_text("the place, as a JSON Pointer"))};
    for (Field& field : more) fields.push_back(std::move(field));
    return object(about, std::move(fields));
  };
  return object(
      "",
      {required("to", any_text("the version that the changes lead to")),
       listed(
           "changes",
           tagged(
               "in order, each at the document as the one before left it; \"add\", "
               "\"replace\" and \"remove\" are those of RFC 6902, except for nodes of trees",
               "op",
               {change("add", "puts a value where none was; the path of a node ends with its id",
                       {required("value", any_value("the value")),
                        optional("parent", any_value("of a node: the id of the one that it is "
                                                     "below, null for the top")),
                        optional("at", count("of a node: where among its siblings"))}),
                change("replace", "puts another value",
                       {required("value", any_value("the value"))}),
                change("remove", "takes a value away, of a node with what is below it", {}),
                change("move", "puts a node elsewhere in its tree, with what is below it",
                       {required("parent", any_value("the id of the one that it is below, "
                                                     "null for the top")),
                        required("at", count("where among its siblings"))}),
                change("text", "changes a text at a position",
                       {required("at", count("the position, counted as positions says")),
                        required("removed", count("how much goes")),
                        required("inserted", any_text("what comes in its place"))}),
                change("mark",
                       "marks a part of a text; what only grew or shrank with the text is "
                       "not told",
                       {required("from", count("where the part begins, in the text as it is "
                                               "after all changes")),
                        required("to", count("where it ends")),
                        required("key", any_text("what kind of thing")),
                        optional("was", any_value("what was said; left out for nothing")),
                        optional("value", any_value("what is said; left out for nothing"))})}))});
}

Schema typed_schema() {
  return object(
      "",
      {required("entity", id16("the entity")),
       required("waiting", boolean("whether it waits for more; false: it is a change now")),
       required("length", count("of the text as it is shown with it, counted as positions says"))});
}

Schema cursor_schema() {
  return object("", {required("cursor", any_text("where it holds on; keep it as long as you like")),
                     required("version", any_text("the entity's version it was made at"))});
}

Schema cursor_places_schema() {
  return object(
      "",
      {listed("places",
              object("", {required("state",
                                   one_of("whether the character it holds on to is there, or was "
                                          "removed, or has not arrived here",
                                          {"held", "gone", "unknown"})),
                          optional("at", count("its position; left out if unknown"))})),
       required("length", count("of the text, counted as positions says")),
       required("version", any_text("the entity's version"))});
}

Schema blame_schema() {
  return object(
      "", {listed("parts", object("", {required("start", count("where it begins")),
                                       required("length", count("how long it is")),
                                       required("device", id16("who wrote it")),
                                       required("device_name", any_text("that device's name")),
                                       required("at", time("when, by that device's clock")),
                                       required("version", any_text("the version that brought "
                                                                    "it"))})),
           required("length", count("of the text, counted as positions says")),
           required("version", any_text("the entity's version")),
           optional("next", count("pass it as from to get the next parts; left out at the end"))});
}

Schema named_schema() {
  return object("", {required("entity", id16("the entity")),
                     required("version", any_text("the version that has, or had, the name"))});
}

Schema named_versions_schema() {
  const auto named = [](std::vector<Field> more) {
    std::vector<Field> fields = {required("version", any_text("the version")),
                                 required("device", id16("who named it")),
                                 required("device_name", any_text("that device's name")),
                                 required("at", time("when, by that device's clock"))};
    for (Field& field : more) fields.push_back(std::move(field));
    return object("", std::move(fields));
  };
  return object(
      "", {listed("versions",
                  named({required("name", any_text("its name")),
                         optional("others", array("versions that were given the same name on other "
                                                  "devices at the same time",
                                                  named({}), unbounded))}))});
}

Schema conflicts_schema() {
  Schema removal = object("", {required("device", id16("who removed it")),
                               required("device_name", any_text("that device's name")),
                               optional("at", time("when, by that device's clock"))});
  return object(
      "",
      {listed(
          "conflicts",
          object("",
                 {required("entity", id16("the entity")), required("space", id32("its space")),
                  required("type", any_text("its type")),
                  required("version", any_text("its version, for if_version")),
                  required("path", any_text("the place, as a JSON Pointer; empty for the "
                                            "entity itself")),
                  required("kind",
                           one_of("what happened; move_lost: it was moved to several places and is "
                                  "at the first, each value is one of them",
                                  {"concurrent_values", "edited_and_deleted", "move_lost"})),
                  required("values", array("the shown one first", kept_value_schema(), unbounded)),
                  optional("removals", array("who removed it without knowing the edit",
                                             std::move(removal), unbounded))}))});
}

Schema types_schema() {
  return object(
      "",
      {listed("types", object("", {required("type", any_text("the app's word")),
                                   required("space", id32("the space it is declared in")),
                                   required("entity", id16("the entity that holds it")),
                                   required("changed", time("when it was last changed")),
                                   required("rules", any_object("the rule of each pattern"))}))});
}

Schema sub_schema() {
  return object("", {required("sub", decimal("the subscription")),
                     required("cursor", decimal("where it stands"))});
}

namespace {

std::vector<Field> slot_fields() {
  return {required("device", id16("the device that shows it")),
          required("device_name", any_text("its name")),
          required("slot", count("tells the programs of one device apart, while they run")),
          required("since", time("since when it shows anything there, by its clock"))};
}

Schema typing_schema() {
  const auto change = [](const char* name, const char* about, Field what) {
    return object(
        about, {required("op", one_of("the action", {name})),
                required("path", any_text("the text, as a JSON Pointer")),
                required("at", count("the position, in Unicode scalar values")), std::move(what)});
  };
  return tagged("one change", "op",
                {change("text.insert", "inserts", required("text", any_text("what"))),
                 change("text.remove", "removes", required("count", count("how many")))});
}

Schema ephemeral_schema() {
  const auto row = [](const char* kind, const char* about, std::vector<Field> more) {
    std::vector<Field> fields = {required("kind", one_of("what it is", {kind})),
                                 required("entity", id16("the entity"))};
    for (Field& field : slot_fields()) fields.push_back(std::move(field));
    fields.push_back(required("gone", boolean("whether it is not shown any more")));
    for (Field& field : more) fields.push_back(std::move(field));
    return object(about, std::move(fields));
  };
  return tagged(
      "a slot that changed, in its newest state", "kind",
      {row("presence", "is what a program shows",
           {optional("value", any_value("what it shows; left out when gone"))}),
       row("preview", "is typing on another device that is not written yet",
           {optional("version", any_text("the version it changes, as its author sees it")),
            optional("ops", array("the changes, as in entity.update; left out when gone",
                                  typing_schema(), unbounded))})});
}

}  // namespace

Schema presence_set_schema() {
  return object("", {required("slot", count("as presence.list shows it"))});
}

Schema presence_list_schema() {
  std::vector<Field> fields = slot_fields();
  fields.push_back(required("value", any_value("what it shows; null if that is no JSON")));
  return object("", {listed("presence", object("", std::move(fields)))});
}

Schema events_schema() {
  Schema change = object(
      "", {required("cursor", decimal("its place in the order of changes")),
           required("entity", id16("the entity")), required("space", id32("the space it is in")),
           required("type", any_text("the app's word for it")),
           required("change", one_of("what happened", {"created", "changed", "deleted"})),
           required("version", any_text("the version after it")),
           required("local", boolean("whether it was made on this device"))});
  return object(
      "", {listed("changes", std::move(change)),
           required("cursor", decimal("pass it to sub.ack, or later as since")),
           required("gap", boolean("whether changes were dropped: list again")),
           optional("ephemeral", array("what changed of presence and previews; each state is given "
                                       "once, and sub.ack has nothing to do with it",
                                       ephemeral_schema(), unbounded))});
}

Schema logs_schema() {
  return object(
      "", {listed("logs",
                  object("", {required("log", id16("its id")), required("space", id32("its space")),
                              optional("device", id16("its device; left out while locked")),
                              required("incarnation", count("which log of that device it is")),
                              required("seq", count("its number of events")),
                              required("head", id32("its newest chain hash")),
                              required("own", boolean("whether this device writes it")),
                              required("frozen", boolean("whether it was found to have two "
                                                         "histories"))}))});
}

}  // namespace syncline::ipc
