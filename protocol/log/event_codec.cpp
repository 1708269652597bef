// SPDX-License-Identifier: Apache-2.0
//
//   entity tag = first 8 bytes of the key id, XOR header_mask(K_hdr, nonce)
//   associated = "ev1" ‖ space 32 ‖ log id 16 ‖ seq u64 ‖ epoch u32 ‖ key id 16 ‖ flags u8
//   plaintext  = head u8 ‖ wall delta zigzag (ms) ‖ [deps] ‖ body ‖ zeros
//   head       = format (1) << 2 | 2 if there are deps | kind (0 or 1)
//   deps       = count varint ‖ (index varint ‖ [log id 16 if index is new] ‖ growth varint)*
//              ‖ deps digest 16; indexes ascending, new logs ascending by id
//   body       = length varint ‖ bytes
#include "protocol/log/event_codec.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>
#include <bit>

namespace syncline::log {
namespace {

constexpr std::uint8_t format = 1;
constexpr unsigned format_shift = 2;
constexpr std::uint8_t has_deps = 2, kind_mask = 1;

Buffer associated(const LogReaderState& state, const EventKey& key, std::uint8_t flags) {
  wire::Writer out;
  out.fixed(as_bytes("ev1")).id(state.space()).id(state.log()).u64(state.seq() + 1);
  out.u32(key.epoch).id(key.id).u8(flags & authored_flags);
  return out.take();
}

EntityTag8 masked(EntityTag8 tag, const crypto::SubKey& header_key, const crypto::Nonce& nonce) {
  const EntityTag8 mask = crypto::header_mask(header_key.expose(), nonce);
  for (std::size_t i = 0; i < EntityTag8::size; ++i) tag.bytes[i] ^= mask.bytes[i];
  return tag;
}

// Differences wrap: any two clocks have one, and adding it gives the second clock back.
std::int64_t wall_delta(WallTime from, WallTime to) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to.unix_ms) -
                                   static_cast<std::uint64_t>(from.unix_ms));
}
WallTime wall_after(WallTime from, std::int64_t delta) {
  return {static_cast<std::int64_t>(static_cast<std::uint64_t>(from.unix_ms) +
                                    static_cast<std::uint64_t>(delta))};
}

}  // namespace

EventKey EventKey::of(crypto::EntityKey key, std::uint32_t epoch) {
  const KeyId id = crypto::key_id(key.expose());
  crypto::SubKey nonce_key = crypto::nonce_key_of(key.expose());
  return EventKey{std::move(key), std::move(nonce_key), id, epoch};
}

EntityTag8 EventKey::tag() const { return tag_of(id); }

EntityTag8 tag_of(const KeyId& id) {
  EntityTag8 tag;
  std::copy_n(id.bytes.begin(), EntityTag8::size, tag.bytes.begin());
  return tag;
}

EntityTag8 unmask(const EventView& event, const crypto::SubKey& header_key) {
  return masked(event.etag, header_key, event.nonce);
}

DepsDigest deps_digest(std::vector<Dep> deps) {
  std::ranges::sort(deps, {}, &Dep::log);
  crypto::Hasher hasher("dep1");
  for (const Dep& dep : deps) hasher.add(dep.log).add_u64(dep.seq).add(dep.hash);
  return crypto::truncated<DepsDigest>(hasher.finish());
}

std::size_t padded_size(std::size_t size) {
  if (size <= 512) return std::max<std::size_t>(32, (size + 31) / 32 * 32);
  // Padmé: keep only as many leading bits of the length as its magnitude has digits.
  const auto exponent = static_cast<unsigned>(std::bit_width(size)) - 1;
  const auto kept = static_cast<unsigned>(std::bit_width(exponent));
  const std::size_t mask = (std::size_t{1} << (exponent - kept)) - 1;
  return (size + mask) & ~mask;
}

// Everything about an event that moves the state, worked out before the state is touched.
struct EventCodec::Advance {
  struct Step {
    std::uint32_t index = 0;
    KnownLog known;
  };
  std::vector<Step> steps;
  WallTime wall;

  void apply(LogReaderState& state) const {
    for (const Step& step : steps) {
      if (step.index == state.known_.size()) {
        state.index_of_.emplace(step.known.log, step.index);
        state.known_.push_back(step.known);
      } else {
        state.known_[step.index].seq = step.known.seq;
      }
    }
    state.wall_ = wall;
    ++state.seq_;
  }
};

Result<EventCodec::Advance> EventCodec::plan(const LogReaderState& state, const NewEvent& event) {
  if (event.deps.size() > limits::event_deps_max)
    return fail(Errc::limit, "an event names too many logs");
  Advance advance{{}, event.wall};
  std::vector<KnownLog> unknown;
  for (const Dep& dep : event.deps) {
    const auto found = state.index_of_.find(dep.log);
    if (dep.log == state.log_ || dep.seq > seq_max || dep.seq <= state.known_seq(dep.log))
      return fail(Errc::invalid, "an event names a log that did not grow");
    if (found == state.index_of_.end())
      unknown.push_back({dep.log, dep.seq});
    else
      advance.steps.push_back({found->second, {dep.log, dep.seq}});
  }
  std::ranges::sort(advance.steps, {}, &Advance::Step::index);
  std::ranges::sort(unknown);
  auto index = static_cast<std::uint32_t>(state.known_.size());
  if (index + unknown.size() > limits::logs_per_space_max)
    return fail(Errc::limit, "a log knows too many logs");
  for (const KnownLog& known : unknown) advance.steps.push_back({index++, known});
  for (std::size_t i = 1; i < advance.steps.size(); ++i)
    if (advance.steps[i - 1].known.log == advance.steps[i].known.log)
      return fail(Errc::invalid, "an event names a log twice");
  return advance;
}

Result<SealedEvent> EventCodec::seal(LogReaderState& state, const EventKey& key,
                                     const crypto::SubKey& header_key, const NewEvent& event,
                                     Random& random) {
  const auto advance = plan(state, event);
  if (!advance) return pass(advance);
  constexpr std::size_t front_max = 2 + 10 + 2 + 3;
  wire::Writer out(padded_size(front_max + event.deps.size() * (LogId::size + 9) +
                               DepsDigest::size + event.body.size()));
  out.u8(static_cast<std::uint8_t>(format << format_shift | (event.deps.empty() ? 0 : has_deps) |
                                   static_cast<std::uint8_t>(event.kind)));
  out.zigzag(wall_delta(state.wall_, event.wall));
  if (!event.deps.empty()) out.varint(advance->steps.size());
  for (const auto& step : advance->steps) {
    const bool is_new = step.index >= state.known_.size();
    out.varint(step.index);
    if (is_new) out.id(step.known.log);
    out.varint(step.known.seq - (is_new ? 0 : state.known_[step.index].seq));
  }
  if (!event.deps.empty()) out.id(deps_digest(event.deps));
  out.bytes(event.body);
  if (out.size() > limits::event_plaintext_size_max)
    return fail(Errc::oversized, "an event is too large");

  Buffer plaintext = out.take();
  plaintext.resize(padded_size(plaintext.size()));
  SealedEvent sealed;
  const Buffer bound_to = associated(state, key, sealed.flags);
  sealed.nonce = crypto::hedged_nonce(key.nonce_key, bound_to, plaintext, random);
  sealed.etag = masked(key.tag(), header_key, sealed.nonce);
  crypto::encrypt(sealed.ciphertext, key.key.expose(), sealed.nonce, bound_to, plaintext);
  crypto::wipe(plaintext);
  advance->apply(state);
  return sealed;
}

void EventCodec::read_deps(const LogReaderState& state, wire::Reader& in, OpenedEvent& event,
                           Advance& advance) {
  const std::uint64_t count = in.varint(limits::event_deps_max);
  if (count == 0) in.fail_with(Errc::non_canonical);
  std::size_t dictionary = state.known_.size();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto index = static_cast<std::uint32_t>(in.varint(dictionary));
    if (!advance.steps.empty() && index <= advance.steps.back().index) in.fail_with(Errc::invalid);
    if (!in.ok()) return;
    KnownLog known;
    if (index == dictionary) {
      known.log = in.id<LogId>();
      const bool after_new = dictionary > state.known_.size();
      if (known.log == state.log_ || state.index_of_.contains(known.log) ||
          (after_new && !(advance.steps.back().known.log < known.log)))
        in.fail_with(Errc::invalid);
      if (++dictionary > limits::logs_per_space_max) in.fail_with(Errc::limit);
    } else {
      known = state.known_[index];
    }
    const std::uint64_t growth = in.varint(seq_max);
    known.seq += growth;
    if (growth == 0 || known.seq > seq_max) in.fail_with(Errc::invalid);
    advance.steps.push_back({index, known});
    event.deps.push_back(known);
  }
  event.digest = in.id<DepsDigest>();
}

Result<OpenedEvent> EventCodec::open(LogReaderState& state, const EventKey& key,
                                     const EventView& event) {
  auto plaintext = crypto::decrypt(key.key.expose(), event.nonce,
                                   associated(state, key, event.flags), event.ciphertext);
  if (!plaintext) return pass(plaintext);
  wire::Reader in(*plaintext);
  OpenedEvent opened;
  Advance advance;
  const std::uint8_t head = in.u8();
  if (head >> format_shift != format) in.fail_with(Errc::unsupported);
  opened.kind = static_cast<EventKind>(head & kind_mask);
  opened.wall = advance.wall = wall_after(state.wall_, in.zigzag());
  if ((head & has_deps) != 0) read_deps(state, in, opened, advance);
  opened.body = to_buffer(in.bytes(limits::event_plaintext_size_max));
  if (in.ok() && padded_size(plaintext->size() - in.left()) != plaintext->size())
    in.fail_with(Errc::non_canonical);
  for (const std::uint8_t b : in.rest())
    if (b != 0) in.fail_with(Errc::non_canonical);
  auto done = in.finish(std::move(opened));
  crypto::wipe(*plaintext);
  if (done) advance.apply(state);
  return done;
}

}  // namespace syncline::log
