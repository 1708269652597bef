// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/secret.h"
#include "protocol/step/command.h"

namespace syncline::step {

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  if (this == &other) return *this;
  clear();
  text_ = std::move(other.text_);
  other.clear();
  return *this;
}

void SecretText::clear() { crypto::wipe_text(text_); }

}  // namespace syncline::step
