// SPDX-License-Identifier: Apache-2.0
#include "service/passwords.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/secret.h"
#include "service/terminal.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace syncline::service {
namespace {

// Byte by byte, so that nothing after the line is taken and no buffer keeps a copy.
Got<std::string> read_line(int descriptor, const std::string& name) {
  std::string line;
  line.reserve(limits::password_size_max + 2);
  char c = 0;
  for (;;) {
    const ssize_t got = ::read(descriptor, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed({Errc::io, "cannot read " + name + ": " + std::strerror(errno)});
    if (got == 0 || c == '\n') break;
    if (line.size() > limits::password_size_max) break;
    line.push_back(c);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

Got<std::string> read_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return failed({errno == ENOENT ? Errc::not_found : Errc::io,
                   "cannot open " + file + ": " + std::strerror(errno)});
  Got<std::string> line = read_line(descriptor, file);
  ::close(descriptor);
  return line;
}

Got<std::string> ask(std::string_view question) {
  Result<std::string> asked = ask_hidden(question);
  if (!asked)
    return failed(asked.error(), "use --password-file FILE or --password-stdin in a script");
  return std::move(*asked);
}

Got<std::string> read_from(const PasswordSource& source, std::string_view question, Asking asking) {
  if (!source.file.empty()) return read_file(source.file);
  if (source.from_stdin) return read_line(STDIN_FILENO, "standard input");
  Got<std::string> first = ask(question);
  if (!first || asking == Asking::once) return first;
  Got<std::string> second = ask("Once more: ");
  if (!second) return second;
  const bool same = crypto::equal_secret(as_bytes(*first), as_bytes(*second));
  crypto::wipe_text(*second);
  if (same) return first;
  crypto::wipe_text(*first);
  return usage_error("the two passwords differ");
}

}  // namespace

Password::Password(Password&& other) noexcept : text_(std::move(other.text_)) {
  crypto::wipe_text(other.text_);
}
Password& Password::operator=(Password&& other) noexcept {
  std::swap(text_, other.text_);
  return *this;
}
Password::~Password() { crypto::wipe_text(text_); }

Got<Password> get_password(const PasswordSource& source, std::string_view question, Asking asking) {
  if (!source.file.empty() && source.from_stdin)
    return usage_error("--password-file and --password-stdin exclude each other");
  Got<std::string> line = read_from(source, question, asking);
  if (!line) return pass_on(line);
  Password password(std::move(*line));
  if (password.text().empty()) return usage_error("an empty password opens nothing");
  if (password.text().size() > limits::password_size_max)
    return usage_error("a password has at most " + std::to_string(limits::password_size_max) +
                       " bytes");
  return password;
}

}  // namespace syncline::service
