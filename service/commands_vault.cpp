// SPDX-License-Identifier: Apache-2.0
//
// init, unlock, lock, passwd.
#include "protocol/base/limits.h"
#include "service/arguments.h"
#include "service/passwords.h"

#include <unistd.h>

namespace syncline::service {
namespace {

using ipc::Json;

PasswordSource source_of(const Arguments& arguments, const char* file_option) {
  return {.file = arguments.text(file_option), .from_stdin = arguments.has("--password-stdin")};
}

std::vector<Option> password_options() {
  return {{"--password-file", Takes::text, "read the password from the first line of FILE", "FILE"},
          {"--password-stdin", Takes::nothing, "read the password from standard input", ""}};
}

Got<ExitCode> init(const Context& context, const Arguments& arguments) {
  // First the agent, so that nobody types a password for nothing.
  Got<Session> session = context.connect_or_start();
  if (!session) return pass_on(session);
  const Got<Json> before = session->call("vault.status");
  if (!before) return pass_on(before);
  if ((*before)["vault"] != "none")
    return refuse({ExitCode::conflict, "already_exists", "there is a vault on this device already",
                   "open it with `syncline unlock`; another vault needs another --home"});
  const Got<Password> password =
      get_password(source_of(arguments, "--password-file"), "New password: ", Asking::twice);
  if (!password) return pass_on(password);
  const Got<Json> made = session->call(
      "vault.init", {{"password", password->text()}, {"device_name", device_name(arguments)}});
  if (!made) return pass_on(made);
  const Got<Json> vault = session->call("vault.status");
  if (!vault) return pass_on(vault);
  context.show(
      *vault,
      "The vault is made and open on this device.\n"
      "Nobody can restore a forgotten password: keep it safe.\n"
      "Next: `syncline put --new title=Hello`, or `syncline invite` for another device.\n");
  return ExitCode::ok;
}

Got<ExitCode> unlock(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect_or_start();
  if (!session) return pass_on(session);
  const Got<Json> before = session->call("vault.status");
  if (!before) return pass_on(before);
  if ((*before)["vault"] == "none")
    return refuse({ExitCode::not_found, "not_found", "there is no vault on this device yet",
                   "make one with `syncline init`, or `syncline join` another device's"});
  const Got<Password> password =
      get_password(source_of(arguments, "--password-file"), "Password: ", Asking::once);
  if (!password) return pass_on(password);
  const Got<Json> opened = session->call("vault.unlock", {{"password", password->text()}});
  if (!opened) return pass_on(opened);
  context.show({{"vault", "unlocked"}}, "Unlocked.\n");
  return ExitCode::ok;
}

Got<ExitCode> lock(const Context& context, const Arguments&) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> locked = session->call("vault.lock");
  if (!locked) return pass_on(locked);
  context.show({{"vault", "locked"}},
               "Locked: the keys are forgotten. What other devices send is still taken, unread.\n");
  return ExitCode::ok;
}

Got<ExitCode> passwd(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Password> old_password =
      get_password(source_of(arguments, "--password-file"), "Present password: ", Asking::once);
  if (!old_password) return pass_on(old_password);
  const Got<Password> new_password =
      get_password(source_of(arguments, "--new-password-file"), "New password: ", Asking::twice);
  if (!new_password) return pass_on(new_password);
  const Got<Json> changed = session->call("vault.passwd", {{"old_password", old_password->text()},
                                                           {"new_password", new_password->text()}});
  if (!changed) return pass_on(changed);
  context.show({{"changed", true}},
               "The password is changed here, and on your other devices with their next sync.\n");
  return ExitCode::ok;
}

}  // namespace

std::string device_name(const Arguments& arguments) {
  if (arguments.has("--name")) return arguments.text("--name");
  char name[limits::device_name_size_max] = {};
  const bool known = ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0';
  return known ? name : "This device";
}

std::vector<Row> vault_rows() {
  std::vector<Option> init_options = password_options();
  init_options.insert(init_options.begin(),
                      {"--name", Takes::text, "what people see this device as", "NAME"});
  std::vector<Option> passwd_options = password_options();
  passwd_options[1].about = "read both passwords from standard input, the present one first";
  passwd_options.push_back(
      {"--new-password-file", Takes::text, "read the new password from FILE", "FILE"});
  return {{"init", "Make a new vault on this device", init_options, init},
          {"unlock", "Open the vault", password_options(), unlock},
          {"lock", "Forget every key; syncing goes on", {}, lock},
          {"passwd", "Change the password, on every device", passwd_options, passwd}};
}

}  // namespace syncline::service
