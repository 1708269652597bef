// SPDX-License-Identifier: Apache-2.0
//
// Recipient: who can open the account key: making recipients, sealing grants, opening both.
//
// Changing the password makes one recipient and one grant and removes one recipient; no
// entity and no space is touched. Key stretching is not done here: it is an effect of the
// shell (crypto/password.h), and its parameters were checked when the record came in.
#pragma once

#include "protocol/space/vault_roster.h"

namespace syncline::space {

class UnlockedKeys;  // keys.h

// The key stretched from a password, and what it was stretched with.
struct PasswordChoice {
  const crypto::MasterKey& master;
  crypto::Salt salt;
  crypto::ArgonParams params;
};
// A recipient whose secret is sealed under the stretched password.
RecipientAdd make_password_recipient(const SpaceId& vault, const PasswordChoice& choice,
                                     Random& random);
// A recipient whose secret is kept elsewhere (a printed kit, the keyring of the system).
RecipientAdd make_plain_recipient(RecipientKind kind, const crypto::RecipientKey& key);

// Errors: Errc::wrong_password if the master key is another one, before anything is opened;
// Errc::corrupt if the slot was changed by its signer; Errc::invalid if it has no password.
Result<crypto::RecipientKey> open_password(const SpaceId& vault, const RecipientAdd& recipient,
                                           const crypto::MasterKey& master);

Grant make_grant(const SpaceId& vault, std::uint32_t generation, const crypto::AccountKey& account,
                 const RecipientAdd& recipient, Random& random);
// Errors: Errc::bad_signature if the grant is for another key, vault, generation or recipient,
// or does not hold the key it commits to.
Result<crypto::AccountKey> open_grant(const SpaceId& vault, const Grant& grant,
                                      const crypto::RecipientKey& key);

// The account key of the newest generation: opens `recipient` with the master key, then its
// newest grant. Errors: as the two above; Errc::not_found without a grant.
Result<crypto::AccountKey> open_account(const VaultRoster& roster, const RecipientAdd& recipient,
                                        const crypto::MasterKey& master);

// The same for a recipient whose secret was kept elsewhere.
Result<crypto::AccountKey> open_newest_grant(const VaultRoster& roster,
                                             const RecipientId& recipient,
                                             const crypto::RecipientKey& key);

// The records of a password change: a recipient, its grant, and the removal of every password
// recipient of the roster. Pass them to accept_record in this order.
std::vector<Record> change_password(const VaultRoster& roster, const UnlockedKeys& keys,
                                    const PasswordChoice& choice, Random& random);

}  // namespace syncline::space
