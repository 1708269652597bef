// SPDX-License-Identifier: Apache-2.0
//
// Passwords: where the command line gets them from.
//
// From a file, from standard input or from the terminal without echo; never from an
// argument or an environment variable, which other programs can read.
#pragma once

#include "protocol/step/command.h"
#include "service/failure.h"

#include <string>
#include <string_view>

namespace syncline::service {

// A password as the command line holds it: wiped when it dies.
class Password {
 public:
  Password() = default;
  explicit Password(std::string text) : text_(std::move(text)) {}
  Password(Password&& other) noexcept;
  Password& operator=(Password&& other) noexcept;
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  ~Password();

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class Asking { once, twice };

struct PasswordSource {
  std::string file;         // --password-file; its first line
  bool from_stdin = false;  // --password-stdin; the next line
};

// Refuses an empty one, one above limits::password_size_max, and two that differ.
Got<Password> get_password(const PasswordSource& source, std::string_view question, Asking asking);

}  // namespace syncline::service
