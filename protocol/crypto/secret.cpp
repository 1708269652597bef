// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/secret.h"

#include <sodium.h>

namespace syncline::crypto {

void wipe(std::span<std::uint8_t> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

void wipe_text(std::string& text) {
  text.resize(text.capacity());  // never allocates
  sodium_memzero(text.data(), text.size());
  text.clear();
}

bool equal_secret(Bytes a, Bytes b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace syncline::crypto
