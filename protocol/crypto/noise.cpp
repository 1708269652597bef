// SPDX-License-Identifier: Apache-2.0
//
//   Noise_XXpsk0_25519_ChaChaPoly_SHA256
//     -> psk, e            message 1: e (32) ‖ sealed payload
//     <- e, ee, s, es      message 2: e (32) ‖ sealed s (48) ‖ sealed payload
//     -> s, se             message 3: sealed s (48) ‖ sealed payload
//   With a psk, every e is also mixed into the key (Noise section 9.2).
#include "protocol/crypto/noise.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/crypto/noise_primitives.h"

#include <sodium.h>

namespace syncline::crypto {
namespace {

constexpr std::string_view protocol_name = "Noise_XXpsk0_25519_ChaChaPoly_SHA256";
static_assert(protocol_name.size() > 32, "a longer name is hashed, a shorter one would be padded");

constexpr std::uint64_t rekey_nonce = UINT64_MAX;  // reserved, never used for a message

Digest sha256(Bytes first, Bytes second) {
  crypto_hash_sha256_state state;
  Digest digest;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, first.data(), first.size());
  crypto_hash_sha256_update(&state, second.data(), second.size());
  crypto_hash_sha256_final(&state, digest.bytes.data());
  return digest;
}

// Up to three keys that one HKDF call yields, wiped.
struct DerivedKeys {
  std::array<std::uint8_t, 96> bytes{};
  ~DerivedKeys() { wipe(bytes); }

  void derive(std::size_t keys, KeyView salt, Bytes input) {
    const auto done = noise::hkdf_sha256(std::span(bytes).first(32 * keys), salt, input, {});
    SYNCLINE_CHECK(done.has_value());
  }
  KeyView at(std::size_t i) const { return KeyView(bytes.data() + 32 * i, 32); }
};

// Noise section 5.2: chaining key, transcript hash and the current cipher key.
class SymmetricState {
 public:
  explicit SymmetricState(Bytes prologue)
      : hash_(sha256(as_bytes(protocol_name), {})), chaining_key_(SubKey::copy_of(hash_.bytes)) {
    mix_hash(prologue);
  }

  const Digest& hash() const { return hash_; }

  void mix_hash(Bytes bytes) { hash_ = sha256(hash_.view(), bytes); }

  void mix_key(Bytes input) {
    DerivedKeys keys;
    keys.derive(2, chaining_key_.expose(), input);
    chaining_key_ = SubKey::copy_of(keys.at(0));
    set_key(keys.at(1));
  }

  void mix_key_and_hash(KeyView psk) {
    DerivedKeys keys;
    keys.derive(3, chaining_key_.expose(), psk);
    chaining_key_ = SubKey::copy_of(keys.at(0));
    mix_hash(keys.at(1));
    set_key(keys.at(2));
  }

  void encrypt_and_hash(Buffer& out, Bytes plaintext) {
    SYNCLINE_CHECK(key_.has_value());
    const std::size_t start = out.size();
    noise::seal(out, key_->expose(), noise::nonce_of(nonce_++), hash_.view(), plaintext);
    mix_hash(Bytes(out).subspan(start));
  }

  Status decrypt_and_hash(Buffer& out, Bytes ciphertext) {
    SYNCLINE_CHECK(key_.has_value());
    auto opened =
        noise::open(out, key_->expose(), noise::nonce_of(nonce_++), hash_.view(), ciphertext);
    if (!opened) return opened;
    mix_hash(ciphertext);
    return {};
  }

  // The keys of the two directions, the initiator's first.
  std::pair<SubKey, SubKey> split() {
    DerivedKeys keys;
    keys.derive(2, chaining_key_.expose(), {});
    return {SubKey::copy_of(keys.at(0)), SubKey::copy_of(keys.at(1))};
  }

 private:
  void set_key(KeyView key) {
    key_ = SubKey::copy_of(key);
    nonce_ = 0;
  }

  Digest hash_;
  SubKey chaining_key_;
  std::optional<SubKey> key_;
  std::uint64_t nonce_ = 0;
};

}  // namespace

Status NoiseCipher::encrypt(Buffer& out, Bytes associated, Bytes plaintext) {
  if (nonce_ == rekey_nonce) return fail(Errc::limit, "the nonces of a link are used up");
  if (plaintext.size() > limits::frame_plaintext_size_max)
    return fail(Errc::oversized, "a frame is too long");
  noise::seal(out, key_.expose(), noise::nonce_of(nonce_), associated, plaintext);
  ++nonce_;
  return {};
}

Status NoiseCipher::decrypt(Buffer& out, Bytes associated, Bytes ciphertext) {
  if (nonce_ == rekey_nonce) return fail(Errc::limit, "the nonces of a link are used up");
  if (ciphertext.size() > limits::noise_message_size_max)
    return fail(Errc::oversized, "a frame is too long");
  if (auto opened =
          noise::open(out, key_.expose(), noise::nonce_of(nonce_), associated, ciphertext);
      !opened)
    return opened;
  ++nonce_;
  return {};
}

void NoiseCipher::rekey() {
  constexpr std::array<std::uint8_t, 32> zeros{};
  Buffer sealed;
  sealed.reserve(zeros.size() + noise::tag_size);
  noise::seal(sealed, key_.expose(), noise::nonce_of(rekey_nonce), {}, zeros);
  key_ = SubKey::copy_of(KeyView(sealed.data(), SubKey::size));
  wipe(sealed);
}

struct NoiseHandshake::State {
  // What only a running handshake holds: dropped, and so wiped, when it ends either way.
  struct Running {
    SymmetricState symmetric;
    BoxKey static_key;
    LinkPsk psk;
    BoxKey ephemeral;
    std::optional<BoxPublicKey> remote_ephemeral;
  };

  NoiseRole role;
  std::optional<Running> running;
  int messages_done = 0;
  std::optional<BoxPublicKey> remote_static;
  std::optional<Digest> handshake_hash;
  std::optional<Ciphers> ciphers;

  State(const Setup& setup, BoxKey ephemeral)
      : role(setup.role),
        running(Running{SymmetricState(setup.prologue), setup.static_key.clone(), setup.psk.clone(),
                        std::move(ephemeral), std::nullopt}) {}

  bool is_my_turn() const { return (messages_done % 2 == 0) == (role == NoiseRole::initiator); }
  static std::size_t overhead_of(int message) {
    return (message == 0 ? 32U : message == 1 ? 80U : 48U) + 16U;
  }

  void write_ephemeral(Buffer& out) {
    const BoxPublicKey ephemeral = public_key_of(running->ephemeral.expose());
    append(out, ephemeral.view());
    mix_ephemeral(ephemeral);
  }

  // Requires: `message` is as long as overhead_of says.
  Bytes read_ephemeral(Bytes message) {
    running->remote_ephemeral = BoxPublicKey::from(message.first(BoxPublicKey::size));
    mix_ephemeral(*running->remote_ephemeral);
    return message.subspan(BoxPublicKey::size);
  }

  void mix_ephemeral(const BoxPublicKey& ephemeral) {
    running->symmetric.mix_hash(ephemeral.view());
    running->symmetric.mix_key(ephemeral.view());
  }

  Status mix_agreement(const BoxKey& mine, const BoxPublicKey& other) {
    const auto shared = agree(mine.expose(), other);
    if (!shared) return pass(shared);
    running->symmetric.mix_key(shared->expose());
    return {};
  }

  // ee is the same for both; es and se name the initiator's key first.
  Status mix_ee() { return mix_agreement(running->ephemeral, *running->remote_ephemeral); }
  Status mix_es() {
    return role == NoiseRole::initiator
               ? mix_agreement(running->ephemeral, *remote_static)
               : mix_agreement(running->static_key, *running->remote_ephemeral);
  }
  Status mix_se() {
    return role == NoiseRole::initiator
               ? mix_agreement(running->static_key, *running->remote_ephemeral)
               : mix_agreement(running->ephemeral, *remote_static);
  }

  void write_static(Buffer& out) {
    running->symmetric.encrypt_and_hash(out, public_key_of(running->static_key.expose()).view());
  }

  Result<Bytes> read_static(Bytes message) {
    constexpr std::size_t sealed_size = BoxPublicKey::size + noise::tag_size;
    Buffer opened;
    if (auto done = running->symmetric.decrypt_and_hash(opened, message.first(sealed_size)); !done)
      return pass(done);
    remote_static = BoxPublicKey::from(opened);
    return message.subspan(sealed_size);
  }

  Status write_tokens(Buffer& out) {
    if (messages_done == 0) {
      running->symmetric.mix_key_and_hash(running->psk.expose());
      write_ephemeral(out);
      return {};
    }
    if (messages_done == 1) {
      write_ephemeral(out);
      if (auto mixed = mix_ee(); !mixed) return mixed;
      write_static(out);
      return mix_es();
    }
    write_static(out);
    return mix_se();
  }

  // Returns what follows the tokens: the sealed payload.
  Result<Bytes> read_tokens(Bytes message) {
    if (messages_done == 0) {
      running->symmetric.mix_key_and_hash(running->psk.expose());
      return read_ephemeral(message);
    }
    if (messages_done == 1) {
      message = read_ephemeral(message);
      if (auto mixed = mix_ee(); !mixed) return pass(mixed);
      const auto rest = read_static(message);
      if (!rest) return rest;
      if (auto mixed = mix_es(); !mixed) return pass(mixed);
      return rest;
    }
    const auto rest = read_static(message);
    if (!rest) return rest;
    if (auto mixed = mix_se(); !mixed) return pass(mixed);
    return rest;
  }

  Result<Buffer> read(Bytes message) {
    if (is_my_turn()) return fail(Errc::invalid, "not the other side's turn in the handshake");
    if (message.size() > limits::noise_message_size_max)
      return fail(Errc::oversized, "a handshake message is too long");
    if (message.size() < overhead_of(messages_done))
      return fail(Errc::truncated, "a handshake message is too short");
    const auto sealed = read_tokens(message);
    if (!sealed) return pass(sealed);
    Buffer payload;
    if (auto opened = running->symmetric.decrypt_and_hash(payload, *sealed); !opened)
      return pass(opened);
    return payload;
  }

  void message_done() {
    if (++messages_done < 3) return;
    handshake_hash = running->symmetric.hash();
    auto [first, second] = running->symmetric.split();
    const bool is_initiator = role == NoiseRole::initiator;
    ciphers.emplace(Ciphers{NoiseCipher(std::move(is_initiator ? first : second)),
                            NoiseCipher(std::move(is_initiator ? second : first))});
    running.reset();
  }

  void abandon() {
    running.reset();
    remote_static.reset();
  }
};

NoiseHandshake::NoiseHandshake(const Setup& setup, Random& random)
    : NoiseHandshake(setup, BoxKey::random(random)) {}

NoiseHandshake::NoiseHandshake(const Setup& setup, BoxKey ephemeral)
    : state_(std::make_unique<State>(setup, std::move(ephemeral))) {}

NoiseHandshake::NoiseHandshake(NoiseHandshake&&) noexcept = default;
NoiseHandshake& NoiseHandshake::operator=(NoiseHandshake&&) noexcept = default;
NoiseHandshake::~NoiseHandshake() = default;

Result<Buffer> NoiseHandshake::write_message(Bytes payload) {
  if (!state_->running || !state_->is_my_turn())
    return fail(Errc::invalid, "not this side's turn in the handshake");
  if (payload.size() > limits::noise_message_size_max - State::overhead_of(state_->messages_done))
    return fail(Errc::oversized, "a handshake payload is too long");
  Buffer message;
  message.reserve(State::overhead_of(state_->messages_done) + payload.size());
  if (auto written = state_->write_tokens(message); !written) {
    state_->abandon();
    return pass(written);
  }
  state_->running->symmetric.encrypt_and_hash(message, payload);
  state_->message_done();
  return message;
}

Result<Buffer> NoiseHandshake::read_message(Bytes message) {
  if (!state_->running) return fail(Errc::invalid, "the handshake is over");
  auto payload = state_->read(message);
  if (!payload) {
    state_->abandon();
    return payload;
  }
  state_->message_done();
  return payload;
}

bool NoiseHandshake::is_finished() const { return state_->handshake_hash.has_value(); }

const std::optional<BoxPublicKey>& NoiseHandshake::remote_static() const {
  return state_->remote_static;
}

Digest NoiseHandshake::handshake_hash() const {
  SYNCLINE_CHECK(is_finished());
  return *state_->handshake_hash;
}

NoiseHandshake::Ciphers NoiseHandshake::split() {
  SYNCLINE_CHECK(state_->ciphers.has_value());
  Ciphers ciphers = std::move(*state_->ciphers);
  state_->ciphers.reset();
  return ciphers;
}

}  // namespace syncline::crypto
