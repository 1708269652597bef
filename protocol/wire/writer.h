// SPDX-License-Identifier: Apache-2.0
//
// Writer: appends fields to a buffer in the one canonical encoding. The mirror of Reader.
//
// It never fails: bounds on what is written are the caller's, so that nothing is built
// that the other side must refuse.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"

#include <string_view>

namespace syncline::wire {

class Writer {
 public:
  Writer() = default;
  // Room for this many bytes: what will be wiped must not be copied around while it grows.
  explicit Writer(std::size_t expected_size) { out_.reserve(expected_size); }

  Writer& u8(std::uint8_t value);
  Writer& u16(std::uint16_t value);
  Writer& u32(std::uint32_t value);
  Writer& u64(std::uint64_t value);
  Writer& varint(std::uint64_t value);
  Writer& zigzag(std::int64_t value);
  // Length (varint), then the bytes.
  Writer& bytes(Bytes value);
  Writer& text(std::string_view value);
  // The bytes alone.
  Writer& fixed(Bytes value);
  template <class Tag, std::size_t N>
  Writer& id(const Id<Tag, N>& value) {
    return fixed(value.view());
  }

  std::size_t size() const { return out_.size(); }
  Bytes view() const { return out_; }
  Buffer take() { return std::move(out_); }

 private:
  Writer& big_endian(std::uint64_t value, int size);

  Buffer out_;
};

// Encoded size of `value` as a varint, 1 to 10 bytes.
std::size_t varint_size(std::uint64_t value);

}  // namespace syncline::wire
