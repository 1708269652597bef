// SPDX-License-Identifier: Apache-2.0
#include "agent/mend_store.h"

#include "protocol/log/regrow.h"
#include "protocol/space/own_log.h"
#include "protocol/space/roster_store.h"
#include "protocol/space/vault_setup.h"
#include "storage/schema.h"

#include <map>
#include <optional>

namespace syncline::agent {

namespace {

constexpr std::string_view own_log_rows = "own/";
constexpr std::string_view set_digest_rows = "rows";  // and `rows/` with a space
constexpr std::string_view roster_rows = "roster/";

Buffer end_of(std::string_view prefix) {
  Buffer end = to_buffer(as_bytes(prefix));
  ++end.back();
  return end;
}

Status remove_range(log::Draft& draft, Family family, Bytes from, Bytes to) {
  std::vector<Buffer> keys;
  const Status scanned = draft.scan(family, from, to, [&](Bytes key, Bytes) {
    keys.push_back(to_buffer(key));
    return true;
  });
  for (Buffer& key : keys) draft.remove(family, std::move(key));
  return scanned;
}

using Records = std::map<SpaceId, std::vector<Buffer>>;

Result<Records> all_records(const StoreReader& store) {
  Records records;
  const Status scanned = store.scan(Family::records, {}, {}, [&](Bytes key, Bytes value) {
    if (const auto scope = SpaceId::from(key.first(std::min(key.size(), SpaceId::size))))
      records[*scope].push_back(to_buffer(value));
    return true;
  });
  if (!scanned) return pass(scanned);
  return records;
}

// A record that does not verify is left out; it may come again from another device.
Status accept_each(log::Draft& draft, const SpaceId& scope, const std::vector<Buffer>& records) {
  for (const bool genesis : {true, false}) {
    for (const Buffer& record : records) {
      if ((space::space_id_of(record) == scope) != genesis) continue;
      const auto accepted = space::accept_record(draft, scope, record);
      if (!accepted && accepted.error().code == Errc::io) return pass(accepted);
    }
  }
  return {};
}

Status remove_derived(log::Draft& draft) {
  for (const Family family : {Family::heads, Family::feed, Family::records, Family::view})
    if (auto removed = remove_range(draft, family, {}, {}); !removed) return removed;
  for (const std::string_view rows : {set_digest_rows, roster_rows})
    if (auto removed = remove_range(draft, Family::meta, as_bytes(rows), end_of(rows)); !removed)
      return removed;
  return {};
}

// Of logs that no record admits: they are fetched together with the record.
Status remove_strange_events(log::Draft& draft) {
  std::vector<Buffer> strange;
  std::optional<LogId> last;
  bool known = false;
  Status looked;
  const Status scanned = draft.scan(Family::events, {}, {}, [&](Bytes key, Bytes) {
    const auto log = LogId::from(key.first(std::min(key.size(), LogId::size)));
    if (!log || log != last) {
      last = log;
      const auto head = log ? log::find_head(draft, *log) : std::nullopt;
      if (!head) looked = pass(head);
      known = head && head->has_value();
    }
    if (!known) strange.push_back(to_buffer(key));
    return looked.has_value();
  });
  for (Buffer& key : strange) draft.remove(Family::events, std::move(key));
  return scanned ? looked : scanned;
}

Status regrow_all(log::Draft& draft) {
  std::vector<LogId> logs;
  const Status scanned = log::scan_heads(draft, [&](const LogId& log, const log::HeadRecord&) {
    logs.push_back(log);
    return true;
  });
  if (!scanned) return scanned;
  for (const LogId& log : logs)
    if (auto grown = log::regrow_log(draft, log); !grown) return grown;
  return remove_strange_events(draft);
}

}  // namespace

Status mend_store(Store& store) {
  log::Draft draft(store);
  if (const auto schema = storage::stored_schema(draft); !schema) return pass(schema);
  const auto vault = space::find_vault(draft);
  if (!vault) return pass(vault);
  auto records = all_records(draft);
  if (!records) return pass(records);
  if (!*vault) {
    if (records->empty()) return {};
    return fail(Errc::corrupt, "the store no longer knows which vault it belongs to");
  }
  const auto device = space::find_device(draft);
  if (!device) return pass(device);
  if (!*device) return fail(Errc::corrupt, "the keys of this device are gone from the store");
  if (auto removed = remove_derived(draft); !removed) return removed;
  for (const auto& [scope, encoded] : *records)
    if (auto accepted = accept_each(draft, scope, encoded); !accepted) return accepted;
  const auto roster = space::load_vault_roster(draft, **vault);
  if (!roster || roster->grants().empty() || roster->password_recipients().empty())
    return fail(Errc::corrupt, "the records that open the vault are gone from the store");
  if (auto grown = regrow_all(draft); !grown) return grown;
  return store.commit(draft.take(), Durability::synced);
}

Result<std::vector<LogId>> current_own_logs(const StoreReader& store) {
  std::vector<SpaceId> spaces;
  const Status scanned =
      store.scan(Family::meta, as_bytes(own_log_rows), end_of(own_log_rows), [&](Bytes key, Bytes) {
        if (const auto space = SpaceId::from(key.subspan(own_log_rows.size())))
          spaces.push_back(*space);
        return true;
      });
  if (!scanned) return pass(scanned);
  std::vector<LogId> logs;
  for (const SpaceId& space : spaces) {
    const auto origin = space::find_own_log(store, space);
    if (!origin) return pass(origin);
    if (*origin) logs.push_back(log::log_id_of(**origin));
  }
  return logs;
}

}  // namespace syncline::agent
