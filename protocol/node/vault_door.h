// SPDX-License-Identifier: Apache-2.0
//
// VaultDoor: making, unlocking, locking a vault and changing its password.
//
// Passwords are stretched outside (an effect); until the answer comes nothing changes. One
// attempt is under way at a time, which bounds memory and guessing alike. A wrong password
// is an error and nothing else.
#pragma once

#include "protocol/node/turn.h"

#include <optional>

namespace syncline::node {

class VaultDoor {
 public:
  void init(House& house, Turn& turn, RequestId request, step::VaultInit command);
  void unlock(House& house, Turn& turn, RequestId request, step::VaultUnlock command);
  void lock(House& house, Turn& turn, RequestId request);
  void change_password(House& house, Turn& turn, RequestId request, step::VaultPasswd command);
  void stretched(House& house, Turn& turn, step::Stretched input);

 private:
  enum class Purpose : std::uint8_t { init, unlock, prove_old, seal_new };
  struct Attempt {
    std::uint64_t ticket = 0;
    RequestId request;
    Purpose purpose{};
    step::SecretText password;      // of unlock and prove_old: for the next recipient to try
    step::SecretText new_password;  // of a password change
    std::string device_name;        // of init
    crypto::Salt salt;
    crypto::ArgonParams params;
    std::vector<space::RecipientAdd> to_try;  // recipients not tried yet, newest last
    std::optional<space::RecipientAdd> trying;
    std::optional<crypto::AccountKey> account;  // once the old password proved right
  };

  // True if the request was refused because another one is under way.
  bool refuse_if_busy(Turn& turn, RequestId request) const;
  void stretch(Turn& turn, const step::SecretText& password);
  void try_next(House& house, Turn& turn);
  Result<step::Answer> finish_init(House& house, Turn& turn, const crypto::MasterKey& master);
  Result<step::Answer> finish_unlock(House& house, Turn& turn, crypto::AccountKey account);
  Result<step::Answer> finish_change(House& house, Turn& turn, const crypto::MasterKey& master);
  void end(Turn& turn, Result<step::Answer> answer);

  std::optional<Attempt> attempt_;
  std::uint64_t next_ticket_ = 1;
};

}  // namespace syncline::node
