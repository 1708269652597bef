// SPDX-License-Identifier: Apache-2.0
//
//   block = version u8 (1) ‖ first seq varint ‖ count varint ‖ hash before 32
//         ‖ flags: (run length varint ‖ flags u8)*, neighbouring runs differ
//         ‖ ciphertext sizes: varint * count
//         ‖ entity tags: 8 * count ‖ nonces: 24 * count ‖ ciphertexts ‖ signature 64
#include "protocol/log/block.h"

#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t block_version = 1;

bool crosses_boundary(std::uint64_t first_seq, std::uint64_t count) {
  const std::uint64_t range = limits::batch_events_max;
  return (first_seq - 1) / range != (first_seq + count - 2) / range;
}

void write_flags(wire::Writer& out, std::span<const EventView> events) {
  for (std::size_t i = 0; i < events.size();) {
    std::size_t end = i + 1;
    while (end < events.size() && events[end].flags == events[i].flags) ++end;
    out.varint(end - i).u8(events[i].flags);
    i = end;
  }
}

void read_flags(wire::Reader& in, std::vector<EventView>& events) {
  std::optional<std::uint8_t> before;
  for (std::size_t i = 0; i < events.size();) {
    const std::uint64_t run = in.varint(events.size() - i);
    const std::uint8_t flags = in.u8();
    if (run == 0 || before == flags) in.fail_with(Errc::non_canonical);
    // Bits of storage and transport: none is defined yet.
    if ((flags & ~authored_flags) != 0) in.fail_with(Errc::unsupported);
    if (!in.ok()) return;
    before = flags;
    for (const std::size_t end = i + static_cast<std::size_t>(run); i < end; ++i)
      events[i].flags = flags;
  }
}

void read_events(wire::Reader& in, std::vector<EventView>& events) {
  read_flags(in, events);
  std::array<std::size_t, limits::batch_events_max> sizes{};
  for (std::size_t i = 0; i < events.size(); ++i) {
    sizes[i] = static_cast<std::size_t>(in.varint(limits::event_ciphertext_size_max));
    if (sizes[i] < crypto::aead_tag_size) in.fail_with(Errc::invalid);
  }
  for (EventView& event : events) event.etag = in.id<EntityTag8>();
  for (EventView& event : events) event.nonce = in.id<crypto::Nonce>();
  for (std::size_t i = 0; i < events.size(); ++i) events[i].ciphertext = in.fixed(sizes[i]);
}

}  // namespace

Buffer encode_block(const BlockHeader& header, std::span<const EventView> events) {
  SYNCLINE_CHECK(!events.empty() && !crosses_boundary(header.first_seq, events.size()));
  wire::Writer out;
  out.u8(block_version).varint(header.first_seq).varint(events.size()).id(header.hash_before);
  write_flags(out, events);
  for (const EventView& event : events) out.varint(event.ciphertext.size());
  for (const EventView& event : events) out.id(event.etag);
  for (const EventView& event : events) out.id(event.nonce);
  for (const EventView& event : events) out.fixed(event.ciphertext);
  out.id(header.signature);
  SYNCLINE_CHECK(out.size() <= limits::batch_size_max);
  return out.take();
}

Result<BlockView> decode_block(Bytes block) {
  if (block.size() > limits::batch_size_max) return fail(Errc::limit, "a block is too large");
  wire::Reader in(block);
  if (in.u8() != block_version) in.fail_with(Errc::unsupported);
  BlockView view;
  view.header.first_seq = in.varint(seq_max - limits::batch_events_max);
  const std::uint64_t count = in.varint(limits::batch_events_max);
  view.header.hash_before = in.id<Digest>();
  if (view.header.first_seq == 0 || count == 0) in.fail_with(Errc::invalid);
  if (!in.ok()) return in.finish(std::move(view));
  if (crosses_boundary(view.header.first_seq, count))
    return fail(Errc::limit, "a block crosses a multiple of 1024 events");
  view.events.resize(static_cast<std::size_t>(count));
  read_events(in, view.events);
  view.header.signature = in.id<crypto::Signature>();
  return in.finish(std::move(view));
}

std::size_t event_size_in_block_max(const EventView& event) {
  constexpr std::size_t flags_run_max = 3;
  return flags_run_max + wire::varint_size(event.ciphertext.size()) + EntityTag8::size +
         crypto::Nonce::size + event.ciphertext.size();
}

Result<MergedBlock> merge_blocks(std::span<const Bytes> blocks) {
  SYNCLINE_CHECK(!blocks.empty());
  auto merged = decode_block(blocks.front());
  if (!merged) return pass(merged);
  MergedBlock result{{}, 1};
  std::size_t size = blocks.front().size();
  for (; result.taken < blocks.size(); ++result.taken) {
    const Bytes next = blocks[result.taken];
    // The columns of two blocks are never longer together than apart.
    size += next.size();
    if (size > limits::batch_size_max || ends_range(merged->last_seq())) break;
    auto view = decode_block(next);
    if (!view) return pass(view);
    if (view->header.first_seq != merged->last_seq() + 1)
      return fail(Errc::corrupt, "two blocks of a log do not follow each other");
    merged->events.insert(merged->events.end(), view->events.begin(), view->events.end());
    merged->header.signature = view->header.signature;
  }
  result.block =
      result.taken == 1 ? to_buffer(blocks.front()) : encode_block(merged->header, merged->events);
  return result;
}

Buffer slice_block(const BlockView& block, std::uint64_t from, const Digest& before) {
  SYNCLINE_CHECK(from >= block.header.first_seq && from <= block.last_seq());
  const auto skipped = static_cast<std::size_t>(from - block.header.first_seq);
  return encode_block({from, before, block.header.signature},
                      std::span(block.events).subspan(skipped));
}

}  // namespace syncline::log
