// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/password.h"

#include "protocol/base/limits.h"

#include <sodium.h>

namespace syncline::crypto {

static_assert(Salt::size == crypto_pwhash_SALTBYTES);
static_assert(limits::argon_passes_min >= crypto_pwhash_argon2id_OPSLIMIT_MIN);

Status check_params(const ArgonParams& params) {
  if (params.memory_kib < limits::argon_memory_kib_min || params.passes < limits::argon_passes_min)
    return fail(Errc::invalid, "password hashing is asked to be weaker than the floor");
  if (params.memory_kib > limits::argon_memory_kib_max || params.passes > limits::argon_passes_max)
    return fail(Errc::invalid, "password hashing is asked to cost more than the ceiling");
  return {};
}

Result<MasterKey> stretch(Bytes password, const Salt& salt, const ArgonParams& params) {
  if (auto checked = check_params(params); !checked) return pass(checked);
  if (password.size() > limits::password_size_max)
    return fail(Errc::oversized, "a password is too long");
  const std::size_t memory = std::size_t{params.memory_kib} * 1024;
  // libsodium demands a pointer even to an empty password.
  const char* const text = password.empty() ? "" : reinterpret_cast<const char*>(password.data());
  bool out_of_memory = false;
  MasterKey key = MasterKey::made_by([&](std::span<std::uint8_t, 32> out) {
    out_of_memory = crypto_pwhash(out.data(), out.size(), text, password.size(), salt.bytes.data(),
                                  params.passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0;
  });
  if (out_of_memory)
    return fail(Errc::limit, "password hashing needs " + std::to_string(params.memory_kib / 1024) +
                                 " MiB of memory");
  return key;
}

}  // namespace syncline::crypto
