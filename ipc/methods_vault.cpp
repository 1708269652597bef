// SPDX-License-Identifier: Apache-2.0
//
// vault.* and pair.*: making, opening and joining a vault.
#include "ipc/methods.h"
#include "ipc/params.h"
#include "protocol/base/limits.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t address_size_max = 300;  // a domain name is at most 253 bytes

Schema device_name() {
  return text("what people will see this device as", limits::device_name_size_max, 1);
}

Result<step::Command> init(Json& params) {
  step::VaultInit command;
  command.password = take_secret(params, "password");
  command.device_name = take_text(params, "device_name");
  return step::Command(std::move(command));
}

Result<step::Command> unlock(Json& params) {
  return step::Command(step::VaultUnlock{take_secret(params, "password")});
}

Result<step::Command> passwd(Json& params) {
  step::VaultPasswd command;
  command.old_password = take_secret(params, "old_password");
  command.new_password = take_secret(params, "new_password");
  return step::Command(std::move(command));
}

Result<step::Command> join(Json& params) {
  step::PairJoin command;
  command.code_or_uri = take_secret(params, "code");
  command.addresses = take_texts(params, "addresses");
  command.device_name = take_text(params, "device_name");
  return step::Command(std::move(command));
}

Json only_vault(Json status) {
  Json made = Json::object();
  for (const char* name : {"vault", "vault_id", "device", "device_name"}) {
    if (const auto found = status.find(name); found != status.end()) made[name] = *found;
  }
  return made;
}

Schema vault_schema() {
  Schema schema = status_schema();
  schema.fields.resize(4);
  return schema;
}

}  // namespace

std::vector<Method> vault_methods() {
  return {
      {.name = "vault.status",
       .summary = "Whether there is a vault and whether it is open",
       .params = object("", {}),
       .result = vault_schema(),
       .command = [](Json&) -> Result<step::Command> {
         return step::Command(step::SystemStatus{});
       },
       .narrow = only_vault},
      {.name = "vault.init",
       .summary = "Makes a new vault on this device, and leaves it unlocked",
       .params = object("", {required("password", password("what will open the vault")),
                             required("device_name", device_name())}),
       .result = done_schema(),
       .command = init},
      {.name = "vault.unlock",
       .summary = "Opens the vault",
       .params = object("", {required("password", password("the vault's password"))}),
       .result = done_schema(),
       .command = unlock},
      {.name = "vault.lock",
       .summary = "Forgets every key; ciphertext is still synced",
       .params = object("", {}),
       .result = done_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::VaultLock{}); }},
      {.name = "vault.passwd",
       .summary = "Changes the password, on every device",
       .params = object("", {required("old_password", password("the present password")),
                             required("new_password", password("what will open the vault"))}),
       .result = done_schema(),
       .command = passwd},
  };
}

std::vector<Method> pair_methods() {
  return {
      {.name = "pair.invite",
       .summary = "Invites a new device for five minutes, in place of an earlier invitation",
       .params = object("", {}),
       .result = invite_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::PairInvite{}); }},
      {.name = "pair.join",
       .summary = "Makes this device part of the inviter's vault; follow it with pair.status",
       .params = object("", {required("code",
                                      [] {
                                        Schema code = text(
                                            "the code or the URI that the inviter shows", 4096, 1);
                                        code.secret = true;
                                        return code;
                                      }()),
                             optional("addresses",
                                      array("where the inviter listens",
                                            text("host and port", address_size_max, 1), 16),
                                      "those in the URI; a code needs at least one"),
                             required("device_name", device_name())}),
       .result = pair_schema(),
       .command = join},
      {.name = "pair.status",
       .summary = "How far pairing is",
       .params = object("", {}),
       .result = pair_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::PairStatus{}); }},
      {.name = "pair.confirm",
       .summary = "The inviter's decision, after the check numbers were compared",
       .params = object("", {required("accept", boolean("whether to let the device in"))}),
       .result = done_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::PairConfirm{read_boolean(params, "accept")});
       }},
      {.name = "pair.cancel",
       .summary = "Ends the invitation or the joining that is under way",
       .params = object("", {}),
       .result = done_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::PairCancel{}); }},
  };
}

}  // namespace syncline::ipc
