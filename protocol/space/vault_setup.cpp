// SPDX-License-Identifier: Apache-2.0
//
//   meta "vault" -> vault id 32
#include "protocol/space/vault_setup.h"

namespace syncline::space {
namespace {

constexpr std::string_view vault_key = "vault";
constexpr std::string_view home_name = "home";

Status require_no_vault(const StoreReader& reader) {
  const auto vault = find_vault(reader);
  if (!vault) return pass(vault);
  if (*vault) return fail(Errc::already_exists, "this device already has a vault");
  return {};
}

// Each record follows what the roster holds by then.
Status write_record(log::Draft& draft, const UnlockedKeys& keys, RecordKind kind, Buffer body) {
  const auto roster = load_vault_roster(draft, keys.vault());
  if (!roster) return pass(roster);
  const Record record = sign_vault_record(*roster, keys.account_signing(), kind, std::move(body));
  const auto accepted = accept_record(draft, keys.vault(), encode_record(record));
  if (!accepted) return pass(accepted);
  return {};
}

Status write_device(log::Draft& draft, const UnlockedKeys& keys, const Introduction& introduction,
                    Random& random) {
  const DeviceCert& cert = introduction.cert;
  DeviceAdmit admit{cert, seal_name(keys, cert.id().view(), introduction.name, random)};
  return write_record(draft, keys, RecordKind::device_admit, encode_body(admit));
}

// The genesis names the account's signing key; its hash names the vault.
Result<UnlockedKeys> make_account(log::Draft& draft, Random& random) {
  auto account = crypto::AccountKey::random(random);
  const auto signing = account_signing_key(account);
  VaultGenesis genesis{signing.verify_key(), {}};
  random.fill(genesis.salt);
  const Buffer encoded = encode_record(
      sign_record({{}, RecordKind::vault_genesis, {}, encode_body(genesis)}, signing));
  const SpaceId vault = space_id_of(encoded);
  const auto accepted = accept_record(draft, vault, encoded);
  if (!accepted) return pass(accepted);
  return UnlockedKeys::create(vault, std::move(account));
}

Status write_recipient(log::Draft& draft, const UnlockedKeys& keys, const PasswordChoice& password,
                       Random& random) {
  const RecipientAdd recipient = make_password_recipient(keys.vault(), password, random);
  const Grant grant =
      make_grant(keys.vault(), keys.generation(), keys.account(), recipient, random);
  const Status added = write_record(draft, keys, RecordKind::recipient_add, encode_body(recipient));
  return added ? write_record(draft, keys, RecordKind::grant, encode_body(grant)) : added;
}

}  // namespace

Result<SpaceId> create_space(log::Draft& draft, UnlockedKeys& keys, const SpacePlan& plan,
                             Random& random) {
  std::array<std::uint8_t, 32> salt{};
  random.fill(salt);
  const Buffer genesis = encode_record(make_space_genesis(keys.space_user_key(salt), salt));
  const SpaceId space = space_id_of(genesis);
  const auto accepted = accept_record(draft, space, genesis);
  if (!accepted) return pass(accepted);
  SpaceKeys space_keys = SpaceKeys::of(crypto::SpaceKey::random(random), 1);
  const SpaceAdd add = wrap_space(keys, {space, plan.kind, plan.name}, space_keys, random);
  if (const Status written = write_record(draft, keys, RecordKind::space_add, encode_body(add));
      !written)
    return pass(written);
  if (const Status held = keys.add_space(space, std::move(space_keys)); !held) return pass(held);
  return space;
}

Result<MemberDevice> create_vault(log::Draft& draft, const VaultPlan& plan, Random& random) {
  if (const Status none = require_no_vault(draft); !none) return pass(none);
  auto newcomer = make_newcomer(plan.device_name, plan.now, random);
  if (!newcomer) return pass(newcomer);
  auto keys = make_account(draft, random);
  if (!keys) return pass(keys);
  if (const Status done = write_device(draft, *keys, newcomer->introduction, random); !done)
    return pass(done);
  if (const Status done = write_recipient(draft, *keys, plan.password, random); !done)
    return pass(done);
  const auto home = create_space(draft, *keys, {SpaceKind::home, home_name}, random);
  if (!home) return pass(home);
  MemberDevice member = settle(draft, std::move(*keys), std::move(*newcomer), random);
  member.home = *home;
  const auto log = ensure_own_log(draft, {member.keys, member.secrets}, *home, random);
  if (!log) return pass(log);
  return member;
}

MemberDevice settle(log::Draft& draft, UnlockedKeys keys, Newcomer newcomer, Random& random) {
  const DeviceCert cert = newcomer.introduction.cert;
  put_device(draft, seal_device(keys, cert.id(), newcomer.secrets, random));
  draft.put(Family::meta, to_buffer(as_bytes(vault_key)), to_buffer(keys.vault().view()));
  TransportIdentity identity{keys.vault(), cert.id(), std::move(newcomer.box),
                             keys.discovery().clone()};
  return {std::move(keys), std::move(newcomer.secrets), std::move(identity), cert, {}};
}

Result<Newcomer> make_newcomer(std::string_view device_name, WallTime now, Random& random) {
  if (const Status named = check_device_name(device_name); !named) return pass(named);
  DeviceSecrets secrets = DeviceSecrets::random(random);
  auto box = crypto::BoxKey::random(random);
  const DeviceCert cert = make_cert(secrets, crypto::public_key_of(box.expose()), now);
  return Newcomer{std::move(secrets), std::move(box), {cert, std::string(device_name)}};
}

Status admit_introduced(log::Draft& draft, const UnlockedKeys& keys,
                        const Introduction& introduction, Random& random) {
  const auto roster = load_vault_roster(draft, keys.vault());
  if (!roster) return pass(roster);
  if (roster->devices().size() >= limits::devices_max)
    return fail(Errc::limit, "the vault has as many devices as it can have");
  if (roster->devices().contains(introduction.cert.id()) ||
      roster->device_by_box_key(introduction.cert.box_key))
    return fail(Errc::already_exists, "this device is already in the vault");
  return write_device(draft, keys, introduction, random);
}

Result<std::optional<SpaceId>> find_vault(const StoreReader& reader) {
  const auto stored = reader.get(Family::meta, as_bytes(vault_key));
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<SpaceId>();
  const auto vault = SpaceId::from(**stored);
  if (!vault) return fail(Errc::corrupt, "the stored name of the vault is damaged");
  return std::optional<SpaceId>(*vault);
}

Result<Unlocked> unlock_vault(const StoreReader& reader, const TransportIdentity& identity,
                              crypto::AccountKey account) {
  const auto roster = load_vault_roster(reader, identity.vault);
  if (!roster) return pass(roster);
  auto keys = UnlockedKeys::open(*roster, std::move(account));
  if (!keys) return pass(keys);
  const auto sealed = find_device(reader);
  if (!sealed) return pass(sealed);
  if (!*sealed) return fail(Errc::not_found, "this store has no device");
  auto secrets = open_device(*keys, identity.device, **sealed);
  if (!secrets) return fail(Errc::corrupt, "the stored secrets of this device do not open");
  return Unlocked{std::move(*keys), std::move(*secrets)};
}

}  // namespace syncline::space
