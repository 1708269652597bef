// SPDX-License-Identifier: Apache-2.0
//
//   frame = size u16 ‖ ciphertext (size), 17 <= size <= 65535
#include "protocol/session/frames.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {
namespace {

constexpr std::size_t size_prefix = 2;
constexpr std::size_t tag_size = 16;

}  // namespace

bool RekeyCounter::count(std::size_t ciphertext_size) {
  ++frames_;
  bytes_ += ciphertext_size;
  if (frames_ < rule_.frames && bytes_ < rule_.bytes) return false;
  frames_ = 0;
  bytes_ = 0;
  return true;
}

Status FrameSealer::seal(Buffer& out, Bytes plaintext) {
  SYNCLINE_CHECK(!plaintext.empty() && plaintext.size() <= limits::frame_plaintext_size_max);
  const std::size_t size = plaintext.size() + tag_size;
  append(out, wire::Writer().u16(static_cast<std::uint16_t>(size)).view());
  if (const auto sealed = cipher_.encrypt(out, {}, plaintext); !sealed) return sealed;
  if (counter_.count(size)) cipher_.rekey();
  return {};
}

Result<bool> FrameOpener::open(Bytes& input, Buffer& plaintext) {
  plaintext.clear();
  // A frame that is there in one piece is opened where it lies.
  Bytes whole = input;
  if (!pending_.empty() && pending_.size() < size_prefix) {
    const std::size_t taken = std::min(input.size(), size_prefix - pending_.size());
    append(pending_, input.first(taken));
    input = input.subspan(taken);
  }
  if (!pending_.empty()) whole = pending_;
  if (whole.size() < size_prefix) {
    if (pending_.empty()) {
      append(pending_, input);
      input = {};
    }
    return false;
  }
  const std::size_t size = wire::Reader(whole.first(size_prefix)).u16();
  if (size <= tag_size) return fail(Errc::truncated, "frame");
  const std::size_t wanted = size_prefix + size;
  if (pending_.empty() && input.size() >= wanted) {
    if (const auto opened = open_frame(input.first(wanted), plaintext); !opened) {
      return pass(opened);
    }
    input = input.subspan(wanted);
    return true;
  }
  const std::size_t taken = std::min(input.size(), wanted - pending_.size());
  append(pending_, input.first(taken));
  input = input.subspan(taken);
  if (pending_.size() < wanted) return false;
  if (const auto opened = open_frame(pending_, plaintext); !opened) return pass(opened);
  pending_.clear();
  return true;
}

Status FrameOpener::open_frame(Bytes frame, Buffer& plaintext) {
  const Bytes ciphertext = frame.subspan(size_prefix);
  if (const auto opened = cipher_.decrypt(plaintext, {}, ciphertext); !opened) return opened;
  if (counter_.count(ciphertext.size())) cipher_.rekey();
  return {};
}

}  // namespace syncline::session
