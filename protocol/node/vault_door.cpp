// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/vault_door.h"

#include "protocol/space/recipient.h"
#include "protocol/space/roster_store.h"

namespace syncline::node {

namespace {

Status check_password(const step::SecretText& password) {
  if (password.empty())
    return fail(Errc::invalid, "the password is empty; choose one you can remember");
  if (password.view().size() > limits::password_size_max)
    return fail(Errc::oversized, "the password is longer than 1024 bytes; choose a shorter one");
  return {};
}

step::SecretText copy_of(const step::SecretText& text) {
  return step::SecretText(to_text(text.view()));
}

}  // namespace

bool VaultDoor::refuse_if_busy(Turn& turn, RequestId request) const {
  if (!attempt_) return false;
  turn.reply_error(request,
                   {Errc::busy, "another password is being checked; try again in a moment"});
  return true;
}

void VaultDoor::end(Turn& turn, Result<step::Answer> answer) {
  turn.reply(attempt_->request, std::move(answer));
  attempt_.reset();
}

void VaultDoor::stretch(Turn& turn, const step::SecretText& password) {
  attempt_->ticket = next_ticket_++;
  turn.effects.push_back(
      step::StretchPassword{attempt_->ticket, copy_of(password), attempt_->salt, attempt_->params});
}

void VaultDoor::init(House& house, Turn& turn, RequestId request, step::VaultInit command) {
  if (refuse_if_busy(turn, request)) return;
  if (house.has_vault())
    return turn.reply_error(
        request, {Errc::already_exists,
                  "this agent already has a vault; use another --home for a second one"});
  const Status usable = check_password(command.password);
  if (!usable) return turn.reply_error(request, usable.error());
  const Status named = space::check_device_name(command.device_name);
  if (!named) return turn.reply_error(request, named.error());
  attempt_.emplace(Attempt{});
  attempt_->request = request;
  attempt_->purpose = Purpose::init;
  attempt_->device_name = std::move(command.device_name);
  attempt_->params = house.options.argon;
  house.random.fill(attempt_->salt.bytes);
  stretch(turn, command.password);
}

void VaultDoor::unlock(House& house, Turn& turn, RequestId request, step::VaultUnlock command) {
  if (refuse_if_busy(turn, request)) return;
  if (!house.has_vault())
    return turn.reply_error(
        request, {Errc::not_found,
                  "there is no vault here yet; make one with `syncline init` or `syncline join`"});
  if (house.vault) return turn.reply(request, step::Answer(step::Done{}));
  const Status usable = check_password(command.password);
  if (!usable) return turn.reply_error(request, usable.error());
  attempt_.emplace(Attempt{});
  attempt_->request = request;
  attempt_->purpose = Purpose::unlock;
  attempt_->password = std::move(command.password);
  attempt_->to_try = house.roster.password_recipients();
  try_next(house, turn);
}

void VaultDoor::change_password(House& house, Turn& turn, RequestId request,
                                step::VaultPasswd command) {
  if (refuse_if_busy(turn, request)) return;
  if (!house.has_vault())
    return turn.reply_error(
        request, {Errc::not_found, "there is no vault here yet; make one with `syncline init`"});
  const Status usable = check_password(command.new_password);
  if (!usable) return turn.reply_error(request, usable.error());
  attempt_.emplace(Attempt{});
  attempt_->request = request;
  attempt_->purpose = Purpose::prove_old;
  attempt_->password = std::move(command.old_password);
  attempt_->new_password = std::move(command.new_password);
  attempt_->to_try = house.roster.password_recipients();
  try_next(house, turn);
}

void VaultDoor::lock(House& house, Turn& turn, RequestId request) {
  if (!house.has_vault())
    return turn.reply_error(
        request, {Errc::not_found, "there is no vault here yet; make one with `syncline init`"});
  const Status locked = lock_house(house, turn);
  if (!locked) return turn.reply_error(request, locked.error());
  turn.reply(request, step::Answer(step::Done{}));
}

void VaultDoor::try_next(House& house, Turn& turn) {
  (void)house;
  if (attempt_->to_try.empty())
    return end(turn, fail(Errc::wrong_password, "this password does not open the vault"));
  attempt_->trying = std::move(attempt_->to_try.back());
  attempt_->to_try.pop_back();
  attempt_->salt = attempt_->trying->password->salt;
  attempt_->params = attempt_->trying->password->params;
  stretch(turn, attempt_->password);
}

void VaultDoor::stretched(House& house, Turn& turn, step::Stretched input) {
  if (!attempt_ || attempt_->ticket != input.ticket) return;
  if (!input.key) return end(turn, pass(input.key));
  switch (attempt_->purpose) {
    case Purpose::init: return end(turn, finish_init(house, turn, *input.key));
    case Purpose::seal_new: return end(turn, finish_change(house, turn, *input.key));
    case Purpose::unlock:
    case Purpose::prove_old: break;
  }
  auto account = space::open_account(house.roster, *attempt_->trying, *input.key);
  if (!account) {
    if (account.error().code == Errc::wrong_password) return try_next(house, turn);
    return end(turn, pass(account));
  }
  if (attempt_->purpose == Purpose::unlock)
    return end(turn, finish_unlock(house, turn, std::move(*account)));
  attempt_->account = std::move(*account);
  attempt_->purpose = Purpose::seal_new;
  attempt_->params = house.options.argon;
  house.random.fill(attempt_->salt.bytes);
  stretch(turn, attempt_->new_password);
}

Result<step::Answer> VaultDoor::finish_init(House& house, Turn& turn,
                                            const crypto::MasterKey& master) {
  auto member = space::create_vault(
      turn.draft,
      {{master, attempt_->salt, attempt_->params}, attempt_->device_name, turn.now.wall},
      house.random);
  if (!member) return pass(member);
  turn.durability = Durability::synced;
  turn.effects.push_back(step::SaveIdentity{space::encode_identity(member->identity)});
  const Status entered = enter_vault(house, turn, std::move(member->identity));
  if (!entered) return pass(entered);
  const Status opened =
      open_house(house, turn, {std::move(member->keys), std::move(member->secrets)});
  if (!opened) return pass(opened);
  return step::Answer(step::Done{});
}

Result<step::Answer> VaultDoor::finish_unlock(House& house, Turn& turn,
                                              crypto::AccountKey account) {
  auto unlocked = space::unlock_vault(turn.draft, *house.identity, std::move(account));
  if (!unlocked) return pass(unlocked);
  const Status opened = open_house(house, turn, std::move(*unlocked));
  if (!opened) return pass(opened);
  return step::Answer(step::Done{});
}

// One recipient and one grant, whatever the size of the vault.
Result<step::Answer> VaultDoor::finish_change(House& house, Turn& turn,
                                              const crypto::MasterKey& master) {
  auto keys = space::UnlockedKeys::open(house.roster, std::move(*attempt_->account));
  if (!keys) return pass(keys);
  const auto records = space::change_password(
      house.roster, *keys, {master, attempt_->salt, attempt_->params}, house.random);
  for (const space::Record& record : records) {
    const auto accepted =
        space::accept_record(turn.draft, house.roster.id(), space::encode_record(record));
    if (!accepted) return pass(accepted);
  }
  turn.durability = Durability::synced;
  const Status reloaded = reload_rosters(house, turn);
  if (!reloaded) return pass(reloaded);
  const Status announced = house.replicator->roster_changed(house.roster.id(), turn.draft);
  if (!announced) return pass(announced);
  turn.must_settle = true;
  return step::Answer(step::Done{});
}

}  // namespace syncline::node
