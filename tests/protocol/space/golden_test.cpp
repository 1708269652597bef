// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

std::string name_of_kind(RecordKind kind) {
  switch (kind) {
    case RecordKind::space_genesis: return "space_genesis";
    case RecordKind::log_admit: return "log_admit";
    case RecordKind::vault_genesis: return "vault_genesis";
    case RecordKind::device_admit: return "device_admit";
    case RecordKind::recipient_add: return "recipient_add";
    case RecordKind::recipient_remove: return "recipient_remove";
    case RecordKind::grant: return "grant";
    case RecordKind::space_add: return "space_add";
  }
  return "unknown";
}

TEST_CASE("K1: the layouts of records and keys are those of the golden vectors") {
  test::Golden golden("space.json");
  test::TestVault vault;
  const auto& member = vault.member;
  golden.add("account_key", member.keys.account().expose());
  golden.add("account_signing_key", member.keys.account_signing().verify_key().view());
  golden.add("discovery_key", member.keys.discovery().expose());
  golden.add("wrap_key", member.keys.wrap().expose());
  golden.add("vault_id", vault.id().view());
  golden.add("home_id", member.home.view());
  const SpaceKeys& home = *member.keys.newest(member.home);
  golden.add("home_space_key", home.root.expose());
  golden.add("home_control_key", home.control.key.expose());
  golden.add("home_control_key_id", home.control.id.view());
  golden.add("home_header_key", home.header.expose());
  golden.add("device_id", member.cert.id().view());
  golden.add("device_root", member.secrets.root.expose());
  golden.add("device_at_rest", **find_device(vault.store));
  golden.add("transport_identity", encode_identity(member.identity));
  golden.add("introduction", encode_introduction({member.cert, "desk"}));
  const LogId own = log_id_of(**find_own_log(vault.store, member.home));
  golden.add("own_log_key", member.secrets.log_key(member.home, 1).verify_key().view());
  golden.add("log_certificate", encode_control(certify_log(member.secrets, own)));
  EntityCreate create;
  create.entities.push_back({{}, crypto::EntityKey::random(vault.random)});
  golden.add("entity_create", encode_control(std::move(create)));

  const auto master = test::master_of("second");
  golden.add("second_master_key", master.expose());
  auto records = test::records_of(vault.store, vault.id());
  for (const Record& record : test::records_of(vault.store, member.home)) records.push_back(record);
  for (const Record& record :
       change_password(vault.roster(), member.keys, {master, {}, test::params}, vault.random))
    records.push_back(record);
  for (const Record& record : records) {
    golden.add("record_" + name_of_kind(record.kind), encode_record(record));
    golden.add("record_id_" + name_of_kind(record.kind), record_id(record).view());
  }
}

}  // namespace
}  // namespace syncline::space
