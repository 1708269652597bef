// SPDX-License-Identifier: Apache-2.0
//
//   lv(x)  = LEB128(len(x)) ‖ x
//   g      = ristretto255 of SHA-512(lv(DSI) ‖ lv(PRS) ‖ lv(zeros) ‖ lv(CI) ‖ lv(sid))
//            DSI "CPaceRistretto255"; the zeros fill SHA-512's first block of 128 bytes
//   Y      = y · g
//   K      = y · Y of the other side; neutral or no point: abort
//   ISK    = SHA-512(lv(DSI ‖ "_ISK") ‖ lv(sid) ‖ lv(K) ‖ lv(Ya) ‖ lv(ADa) ‖ lv(Yb) ‖ lv(ADb))
#include "protocol/crypto/cpace.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"

#include <sodium.h>

namespace syncline::crypto {
namespace {

constexpr std::string_view dsi = "CPaceRistretto255";
constexpr std::string_view dsi_isk = "CPaceRistretto255_ISK";
constexpr std::size_t sha512_block = 128;

// SHA-512 over length-prefixed parts. Never in one buffer: the password would be copied.
class PartsHash {
 public:
  PartsHash() { crypto_hash_sha512_init(&state_); }
  ~PartsHash() { sodium_memzero(&state_, sizeof state_); }
  PartsHash(const PartsHash&) = delete;
  PartsHash& operator=(const PartsHash&) = delete;

  // Returns the size of the part with its prefix.
  std::size_t add(Bytes part) {
    std::size_t size = part.size();
    std::size_t prefix_size = 0;
    do {
      const auto low = static_cast<std::uint8_t>(size & 0x7f);
      size >>= 7;
      const auto byte = static_cast<std::uint8_t>(size > 0 ? low | 0x80 : low);
      crypto_hash_sha512_update(&state_, &byte, 1);
      ++prefix_size;
    } while (size > 0);
    crypto_hash_sha512_update(&state_, part.data(), part.size());
    return prefix_size + part.size();
  }
  void finish(std::array<std::uint8_t, 64>& out) { crypto_hash_sha512_final(&state_, out.data()); }

 private:
  crypto_hash_sha512_state state_;
};

// The generator stands for the password: who knows it can test guesses.
void compute_generator(std::span<std::uint8_t, 32> out, const Cpace::Setup& setup) {
  constexpr std::array<std::uint8_t, sha512_block> zeros{};
  std::array<std::uint8_t, 64> digest;
  PartsHash hash;
  const std::size_t begun = 1 + hash.add(as_bytes(dsi)) + hash.add(setup.password);
  hash.add(Bytes(zeros).first(begun < sha512_block ? sha512_block - begun : 0));
  hash.add(setup.channel);
  hash.add(setup.session);
  hash.finish(digest);
  crypto_core_ristretto255_from_hash(out.data(), digest.data());
  wipe(digest);
}

}  // namespace

bool Cpace::compute_share(CpaceShare& share, const Setup& setup, KeyView scalar) {
  const SubKey generator =
      SubKey::made_by([&](std::span<std::uint8_t, 32> out) { compute_generator(out, setup); });
  return crypto_scalarmult_ristretto255(share.bytes.data(), scalar.data(),
                                        generator.expose().data()) == 0;
}

Cpace Cpace::start(const Setup& setup, Random& random) {
  const SubKey scalar = SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
    std::array<std::uint8_t, 64> wide;  // twice the width: the reduced scalar is uniform
    random.fill(wide);
    crypto_core_ristretto255_scalar_reduce(out.data(), wide.data());
    wipe(wide);
  });
  return start_with(setup, scalar.expose());
}

Cpace Cpace::start_with(const Setup& setup, KeyView scalar) {
  CpaceShare share;
  // Only the zero scalar has no share, and only a broken generator yields that.
  SYNCLINE_CHECK(compute_share(share, setup, scalar));
  return Cpace(SubKey::copy_of(scalar), share, to_buffer(setup.session),
               to_buffer(setup.associated));
}

Status Cpace::compute_isk(Isk& isk, Role role, const CpaceShare& other,
                          Bytes other_associated) const {
  bool is_refused = false;
  const SubKey shared = SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
    is_refused = crypto_scalarmult_ristretto255(out.data(), scalar_.expose().data(),
                                                other.bytes.data()) != 0;
  });
  if (is_refused) return fail(Errc::invalid, "a pairing share is not a usable point");
  const bool is_first = role == Role::initiator;
  PartsHash hash;
  hash.add(as_bytes(dsi_isk));
  hash.add(session_);
  hash.add(shared.expose());
  hash.add((is_first ? share_ : other).view());
  hash.add(is_first ? Bytes(associated_) : other_associated);
  hash.add((is_first ? other : share_).view());
  hash.add(is_first ? other_associated : Bytes(associated_));
  hash.finish(isk.bytes);
  return {};
}

Result<LinkPsk> Cpace::finish(Role role, const CpaceShare& other, Bytes other_associated) const {
  Isk isk;
  if (auto done = compute_isk(isk, role, other, other_associated); !done) return pass(done);
  Digest digest = hash("pair-psk", isk.bytes);
  LinkPsk psk = LinkPsk::copy_of(digest.bytes);
  wipe(digest.bytes);
  return psk;
}

Result<Buffer> Cpace::intermediate_key(Role role, const CpaceShare& other,
                                       Bytes other_associated) const {
  Isk isk;
  if (auto done = compute_isk(isk, role, other, other_associated); !done) return pass(done);
  return to_buffer(isk.bytes);
}

}  // namespace syncline::crypto
