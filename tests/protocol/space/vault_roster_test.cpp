// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/vault_roster.h"

#include "tests/protocol/space/space_fixture.h"

#include <algorithm>

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

// Everything a fold says, as bytes.
Buffer summary_of(const VaultRoster& roster) {
  wire::Writer out;
  out.id(roster.id()).u32(roster.generation());
  for (const auto& [id, admit] : roster.devices()) out.id(id).bytes(encode_body(admit));
  for (const auto& [id, add] : roster.recipients()) out.id(id).bytes(encode_body(add));
  for (const Grant& grant : roster.grants()) out.bytes(encode_body(grant));
  for (const auto& [name, add] : roster.spaces()) out.bytes(encode_body(add));
  for (const RecordId& id : roster.tips()) out.id(id);
  return out.take();
}

std::vector<Record> with_password_change(TestVault& vault, std::string_view password) {
  auto records = test::records_of(vault.store, vault.id());
  const auto master = test::master_of(password);
  for (Record& record :
       change_password(vault.roster(), vault.member.keys, {master, {}, test::params}, vault.random))
    records.push_back(std::move(record));
  return records;
}

TEST_CASE("R4: every order of the records of a vault folds to the same state") {
  TestVault vault;
  const auto& signing = vault.member.keys.account_signing();
  std::vector<Record> records;
  for (Record& record : test::records_of(vault.store, vault.id()))
    if (record.kind != RecordKind::space_add) records.push_back(std::move(record));
  REQUIRE(records.size() == 4);
  // A removal, and the same device admitted a second time under another name.
  const VaultRoster before = vault.roster();
  const RecipientRemove remove{before.recipients().begin()->first};
  records.push_back(
      sign_vault_record(before, signing, RecordKind::recipient_remove, encode_body(remove)));
  const DeviceAdmit again{vault.member.cert, Buffer(48, 7)};
  records.push_back(
      sign_vault_record(before, signing, RecordKind::device_admit, encode_body(again)));

  std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
  const Buffer expected = summary_of(*VaultRoster::fold(vault.id(), records));
  std::size_t folded = 0;
  do {
    std::vector<Record> shuffled;
    for (const std::size_t i : order) shuffled.push_back(records[i]);
    const auto roster = VaultRoster::fold(vault.id(), shuffled);
    REQUIRE(roster);
    REQUIRE(summary_of(*roster) == expected);
    ++folded;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(folded == 720);
}

TEST_CASE("R4: repeated records change nothing") {
  TestVault vault;
  auto records = test::records_of(vault.store, vault.id());
  const Buffer expected = summary_of(*VaultRoster::fold(vault.id(), records));
  const std::size_t count = records.size();
  for (std::size_t i = 0; i < count; ++i) records.push_back(Record(records[i]));
  CHECK(summary_of(*VaultRoster::fold(vault.id(), records)) == expected);
}

TEST_CASE("R1: a fold passes over records that the genesis does not vouch for") {
  TestVault vault;
  auto records = test::records_of(vault.store, vault.id());
  const Buffer expected = summary_of(*VaultRoster::fold(vault.id(), records));
  const auto stranger = crypto::SigningKey::from_seed(crypto::SigningSeed::random(vault.random));
  const VaultRoster before = vault.roster();
  for (const auto& [id, recipient] : before.recipients())
    records.push_back(sign_vault_record(vault.roster(), stranger, RecordKind::recipient_remove,
                                        encode_body(RecipientRemove{id})));
  CHECK(summary_of(*VaultRoster::fold(vault.id(), records)) == expected);
  TestVault other(2);
  for (const Record& record : test::records_of(other.store, other.id())) records.push_back(record);
  CHECK(summary_of(*VaultRoster::fold(vault.id(), records)) == expected);
}

TEST_CASE("R2: without its genesis a roster is nothing") {
  TestVault vault;
  auto records = test::records_of(vault.store, vault.id());
  std::erase_if(records, [](const Record& r) { return r.kind == RecordKind::vault_genesis; });
  CHECK(error_of(VaultRoster::fold(vault.id(), records)) == Errc::not_found);
  CHECK(error_of(VaultRoster::fold(vault.id(), {})) == Errc::not_found);
}

TEST_CASE("a device is found by the key it uses on links") {
  TestVault vault;
  const VaultRoster roster = vault.roster();
  const DeviceAdmit* self = roster.device_by_box_key(vault.member.cert.box_key);
  REQUIRE(self);
  CHECK(self->cert == vault.member.cert);
  crypto::BoxPublicKey other = vault.member.cert.box_key;
  other.bytes[0] ^= 1;
  CHECK(roster.device_by_box_key(other) == nullptr);
}

TEST_CASE("R5: a password change replaces the password and a removed one stays removed") {
  TestVault vault;
  auto records = with_password_change(vault, "second");
  const auto roster = VaultRoster::fold(vault.id(), records);
  REQUIRE(roster);
  CHECK(roster->password_recipients().size() == 1);
  CHECK(test::open_with(*roster, "second"));
  CHECK(error_of(test::open_with(*roster, "first")) == Errc::wrong_password);
  // Adding the first recipient again does not bring it back.
  const auto first = vault.roster().password_recipients().front();
  records.push_back(sign_vault_record(*roster, vault.member.keys.account_signing(),
                                      RecordKind::recipient_add, encode_body(first)));
  CHECK_FALSE(VaultRoster::fold(vault.id(), records)->recipients().contains(first.id()));
}

TEST_CASE("R5: two devices that change the password at the same time lock nobody out") {
  TestVault vault;
  auto records = with_password_change(vault, "on the laptop");
  const auto also = with_password_change(vault, "on the phone");
  records.insert(records.end(), also.begin(), also.end());
  const auto roster = VaultRoster::fold(vault.id(), records);
  REQUIRE(roster);
  CHECK(roster->password_recipients().size() == 2);
  for (const std::string_view password : {"on the laptop", "on the phone"}) {
    auto account = test::open_with(*roster, password);
    REQUIRE(account);
    CHECK(UnlockedKeys::open(*roster, std::move(*account)));
  }
  CHECK(error_of(test::open_with(*roster, "first")) == Errc::wrong_password);
  // The person picks one: the next change retires both.
  const auto master = test::master_of("picked");
  for (Record& record :
       change_password(*roster, vault.member.keys, {master, {}, test::params}, vault.random))
    records.push_back(std::move(record));
  const auto picked = VaultRoster::fold(vault.id(), records);
  CHECK(picked->password_recipients().size() == 1);
  CHECK(test::open_with(*picked, "picked"));
}

TEST_CASE("a roster of more than 4096 records is refused") {
  TestVault vault;
  const auto records = test::records_of(vault.store, vault.id());
  const std::vector<Record> many(limits::records_per_space_max + 1, records.front());
  CHECK(error_of(VaultRoster::fold(vault.id(), many)) == Errc::limit);
}

}  // namespace
}  // namespace syncline::space
