// SPDX-License-Identifier: Apache-2.0
#include "service/doctor.h"

#include "protocol/crypto/arena.h"
#include "service/wording.h"

#include <filesystem>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace syncline::service {
namespace {

using ipc::Json;
namespace fs = std::filesystem;

constexpr std::uint64_t free_space_low = std::uint64_t{512} << 20;
constexpr std::uint64_t free_space_bad = std::uint64_t{64} << 20;
// No clock that is set shows an earlier year than that of this program.
constexpr std::int64_t sane_clock_ms = 1'735'689'600'000;  // 2025-01-01

Finding good(std::string check, std::string text) {
  return {std::move(check), Verdict::good, std::move(text), {}};
}
Finding bad(std::string check, std::string text, std::string remedy) {
  return {std::move(check), Verdict::bad, std::move(text), std::move(remedy)};
}
Finding worth_knowing(std::string check, std::string text, std::string remedy) {
  return {std::move(check), Verdict::worth_knowing, std::move(text), std::move(remedy)};
}

Finding check_directory(const std::string& check, const fs::path& path) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0)
    return worth_knowing(check, path.string() + " does not exist yet",
                         "it is made when the agent starts: `synclined &`");
  if (!S_ISDIR(state.st_mode))
    return bad(check, path.string() + " is not a directory", "move it away, or name another one");
  if (state.st_uid != ::geteuid())
    return bad(check, path.string() + " belongs to another user",
               "sudo chown -R \"$USER\" " + path.string());
  if ((state.st_mode & 077) != 0)
    return bad(check, path.string() + " can be read by other users", "chmod 700 " + path.string());
  if (::access(path.c_str(), W_OK) != 0)
    return bad(check, path.string() + " cannot be written to",
               "chmod u+rwx " + path.string() + ", or make its disk writable");
  return good(check, path.string());
}

Finding check_space(const fs::path& home) {
  struct statvfs state {};
  fs::path there = home;
  while (::statvfs(there.c_str(), &state) != 0 && there.has_relative_path())
    there = there.parent_path();
  const std::uint64_t space = std::uint64_t{state.f_bavail} * state.f_frsize;
  const std::string text = sized(space) + " free";
  if (space < free_space_bad)
    return bad("disk", text + ": writes will be refused", "free some space on " + home.string());
  if (space < free_space_low)
    return worth_knowing("disk", text, "free some space on " + home.string());
  return good("disk", text);
}

Finding check_memory_lock() {
  rlimit limit{};
  const std::uint64_t needed =
      std::uint64_t{crypto::SecretArena::slots_default} * crypto::SecretArena::slot_size;
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return good("memlock", "no limit on locked memory");
  const std::string text = sized(limit.rlim_cur) + " may be locked, keys need " + sized(needed);
  if (limit.rlim_cur >= needed || ::geteuid() == 0) return good("memlock", text);
  return bad("memlock", text, "ulimit -l 8192, or LimitMEMLOCK=8M in the service's unit");
}

Finding check_clock(const fs::path& home) {
  const std::int64_t now = unix_ms_now();
  if (now < sane_clock_ms)
    return bad("clock", "the clock shows a year before 2025", "timedatectl set-ntp true");
  struct stat state {};
  const bool known = ::stat((home / "store").c_str(), &state) == 0;
  if (known && std::int64_t{state.st_mtim.tv_sec} * 1000 > now + 3'600'000)
    return bad("clock", "the store was written in the future: the clock was set back",
               "timedatectl set-ntp true");
  return good("clock", "plausible");
}

std::vector<Finding> check_files(const fs::path& home) {
  std::vector<Finding> found;
  std::error_code error;
  const bool has_identity = fs::exists(home / "device.key", error);
  const bool has_store = fs::exists(home / "store", error);
  if (has_identity && !has_store)
    found.push_back(bad("store", "device.key is there but the store is gone",
                        "restore " + (home / "store").string() + " from a backup"));
  for (const auto& entry : fs::directory_iterator(home, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("store.damaged-"))
      found.push_back(worth_knowing("store", "a damaged store is kept: " + entry.path().string(),
                                    "once everything is back: rm -r " + entry.path().string()));
  }
  return found;
}

}  // namespace

std::vector<Finding> look_around(const Places& places) {
  std::vector<Finding> found;
  found.push_back(check_directory("home", places.home));
  found.push_back(check_directory("socket", places.runtime));
  found.push_back(check_space(places.home));
  found.push_back(check_memory_lock());
  found.push_back(check_clock(places.home));
  for (Finding& one : check_files(places.home)) found.push_back(std::move(one));
  return found;
}

Finding look_at_rebuilt(const Json& rebuilt) {
  const std::string made =
      counted(number(rebuilt, "entities"), "entity", "entities") + " made anew";
  if (!yes(rebuilt, "equal")) {
    std::string named;
    for (const Json& id : list(rebuilt, "unequal")) named += " " + safe({{"id", id}}, "id");
    return bad("view",
               made + "; " + counted(number(rebuilt, "unequal_count"), "reads", "read") +
                   " otherwise than before:" + named,
               "what is shown now is what the log says; report this with the agent's log");
  }
  if (yes(rebuilt, "damaged"))
    return worth_knowing("view", made + "; the old view was damaged and could not be compared",
                         "it is mended; check the disk");
  const std::uint64_t changed = number(rebuilt, "changed");
  if (changed > 0)
    return worth_knowing("view",
                         made + ", equal but for " + counted(changed, "entity", "entities") +
                             " that changed meanwhile",
                         "run `syncline doctor --rebuild` again to compare them too");
  return good("view", made + ", equal");
}

std::vector<Finding> look_at_agent(const Json& info, const Json& status) {
  std::vector<Finding> found;
  const std::string version = safe(info, "version");
  found.push_back(
      version == SYNCLINE_VERSION
          ? good("agent",
                 "version " + version + ", process " + std::to_string(number(info, "process_id")))
          : worth_knowing("agent",
                          "the agent has version " + version + ", this program " SYNCLINE_VERSION,
                          "restart the agent"));
  std::string doors;
  for (const Json& door : list(info, "listening"))
    doors += (doors.empty() ? "" : ", ") + safe({{"text", door}}, "text");
  found.push_back(doors.empty()
                      ? bad("listening", "no other device can connect to this one",
                            "start the agent without --listen, or with an address it can use")
                      : good("listening", doors));
  if (yes(status, "degraded"))
    found.push_back(bad("store", "the store refuses writes",
                        "free space or mend the disk; it goes on by itself when it can"));
  else
    found.push_back(good("store", counted(number(status, "events"), "event", "events")));
  for (const Json& sentence : list(status, "attention"))
    if (sentence.is_string() &&
        sentence.get_ref<const std::string&>().find("--salvage") != std::string::npos)
      found.push_back(bad("damage", safe({{"text", sentence}}, "text"),
                          "stop the agent and start it once with `synclined --salvage`"));
  if (yes(status, "rolled_back"))
    found.push_back(worth_knowing(
        "rollback", "the store was older than what this device had written",
        "connect your other devices: they hold what is missing (`syncline sync --wait`)"));
  if (const auto only = number(status, "only_here"); only > 0)
    found.push_back(worth_knowing("copies",
                                  counted(only, "event exists", "events exist") + " only here",
                                  "connect another device, or `syncline invite` one"));
  if (const auto conflicts = number(status, "conflicts"); conflicts > 0)
    found.push_back(worth_knowing("conflicts", counted(conflicts, "conflict", "conflicts"),
                                  "syncline conflicts"));
  return found;
}

}  // namespace syncline::service
