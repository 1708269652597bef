// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes records as they come in: what decodes has one encoding, and nothing enters a roster
// that its genesis does not vouch for.
#include "protocol/base/check.h"
#include "protocol/space/roster_store.h"
#include "storage/memory_store.h"

namespace {

using namespace syncline;
using namespace syncline::space;

struct Roster {
  storage::MemoryStore store;
  SpaceId vault;
  crypto::SigningKey key =
      crypto::SigningKey::from_seed(crypto::SigningSeed::made_by([](auto out) { out[0] = 1; }));

  Roster() {
    const VaultGenesis genesis{key.verify_key(), {}};
    const Buffer record =
        encode_record(sign_record({{}, RecordKind::vault_genesis, {}, encode_body(genesis)}, key));
    vault = space_id_of(record);
    log::Draft draft(store);
    SYNCLINE_CHECK(accept_record(draft, vault, record));
    SYNCLINE_CHECK(store.commit(draft.take(), Durability::synced));
  }
};

// The same body with a signature that counts: what a malicious own device could send.
void accept_signed(const Roster& roster, const Record& record) {
  NewRecord forged{roster.vault, record.kind, record.prev, record.body};
  const Record made = sign_record(std::move(forged), roster.key);
  const Buffer encoded = encode_record(made);
  log::Draft draft(roster.store);
  const auto accepted = accept_record(draft, roster.vault, encoded);
  if (accepted) {
    SYNCLINE_CHECK(!draft.empty());
    SYNCLINE_CHECK(load_vault_roster(draft, roster.vault));
  } else {
    SYNCLINE_CHECK(draft.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Roster roster;
  const Bytes input(data, size);
  const auto record = decode_record(input);
  if (record) {
    SYNCLINE_CHECK(equal(encode_record(*record), input));
    accept_signed(roster, *record);
  }
  log::Draft draft(roster.store);
  if (!accept_record(draft, roster.vault, input)) SYNCLINE_CHECK(draft.empty());
  return 0;
}
