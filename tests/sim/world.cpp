// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include "protocol/space/roster_store.h"

namespace syncline::sim {

namespace {
constexpr auto call_max = std::chrono::minutes(2);
}  // namespace

World::World(const Options& options)
    : random_(options.seed),
      trace_(options.output),
      watch_(verdict_),
      promises_(verdict_),
      network_({schedule_, trace_, verdict_}, random_.fork()),
      order_(options.order),
      passwords_{std::string(canary) + "correct horse"} {
  for (std::size_t i = 0; i < options.devices; ++i) add_device();
}

Device& World::add_device() {
  devices_.push_back(std::make_unique<Device>(
      Device::Ground{schedule_, trace_, verdict_, watch_, promises_, network_},
      Device::Options{devices_.size(), random_.next(), order_}));
  return *devices_.back();
}

std::uint64_t World::steps() const {
  std::uint64_t sum = 0;
  for (const auto& device : devices_) sum += device->steps();
  return sum;
}

// ---- time --------------------------------------------------------------------------------------

void World::run(Duration how_long) {
  run_until([] { return false; }, how_long);
}

bool World::run_until(const std::function<bool()>& done, Duration how_long) {
  const Instant until = now() + how_long;
  while (verdict_.is_good() && !done())
    if (!schedule_.run_next(until)) return done();
  return done();
}

// ---- doing -------------------------------------------------------------------------------------

Result<step::Answer> World::call(std::size_t index, step::Command command) {
  auto answer = std::make_shared<std::optional<Result<step::Answer>>>();
  devices_[index]->ask(std::move(command),
                       [answer](Result<step::Answer> given) { *answer = std::move(given); });
  run_until([&] { return answer->has_value(); }, call_max);
  if (!*answer) return fail(Errc::timeout, "no answer");
  return std::move(**answer);
}

// Salts of spaces are drawn like keys, and are public.
void World::forget_salts(std::size_t index) {
  const StoreReader& store = devices_[index]->disk();
  const auto status = get<step::StatusAnswer>(index, step::SystemStatus{});
  if (!status.vault_id) return verdict_.fail("there is no vault after init");
  const auto vault = space::load_vault_roster(store, *status.vault_id);
  if (!vault) return verdict_.fail("the vault's roster cannot be read");
  watch_.not_secret(vault->genesis().salt);
  for (const auto& [place, add] : vault->spaces())
    if (const auto space = space::load_space_roster(store, add.space))
      watch_.not_secret(space->genesis().salt);
}

void World::make_vault(std::size_t index) {
  step::VaultInit init;
  init.password = step::SecretText(passwords_.front());
  init.device_name = std::string(canary) + "device-" + std::to_string(index);
  watch_.postpone();
  (void)get<step::Done>(index, std::move(init));
  forget_salts(index);
  watch_.judge();
}

bool World::pair(std::size_t inviter, std::size_t joiner) {
  const auto invite = get<step::InviteAnswer>(inviter, step::PairInvite{});
  step::PairJoin join;
  join.code_or_uri = step::SecretText(invite.code);
  join.addresses = {address_of(inviter)};
  join.device_name = std::string(canary) + "device-" + std::to_string(joiner);
  if (!call(joiner, std::move(join))) return false;
  const auto phase = [&](std::size_t index) {
    const auto status = call(index, step::PairStatus{});
    return status ? std::get<step::PairAnswer>(*status).phase : step::PairPhase::failed;
  };
  const auto wait_for = [&](std::size_t index, step::PairPhase wanted) {
    for (int i = 0; i < 60 && verdict_.is_good(); ++i) {
      const step::PairPhase is = phase(index);
      if (is == wanted || is == step::PairPhase::failed) return is == wanted;
      run(500ms);
    }
    return false;
  };
  if (!wait_for(inviter, step::PairPhase::confirming)) return false;
  if (!call(inviter, step::PairConfirm{true})) return false;
  return wait_for(joiner, step::PairPhase::done);
}

void World::set_up() {
  for (const auto& device : devices_)
    if (!device->is_up()) device->start();
  make_vault(0);
  for (std::size_t i = 1; i < size() && verdict_.is_good(); ++i)
    if (!pair(i - 1, i)) verdict_.fail("d" + std::to_string(i) + " could not be paired");
}

// ---- passwords ---------------------------------------------------------------------------------

step::SecretText World::new_password() {
  passwords_.push_back(std::string(canary) + "password " + std::to_string(passwords_.size()));
  return step::SecretText(passwords_.back());
}

bool World::unlock(std::size_t index) {
  // A change of the password may arrive between two tries.
  for (std::size_t nth = 0; nth < 2 * passwords_.size(); ++nth) {
    const std::string& password = passwords_[passwords_.size() - 1 - nth % passwords_.size()];
    const auto opened = call(index, step::VaultUnlock{step::SecretText(password)});
    if (opened) return true;
    if (opened.error().code != Errc::wrong_password) {
      verdict_.fail("d" + std::to_string(index) + " does not open: " + opened.error().context);
      return false;
    }
  }
  return false;
}

}  // namespace syncline::sim
