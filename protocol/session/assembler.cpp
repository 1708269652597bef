// SPDX-License-Identifier: Apache-2.0
//
//   message = type u8 ‖ size varint ‖ body (size)
#include "protocol/session/assembler.h"

#include "protocol/base/check.h"
#include "protocol/crypto/secret.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {

void append_message(Buffer& out, std::uint8_t type, Bytes body) {
  out.push_back(type);
  append(out, wire::Writer().varint(body.size()).view());
  append(out, body);
}

Result<bool> MessageAssembler::take_header(Bytes& input) {
  while (!body_size_ && !input.empty()) {
    SYNCLINE_CHECK(header_size_ < header_size_max);
    header_[header_size_++] = input.front();
    input = input.subspan(1);
    if (header_size_ < 2) continue;
    const bool ends = (header_[header_size_ - 1] & 0x80) == 0;
    if (!ends && header_size_ < header_size_max) continue;
    wire::Reader reader(Bytes(header_).subspan(1, header_size_ - 1));
    const std::uint64_t size = reader.varint();
    if (!reader.ok()) return fail(Errc::non_canonical, "message length");
    if (size > body_size_max_) return fail(Errc::oversized, "message");
    body_size_ = static_cast<std::size_t>(size);
  }
  return body_size_.has_value();
}

// A vector that grows leaves its old content behind.
void MessageAssembler::append_to_body(Bytes bytes) {
  const std::size_t needed = body_.size() + bytes.size();
  if (content_ == BodyContent::secret && needed > body_.capacity()) {
    Buffer larger;
    larger.reserve(std::max(needed, 2 * body_.capacity()));
    append(larger, body_);
    crypto::wipe(body_);
    body_.swap(larger);
  }
  append(body_, bytes);
}

MessageAssembler::~MessageAssembler() {
  if (content_ == BodyContent::secret) crypto::wipe(body_);
}

Result<std::optional<RawMessage>> MessageAssembler::take(Bytes& input) {
  const auto header = take_header(input);
  if (!header) return pass(header);
  if (!*header) return std::optional<RawMessage>();
  const std::size_t taken = std::min(input.size(), *body_size_ - body_.size());
  append_to_body(input.first(taken));
  input = input.subspan(taken);
  if (body_.size() < *body_size_) return std::optional<RawMessage>();
  RawMessage message{.type = header_[0], .body = {}, .stream_size = header_size_ + *body_size_};
  message.body.swap(body_);
  header_size_ = 0;
  body_size_.reset();
  return std::optional(std::move(message));
}

}  // namespace syncline::session
