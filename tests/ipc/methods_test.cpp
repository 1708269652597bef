// SPDX-License-Identifier: Apache-2.0
#include "ipc/methods.h"

#include "ipc/conversation.h"
#include "tests/ipc/scripted_backend.h"

#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

const char* const entity_hex = "00112233445566778899aabbccddeeff";
const char* const space_hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

// `@` stands for an entity, `#` for a space.
Json filled(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("@#", at)) != std::string::npos;) {
    text.replace(at, 1, text[at] == '@' ? entity_hex : space_hex);
  }
  return Json::parse(text);
}

Result<step::Command> command_of(const std::string& name, const std::string& params_text) {
  const Method* method = find_method(methods(), name);
  REQUIRE(method != nullptr);
  Json params = filled(params_text);
  if (Status fits = check(method->params, params, "params"); !fits) return pass(fits);
  return method->command(params);
}

template <class Command>
Command accepted(const std::string& name, const std::string& params) {
  Result<step::Command> command = command_of(name, params);
  REQUIRE_MESSAGE(command.has_value(), (command ? "" : command.error().context));
  REQUIRE(std::holds_alternative<Command>(*command));
  return std::get<Command>(std::move(*command));
}

std::string refused(const std::string& name, const std::string& params) {
  const Result<step::Command> command = command_of(name, params);
  REQUIRE_FALSE(command.has_value());
  return command.error().context;
}

std::string text_of(const step::SecretText& secret) { return to_text(secret.view()); }

TEST_CASE("vault methods carry the passwords, and wipe what held them") {
  Json params = {{"password", "a long enough password"}, {"device_name", "laptop"}};
  auto command = find_method(methods(), "vault.init")->command(params);
  REQUIRE(command.has_value());
  CHECK(text_of(std::get<step::VaultInit>(*command).password) == "a long enough password");
  CHECK(std::get<step::VaultInit>(*command).device_name == "laptop");
  CHECK(params["password"] == "");

  CHECK(text_of(accepted<step::VaultUnlock>("vault.unlock", R"({"password":"short"})").password) ==
        "short");
  const auto passwd =
      accepted<step::VaultPasswd>("vault.passwd", R"({"old_password":"old","new_password":"new"})");
  CHECK(text_of(passwd.old_password) == "old");
  CHECK(text_of(passwd.new_password) == "new");
  accepted<step::VaultLock>("vault.lock", "{}");
  accepted<step::SystemStatus>("vault.status", "{}");

  CHECK(refused("vault.unlock", R"({"password":""})") ==
        "params.password has to be a string of 1 to 1024 bytes");
  CHECK(refused("vault.unlock", R"({"pasword":"hunter2"})") ==
        R"(params knows no "pasword"; did you mean "password"?)");
  CHECK(refused("vault.init", R"({"password":"x"})").find("params.device_name is missing") == 0);
}

TEST_CASE("pair methods") {
  accepted<step::PairInvite>("pair.invite", "{}");
  const auto join = accepted<step::PairJoin>(
      "pair.join", R"({"code":"123-456-789","addresses":["a:1","b:2"],"device_name":"phone"})");
  CHECK(text_of(join.code_or_uri) == "123-456-789");
  CHECK(join.addresses == std::vector<std::string>{"a:1", "b:2"});
  CHECK(join.device_name == "phone");
  CHECK(accepted<step::PairConfirm>("pair.confirm", R"({"accept":true})").accept);
  CHECK_FALSE(accepted<step::PairConfirm>("pair.confirm", R"({"accept":false})").accept);
  accepted<step::PairStatus>("pair.status", "{}");
  accepted<step::PairCancel>("pair.cancel", "{}");
  CHECK(refused("pair.confirm", "{}") == "params.accept is missing: true or false");
}

TEST_CASE("entity methods") {
  const auto create = accepted<step::EntityCreate>(
      "entity.create", R"({"space":"#","type":"note","value":{"a":1},"idempotency_key":"k",
                           "wait":"all_devices"})");
  CHECK(create.space->hex() == space_hex);
  CHECK(create.type == "note");
  CHECK(create.ops.size() == 1);
  CHECK(create.idempotency_key == "k");
  CHECK(create.wait == step::Wait::all_devices);
  const auto bare = accepted<step::EntityCreate>("entity.create", "{}");
  CHECK_FALSE(bare.space.has_value());
  CHECK(bare.wait == step::Wait::local);
  CHECK(accepted<step::EntityCreate>("entity.create", R"({"wait":"buffered"})").wait ==
        step::Wait::local_buffered);

  CHECK(accepted<step::EntityGet>("entity.get", R"({"entity":"@"})").entity.hex() == entity_hex);
  CHECK_FALSE(accepted<step::EntityGet>("entity.get", R"({"entity":"@"})").with_kinds);
  CHECK(accepted<step::EntityGet>("entity.get", R"({"entity":"@","annotated":true})").with_kinds);

  const auto list = accepted<step::EntityList>(
      "entity.list", R"({"space":"#","type":"note","cursor":"c","limit":7})");
  CHECK(list.cursor == "c");
  CHECK(list.limit == 7);
  CHECK(accepted<step::EntityList>("entity.list", "{}").limit == 100);

  const auto update = accepted<step::EntityUpdate>(
      "entity.update", R"({"entity":"@","ops":[{"op":"set","path":"/a","value":1}],
                           "if_version":"v1","wait":"one_device"})");
  CHECK(update.ops.size() == 1);
  CHECK(update.if_version == "v1");
  CHECK(update.wait == step::Wait::one_device);
  CHECK(accepted<step::EntityDelete>("entity.delete", R"({"entity":"@","if_version":"v"})")
            .if_version == "v");
  CHECK(accepted<step::EntityHistory>("entity.history", R"({"entity":"@","limit":5})").limit == 5);
  CHECK(
      accepted<step::EntityHistory>("entity.history", R"({"entity":"@","cursor":"a.1"})").cursor ==
      "a.1");
  CHECK(accepted<step::EntityGet>("entity.get", R"({"entity":"@","at":"a.1"})").at == "a.1");
  const auto diff =
      accepted<step::EntityDiff>("entity.diff", R"({"entity":"@","from":"a.1","to":"b.2"})");
  CHECK(diff.from == "a.1");
  CHECK(diff.to == "b.2");
  const auto restore = accepted<step::EntityRestore>(
      "entity.restore", R"({"entity":"@","version":"a.1","if_version":"v","wait":"all_devices"})");
  CHECK(restore.version == "a.1");
  CHECK(restore.if_version == "v");
  CHECK(restore.wait == step::Wait::all_devices);
  CHECK(accepted<step::EntityUndo>("entity.undo", R"({"entity":"@"})").direction ==
        step::UndoDirection::back);
  CHECK(accepted<step::EntityUndo>("entity.redo", R"({"entity":"@"})").direction ==
        step::UndoDirection::again);
  CHECK(refused("entity.get", R"({"entity":"@","at":""})") != "");

  CHECK(refused("entity.get", R"({"entity":"xyz"})") ==
        "params.entity has to be a string of 32 hexadecimal digits");
  CHECK(refused("entity.list", R"({"limit":0})") ==
        "params.limit has to be an integer from 1 to 1000");
  CHECK(refused("entity.create", R"({"value":[]})") == "params.value has to be an object");
  CHECK(refused("entity.create", R"({"value":{"a":{"$nope":1}}})").find("params.value.a has") == 0);
  CHECK(refused("entity.create", R"({"wait":"forever"})").find("params.wait has to be one of") ==
        0);
}

TEST_CASE("conflict methods") {
  CHECK_FALSE(accepted<step::ConflictList>("conflict.list", "{}").entity.has_value());
  CHECK(accepted<step::ConflictList>("conflict.list", R"({"entity":"@"})").entity->hex() ==
        entity_hex);
  const auto kept = accepted<step::ConflictResolve>("conflict.resolve",
                                                    R"({"entity":"@","path":"/a/3","choose":2})");
  CHECK(kept.slot == crdt::Path{std::string("a"), std::uint64_t{3}});
  CHECK(kept.choose == 2U);
  CHECK_FALSE(accepted<step::ConflictResolve>("conflict.resolve",
                                              R"({"entity":"@","path":"/a","choose":"removal"})")
                  .choose.has_value());
  CHECK(
      accepted<step::ConflictResolve>("conflict.resolve", R"({"entity":"@","path":"","choose":0})")
          .slot.empty());
  CHECK(refused("conflict.resolve", R"({"entity":"@","path":"/a","choose":-1})")
            .find("params.choose has to be") == 0);
}

TEST_CASE("sync and watch methods") {
  accepted<step::SyncStatus>("sync.status", "{}");
  accepted<step::SyncNow>("sync.now", "{}");
  CHECK(accepted<step::SyncPause>("sync.pause", "{}").direction == step::SyncDirection::both);
  CHECK(accepted<step::SyncPause>("sync.pause", R"({"direction":"send"})").direction ==
        step::SyncDirection::send);
  CHECK(accepted<step::SyncResume>("sync.resume", R"({"direction":"receive"})").direction ==
        step::SyncDirection::receive);
  CHECK(accepted<step::SyncConnect>("sync.connect", R"({"address":"a:1"})").address == "a:1");

  const auto open = accepted<step::SubOpen>(
      "sub.open", R"({"entity":"@","type":"note","since":"18446744073709551615"})");
  CHECK(open.since == 18446744073709551615U);
  CHECK_FALSE(accepted<step::SubOpen>("sub.open", "{}").since.has_value());
  CHECK_FALSE(open.ephemeral);
  CHECK(accepted<step::SubOpen>("sub.open", R"({"entity":"@","ephemeral":true})").ephemeral);
  CHECK(refused("sub.open", R"({"since":"18446744073709551616"})") ==
        "params.since has to be a number below 2^64");
  CHECK(accepted<step::SubClose>("sub.close", R"({"sub":"7"})").sub == 7);
  CHECK(accepted<step::SubAck>("sub.ack", R"({"sub":"7","cursor":"8"})").cursor == 8);
  const auto poll =
      accepted<step::EventsPoll>("events.poll", R"({"sub":"7","limit":3,"wait_ms":30000})");
  CHECK(poll.limit == 3);
  CHECK(poll.wait == std::chrono::seconds(30));
  CHECK(refused("events.poll", R"({"sub":"7","wait_ms":30001})").find("params.wait_ms has") == 0);
  accepted<step::LogList>("log.list", "{}");
  accepted<step::NetStatus>("net.status", "{}");
  CHECK(accepted<step::NetMode>("net.mode", R"({"mode":"anywhere"})").mode ==
        step::NetworkMode::anywhere);
  CHECK(accepted<step::NetMode>("net.mode", R"({"mode":"lan-only"})").mode ==
        step::NetworkMode::lan_only);
  CHECK(accepted<step::NetMode>("net.mode", R"({"mode":"off"})").mode == step::NetworkMode::off);
  const auto relay = accepted<step::NetRelay>(
      "net.relay", R"({"action":"remove","address":"relay.example:4460"})");
  CHECK(relay.action == step::NetRelay::Action::remove);
  CHECK(relay.address == "relay.example:4460");
  CHECK(refused("net.mode", R"({"mode":"somewhere"})").find("lan-only") != std::string::npos);
  accepted<step::DeviceList>("device.list", "{}");
  accepted<step::SpaceList>("space.list", "{}");
}

TEST_CASE("a call to presence.* becomes the command it says") {
  const auto set = accepted<step::PresenceSet>(
      "presence.set", R"({"entity":"@","value":{"name":"Ada","at":[1,2]},"ttl_ms":5000})");
  CHECK(set.value == R"({"at":[1,2],"name":"Ada"})");
  CHECK(set.lifetime == std::chrono::seconds(5));
  CHECK_FALSE(accepted<step::PresenceSet>("presence.set", R"({"entity":"@","value":null})")
                  .lifetime.has_value());
  CHECK(refused("presence.set", R"({"entity":"@"})").find("params.value") != std::string::npos);
  CHECK(refused("presence.set", R"({"entity":"@","value":1,"ttl_ms":0})").find("params.ttl_ms") ==
        0);
  CHECK(accepted<step::PresenceClear>("presence.clear", R"({"entity":"@"})").entity.has_value());
  CHECK_FALSE(accepted<step::PresenceClear>("presence.clear", "{}").entity.has_value());
  accepted<step::PresenceList>("presence.list", R"({"entity":"@"})");
}

std::vector<step::PresenceRow> sample_rows() {
  step::PresenceRow presence;
  presence.value = R"({"name":"Ada"})";
  presence.slot = 3;
  step::PresenceRow preview;
  preview.kind = step::PresenceKind::preview;
  preview.version = "v";
  preview.ops = {{{std::string("body")}, crdt::TextRemove{1, 2}},
                 {{std::string("body")}, crdt::TextInsert{1, "x"}}};
  step::PresenceRow left = preview;
  left.gone = true;
  return {presence, preview, left};
}

step::DeviceStatus sample_device() {
  step::DeviceStatus device;
  device.name = "laptop";
  device.links.emplace_back().since = 61s;
  device.last_seen = WallTime{0};
  device.receipt_at = WallTime{1};
  return device;
}

// One of each, with everything that may be left out.
step::DiffAnswer sample_diff() {
  step::DiffAnswer diff{"a.1", {}};
  for (const auto kind :
       {history::ChangeKind::add, history::ChangeKind::replace, history::ChangeKind::remove,
        history::ChangeKind::move, history::ChangeKind::text, history::ChangeKind::mark})
    diff.changes.push_back({kind,
                            {std::string("k")},
                            {crdt::Scalar("v")},
                            1,
                            2,
                            "x",
                            2,
                            "bold",
                            {},
                            crdt::Scalar(true)});
  return diff;
}

// What concerns texts and versions.
void add_samples(std::vector<step::Answer>& answers) {
  answers.push_back(step::RebuildAnswer{3, {EntityId{}}, 1, 1, true});
  answers.push_back(step::TypedAnswer{EntityId{}, true, 3});
  answers.push_back(step::CursorAnswer{"00", "a.1"});
  answers.push_back(step::CursorPlacesAnswer{
      {{step::CursorState::held, 3}, {step::CursorState::gone, 4}, {}}, 5, "a.1"});
  answers.push_back(step::BlameAnswer{{step::BlameRow{}}, "a.1", 5, 3});
  answers.push_back(step::NamedVersionsAnswer{{{"draft", {{}, {}}}}});
}

std::vector<step::Answer> sample_answers() {
  step::StatusAnswer status;
  status.vault = step::VaultState::unlocked;
  status.vault_id = SpaceId{};
  status.device = DeviceId{};
  status.device_name = "laptop";
  status.devices.push_back(sample_device());
  status.attention = {"Unlock the vault: syncline unlock"};
  step::PairAnswer pair;
  pair.phase = step::PairPhase::failed;
  pair.check_number = "123456";
  pair.device_name = "phone";
  pair.failure = "The code is wrong: ask for a new one";
  step::EntityAnswer entity;
  entity.value.node = crdt::ValueMap{{"body", {crdt::Scalar("x")}}};
  entity.kinds[{std::string("body")}] = crdt::Kind::text;
  step::ConflictRow conflict;
  conflict.kind = crdt::ConflictKind::move_lost;
  conflict.path = {std::string("12"), std::uint64_t{3}};
  conflict.values.emplace_back().value = crdt::Value{crdt::Scalar(std::int64_t{1})};
  conflict.removals.emplace_back().at = WallTime{};
  step::PlaceNote note;
  note.path = {std::string("body")};
  note.kind = crdt::Kind::text;
  note.length = 1;
  note.rule = "text";
  note.others = conflict.values;
  note.marks = {{0, 1, "bold", crdt::Scalar(true), {crdt::Scalar(false)}}};
  entity.notes.push_back(std::move(note));
  step::TypeRow type;
  type.rules.emplace("/price", "max");
  step::ChangeRow change;
  change.change = "created";
  std::vector<step::Answer> answers = {
      step::Done{},
      status,
      step::DevicesAnswer{{sample_device()}},
      step::SpacesAnswer{{step::SpaceRow{}}},
      step::InviteAnswer{"123-456-789", "syncline:x", {"a:1"}, 300s},
      pair,
      step::WrittenAnswer{},
      entity,
      step::EntitiesAnswer{{step::EntityRow{}}, "next"},
      step::HistoryAnswer{{step::VersionRow{}}, "a.1"},
      step::ConflictsAnswer{{conflict}},
      step::TypesAnswer{{type}},
      step::SubAnswer{7, 8},
      step::EventsAnswer{{change}, 9, true, sample_rows()},
      step::PresenceAnswer{3},
      step::PresencesAnswer{{sample_rows()[0]}},
      step::LogsAnswer{{step::LogRow{}}},
      sample_diff()};
  add_samples(answers);
  step::NetAnswer net{step::NetworkMode::lan_only, {"10.0.0.1:4711"}, true, "heard", true, {}, {}};
  net.relays = {{"relay.example:4460", step::RelayState::waiting, "refused", 3s}};
  net.devices.resize(1);
  net.devices[0].links.resize(1);
  net.devices[0].next_try = 3s;
  net.devices[0].addresses = {{"10.0.0.2:4711", step::AddressSource::nearby, true, 5s, "refused"},
                              {"[::1]:1", {}, {}, {}, {}}};
  answers.emplace_back(std::move(net));
  return answers;
}

Schema schema_of(const step::Answer& answer) {
  const std::vector<Schema> schemas = {done_schema(),
                                       status_schema(),
                                       rebuild_schema(),
                                       devices_schema(),
                                       spaces_schema(),
                                       invite_schema(),
                                       pair_schema(),
                                       written_schema(),
                                       entity_schema(),
                                       entities_schema(),
                                       history_schema(),
                                       conflicts_schema(),
                                       types_schema(),
                                       sub_schema(),
                                       events_schema(),
                                       presence_set_schema(),
                                       presence_list_schema(),
                                       logs_schema(),
                                       diff_schema(),
                                       typed_schema(),
                                       cursor_schema(),
                                       cursor_places_schema(),
                                       blame_schema(),
                                       named_versions_schema(),
                                       net_schema()};
  REQUIRE(schemas.size() == std::variant_size_v<step::Answer>);
  return schemas[answer.index()];
}

TEST_CASE("every answer looks as its schema says") {
  for (const step::Answer& answer : sample_answers()) {
    CAPTURE(answer.index());
    for (const Form form : {Form::plain, Form::annotated}) {
      const Json shown = to_json(answer, form);
      CAPTURE(shown.dump());
      const Status fits = check(schema_of(answer), shown, "result");
      CHECK_MESSAGE(fits.has_value(), (fits ? "" : fits.error().context));
    }
  }
  step::StatusAnswer bare;
  bare.devices.emplace_back();
  CHECK(check(status_schema(), to_json(bare, Form::plain), "result").has_value());
}

TEST_CASE("answers show ids, times and paths as documented") {
  const std::vector<step::Answer> answers = sample_answers();
  const Json device = to_json(answers[2], Form::plain)["devices"][0];
  CHECK(device["last_seen"] == "1970-01-01T00:00:00.000Z");
  CHECK(device["device"] == std::string(32, '0'));
  CHECK(device["links"][0]["up_s"] == 61);
  CHECK(to_json(answers[7], Form::plain)["value"]["body"] == "x");
  CHECK(to_json(answers[7], Form::annotated)["value"]["body"]["$text"] == "x");
  CHECK(to_json(answers[10], Form::plain)["conflicts"][0]["path"] == "/~212/3");
  CHECK(to_json(answers[12], Form::plain)["sub"] == "7");
  CHECK_FALSE(to_json(answers[16], Form::plain)["logs"][0].contains("device"));
}

TEST_CASE("presence is shown as JSON and previews as the ops of entity.update") {
  const Json rows = to_json(sample_answers()[13], Form::plain)["ephemeral"];
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["value"]["name"] == "Ada");
  CHECK(rows[0]["slot"] == 3);
  CHECK(rows[1]["ops"] == Json::parse(R"([{"op":"text.remove","path":"/body","at":1,"count":2},
                                          {"op":"text.insert","path":"/body","at":1,"text":"x"}])"));
  CHECK(rows[2]["gone"] == true);
  CHECK_FALSE(rows[2].contains("ops"));
  CHECK_FALSE(to_json(step::EventsAnswer{}, Form::plain).contains("ephemeral"));
  // What another device sends need not be JSON.
  step::PresencesAnswer strange{{step::PresenceRow{}, step::PresenceRow{}, step::PresenceRow{}}};
  strange.rows[0].value = "{\"a\":";
  strange.rows[1].value = std::string(4096, '[');
  strange.rows[2].value = "1e999";
  for (const Json& row : to_json(strange, Form::plain)["presence"]) CHECK(row["value"].is_null());
}

TEST_CASE("times are RFC 3339 in UTC, also far away") {
  CHECK(rfc3339({0}) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339({1'700'000'000'123}) == "2023-11-14T22:13:20.123Z");
  CHECK(rfc3339({951'782'400'000}) == "2000-02-29T00:00:00.000Z");
  CHECK(rfc3339({-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339({INT64_MAX}) == "9999-12-31T23:59:59.999Z");
  CHECK(rfc3339({INT64_MIN}) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("methods without a core answer by themselves") {
  testing::ScriptedBackend agent;
  const Backend backend = agent.backend();
  for (const Method& method : methods()) {
    if (!method.local) continue;
    CAPTURE(method.name);
    const Json result = method.local(Json::object(), backend);
    CHECK(check(method.result, result, "result").has_value());
  }
  CHECK(find_method(methods(), "system.info")->local({}, backend)["started"] ==
        "2023-11-14T22:13:20.123Z");
}

TEST_CASE("vault.status is the part of the status that is about the vault") {
  const Method* method = find_method(methods(), "vault.status");
  const Json result = method->narrow(to_json(sample_answers()[1], Form::plain));
  CHECK(result.size() == 4);
  CHECK(result["vault"] == "unlocked");
  CHECK(check(method->result, result, "result").has_value());
}

}  // namespace
}  // namespace syncline::ipc
