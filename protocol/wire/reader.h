// SPDX-License-Identifier: Apache-2.0
//
// Reader: takes fields off the front of an untrusted byte span.
//
// A Reader fails once and stays failed: after a short or out-of-range read every
// later field comes back zero or empty, and finish() reports the first error.
// Decoders therefore read as a plain list of fields and check once, at the end.
// Encoding rules: Spec section 3 (W1 to W4).
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/base/result.h"

#include <array>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace syncline::wire {

class Reader {
 public:
  explicit Reader(Bytes input) : input_(input) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }

  // Canonical LEB128, at most ten bytes; anything above `max` fails as oversized. Spec W2.
  std::uint64_t varint(std::uint64_t max = UINT64_MAX) {
    // Most numbers take one byte. After a failure nothing is left.
    if (input_.empty() || input_.front() >= 0x80 || input_.front() > max) return long_varint(max);
    const std::uint64_t value = input_.front();
    input_ = input_.subspan(1);
    return value;
  }
  // Zigzag over varint. Spec W3.
  std::int64_t zigzag() {
    const std::uint64_t raw = varint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    if (const auto field = take(N); !field.empty()) std::memcpy(out.data(), field.data(), N);
    return out;
  }
  template <class IdType>
  IdType id() {
    return IdType{array<IdType::size>()};
  }

  // Length (varint), then that many bytes. The view aliases the input. Spec W4.
  Bytes bytes(std::size_t size_max) {
    const std::uint64_t size = varint();
    if (size > size_max) fail_with(Errc::oversized);
    return take(static_cast<std::size_t>(size));
  }
  // As bytes(), and valid UTF-8 without NUL.
  std::string text(std::size_t size_max);
  // Exactly `size` bytes, without a length in front.
  Bytes fixed(std::size_t size) { return take(size); }
  // Everything that is left: for the trailing fields of a newer minor version. Spec W5.
  Bytes rest() { return take(input_.size()); }

  std::size_t left() const { return input_.size(); }
  bool ok() const { return !error_; }
  // For rules the field types cannot express; the first failure wins.
  void fail_with(Errc code) {
    if (!error_) error_ = code;
    input_ = {};
  }

  // Spec W1: nothing may be left over.
  template <class Message>
  Result<std::decay_t<Message>> finish(Message&& message) {
    if (!error_ && !input_.empty()) error_ = Errc::non_canonical;
    if (error_) return fail(*error_);
    return std::forward<Message>(message);
  }

 private:
  std::uint64_t long_varint(std::uint64_t max);
  Bytes take(std::size_t size) {
    if (error_) return {};
    if (size > input_.size()) {
      fail_with(Errc::truncated);
      return {};
    }
    const Bytes field = input_.first(size);
    input_ = input_.subspan(size);
    return field;
  }
  std::uint64_t big_endian(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t b : take(size)) value = value << 8 | b;
    return value;
  }

  Bytes input_;
  std::optional<Errc> error_;
};

// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(Bytes bytes);

}  // namespace syncline::wire
