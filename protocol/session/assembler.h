// SPDX-License-Identifier: Apache-2.0
//
// MessageAssembler: cuts one channel's bytes into messages again.
//
// A body is refused by its declared length before a byte of it is kept, and memory grows as
// bytes arrive, never by what was declared. Spec S9.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

#include <array>
#include <optional>

namespace syncline::session {

struct RawMessage {
  std::uint8_t type = 0;
  Buffer body;
  std::size_t stream_size = 0;  // with type and length
};

// type u8 ‖ size varint ‖ body
void append_message(Buffer& out, std::uint8_t type, Bytes body);

// Whether bodies may hold keys: then no copy of them is left in memory that was given back.
enum class BodyContent : std::uint8_t { plain, secret };

class MessageAssembler {
 public:
  explicit MessageAssembler(std::size_t body_size_max, BodyContent content = BodyContent::plain)
      : body_size_max_(body_size_max), content_(content) {}
  MessageAssembler(MessageAssembler&&) = default;
  MessageAssembler& operator=(MessageAssembler&&) = delete;
  ~MessageAssembler();

  // Takes bytes off the front of `input`, up to the end of a message. Errors are final.
  Result<std::optional<RawMessage>> take(Bytes& input);
  // No message has begun that has not ended.
  bool is_between_messages() const { return header_size_ == 0; }

 private:
  static constexpr std::size_t header_size_max = 1 + 10;

  Result<bool> take_header(Bytes& input);
  void append_to_body(Bytes bytes);

  std::size_t body_size_max_;
  BodyContent content_;
  std::array<std::uint8_t, header_size_max> header_{};
  std::size_t header_size_ = 0;
  std::optional<std::size_t> body_size_;
  Buffer body_;
};

}  // namespace syncline::session
