// SPDX-License-Identifier: Apache-2.0
//
//   state = version u8 (1) ‖ seq varint ‖ wall zigzag ‖ count varint
//         ‖ (log id 16 ‖ seq varint) * count
#include "protocol/log/reader_state.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t state_version = 1;

}  // namespace

std::uint64_t LogReaderState::known_seq(const LogId& log) const {
  const auto found = index_of_.find(log);
  return found == index_of_.end() ? 0 : known_[found->second].seq;
}

Buffer LogReaderState::encode() const {
  wire::Writer out;
  out.u8(state_version).varint(seq_).zigzag(wall_.unix_ms).varint(known_.size());
  for (const KnownLog& known : known_) out.id(known.log).varint(known.seq);
  return out.take();
}

Result<LogReaderState> LogReaderState::decode(const SpaceId& space, const LogId& log, Bytes bytes) {
  wire::Reader in(bytes);
  if (in.u8() != state_version) in.fail_with(Errc::unsupported);
  LogReaderState state(space, log);
  state.seq_ = in.varint(seq_max);
  state.wall_.unix_ms = in.zigzag();
  const std::uint64_t count = in.varint(limits::logs_per_space_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto known = KnownLog{in.id<LogId>(), in.varint(seq_max)};
    const auto index = static_cast<std::uint32_t>(state.known_.size());
    if (known.seq == 0 || known.log == log || !state.index_of_.emplace(known.log, index).second)
      in.fail_with(Errc::invalid);
    state.known_.push_back(known);
  }
  return in.finish(std::move(state));
}

}  // namespace syncline::log
